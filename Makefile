# `make demo` and `make test` need nothing but python3 (3.11 or newer); everything else goes into .venv.
#
# On Linux, plain pip may bring torch with gigabytes of CUDA libraries. The small CPU build will do:
#   make demo PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Which tests `make test` runs; none for all of them.
MARKS ?= not slow
# pip knows dependency groups since 25.1 only.
GROUPS := import tomllib; groups = tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]; \
	print(*groups["test"], *groups["lint"], *groups["docs"], sep="\n")
# The specification's Kaitai compiler; without npm its tests are skipped.
NODE_READY := spec/kaitai/node_modules/.package-lock.json

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all lint types layers check conformance vectors fuzz paper docs clean

demo: $(READY)
	@$(BIN)/gamutmeta demo --overwrite

test: $(READY) $(if $(shell command -v npm),$(NODE_READY))
	$(BIN)/python -m pytest -m "$(MARKS)" $(PYTEST_ARGS)

test-all:
	@$(MAKE) --no-print-directory test MARKS=

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy
	cd spec/decoders && $(abspath $(BIN))/mypy --strict reference.py

layers: $(READY)
	$(BIN)/lint-imports

# The package and both independent decoders over all vectors of the specification.
conformance: $(READY)
	$(BIN)/python -m spec.conformance -- $(BIN)/gamutmeta conform
	$(BIN)/python -m spec.conformance -- $(BIN)/python spec/decoders/reference.py
	$(BIN)/python -m spec.conformance -- node spec/decoders/pipe.mjs

# Coverage-guided fuzzing of every target; FUZZ executions of each.
FUZZ ?= 1000000
fuzz: $(READY)
	$(BIN)/python -m tests.fuzz.run --executions $(FUZZ)

# The paper's tables over a folder of 16-bit ProPhoto pictures: make paper DATA=folder QUICK=0.1
QUICK ?= 1
paper: $(READY)
	$(BIN)/python -m benchmarks.paper $(DATA) --quick $(QUICK)

# The manual as a site: build/docs/index.html
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

vectors: $(READY)
	$(BIN)/python -m spec.vectors.make

check: lint types layers test-all

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -c '$(GROUPS)' > $(VENV)/groups.txt
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]' -r $(VENV)/groups.txt
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@npm ci --prefix $* --silent --no-audit --no-fund && touch $@ || echo "$*: npm ci failed, see its tests"

clean:
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf spec/kaitai/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

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
	print(*groups["test"], *groups["lint"])

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all lint types layers check clean

demo: $(READY)
	@$(BIN)/gamutmeta demo --overwrite

test: $(READY)
	$(BIN)/python -m pytest -m "$(MARKS)" $(PYTEST_ARGS)

test-all:
	@$(MAKE) --no-print-directory test MARKS=

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy

layers: $(READY)
	$(BIN)/lint-imports

check: lint types layers test-all

$(READY): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV) ..."
	@$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[all]' $$($(BIN)/python -c '$(GROUPS)')
	@touch $@

clean:
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

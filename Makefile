# `make demo` and `make test` need nothing but python3 (3.11 or newer); everything else goes into .venv.
#
# On Linux, plain pip may bring torch with gigabytes of CUDA libraries for the tests. The small CPU build will do:
#   make test PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Three sizes of .venv, each on top of the one before: for the demo, for `make test`, and for everything else.
DEMO_READY := $(VENV)/.ready-demo
TEST_READY := $(VENV)/.ready-test
READY := $(VENV)/.ready
# The fit's machine code, in the package's folder.
NATIVE_READY := $(VENV)/.ready-native
# Which tests `make test` runs; none for all of them. Hypothesis tries the same examples on every machine; others every
# day, and more, with HYPOTHESIS=daily (its seed is in the header), at random with HYPOTHESIS=default.
MARKS ?= not slow
HYPOTHESIS ?= repeatable
# One process for each core; more than 8 would need more memory than machines with as many cores have.
WORKERS ?= --numprocesses auto --maxprocesses 8 --dist worksteal
# The specification's Kaitai compiler; without npm its tests are skipped.
NODE_READY := spec/kaitai/node_modules/.package-lock.json

# Dependencies of the package, of extras and of groups as a file for pip, which knows groups since 25.1 only.
REQUIREMENTS := import sys, tomllib; settings = tomllib.load(open("pyproject.toml", "rb")); \
	project = settings["project"]; lists = project["optional-dependencies"] | settings["dependency-groups"]; \
	print(*project["dependencies"], *(line for name in sys.argv[1:] for line in lists[name]), sep="\n")
# The pip that came with Python installs the first packages: to give .venv its own would take longer than most of them.
PIP := $$(test -x $(BIN)/pip && echo $(BIN)/python -m pip || echo $(PYTHON) -m pip --python $(BIN)/python)
# Byte code is left to the first import, or to several processes at once; what pip says, to a file, unless it fails.
INSTALL := $(PIP) install --no-compile -c constraints.txt
OR_TELL := > $(VENV)/pip.log 2>&1 || { tail -n 20 $(VENV)/pip.log >&2; exit 1; }
NATIVE := $(BIN)/python -m gamutmeta.native.build > $(VENV)/native.log 2>&1
COMPILE := $(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test test-all quick processors lint types layers check conformance vectors mutants fuzz paper docs clean

demo: $(DEMO_READY) $(NATIVE_READY)
	@$(BIN)/python -m gamutmeta demo --overwrite

test: $(TEST_READY) $(NATIVE_READY) $(if $(shell command -v npm),$(NODE_READY))
	$(BIN)/python -m pytest -m "$(MARKS)" --hypothesis-profile $(HYPOTHESIS) $(WORKERS) $(PYTEST_ARGS)

# The tests of one room but the slow ones, and ruff on it: make quick ROOM=carriers
quick: $(READY) $(NATIVE_READY)
	@test -n "$(ROOM)" -a -n "$(wildcard tests/$(ROOM))" || { echo "name a folder of tests/: make quick ROOM=carriers" >&2; exit 2; }
	$(BIN)/ruff check $(wildcard gamutmeta/$(ROOM)) tests/$(ROOM)
	$(BIN)/ruff format --check $(wildcard gamutmeta/$(ROOM)) tests/$(ROOM)
	$(BIN)/python -m pytest -q -m "not slow" tests/$(ROOM) $(PYTEST_ARGS)

test-all: $(READY)
	@$(MAKE) --no-print-directory test MARKS= HYPOTHESIS=daily

# The tests of sums and elementary functions once more, as other processors would compute them.
processors: $(TEST_READY) $(NATIVE_READY)
	$(BIN)/python -m pytest tests/test_processors.py $(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/mypy
	cd spec/decoders && $(abspath $(BIN))/mypy --strict reference.py build_c.py

layers: $(READY)
	$(BIN)/lint-imports

# The package and the three independent decoders over all vectors of the specification.
conformance: $(READY)
	$(BIN)/python -m spec.conformance -- $(BIN)/gamutmeta conform
	$(BIN)/python -m spec.conformance -- $(BIN)/python spec/decoders/reference.py
	$(BIN)/python -m spec.conformance -- node spec/decoders/pipe.mjs
	$(BIN)/python -m spec.conformance -- node spec/decoders/pipe.mjs --plain
	mkdir -p build
	$(BIN)/python spec/decoders/build_c.py program build/gamutmeta-c
	$(BIN)/python -m spec.conformance -- build/gamutmeta-c

# What each change of the decoder in C is caught by: spec/mutants.md. Anew after a change of that decoder or of vectors.
mutants: $(READY)
	$(BIN)/python -m spec.mutants

# Coverage-guided fuzzing of every target; FUZZ executions of each.
FUZZ ?= 1000000
fuzz: $(READY) $(NATIVE_READY)
	$(BIN)/python -m tests.fuzz.run --executions $(FUZZ)

# The paper's tables over a folder of 16-bit ProPhoto pictures: make paper DATA=folder QUICK=0.1
QUICK ?= 1
paper: $(READY) $(NATIVE_READY)
	$(BIN)/python -m benchmarks.paper $(DATA) --quick $(QUICK)

# The manual as a site: build/docs/index.html
docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs

vectors: $(READY)
	$(BIN)/python -m spec.vectors.make

check: lint types layers test-all

# The demo runs from the folder it is in: the package is not installed, which would need a build tool.
$(DEMO_READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV) for the demo ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@$(PIP) --version > /dev/null 2>&1 || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -c '$(REQUIREMENTS)' fit cli > $(VENV)/demo.txt
	@$(INSTALL) -r $(VENV)/demo.txt $(OR_TELL)
	@touch $@

# By the machine's C compiler, or else by zig from the package index (80 MB); if neither works, numpy does the work.
$(NATIVE_READY): $(wildcard gamutmeta/native/*.[ch]) gamutmeta/native/build.py | $(DEMO_READY)
	@$(NATIVE) || { $(INSTALL) ziglang > $(VENV)/pip.log 2>&1 && $(NATIVE); } \
		|| echo "The machine code was not built, so numpy does its work: see $(VENV)/native.log"
	@touch $@

# Compiled beforehand, since the tests take warnings for errors, also those of a module that is compiled when imported.
$(TEST_READY): $(DEMO_READY)
	@echo "Setting up $(VENV) for the tests ..."
	@test -x $(BIN)/pip || $(BIN)/python -m ensurepip --default-pip > $(VENV)/pip.log 2>&1
	@$(BIN)/python -c '$(REQUIREMENTS)' test > $(VENV)/test.txt
	@$(INSTALL) -e '.[all]' -r $(VENV)/test.txt $(OR_TELL)
	@$(COMPILE)
	@touch $@

$(READY): $(TEST_READY)
	@echo "Setting up $(VENV) for everything else ..."
	@$(BIN)/python -c '$(REQUIREMENTS)' heavy lint docs > $(VENV)/everything.txt
	@$(INSTALL) -r $(VENV)/everything.txt $(OR_TELL)
	@$(COMPILE)
	@touch $@

%/node_modules/.package-lock.json: %/package-lock.json
	@npm ci --prefix $* --silent --no-audit --no-fund && touch $@ || echo "$*: npm ci failed, see its tests"

clean:
	rm -rf $(VENV) demo-output build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -f gamutmeta/native/*.so gamutmeta/native/*.dll
	rm -rf spec/kaitai/node_modules spec/decoders/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

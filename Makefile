# Everything a person or CI does here. Each target sets up what it needs by itself; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run-ready
DEV := $(VENV)/.dev-ready
BENCH := $(VENV)/.bench-ready
NIGHTLY := $(VENV)/.nightly-ready
SF := tests/clients/sf/node_modules/.ready
CLIENTS := tests/clients/node/node_modules/.ready tests/clients/python/.one/.ready tests/clients/python/.two/.ready
HYPOTHESIS_PROFILE ?= ci
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help demo test clients sf check lint types layers bench mutants mutation nightly lock docs clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(RUN) ## the main job: two fakes, a customer base, the sync, faults, and what happened
	@$(BIN)/understudy demo

# As many workers as there are cores: one more would collect everything once more, which costs more than it gains.
WORKERS := import os; print(min(4, os.cpu_count() or 1))
SHARED = -n $$($(BIN)/python -c '$(WORKERS)') --dist worksteal
test: $(DEV) ## run the tests, on several cores
	$(BIN)/python -m pytest -q --hypothesis-profile=$(HYPOTHESIS_PROFILE) $(SHARED)

sf: $(SF) ## install the sf command line (needs npm; half a gigabyte), which some nightly tests run

clients: $(CLIENTS) ## install the clients that some tests run, JavaScript's (needs npm) and Python's; without them those tests are skipped

check: lint types layers test ## what CI runs: lint, types, layers, tests (the docs tests among them)

lint: $(DEV) ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(DEV) ## mypy, strict
	$(BIN)/mypy

layers: $(DEV) ## import-linter: who may import whom
	$(BIN)/lint-imports

docs: $(DEV) ## write the generated pages of docs/ anew
	$(BIN)/understudy ledger --write docs
	$(BIN)/understudy sync decisions --write docs/decisions.md
	PATH="$(CURDIR)/$(BIN):$$PATH" understudy verify --command "python fixtures/naive_sync/naive_sync.py" --tls \
		--set conversation="Not Syncing" --histories 0 --report docs/naive_sync.txt > /dev/null; test $$? -eq 1

bench: $(BENCH) ## measure speed, as ratios in one run; writes docs/bench.md
	$(BIN)/python -m crm_contracts.bench --write docs/bench.md

mutants: $(DEV) ## plant a bug for each failure mode, in the engine and the fakes: what catches it, how soon, how short
	$(BIN)/python -m crm_contracts.world.mutants

mutation: $(NIGHTLY) ## cosmic-ray on deciding, planning and the journal: 95 % are killed, each survivor is explained
	$(BIN)/python -m tests.mutation

# The lane that counts its own cases does so in one process.
LANE := tests/contracts_lane
DEEP := tests/properties tests/crm_contracts tests/crm_sync
nightly: $(NIGHTLY) $(CLIENTS) $(SF) ## the deep sweeps: more examples, more histories, longer fault sweeps, fuzzing, a million rows
	$(BIN)/python -m pytest -q --hypothesis-profile=nightly -m "nightly or not nightly" $(SHARED) $(DEEP)
	$(BIN)/python -m pytest -q --hypothesis-profile=nightly -m "nightly or not nightly" $(LANE)
	$(BIN)/python -m pytest -q --hypothesis-profile=nightly -m nightly $(SHARED) tests $(LANE:%=--ignore=%) $(DEEP:%=--ignore=%)
	$(BIN)/python -m crm_contracts.world.mutants
	$(BIN)/python -m tests.mutation

lock: $(DEV) ## resolve the hashed requirement files anew
	$(BIN)/uv pip compile -q pyproject.toml requirements/build.in --extra serve $(LOCK) -o requirements/run.txt
	$(BIN)/uv pip compile -q pyproject.toml requirements/build.in --extra serve --extra contracts --extra postgres --group dev $(LOCK) -o requirements/dev.txt
	$(BIN)/uv pip compile -q pyproject.toml requirements/build.in --extra serve --extra contracts --extra postgres --group dev --group bench $(LOCK) -o requirements/bench.txt
	$(BIN)/uv pip compile -q pyproject.toml requirements/build.in --extra serve --extra contracts --extra postgres --group dev --group nightly $(LOCK) -o requirements/nightly.txt
	$(BIN)/uv pip compile -q tests/clients/python/one.in $(LOCK) -o tests/clients/python/one.txt
	$(BIN)/uv pip compile -q tests/clients/python/two.in $(LOCK) -o tests/clients/python/two.txt
LOCK := --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade

clean: ## remove the virtual environment and every cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist

tests/clients/%/node_modules/.ready: tests/clients/%/package-lock.json
	@command -v npm >/dev/null || { echo "npm is missing: apt-get install npm"; exit 1; }
	npm ci --prefix tests/clients/$* --ignore-scripts --no-audit --no-fund
	touch $@

tests/clients/python/.%/.ready: tests/clients/python/%.txt
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/python -m pip install -q --require-hashes -r $<
	@touch $@

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed: make PYTHON=python3.11 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "python3-venv is missing: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/run.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install -q --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt pyproject.toml | $(VENV)/pyvenv.cfg
	$(BIN)/python -m pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $(RUN) $@

$(BENCH): requirements/bench.txt $(DEV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/bench.txt
	@touch $@

$(NIGHTLY): requirements/nightly.txt $(DEV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements/nightly.txt
	@touch $@

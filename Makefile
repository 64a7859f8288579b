# Each target sets up what it needs by itself: .venv is made once and made again when setup.cfg changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-from-setup-cfg
NODE_MODULES := javascript/node_modules
NODE_INSTALLED := $(NODE_MODULES)/.installed-from-package-lock

.PHONY: demo test lint lint-javascript bench results clean

demo: $(INSTALLED)  ## the whole pipeline on drawn smears; figures and numbers land in artifacts/
	$(BIN)/hybrid-wbc run quickstart

test: $(INSTALLED)  ## every test
	$(BIN)/python -m pytest -n 2

lint: $(INSTALLED) lint-javascript  ## style, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

ifneq ($(shell command -v npm 2>/dev/null),)
lint-javascript: $(NODE_INSTALLED)  ## style and types of the pages' scripts
	$(NODE_MODULES)/.bin/biome ci --error-on-warnings --config-path=javascript hybrid_wbc/report
	$(NODE_MODULES)/.bin/tsc --project javascript
else
lint-javascript:
	@echo "JavaScript was not checked: npm cannot be found" >&2
	@test -z "$$CI"  # a runner that sets CI must have it
endif

bench: $(INSTALLED)  ## throughput of training, and of reading a set a second time
	$(BIN)/python -m pytest -s tests/benchmarks/bench_*.py

results: $(INSTALLED)  ## the README's tables, from the files in artifacts/published/
	$(BIN)/python artifacts/published/tables.py

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install -qq -e ".[test]"
	@touch $@

$(NODE_INSTALLED): javascript/package.json javascript/package-lock.json
	cd javascript && npm ci --loglevel=error --no-audit --no-fund
	@touch $@

clean:  ## forget the environments; runs in artifacts/ stay
	rm -rf $(VENV) $(NODE_MODULES)

# Each target sets up what it needs by itself: .venv is made once and made again when setup.cfg changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed-from-setup-cfg

.PHONY: demo test lint bench results schemas clean

demo: $(INSTALLED)  ## the whole pipeline on drawn smears; figures and numbers land in artifacts/
	$(BIN)/hybrid-wbc run quickstart

test: $(INSTALLED)  ## every test
	$(BIN)/python -m pytest -n 2

lint: $(INSTALLED)  ## style, types, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## throughput of training, and of reading a set a second time
	$(BIN)/python -m pytest -s tests/benchmarks/bench_*.py

results: $(INSTALLED)  ## the README's tables, from the files in artifacts/published/
	$(BIN)/python artifacts/published/tables.py

schemas: $(INSTALLED)  ## the JSON schemas of what is kept and printed, from their types
	$(BIN)/python -m hybrid_wbc.runs.formats
	$(BIN)/python -m hybrid_wbc.studies.formats

$(INSTALLED): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install -qq -e ".[test]"
	@touch $@

clean:  ## forget the environment; runs in artifacts/ stay
	rm -rf $(VENV)

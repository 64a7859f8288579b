# Each target sets up what it needs by itself: .venv is made once and made again when setup.cfg changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MARK := .installed-from-setup-cfg
INSTALLED := $(VENV)/$(MARK)
OLDEST := .venv-oldest
WHEEL := .venv-wheel
NODE_MODULES := javascript/node_modules
NODE_INSTALLED := $(NODE_MODULES)/.installed-from-package-lock
# A file's tests share what they train; the slow files come first, as tests/conftest.py sorts them.
# One that waits for ever is ended, with its name and where it stood; whoever waits for all would not say.
ENDED := -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true --max-worker-restart=0
SIDE_BY_SIDE := -n 2 --dist loadfile --no-loadscope-reorder $(ENDED)

.PHONY: demo test test-fast test-thorough test-oldest test-wheel lint lint-javascript docs bench performance results schemas clean

demo: $(INSTALLED)  ## the whole pipeline on 225 real cells; figures and numbers land in artifacts/
	$(BIN)/hybrid-wbc run quickstart

test: $(INSTALLED)  ## every test, and how much of the code they run
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) --cov --cov-report=term

test-fast: $(INSTALLED)  ## without the tests marked slow
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

test-thorough: $(INSTALLED)  ## 2,000 drawn examples of each kind of picture, table and tree of folders
	$(BIN)/python -m pytest -n 2 --hypothesis-profile=thorough tests/data/decoding \
		tests/data/reading tests/data/test_any_set.py

test-oldest: $(OLDEST)/$(MARK)  ## every test, with the lowest versions that setup.cfg allows
	$(OLDEST)/bin/python -m pytest $(SIDE_BY_SIDE)

test-wheel: $(INSTALLED)  ## the wheel in an empty environment outside the checkout: README's first steps
	rm -rf $(WHEEL)
	$(PYTHON) -m venv $(WHEEL)
	$(BIN)/python -m pip wheel -qq --no-deps --wheel-dir $(WHEEL) .
	$(WHEEL)/bin/python -m pip install -qq $(WHEEL)/*.whl
	$(WHEEL)/bin/python -P tests/try_installed.py

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

docs: $(INSTALLED)  ## the site, in docs/_build/html; its examples are run, and a warning is an error
	$(BIN)/python -m pip install -qq -e ".[docs]"
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html

bench: $(INSTALLED)  ## every benchmark; those of speed and memory write docs/performance.md
	HYBRID_WBC_PERFORMANCE=docs/performance.md $(BIN)/python -m pytest -s tests/benchmarks/bench_*.py

performance: $(INSTALLED)  ## speed, memory and cost alone, into docs/performance.md; on a quiet machine
	HYBRID_WBC_PERFORMANCE=docs/performance.md $(BIN)/python -m pytest -s -v \
		tests/benchmarks/bench_memory.py tests/benchmarks/bench_throughput.py \
		tests/benchmarks/bench_pytorch.py tests/benchmarks/bench_workers.py \
		tests/benchmarks/bench_ablation.py tests/benchmarks/bench_large.py \
		tests/benchmarks/bench_cost.py tests/benchmarks/bench_latency.py \
		"tests/benchmarks/bench_sources.py::test_finding_sources_is_faster_than_comparing_all_pairs"

results: $(INSTALLED)  ## the tables of the README and the site, from the files in artifacts/published/
	$(BIN)/python artifacts/published/tables.py

schemas: $(INSTALLED)  ## the JSON schemas of what is kept and printed, from their types
	$(BIN)/python -m hybrid_wbc.runs.formats
	$(BIN)/python -m hybrid_wbc.studies.formats

# Each NAME>=X of install_requires, as NAME==X. Old releases have no wheels for the newest Python.
$(OLDEST)/$(MARK): LIMITS := -c $(OLDEST)/lowest.txt

$(INSTALLED) $(OLDEST)/$(MARK): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(@D)
	sed -n '/^install_requires/,/^$$/s/^ *\(.*\)>=/\1==/p' setup.cfg > $(@D)/lowest.txt
	$(@D)/bin/python -m pip install --quiet --upgrade pip
	$(@D)/bin/python -m pip install -qq $(LIMITS) -e ".[test]"
	@touch $@

$(NODE_INSTALLED): javascript/package.json javascript/package-lock.json
	cd javascript && npm ci --loglevel=error --no-audit --no-fund
	@touch $@

clean:  ## forget the environments; runs in artifacts/ stay
	rm -rf $(VENV) $(OLDEST) $(WHEEL) $(NODE_MODULES)

# `make` lists the targets. Every target says what it does and can be run again.

PYTHON ?= python3
VENV ?= .venv
OUT ?= out
# Test processes. A notebook keeps one kernel, so files are never split between processes.
WORKERS ?= 2
# The browser tests that keep the pictures which the documentation shows.
SHOOTING_TESTS = tests/app/browser/test_morning.py tests/app/browser/test_stopping.py

BIN = $(VENV)/bin
PIP = "$(BIN)/python" -m pip install --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
include deploy/deploy.mk

.PHONY: help env demo app test bench docs screenshots lint format audit dist clean

help: ## list the targets
	@echo "make TARGET [PYTHON=python3] [VENV=.venv] [OUT=out] [WORKERS=2]"
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1|/p' $(MAKEFILE_LIST) | \
		awk -F'|' '{ printf "%-15s %s\n", $$1, $$2 }'

env: $(VENV)/.stamp-dev ## make the environment with everything for development
	@echo "Environment ready in $(VENV): $$("$(BIN)/python" --version)"

demo: $(VENV)/.stamp-core ## find the cheapest lawful purchase for the demonstration project
	@echo "Optimising the demonstration project; the results go to $(OUT)/"
	@"$(BIN)/bng-opt" demo --out "$(OUT)"

app: $(VENV)/.stamp-app ## serve the dashboard on this machine
	@echo "Serving the dashboard; end it with Ctrl-C"
	@"$(BIN)/bng-opt" app --open

test: $(VENV)/.stamp-dev ## run the tests, the docstring examples and the notebooks
	@echo "Testing the package, its docstring examples and the notebooks"
	@"$(BIN)/python" -m pytest -n $(WORKERS) --dist loadfile --doctest-modules --nbval-lax \
		tests bng_opt notebooks reports

bench: $(VENV)/.stamp-dev ## time the benchmarks
	@test -d tests/benchmarks || { echo "There are no benchmarks yet in tests/benchmarks." >&2; exit 1; }
	@echo "Timing the benchmarks in one process; leave the machine alone meanwhile"
	@"$(BIN)/python" -m pytest --benchmark-enable --benchmark-only tests/benchmarks

docs: $(VENV)/.stamp-dev ## build the documentation into docs/_build/html
	@echo "Building the documentation; its tutorial is run"
	@"$(BIN)/python" -m sphinx --fail-on-warning --keep-going --quiet -b html docs docs/_build/html
	@echo "It begins at docs/_build/html/index.html"

screenshots: $(VENV)/.stamp-dev ## take the documentation's screenshots anew
	@echo "Driving the dashboard in a browser, then cutting its pictures to docs/images/"
	@"$(BIN)/python" -m pytest --quiet $(SHOOTING_TESTS)
	@"$(BIN)/python" docs/make_screenshots.py

lint: $(VENV)/.stamp-dev ## check style, format, types and import rules
	@echo "Checking style"
	@"$(BIN)/python" -m ruff check .
	@echo "Checking format"
	@"$(BIN)/python" -m ruff format --check .
	@echo "Checking types"
	@"$(BIN)/python" -m mypy
	@echo "Checking import rules"
	@"$(BIN)/python" "$(BIN)/lint-imports"

format: $(VENV)/.stamp-dev ## rewrite the code in the common format
	@echo "Formatting, sorting imports and mending what ruff can mend"
	@"$(BIN)/python" -m ruff check --fix .
	@"$(BIN)/python" -m ruff format .

audit: $(VENV)/.stamp-dev ## look up known weaknesses of the installed packages; needs the network
	@echo "Asking PyPI's advisories; a package that can't be looked up fails the audit"
	@"$(BIN)/python" -m pip freeze --exclude-editable --local >"$(VENV)/installed.txt"
	@"$(BIN)/python" -m pip_audit --strict --no-deps --disable-pip --progress-spinner off \
		--requirement "$(VENV)/installed.txt"

dist: lint ## build and check the archives of a release, into dist/
	@echo "Building source archive and wheel into dist/"
	@rm -rf dist
	@"$(BIN)/python" -m build --no-isolation --outdir dist >/dev/null
	@"$(BIN)/python" -m twine check --strict dist/*

clean: ## remove environments, caches, builds and results
	@echo "Removing environments, caches, builds and $(OUT)/"
	@rm -rf .venv .venv-* "$(VENV)" "$(OUT)" build dist docs/_build .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis .benchmarks
	@find . -name .git -prune -o -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +

# The stamps make a second run quick; a changed pyproject.toml installs again.

$(VENV)/.stamp-venv:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "bng-opt needs Python 3.11 or newer, and '$(PYTHON)' is" \
			"$$("$(PYTHON)" --version 2>/dev/null || echo absent)." >&2; \
		echo "Name another: make env PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "'$(PYTHON)' can't make virtual environments: ensurepip is missing." >&2; \
		echo "Install it (Debian, Ubuntu: apt install python3-venv) and run make again." >&2; \
		exit 1; }
	@echo "Making a virtual environment in $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv --clear "$(VENV)"
	@touch "$@"

$(VENV)/.stamp-core: $(VENV)/.stamp-venv pyproject.toml
	@echo "Installing bng-opt and its dependencies (about half a minute)"
	@$(PIP) --editable .
	@touch "$@"

$(VENV)/.stamp-app: $(VENV)/.stamp-venv pyproject.toml
	@echo "Installing bng-opt with the dashboard (about a minute)"
	@$(PIP) --editable '.[app]'
	@touch "$(VENV)/.stamp-core" "$@"

$(VENV)/.stamp-dev: $(VENV)/.stamp-venv pyproject.toml
	@echo "Installing bng-opt with the development tools (about a minute)"
	@$(PIP) --editable '.[dev,report]'
	@touch "$(VENV)/.stamp-core" "$@"

# Everything runs inside .venv, which `make install` builds from the lock file. Paths stay relative, so a
# checkout in a folder with spaces works.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test lint audit bench soak lock clean

help:            ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/'

install: $(STAMP)  ## a virtual environment with the locked dependencies

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing the locked dependencies into .venv (once; a minute or two) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip check --disable-pip-version-check >.venv/check.txt || { cat .venv/check.txt; exit 1; }
	@touch $(STAMP)

demo: $(STAMP)     ## the main job against simulated trackers
	@$(BIN)/python -m cli demo

test: $(STAMP)     ## all tests
	@$(BIN)/python -m pytest -q -n auto --dist worksteal

lint: $(STAMP)     ## formatter, linter, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy cli.py
	$(BIN)/lint-imports

audit: $(STAMP)    ## static analysis, and known vulnerabilities of the locked dependencies
	@$(BIN)/bandit -q -c pyproject.toml -r cli.py commands connectors notify portfolio reports rules schedule simulators store sync
	@$(BIN)/python .ci/audit.py

bench: $(STAMP)    ## the measurements of bench/, as ratios side by side
	@$(BIN)/python -m bench

soak: $(STAMP)     ## the long forms of the fault and kill tests
	@DOVETAIL_SOAK=1 $(BIN)/python -m pytest -q tests/faults tests/sync tests/endtoend tests/derive tests/rules

lock: $(STAMP)     ## resolve pyproject.toml again into requirements.lock
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --extra dev --no-emit-index-url --no-header --output-file requirements.lock pyproject.toml

clean:             ## remove what make made
	rm -rf .venv .demo .simulated .mypy_cache .ruff_cache .pytest_cache dist

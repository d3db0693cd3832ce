# Needs Python 3.11 or later, make and git; Node 20 for the extension. `make` lists the targets.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
MAKEFLAGS += --no-print-directory
# Examples and tests must behave the same on every machine: no key of the person who runs them.
NO_KEY := env -u OPENAI_API_KEY -u OPENAI_BASE_URL -u A1_MODEL

.DEFAULT_GOAL := help
.PHONY: help setup run test lint format typecheck bench bench-verify clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The constraints also hold for the isolated environment in which pip builds.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --editable '.[dev]'
	@touch $@

setup: $(STAMP) ## Create .venv with the pinned dependencies

run: setup ## Compile the examples without any key, show what was compiled and run one
	$(NO_KEY) $(BIN)/a1 compile examples
	$(NO_KEY) $(BIN)/a1 show examples/orders.py
	$(NO_KEY) $(BIN)/a1 run examples/orders.py --customer_name "Ada Lovelace"

test: setup ## Run every test: behaviour, layers, lint, types
	$(NO_KEY) $(BIN)/python -m pytest -n auto

lint: setup ## Check style, layers and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

format: setup ## Rewrite the Python files in the project's format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

typecheck: setup ## Check the types
	$(BIN)/ty check --python $(VENV)

bench: setup ## Measure, side by side with peers
	$(NO_KEY) $(BIN)/python -m benchmarks

bench-verify: setup ## Measure what the verifiers catch, and whom they refuse wrongly
	$(NO_KEY) $(BIN)/python -m benchmarks.verify

clean: ## Remove everything that `make` creates
	rm -rf $(VENV) build dist .cache .hypothesis .pytest_cache .ruff_cache .import_linter_cache

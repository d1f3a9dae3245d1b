PYTHON ?= .venv/bin/python

.PHONY: help venv check lint types imports test bench docs

help:  ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

venv:  ## Make .venv with everything the checks need
	python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]'

check: lint types imports test  ## All that must pass before a merge

lint:  ## Lint and formatting
	$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

types:  ## Types, strict
	$(PYTHON) -m basedpyright --pythonpath $(PYTHON)

imports:  ## The import contracts
	$(PYTHON) -c 'import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())'

test:  ## The tests; with a Secret Service of their own: bash tests/with-secret-service.sh make test
	$(PYTHON) -m pytest -q

bench:  ## The measurements, see benchmarks/README.md
	$(PYTHON) benchmarks/run.py

docs:  ## Rewrite the generated pages and the static help
	$(PYTHON) docs/generate.py

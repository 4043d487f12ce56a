# Everything a person does with this project. `make run` is the whole of it.

VENV ?= .venv
PY := $(VENV)/bin/python
# The first Python from 3.11 to 3.13 that runs.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo "$$p"; break; }; done)
SOURCE := config tenants connections syncs reconciliation canonical sandbox manage.py
PYTEST_ARGS ?=
# One pair of the demo: make demo PAIR=xero+amazon
PAIR ?=
export PAIR
export PYTHONUNBUFFERED := 1

.PHONY: help python setup setup-tests setup-bench run serve demo stop check test fuzz bench faults clean format openapi requirements

help: ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found; say which: make PYTHON=/path/to/python3" >&2; exit 1; }

setup: python ## make .venv and install what the product needs
	@$(PYTHON) -I config/bootstrap.py $(VENV) requirements.txt

setup-tests: python ## the same, with the test tools
	@$(PYTHON) -I config/bootstrap.py $(VENV) requirements.txt tests/requirements.txt

setup-bench: python
	@$(PYTHON) -I config/bootstrap.py $(VENV) requirements.txt tests/requirements.txt benchmarks/requirements.txt

run: setup ## the demo's main job once, then serve everything until Ctrl-C
	@exec $(PY) -m config.serve

serve: setup ## serve everything without the demo
	@exec $(PY) -m config.serve --no-demo

demo: setup ## the demo's main job once, of all pairs or of PAIR=...; succeeds only if every rung ties
	@exec $(PY) -m config.serve --once

stop: setup ## stop what `make run` serves elsewhere
	@$(PY) -m config.serve --stop

check: setup-tests ## style, types, import directions, migrations, Django's own checks
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy $(SOURCE)
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PY) manage.py check --fail-level WARNING
	TIEOUT_ROLE=console $(PY) manage.py check --fail-level WARNING

test: setup-tests ## the suite, on a database of its own
	$(PY) -m pytest -n 3 --dist worksteal -m "not faults" $(PYTEST_ARGS)

faults: setup-tests ## a thousand lost answers in every ledger; storms of kill -9 on three brokers; exactly the planned documents
	$(PY) -m pytest -m faults $(PYTEST_ARGS)

fuzz: setup-tests ## ask the partner API's whole document at random, at length
	API_FUZZ=$(or $(API_FUZZ),200) $(PY) -m pytest tests/api/test_fuzz.py $(PYTEST_ARGS)

bench: setup-bench ## measure against the floors of docs/performance
	$(PY) -m benchmarks

clean: ## forget everything: product data and twins together
	@if [ -x $(PY) ]; then $(PY) -m config.serve --forget; fi
	@rm -rf .data staticfiles .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

format: setup-tests ## put the source in its usual shape
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

openapi: setup ## write docs/openapi.json as the partner API now is
	$(PY) manage.py spectacular --format openapi-json --file docs/openapi.json --validate --fail-on-warn

COMPILE = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --no-annotate --quiet --custom-compile-command "make requirements"

requirements: ## pin again what pyproject.toml asks for (needs uv)
	$(COMPILE) -o requirements.txt
	$(subst pyproject.toml,--group test -c requirements.txt,$(COMPILE)) -o tests/requirements.txt
	$(subst pyproject.toml,--group bench -c requirements.txt,$(COMPILE)) -o benchmarks/requirements.txt

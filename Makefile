# The two commands of a newcomer are `make run` and `make test`; see docs/operations.md for the rest.
PYTHON ?= python3
export PORT DATABASE_URL REDIS_URL

COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header

.PHONY: help run test check bench shots services lock format

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' Makefile

run: ## Run the portal with its demonstration, on PORT (8000)
	@exec $(PYTHON) scripts/bootstrap.py run

test: ## Run every test; ARGS goes to pytest
	@exec $(PYTHON) scripts/bootstrap.py test $(ARGS)

check: ## Formatting, lint, types, import contracts, templates, migrations, deployment files
	@exec $(PYTHON) scripts/bootstrap.py check

bench: ## Measure pages, bookings and reports on a large partnership
	@exec $(PYTHON) scripts/bootstrap.py bench $(ARGS)

shots: ## Save a picture of each page and role under var/shots
	@exec $(PYTHON) scripts/bootstrap.py shots $(ARGS)

services: ## Start PostgreSQL and Redis for development and print their addresses
	@exec $(PYTHON) scripts/bootstrap.py services

format: ## Put Python files in shape
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

lock: ## Write the lock files anew from pyproject.toml
	$(COMPILE) --extra dev pyproject.toml --output-file requirements-dev.lock
	$(COMPILE) --extra embedded --constraint requirements-dev.lock pyproject.toml --output-file requirements-run.lock
	$(COMPILE) --constraint requirements-dev.lock pyproject.toml --output-file requirements.lock
	@! grep -E 'https?://|file://|^-' requirements*.lock

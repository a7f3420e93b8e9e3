# The two commands: `make demo` and `make test`. Everything else is for those who work on the code.
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help demo test bench check frontend install install-dev docs

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

demo: install frontend  ## set everything up and start it with a synthetic cohort
	@exec $(PY) manage.py demo

test: install-dev frontend  ## all tests, on the real services
	@exec $(PY) -m pytest $(ARGS)

bench: install-dev frontend  ## benchmarks, as ratios against a reference in the same run
	@exec $(PY) -m benchmarks

check: install-dev  ## lint, types and import layers
	@.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

docs: install  ## regenerate the generated pages of docs/
	@exec $(PY) manage.py docs

install:
	@$(PYTHON) requirements/install.py app

install-dev:
	@$(PYTHON) requirements/install.py dev

frontend:
	@$(PY) frontend/build.py

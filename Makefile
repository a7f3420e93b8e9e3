# The two commands: `make demo` and `make test`. Everything else is for those who work on the code.
PYTHON ?= python3
PY := .venv/bin/python
# What has a full size (PROVE=1): marks and probes, decisions, masks, kills, tampering, storage faults, lineage, pins.
PROOFS := tests/repository tests/integration/proofs tests/integration/test_gate_process.py \
	tests/integration/test_gate_users.py tests/integration/test_lineage.py tests/integration/test_upkeep.py \
	tests/unit/audit/test_tampering.py tests/unit/governance tests/unit/lake/test_storage_faults.py \
	tests/unit/lake/test_upkeep.py tests/unit/fusion/test_conformal.py

.PHONY: help demo test prove bench check frontend install install-dev docs

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

demo: install frontend  ## set everything up and start it with a synthetic cohort
	@exec $(PY) manage.py demo

test: install-dev frontend  ## all tests, on the real services
	@exec $(PY) -m pytest $(ARGS)

prove: install-dev frontend  ## the proofs of governance at full size: hours
	@PROVE=1 GATE_KILLS=300 $(PY) -m pytest -s $(or $(ARGS),$(PROOFS)) && $(PY) -m benchmarks.mutate_policy

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

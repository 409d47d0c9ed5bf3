# Everything a newcomer needs: `make run` and `make test`.
# Paths are relative on purpose: the project may lie in a folder whose name has spaces.

VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check --quiet
RUN_STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
ASSETS_STAMP := $(VENV)/.assets
INTEROP_STAMP := $(VENV)/.interop

.DEFAULT_GOAL := help
.PHONY: help run install test lint bench pictures assets messages lock clean

help:
	@echo "make run      the whole department on this machine, with a demonstration"
	@echo "make test     every test"
	@echo "make install  the set-up alone"
	@echo "make lint     style, types and import directions"
	@echo "make bench    every benchmark, as tables"
	@echo "make pictures the manual's pictures anew"
	@echo "make assets   fetch the front-end files again"
	@echo "make messages collect the texts to be translated into translations/"
	@echo "make lock     bring the dependency locks up to date with pyproject.toml"

run: install
	@exec $(PYTHON) -m worklist.cli up --demo

install: $(RUN_STAMP) $(ASSETS_STAMP)

# Each process has embedded servers of its own; a file's tests stay in one of them. Files begin in
# the order of their folders: the browser's are the longest, and nobody waits for one at the end.
test: $(DEV_STAMP) $(ASSETS_STAMP) $(INTEROP_STAMP)
	$(PYTHON) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile \
		--no-loadscope-reorder

lint: $(DEV_STAMP)
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy config.py worklist workers tests bench
	$(VENV)/bin/python $(VENV)/bin/lint-imports

bench: $(DEV_STAMP) $(ASSETS_STAMP)
	$(PYTHON) -m bench

pictures: $(DEV_STAMP) $(ASSETS_STAMP)
	PICTURES_FOLDER=docs/pictures $(PYTHON) -m pytest tests/browser/test_pictures.py

assets: $(RUN_STAMP)
	$(PYTHON) -m worklist.assets
	@touch $(ASSETS_STAMP)

messages: $(RUN_STAMP)
	$(PYTHON) -m babel.messages.frontend --quiet extract --mapping-file=pyproject.toml --no-location \
		--sort-output --msgid-bugs-address= --project=Worklist --version=main --output-file=translations/messages.pot .
	$(PYTHON) -m babel.messages.frontend --quiet update --input-file=translations/messages.pot \
		--output-dir=translations --no-fuzzy-matching --ignore-pot-creation-date --ignore-obsolete
	@rm translations/messages.pot

lock: $(DEV_STAMP)
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	$(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" --constraints requirements.lock --group dev \
		--output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV) node_modules tests/interop/node_modules static/vendor

$(PYTHON):
	@for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			"$$candidate" -m venv $(VENV) && exit 0; \
			echo "$$candidate cannot make a virtual environment: install its venv module" \
				"(Debian, Ubuntu: python3-venv)." >&2; \
			rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	echo "Worklist needs Python 3.11 or newer and found none on PATH." >&2; exit 1

$(RUN_STAMP): requirements.lock pyproject.toml | $(PYTHON)
	@echo "Installing the locked dependencies ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV_STAMP): requirements-dev.lock $(RUN_STAMP)
	@echo "Installing what tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

# Without the npm packages of tests/interop its tests are skipped, in CI they fail.
$(INTEROP_STAMP): tests/interop/package-lock.json $(DEV_STAMP)
	@$(PYTHON) -m tests.support.npm || true
	@touch $@

# Without front-end files pages still work: one warning, and `make assets` tries again.
$(ASSETS_STAMP): package-lock.json $(RUN_STAMP)
	@$(PYTHON) -m worklist.assets || true
	@touch $@

# Every command of the house. `make run` and `make test` need Python 3.11 or newer, pip, venv and make.
SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
# xdist workers for pytest, twice as many as two cores because many tests wait; 0 runs in one process.
WORKERS ?= 4
TESTS ?= tests

.DEFAULT_GOAL := help
.PHONY: help run install test lint statements map lock bench profile storm crash soak fuzz \
	screenshots demo page-figures audit sbom enumeration clean

help: ## This list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: $(VENV)/.run-stamp ## Set up what is missing, then serve on http://localhost:8080
	@exec $(BIN)/auth-portal serve

install: $(VENV)/.run-stamp ## Set up what `run` needs, and stop there

$(BIN)/python:
	@for python in "$$PYTHON" python3 python3.14 python3.13 python3.12 python3.11; do \
	  [ -n "$$python" ] && command -v "$$python" >/dev/null 2>&1 || continue; \
	  "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
	  echo "Setting up $(VENV) with $$("$$python" --version) (once)"; \
	  "$$python" -m venv $(VENV) && exit 0; \
	  echo "The venv module is missing: on Debian and Ubuntu, apt install python3-venv" >&2; rm -rf $(VENV); exit 1; \
	done; echo "Python 3.11 or newer is needed (PYTHON=/path/to/python3 make run)" >&2; exit 1

$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing what the server needs"
	@$(PIP) --require-hashes -r requirements/run.txt
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test-stamp: requirements/test.txt $(VENV)/.run-stamp
	@echo "Installing what the tests need"
	@$(PIP) --no-compile --require-hashes -r requirements/test.txt
	@touch $@

# Where compiled files are forbidden, every process of the run would compile the tests anew.
test: export PYTHONDONTWRITEBYTECODE =
test: lint ## The laws, then every test (this is what CI runs)
	@$(BIN)/python -m tests.rig.browser
	@$(BIN)/python -m pytest $(TESTS) -n $(WORKERS) --dist worksteal

lint: $(VENV)/.test-stamp ## Style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

statements: $(VENV)/.test-stamp ## Compile every SQL statement anew, after one was changed
	@$(BIN)/python -m auth_portal.storage.sql.compiling

map: $(VENV)/.test-stamp ## Write docs/map.md, docs/events.md and docs/errors.md anew
	@$(BIN)/python -m tests.house.map
	@$(BIN)/python -m tests.house.events
	@$(BIN)/python -m auth_portal.http.errors_page > docs/errors.md

lock: ## Pin requirements/*.in with hashes
	@test -x .venv-lock/bin/uv || { python3 -m venv .venv-lock && .venv-lock/bin/pip install --quiet uv; }
	@for list in run test; do .venv-lock/bin/uv pip compile --quiet --universal --generate-hashes \
	  --no-emit-index-url --no-annotate --custom-compile-command "make lock" --python-version 3.11 \
	  requirements/$$list.in -o requirements/$$list.txt || exit 1; done

audit: $(VENV)/.test-stamp ## Known holes in what we depend on
	@$(BIN)/pip-audit --requirement requirements/run.txt --disable-pip

sbom: $(VENV)/.test-stamp ## What the server is made of, as CycloneDX, into build/sbom.json
	@mkdir -p build
	@$(BIN)/cyclonedx-py requirements requirements/run.txt --pyproject pyproject.toml \
	  --output-reproducible --of JSON -o build/sbom.json
	@echo "build/sbom.json: $$(grep -c '"purl"' build/sbom.json) packages"

bench: $(VENV)/.test-stamp ## The benchmarks
	@$(BIN)/python -m bench

profile: $(VENV)/.test-stamp ## Where the processor's time goes
	@$(BIN)/python -m bench.profile

storm: $(VENV)/.test-stamp ## SECURITY.md's rows at the figures as written (long)
	@STORM_SCALE=1 CRASH_CYCLES=$${CRASH_CYCLES:-200} $(BIN)/python -m pytest tests -m row --timeout 7200

crash: $(VENV)/.test-stamp ## 200 kill -9 cycles under mixed writes
	@CRASH_CYCLES=$${CRASH_CYCLES:-200} $(BIN)/python -m pytest tests/flows/test_kill_nine.py -s --timeout 7200

soak: $(VENV)/.test-stamp ## Ten minutes of mixed load
	@$(BIN)/python -m bench.soak

enumeration: $(VENV)/.test-stamp ## Can time tell who has an account? (long)
	@$(BIN)/python -m bench.enumeration

fuzz: $(VENV)/.test-stamp ## A long run of the fuzzers
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-1800} $(BIN)/python -m pytest tests/attack -k fuzz -s --timeout 7200

screenshots: $(VENV)/.test-stamp ## Pictures of every page into docs/pictures
	@$(BIN)/python -m tests.browser.screenshots

demo: $(VENV)/.test-stamp ## The server with an identity provider beside it: try "Sign in with …"
	@$(BIN)/python -m demo

page-figures: $(VENV)/.test-stamp ## What the pages weigh and how fast they are
	@$(BIN)/python -m tests.browser.figures

clean: ## Remove the virtual environment and caches (never the data)
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# `make run` and `make test` need nothing but Python and make; the rest builds on them.

VENV := .venv
PYTHON_HERE := $(VENV)/bin/python
PYTHONS := $(PYTHON) python3.13 python3.14 python3.12 python3 python

# A name may be there and still not run (pyenv's shims), or lack venv (Debian).
MAKE_VENV := { \
	[ -w . ] || { echo "Tollgate cannot start: this folder cannot be written to." >&2; exit 1; }; \
	for name in $(PYTHONS); do \
	    "$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null \
	        && exec "$$name" -m venv --clear $(VENV); \
	done; \
	echo "Tollgate needs Python 3.12 or newer with its venv module: install it and run make again" >&2; \
	echo "(on Debian and Ubuntu: apt-get install python3 python3-venv)." >&2; \
	exit 1; }

# 80 MB, and of use to nothing else.
CHART_TOOLS := helm-python-sdk==0.2.2 kubernetes-validate==1.37.0

.PHONY: help run test lint fuzz faults chart mutants install env requirements benchmark
.SILENT:

help:
	sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile | expand -t 20

run: $(VENV)/run.stamp ## start the portal on this machine (PORT=8000)
	exec $(PYTHON_HERE) -m config.launch

test: lint ## run every test on SQLite and on PostgreSQL
	$(PYTHON_HERE) -m tests.chromium
	$(PYTHON_HERE) -m tests.daemons
	$(PYTHON_HERE) -m tests

fuzz: $(VENV)/test.stamp ## call the API and fill in forms in every way, allowed or not (EXAMPLES=100)
	EXAMPLES=$(or $(EXAMPLES),100) $(PYTHON_HERE) -m pytest --quiet -n logical \
		tests/api/test_schemathesis.py tests/test_hostile_input.py $(PROPERTIES)
	EXAMPLES=$(or $(EXAMPLES),100) TEST_DATABASE=postgresql $(PYTHON_HERE) -m pytest --quiet \
		$(RACES)

# As many rounds of each; `make test` takes eight.
RACES := tests/races tests/api/v1/test_races.py

# What holds for any examples; `make test` takes the same ones each time.
PROPERTIES := tests/accounts/test_paging.py tests/gateway/test_filters.py \
	tests/gateway/test_logsql.py tests/gateway/test_queries.py tests/sharing/test_scope.py \
	tests/sharing/test_state_machine.py tests/tokens/test_secrets.py

faults: $(VENV)/test.stamp ## let databases die, hang, fail over and fill up under load (COUNT=5)
	$(PYTHON_HERE) -m tests.faults

chart: $(VENV)/test.stamp ## render deploy/chart, lint it and hold it against Kubernetes' schemas
	$(PIP_INSTALL) --upgrade --target $(VENV)/chart $(CHART_TOOLS)
	PYTHONPATH=$(VENV)/chart $(PYTHON_HERE) -m tests.chart

mutants: $(VENV)/test.stamp ## change the code that decides, bit by bit; 95 % must be noticed (SAMPLE=200)
	SAMPLE=$(or $(SAMPLE),1000000) $(PYTHON_HERE) -m tests.mutants

lint: $(VENV)/test.stamp ## check style, templates and known vulnerabilities
	$(PYTHON_HERE) -m ruff check .
	$(PYTHON_HERE) -m ruff format --check .
	find templates -name '*.html' -exec $(VENV)/bin/djade --check --target-version 6.1 {} +
	$(PYTHON_HERE) -m tests.dependency_audit

install: $(VENV)/run.stamp ## install what the portal needs, and nothing more

env: install ## write .env with fresh keys and no demo
	$(PYTHON_HERE) -m config.dotenv

requirements: $(VENV)/test.stamp ## pin dependencies anew (UPGRADE=--upgrade for newer ones)
	$(PIN) --output-file requirements.txt
	$(PIN) --group dev --output-file requirements-dev.txt

benchmark: $(VENV)/test.stamp ## measure pages, calls, the gate and memory, at 100 to 1,000,000 tokens
	$(PYTHON_HERE) -m benchmarks
	$(PYTHON_HERE) -m benchmarks.calls --metrics
	$(PYTHON_HERE) -m benchmarks.proxies
	$(PYTHON_HERE) -m benchmarks.memory

PIP_INSTALL := $(PYTHON_HERE) -m pip install --quiet --quiet --disable-pip-version-check --no-input
INSTALL := $(PYTHON_HERE) -m config.packages
# With the build backend that was just installed: nothing is downloaded.
INSTALL_COMMAND := $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
PIN := $(PYTHON_HERE) -m uv pip compile pyproject.toml --quiet --universal \
	--python-version 3.12 --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --no-annotate $(UPGRADE)

$(PYTHON_HERE):
	$(MAKE_VENV)

# A virtual environment whose Python was replaced has no pip any more: make it anew.
$(VENV)/run.stamp: requirements.txt $(PYTHON_HERE)
$(VENV)/test.stamp: requirements-dev.txt $(PYTHON_HERE)
$(VENV)/run.stamp $(VENV)/test.stamp:
	$(PYTHON_HERE) -m pip --version >/dev/null 2>&1 || $(MAKE_VENV)
	echo "Installing what $< lists (a minute or two)…"
	$(INSTALL) $<
	$(INSTALL_COMMAND)
	touch $@

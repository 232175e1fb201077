# Everything a developer or an operator does in a checkout. `make` alone lists it.
# Each target sets up what it needs: on a bare Debian 12 with Python 3.11 and make, `make run` is enough.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Every process of a test run would compile slad anew.
unexport PYTHONDONTWRITEBYTECODE

VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS ?= 5  # on two cores: a test waits about half of its time, and four left a third of them idle
ARGS ?=

PY := $(VENV)/bin/python
PYTEST = $(PY) -m pytest -n $(JOBS) --dist loadgroup --no-loadscope-reorder
BRIEF := not slow and not kill and not fuzz
AT_HOME := kafka or browser or server_timers or dayless
PACKAGES := sla_domain sla_catalogue sla_platform sla_ingest sla_timer sla_notifier sla_board sla_standalone
SOURCES := $(wildcard services shared tests bench)
LONGEST_FILE := 600

##@ Use slad

.PHONY: run
run: install ## run slad, all services in one process on SQLite (ARGS="--port 8080")
	$(VENV)/bin/slad run $(ARGS)

.PHONY: demo
demo: install ## live data on an accelerated clock with a local mailbox
	$(VENV)/bin/slad demo $(ARGS)

##@ Develop

.PHONY: install
install: $(VENV)/installed ## make .venv with every dependency, pinned and verified by hash
	@:

.PHONY: test
test: install ## the tests, on every real part there is, then which were used (ARGS="-k kafka")
	@$(PY) -m sla_platform.local fetch
	$(PYTEST) -m "$(BRIEF) and not long" $(ARGS)

# Of the long ones those that `make test-on` leaves out; the others it runs.
.PHONY: long
long: install ## the long tests that know no other day: stories on Kafka, servers that come and go
	@$(PY) -m sla_platform.local fetch
	$(PYTEST) -m "$(BRIEF) and long and ($(AT_HOME))" $(ARGS)

# What CI runs on today: both of the above in one run, whose workers read the tests once.
.PHONY: today
today: install ## the tests, and the long ones that know no other day: make test and make long in one
	@$(PY) -m sla_platform.local fetch
	$(PYTEST) -m "$(BRIEF) and (not long or $(AT_HOME))" $(ARGS)

# Another day for the processes of the tests and for PostgreSQL. Kafka stays out: its JVM does not bear it. So do the
# tests of what knows no day: neither the domain nor a test may ask for it (`make check`), and these start no slad and
# ask no server (`dayless`: with an injected clock, on SQLite).
DAYLESS := tests/docs tests/law tests/property/calendar tests/unit/calendar tests/unit/domain
ifndef DATE
DATE := $(shell date -u -d "$$(( $$(od -An -N2 -tu2 /dev/urandom) % 1000 + 1 )) days" +%F)T$(shell date -u +%T)
endif

.PHONY: test-on
test-on: install ## the tests, the long ones too, on another day (DATE=2028-01-15; a random one by default)
	@command -v faketime >/dev/null || { echo "needs faketime: apt-get install faketime" >&2; exit 1; }
	@$(PY) -m sla_platform.local fetch
	@echo "the clock stands at $(DATE) UTC: make test-on DATE=$(DATE)"
	offset=$$(( $$(date -u -d "$(DATE)" +%s) - $$(date -u +%s) )); \
		NO_FAKE_STAT=1 TZ=UTC faketime -f "$$(printf '%+d' $$offset)s" \
		$(PYTEST) -m "$(BRIEF) and not ($(AT_HOME))" \
		$(addprefix --ignore=,$(DAYLESS)) $(ARGS)

.PHONY: drills
drills: install ## the kill tests in small, one after the other: each loads the machine by itself (ARGS="-k broker")
	@$(PY) -m sla_platform.local fetch
	$(PY) -m pytest -m "kill and not slow" $(ARGS)

.PHONY: fuzz
fuzz: install ## odd requests at every route of both profiles: no 5xx, no restart (SLAD_FUZZ_REQUESTS=100000, SLAD_FUZZ_SEED)
	@$(PY) -m sla_platform.local fetch
	SLAD_FUZZ_REQUESTS=$${SLAD_FUZZ_REQUESTS:-100000} $(PY) -m pytest -m fuzz -n 2 -rP $(ARGS)

.PHONY: chaos
chaos: install ## two minutes in which everything goes wrong at once, under an oracle of its own (SLAD_CHAOS_SEED repeats)
	@$(PY) -m sla_platform.local fetch
	$(PY) -m tests.chaos

.PHONY: thorough
thorough: install ## the same at full size: slow tests, many more random cases, an hour of chaos (drills: make kill)
	@$(PY) -m sla_platform.local fetch
	SLAD_ORACLE_CASES=$${SLAD_ORACLE_CASES:-200000} SLAD_FUZZ_REQUESTS=$${SLAD_FUZZ_REQUESTS:-1000000} $(PY) -m pytest -n $(JOBS) --dist loadgroup \
		--no-loadscope-reorder --hypothesis-profile thorough --timeout 3600 -m "not kill" $(ARGS)
	SLAD_CHAOS_SECONDS=$${SLAD_CHAOS_SECONDS:-3600} $(PY) -m tests.chaos

.PHONY: kill
kill: install ## the drills in full: 200 kills on each profile, outages of minutes; takes an hour
	@$(PY) -m sla_platform.local fetch
	SLAD_TEST_COLD=1 $(PY) -m pytest -m kill $(ARGS)

.PHONY: check
check: install ## lint, format, types, layers and file length: what CI checks before it tests
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy $(addprefix -p ,$(PACKAGES)) -p tests.real -p tests.law
	$(VENV)/bin/lint-imports --no-logo
	@find $(SOURCES) -name '*.py' -print0 | xargs -0 awk -v longest=$(LONGEST_FILE) \
		'FNR == longest + 1 { print FILENAME ": longer than " longest " lines, split it"; long = 1 } END { exit long }'

.PHONY: fmt
fmt: install ## format the code and mend what the linter can mend
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: bench
bench: install ## measure the figures of the README on this machine (ARGS="--help")
	@$(VENV)/bin/uv pip install --quiet --python $(PY) --group bench
	$(PY) -m bench $(ARGS)

##@ Kafka and PostgreSQL on this machine, without Docker

.PHONY: up
up: install ## start both in the background, data in var/; eval "$$(make -s up)" exports their URLs
	@$(PY) -m sla_platform.local up

.PHONY: down
down: install ## stop both cleanly; the data stay
	@$(PY) -m sla_platform.local down

##@ Keep house

LOCK := $(VENV)/bin/uv pip compile --quiet --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header

.PHONY: lock
lock: install ## write both requirements.lock anew from pyproject.toml (ARGS=--upgrade for newer versions)
	$(LOCK) --universal --all-extras --output-file requirements.lock $(ARGS) pyproject.toml
	$(LOCK) --python-platform linux --extra kafka --extra postgres --constraints requirements.lock \
		--output-file deploy/requirements.lock $(ARGS) pyproject.toml

.PHONY: clean
clean: ## remove .venv, caches and build results; var/ with its data stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { gsub(/\$$\$$/, "$$", $$2); printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# The environment in three steps, each done again only when its input changed.

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "slad needs Python 3.11 or newer: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null || { \
			echo "this Python cannot make virtual environments; run: sudo apt-get install python3-venv" >&2; exit 1; }; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/locked: requirements.lock | $(PY)
	$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/installed: pyproject.toml $(VENV)/locked
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

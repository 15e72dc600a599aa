# Everything runs in .venv, which each target makes for itself: uv where it is at hand, venv and pip where not,
# the same locked versions either way.
#
#   make demo                          a simulated month (and real history where it is at hand), imported and answered
#   make demo HISTORY=FILE MAP=FILE    your own history, by your own mapping file
#   make test                          the tests
#   make check                         lint, format, types, import contracts, tests
#   make test-all                      the slow suites too: long loops of kill -9
#   make bench                         speed, as ratios against the raw limit
#   make lock                          choose the locked versions anew (needs uv)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
HISTORY ?=
MAP ?=
ZONE ?= UTC
BOSTON := ../shared/data/boston311_2015_a/requests.csv.gz

.PHONY: demo test check lint types test-all docs bench lock clean

demo: .venv/demo-ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" HISTORY="$(HISTORY)" MAP="$(MAP)" ZONE="$(ZONE)" BOSTON="$(BOSTON)" sh examples/demo.sh

test: .venv/dev-ready
	$(BIN)/python -m pytest -q -n auto

check: lint types test

lint: .venv/dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/dev-ready
	$(BIN)/mypy -n auto
	$(BIN)/pyright

test-all: .venv/dev-ready
	$(BIN)/python -m pytest -q -n auto -m "slow or not slow"

docs: .venv/dev-ready
	$(BIN)/python docs/vocabulary.py
	$(BIN)/python docs/metrics.py

bench: .venv/dev-ready
	$(BIN)/python tests/benchmarks/ratios.py
	$(BIN)/python tests/benchmarks/store.py
	$(BIN)/python tests/benchmarks/projection.py
	$(BIN)/python tests/benchmarks/sealing.py
	$(BIN)/python tests/benchmarks/calendar_time.py
	$(BIN)/python tests/benchmarks/due.py
	$(BIN)/python tests/benchmarks/replay.py

.venv/demo-ready: requirements/run.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh requirements/run.txt
	@touch $@

.venv/dev-ready: requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh requirements/install.sh requirements/dev.txt
	@touch $@ .venv/demo-ready

lock:
	uv pip compile -q pyproject.toml --extra all --group build --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -o requirements/run.txt $(UPGRADE)
	uv pip compile -q pyproject.toml --extra all --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements/run.txt -o requirements/dev.txt $(UPGRADE)

clean:
	rm -rf .venv demo build dist

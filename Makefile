# make demo   the product in a minute: set up, crawl a made-up world into MongoDB, check and show what landed
# make test   set up, and run the whole test suite
# make lint   ruff and mypy
# make fuzz   ten minutes of fuzzing the parsers (make fuzz SECONDS=60)
# make drills crawls that are killed, starved and lied to on purpose; long (make drills ARGS="--kills 10 --posts 60")
# make docs   write docs/data.md from the code
# make clean  stop and remove what the others made

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
TESTABLE := $(VENV)/.testable
DRILLABLE := $(VENV)/.drillable

.PHONY: demo test lint docs clean corpus fuzz drills

demo: $(INSTALLED)
	@$(BIN)/scrapy demo

test: $(TESTABLE)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

corpus: $(TESTABLE)
	@$(BIN)/python -m tests.corpus

fuzz: $(TESTABLE)
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),600)

drills: $(DRILLABLE)
	@$(BIN)/python -m tests.drills $(ARGS)

lint: $(TESTABLE)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(INSTALLED)
	@$(BIN)/python -m store.datapage > docs/data.md

clean:
	@if [ -x $(BIN)/scrapy ]; then $(BIN)/scrapy mongo stop || true; fi
	rm -rf $(VENV) data build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "finews needs Python 3.11 or newer as '$(PYTHON)'; name another one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(INSTALLED): $(VENV)/bin/python requirements.txt requirements-embedded.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-embedded.txt
	@touch $@

$(TESTABLE): $(INSTALLED) requirements-dev.txt requirements-scrapyd.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -r requirements-scrapyd.txt
	@touch $@

$(DRILLABLE): $(TESTABLE) requirements-drills.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-drills.txt
	@touch $@

# Each target does what it needs first. python3 (3.11 or later) and make are all that has to be there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?=
BENCH_ARGS ?=
FUZZ_SECONDS ?= 600
VALIDATE_ARGS ?=

.PHONY: install score test validate check fuzz bench clean

install: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or later is needed, this is {sys.version.split()[0]}; give another one with: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

score: install
	@cd examples && ../$(BIN)/python -m zipfile -c middling.zip middling/
	$(BIN)/grader score examples/middling.zip

test: install
	$(BIN)/python -m pytest --numprocesses auto --dist loadgroup $(PYTEST_ARGS)

validate: install
	$(BIN)/grader validate $(VALIDATE_ARGS)

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy grader

fuzz: install
	$(BIN)/python -m tests.fuzz.run -max_total_time=$(FUZZ_SECONDS)

bench: install
	$(BIN)/python benchmarks/score.py $(BENCH_ARGS)
	$(BIN)/python benchmarks/check.py $(BENCH_ARGS)
	$(BIN)/python benchmarks/batch.py
	$(BIN)/python benchmarks/gradebook.py

clean:
	rm -rf $(VENV) build dist examples/middling.zip

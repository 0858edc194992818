# Two commands do all the set-up: `make tour` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: tour test lint bench docs clean

# The stamp says which requirements the environment was made from, so a change of them installs again.
$(VENV)/.tour: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[tour]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

tour: $(VENV)/.tour
	$(BIN)/likewise tour -o tour

# Two processes: some tests use several threads by themselves. A file's tests stay together, for they share fixtures.
test: $(VENV)/.dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(PYTEST)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	for bench in benches/[a-z]*.py; do echo "== $$bench"; $(BIN)/python $$bench; done

# The page of commands, then the site, with warnings as errors; it is in site/.
docs: $(VENV)/.dev
	$(BIN)/python docs/print_cli.py > docs/cli.md
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

clean:
	rm -rf .pytest_cache .mypy_cache .ruff_cache tour site
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

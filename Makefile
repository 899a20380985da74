PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: up test lint bench soak clean

$(STAMP): pyproject.toml setup.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --config-settings editable_mode=compat --editable . --group dev
	@touch $@

install: $(STAMP)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	@tests/support/install-peers.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup

clean:
	rm -rf $(VENV) build *.egg-info
	find engine rpk -name '*.so' -delete -o -name '*.c' -delete

bench: $(STAMP)
	@tests/support/install-peers.sh
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(STAMP)
	@tests/support/install-peers.sh
	$(BIN)/python -m pytest -m soak -p no:randomly

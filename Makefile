PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
FAST   := $(VENV)/.compiled
DEV    := $(VENV)/.developed
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help up interpreted install develop test lint man bench soak clean

help:
	@echo "make up        install, start a local broker, send a record there and back"
	@echo "make test      lint, types, import floors, every test"
	@echo "make lint      the first three alone"
	@echo "make man       the manual pages of man/, from the command tree"
	@echo "make bench     measure beside Apache Kafka and kcat; ARGS=--help shows the cells"
	@echo "make soak      the tests too long for every run"
	@echo "make clean     delete the environment and everything built"

up:
	@$(PYTHON) tools/up.py

$(STAMP): pyproject.toml setup.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@RPK_NO_COMPILE=1 PYTHONWARNINGS=ignore $(PIP) install --quiet --config-settings editable_mode=compat --editable .
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m compileall -q engine rpk
	@touch $@

# Compiled where a C compiler is (setup.py), after the rest so that a broker can run meanwhile; an edit to one of
# them compiles again.
HOT    := $(shell find engine -name '*.pxd')

$(FAST): $(STAMP) $(HOT) $(HOT:.pxd=.py)
	@PYTHONWARNINGS=ignore $(PIP) install --quiet --no-deps --config-settings editable_mode=compat --editable .
	@touch $@

$(DEV): $(FAST)
	@$(PIP) install --quiet --upgrade "pip>=25.1"
	@$(PIP) install --quiet --group dev
	@touch $@

interpreted: $(STAMP)

install: $(FAST)

develop: $(DEV)

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	@tests/support/install-peers.sh
	@# Real processes share two noisy cores here: what fails must fail three times, and every rerun is listed.
	$(BIN)/python -m pytest -n 2 --dist loadgroup --reruns 2 --reruns-delay 2

man: $(STAMP)
	@$(BIN)/python tools/man.py

clean:
	rm -rf $(VENV) build *.egg-info
	find engine rpk -name '*.so' -delete -o -name '*.c' -delete

bench: $(DEV)
	@tests/support/install-peers.sh
	$(BIN)/python -m benchmarks $(ARGS)

soak: $(DEV)
	@tests/support/install-peers.sh
	$(BIN)/python -m pytest -m soak -p no:randomly

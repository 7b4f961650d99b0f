# make demo | test | lint | gpu | install | clean
# PYTHON is the interpreter an environment is made from; VENV is the environment, which may be one that exists already:
#   make test VENV="$VIRTUAL_ENV"

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
comma := ,
.DEFAULT_GOAL := test

.PHONY: install demo test lint gpu clean

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "twingrad: expected Python 3.11 or newer, got " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)

# One stamp per set of extras: pip runs again only when pyproject.toml has changed.
$(VENV)/.twingrad-test: EXTRAS = test
# On a machine with an NVIDIA driver the demo runs there, too: CuPy for the newest CUDA that the driver can run.
CUDA := $(shell nvidia-smi 2>/dev/null | sed -n 's/.*CUDA Version: *\([0-9]*\).*/\1/p' | head -1)
$(VENV)/.twingrad-demo: EXTRAS = data,plot$(if $(filter 12,$(CUDA)),$(comma)cuda12)$(if $(filter-out 10 11 12,$(CUDA)),$(comma)cuda13)
$(VENV)/.twingrad-%: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$(EXTRAS)]'
	@touch $@

install: $(VENV)/.twingrad-test

demo: $(VENV)/.twingrad-demo
	$(BIN)/python -m autograd demo

# All tests, then those that make tensors once more with their tensors on the GPU, or without one on the emulated GPU.
# How they are shared out between workers stands in tests/conftest.py.
PYTEST := $(BIN)/python -m pytest -n auto --no-loadscope-reorder
test: install
	$(PYTEST)
	$(PYTEST) --device cuda tests/engine tests/nn tests/ops tests/optim tests/utils tests/test_gradcheck.py

# On a machine with a GPU, with the packages that PYTHON has: installs nothing, needs no network. Goes on where it stopped.
gpu:
	$(PYTHON) -m benchmarks gpu

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find autograd nn optim backends tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

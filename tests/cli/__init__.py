"""Tests of ``python -m autograd``."""

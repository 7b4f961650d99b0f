"""Compiled kernels, one file per family; imported only when the first of them is asked for."""

from backends.cpu import process

process.tune()  # before anything here is compiled

"""Compiled kernels, one file per family; imported only when the first of them is asked for."""

"""Errors of this package."""

from __future__ import annotations


class BackendUnavailable(RuntimeError):
    """A device cannot be used on this machine; the message says what is missing and how to get it.

    Example:
        >>> raise BackendUnavailable("cuda: the driver is missing")
        Traceback (most recent call last):
        backends.errors.BackendUnavailable: cuda: the driver is missing
    """


class OutOfMemoryError(RuntimeError, MemoryError):
    """A device has no room for an array. The message says how its memory is used, and the ways out."""


class LinAlgError(RuntimeError):
    """A matrix that cannot be factorized as asked: singular, not positive-definite, or one that no iteration solves."""

"""The errors of the engine. Those of what is no operation, layers and data among them, stay Python's.

Each is also what PyTorch raises in its place (``RuntimeError``; ``TypeError`` for dtypes would surprise its users), so
``except RuntimeError`` written for PyTorch still catches.
"""

from __future__ import annotations


class ShapeError(RuntimeError, ValueError):
    """Shapes that do not fit each other or the operation."""


class ArgumentError(RuntimeError, ValueError):
    """A number or a word that an operation does not take."""


class PositionError(IndexError, RuntimeError):
    """An index past the end."""


class DtypeError(RuntimeError, TypeError):
    """A dtype that the operation does not take, or dtypes that do not fit each other."""


class DeviceError(RuntimeError):
    """Tensors on different devices, or a device that is not there."""


class GraphError(RuntimeError):
    """A graph that cannot be walked: freed, modified in place, or without gradients."""


class SerializationError(RuntimeError):
    """A file that cannot be read: cut short, corrupt, or of another kind; or one that could not be written."""

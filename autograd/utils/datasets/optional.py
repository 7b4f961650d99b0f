"""Libraries that only some datasets and transforms need."""

from __future__ import annotations

import importlib
from typing import Any


def need(module: str, user: str) -> Any:
    """Import a module of an optional dependency.

    Args:
        module: such as "PIL.Image".
        user: what needs it, for the message.

    Returns:
        The module.

    Raises:
        ImportError: it is not installed; says how to install it.

    Example:
        >>> from autograd.utils.datasets.optional import need
        >>> need("json", "an example").dumps([1])
        '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        library = {"PIL": "Pillow", "sklearn": "scikit-learn"}.get(module.partition(".")[0], module)
        raise ImportError(f"{user} needs {library}: pip install 'twingrad[data]'") from error

"""``python -m autograd``: train, evaluate, demo, info."""

from __future__ import annotations

import sys

from autograd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

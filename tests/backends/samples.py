"""``SAMPLES``: for every kernel of the protocol a few sets of arguments. ``agree`` is the body of a loop over it.

``agree(backend, sample, dtype, layout)`` runs the kernel on the backend and on plain NumPy and asserts that results,
and arguments written to, are the same. Rows stand in the three tables below.
"""

from __future__ import annotations

from tests.backends import samples_more, samples_rows, samples_windows
from tests.backends.sample import LAYOUTS as LAYOUTS
from tests.backends.sample import REFERENCE as REFERENCE
from tests.backends.sample import TOLERANCE as TOLERANCE
from tests.backends.sample import Sample as Sample
from tests.backends.sample import agree as agree
from tests.backends.sample import close as close
from tests.backends.sample import run as run

SAMPLES: list[Sample] = [*samples_windows.SAMPLES, *samples_rows.SAMPLES, *samples_more.SAMPLES]

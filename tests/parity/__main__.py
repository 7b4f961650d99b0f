"""``python -m tests.parity``: the table of coverage; with ``--all`` every name, else a line per place and what is missing."""

from __future__ import annotations

import sys
from collections import defaultdict

from tests.parity.coverage import Row, rows, share


def main() -> None:
    groups: dict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows():
        groups[row.tier, row.place].append(row)
        if "--all" in sys.argv:
            print(f"{row.tier}  {row.place:22} {row.name:36} {', '.join(row.forms):28} {'recorded' * row.tested}")
    for (tier, place), found in groups.items():
        missing = [row.name for row in found if not row.present]
        print(f"tier {tier}  {place:20} {len(found) - len(missing):4} of {len(found):3}  {' '.join(missing)}")
    for tier in (1, 2):
        print(f"tier {tier}: {100 * share(tier):.1f} %")


main()

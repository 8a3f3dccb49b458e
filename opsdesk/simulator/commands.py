"""`opsdesk simulate`: many seeds on several processes, and a line for each that breaks a promise."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opsdesk.simulator.run import Told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--seeds", type=seeds, default=range(100), metavar="A:B", help="from A up to, not including, B")
    parser.add_argument("--minutes", type=float, default=0.0, help="go on from A for so many minutes")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--cases", action="store_true", help="also tell which rare cases were met, on stderr")


def seeds(text: str) -> range:
    """`0:2000` as a range; one number is one seed. Raises ValueError."""
    first, _, end = text.partition(":")
    return range(int(first), int(end) if end else int(first) + 1)


def run(options: argparse.Namespace) -> int:
    """Run the seeds and print the figures; 1 when a promise was broken."""
    from opsdesk.simulator.run import COUNTED  # the command line must not load all this to list its commands

    totals = {"seeds": 0, "edits": 0} | dict.fromkeys(COUNTED.values(), 0)
    cases: Counter[str] = Counter()
    begun = time.monotonic()
    for told in _told(options, begun):
        totals["seeds"] += 1
        totals["edits"] += told.edits
        cases += told.seen
        for kind in {COUNTED.get(problem.kind, "diverged") for problem in told.problems}:
            totals[kind] += 1
        if told.problems:
            print(f"seed {told.seed}: {told.problems[0].text}", file=sys.stderr)
    minutes = (time.monotonic() - begun) / 60
    if options.cases:
        print("\n".join(f"{count:8} {name}" for name, count in sorted(cases.items())), file=sys.stderr)
    print(f"{totals['seeds'] / max(minutes, 1e-9):.0f} seeds a minute", file=sys.stderr)
    print(json.dumps(totals) if options.json else "\n".join(f"{name:16} {count}" for name, count in totals.items()))
    return int(any(totals[name] for name in COUNTED.values()))


def _told(options: argparse.Namespace, begun: float) -> Iterator[Told]:
    from opsdesk.simulator.run import tell

    with ProcessPoolExecutor(options.jobs) as pool:
        first = options.seeds.start
        if not options.minutes:
            yield from pool.map(tell, options.seeds, chunksize=4)
            return
        while time.monotonic() - begun < options.minutes * 60:
            yield from pool.map(tell, range(first, first + 8 * options.jobs), chunksize=4)
            first += 8 * options.jobs

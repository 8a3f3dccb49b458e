"""Composition root of the bench: what people do all day, measured in the real window on many made-up tickets.

Beside each figure stands its limit: the bare statement through the same driver on the same file in the same run, plus
the repaint of the same table with nothing to fetch. The window runs offscreen in a process of its own, so that its
memory and its start can be measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsdesk.services.errors import Refused

Progress = Callable[[int, int], None]

WHAT = ("list", "start", "edit", "sync", "map")


def run(what: str, *, rows: int, progress: Progress | None = None, times: int | None = None) -> dict[str, Any]:
    """Measure `list`, `start`, `edit`, `sync` or `map` on so many rows and return the figures, in milliseconds.

    `times` is how often a step is done, for a quick look. The first run with a number of rows makes them up, which
    takes about two minutes a million. Raises Refused for another `what`, and for `sync` without the server's packages.
    """
    from opsdesk.bench import figures, folders

    measure = _measure(what)
    folder = folders.seeded(rows, progress)
    machine = figures.machine()
    more = {} if times is None else {"times": times}
    return {"what": what, "rows": rows, "machine": machine, **measure(folder, rows, progress, **more)}


def _measure(what: str) -> Callable[..., dict[str, Any]]:
    from opsdesk.bench import editing, listing, mapping, starting

    if what == "sync":
        try:
            from opsdesk.bench.syncing import measuring
        except ModuleNotFoundError as error:
            raise Refused(f"A server is measured too, and it needs the extra `server` ({error.name})") from error
        return measuring.measure
    measures = {
        "list": listing.measure,
        "start": starting.measure,
        "edit": editing.measure,
        "map": mapping.measure,
    }
    if what not in measures:
        raise Refused(f"There is no bench “{what}”; there are {', '.join(WHAT)}", field="what")
    return measures[what]

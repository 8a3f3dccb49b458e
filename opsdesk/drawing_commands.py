"""`opsdesk import drawings` and `opsdesk export drawings`: the words of the command line. It runs without Qt."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from opsdesk.services.command_line import Answer
from opsdesk.services.errors import Refused

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk


def bring_in(desk: Desk, options: argparse.Namespace, progress: Callable[[int, int | None], None] | None) -> Answer:
    """Import a GeoJSON file as drawings. Raises OpsDeskError."""
    from opsdesk.services.drawings import importing

    if options.map is not None or options.dry_run:
        raise Refused("Drawings have no columns to map and no trial run; undo takes an import back")
    report = importing.run(desk, options.file, progress=progress).result()
    figures = {name: getattr(report, name) for name in ("read", "imported", "rejected", "duplicates")}
    return figures, report.words.replace(". ", "\n")


def take_out(desk: Desk, options: argparse.Namespace, progress: Callable[[int, int | None], None] | None) -> Answer:
    """Write all drawings to a GeoJSON file. Raises OpsDeskError."""
    from opsdesk.services.drawings import exporting

    if options.number is not None or options.query:
        raise Refused("Drawings go to one file, all of them")
    written = exporting.export(desk, options.file, progress).result()
    return {"exported": written}, f"{written} drawings in {options.file}"

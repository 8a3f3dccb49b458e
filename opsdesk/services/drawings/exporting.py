"""Drawings as a GeoJSON file (RFC 7946), whole or not at all, which the import reads back as they were."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from opsdesk.models import geometry
from opsdesk.models.geometry import BadGeometry
from opsdesk.services import saving, times
from opsdesk.services.desk import Desk
from opsdesk.services.drawings.rows import DrawingRow, everything
from opsdesk.services.errors import Refused
from opsdesk.services.exporting import ExportCancelled
from opsdesk.store.work import Reader


def export(
    desk: Desk,
    path: Path,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Future[int]:
    """Write all drawings to a file whose name ends in .geojson or .json. Returns at once.

    The future gives their number and raises Refused for another ending, StorageError, ExportCancelled.
    """
    return desk.ask(_export, path, progress, cancelled)


def _export(
    reader: Reader,
    path: Path,
    progress: Callable[[int, int], None] | None,
    cancelled: Callable[[], bool] | None,
) -> int:
    if path.suffix.lower() not in (".geojson", ".json"):
        raise Refused(f"A file of drawings ends in .geojson, not “{path.suffix}”", field="file")
    rows = everything(reader)
    written = 0
    with saving.whole(path) as part, part.open("w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[')
        for at, row in enumerate(rows, 1):
            if cancelled is not None and cancelled():
                raise ExportCancelled
            told = feature(row)
            if told is not None:
                file.write(("," if written else "") + "\n" + json.dumps(told, ensure_ascii=False))
                written += 1
            if progress is not None and (at % 50 == 0 or at == len(rows)):
                progress(at, len(rows))
        file.write("\n]}\n")
    return written


def feature(row: DrawingRow) -> dict[str, Any] | None:
    """A drawing as a feature; None for one that cannot be read."""
    try:
        shape = geometry.cut(geometry.read(row.geometry))
    except BadGeometry:
        return None
    said = {
        "name": row.name, "note": row.note or None, "kind": row.kind.label, "radius_m": row.radius_m,
        "level": row.level.label if row.level else None,
        "valid_from": None if row.valid_from is None else times.iso(row.valid_from),
        "valid_until": None if row.valid_until is None else times.iso(row.valid_until),
        "unit": row.unit or None, "exercise": row.exercise, "updated": times.iso(row.updated_at),
    }  # fmt: skip
    return {
        "type": "Feature",
        "id": row.id.hex(),
        "geometry": shape,
        "properties": {name: value for name, value in said.items() if value is not None},
    }

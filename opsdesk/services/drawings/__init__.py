"""Drawings on the map: points, lines, areas and circles of a unit, areas of threat among them. They travel."""

from opsdesk.models.drawings import DrawingKind, ThreatLevel
from opsdesk.services.drawings.commands import NAME_LIMIT, create, edit, remove
from opsdesk.services.drawings.rows import (
    DrawingRow,
    Shown,
    around,
    box_of,
    count_in,
    everything,
    extent,
    row,
    row_and_count,
    shown,
    traced,
)
from opsdesk.services.drawings.tracing import Traced, lines_of, trace
from opsdesk.services.drawings.words import shape_words

__all__ = [
    "NAME_LIMIT",
    "DrawingKind",
    "DrawingRow",
    "Shown",
    "ThreatLevel",
    "Traced",
    "around",
    "box_of",
    "count_in",
    "create",
    "edit",
    "everything",
    "extent",
    "lines_of",
    "remove",
    "row",
    "row_and_count",
    "shape_words",
    "shown",
    "trace",
    "traced",
]

"""Drawings on the map: points, lines, areas and circles of a unit, areas of threat among them. They travel."""

from opsdesk.models.drawings import DrawingKind, ThreatLevel
from opsdesk.services.drawings.commands import NAME_LIMIT, create, edit, remove
from opsdesk.services.drawings.rows import (
    DrawingRow,
    Measured,
    Shown,
    around,
    box_of,
    count_in,
    everything,
    measured,
    row,
    shown,
    traced,
)
from opsdesk.services.drawings.tracing import Traced, lines_of, trace
from opsdesk.services.drawings.words import shape_words

__all__ = [
    "NAME_LIMIT",
    "DrawingKind",
    "DrawingRow",
    "Measured",
    "Shown",
    "ThreatLevel",
    "Traced",
    "around",
    "box_of",
    "count_in",
    "create",
    "edit",
    "everything",
    "lines_of",
    "measured",
    "remove",
    "row",
    "shape_words",
    "shown",
    "trace",
    "traced",
]

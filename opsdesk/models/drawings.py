"""What is drawn on the map: points, lines, areas and circles, among them areas of threat with a level and an end."""

from __future__ import annotations

import enum

from sqlalchemy import Float
from sqlalchemy.orm import Mapped, mapped_column

from opsdesk.models.base import CODE, INSTANT, JSON_TEXT, LINE, LONG, Base, Kind, Synced, field


class DrawingKind(enum.IntEnum):
    """What a drawing is meant as."""

    DRAWING = 1
    AREA = 2
    THREAT = 3

    @property
    def label(self) -> str:
        """The word on screens."""
        return {1: "Drawing", 2: "Area", 3: "Threat area"}[int(self)]


class ThreatLevel(enum.IntEnum):
    """How likely harm is in an area, least first: the five levels that the United Kingdom uses."""

    LOW = 1
    MODERATE = 2
    SUBSTANTIAL = 3
    SEVERE = 4
    CRITICAL = 5

    @property
    def label(self) -> str:
        """The word on screens."""
        return self.name.capitalize()


class Drawing(Synced, Base):
    """A shape on the ground under a name. Its geometry is GeoJSON (see `geometry`); a circle is a point with a radius.

    Of an area of threat, `note` is the basis on which the level was given, and `valid_until` says until when it holds:
    a level without an end would be believed for ever.
    """

    __tablename__ = "drawing"
    entity = 22

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    note: Mapped[str | None] = field(11, Kind.TEXT, LONG)
    kind: Mapped[int] = field(12, Kind.SCALAR, CODE, nullable=False, default=1, server_default="1")
    """A `DrawingKind`."""
    geometry: Mapped[str] = field(13, Kind.SCALAR, JSON_TEXT, nullable=False)
    """One value: two shapes drawn apart are a conflict, since half of each would be a third that nobody drew."""
    radius_m: Mapped[float | None] = field(14, Kind.SCALAR, Float)
    level: Mapped[int | None] = field(15, Kind.SCALAR, CODE, severe_first=True)
    """A `ThreatLevel`, of an area of threat only."""
    valid_from: Mapped[int | None] = field(16, Kind.SCALAR, INSTANT)
    valid_until: Mapped[int | None] = field(17, Kind.SCALAR, INSTANT)
    # Local: when something about it last changed, UTC milliseconds.
    updated_at: Mapped[int] = mapped_column(INSTANT, nullable=False, sort_order=91)

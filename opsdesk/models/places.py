"""Where things are: named places in a tree, each with a position and how exactly it is known."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Float, Index
from sqlalchemy.orm import Mapped

from opsdesk.models.base import LINE, Base, Kind, Synced, field, reference

# NaN is stored by SQLite as NULL, infinities fail these bounds. That a position has both is said by whoever writes one,
# not by the table: its fields come in, and are settled, one after the other, and one left alone is no position.
POSITION_BOUNDS = (
    CheckConstraint("lat IS NULL OR (lat BETWEEN -90 AND 90)", name="lat"),
    CheckConstraint("lon IS NULL OR (lon BETWEEN -180 AND 180)", name="lon"),
)


class Place(Synced, Base):
    """A named place. Position in degrees WGS 84, accuracy as a radius in metres."""

    __tablename__ = "place"
    entity = 4

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    parent: Mapped[bytes | None] = reference(11, "place")
    sort: Mapped[str | None] = field(12, Kind.SCALAR, LINE)
    """What kind of place: town, checkpoint, shelter, helicopter landing site …"""
    lat: Mapped[float | None] = field(13, Kind.SCALAR, Float)
    lon: Mapped[float | None] = field(14, Kind.SCALAR, Float)
    accuracy_m: Mapped[float | None] = field(15, Kind.SCALAR, Float)

    __table_args__ = (*POSITION_BOUNDS, Index(None, "name"))

"""Saved views: a query with its columns, order and groups, under a name."""

from __future__ import annotations

from sqlalchemy.orm import Mapped

from opsdesk.models.base import CODE, FLAG, JSON_TEXT, LINE, LONG, Base, Kind, Synced, field, reference


class SavedView(Synced, Base):
    """A view of one area ("tickets"). `owner` sees it; `shared` shows it to the whole unit."""

    __tablename__ = "saved_view"
    entity = 17

    area: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    name: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    icon: Mapped[str | None] = field(12, Kind.SCALAR, LINE)
    owner: Mapped[bytes | None] = reference(13, "person")
    shared: Mapped[bool] = field(14, Kind.SCALAR, FLAG, nullable=False, default=False, server_default="0")
    query: Mapped[str] = field(15, Kind.SCALAR, LONG, nullable=False, default="", server_default="")
    columns: Mapped[str | None] = field(16, Kind.SCALAR, JSON_TEXT)
    """JSON list of [column, width in pixels]; None for the default columns."""
    order: Mapped[str | None] = field(17, Kind.SCALAR, JSON_TEXT)
    """JSON list of column names, a leading minus for descending."""
    position: Mapped[int] = field(18, Kind.SCALAR, CODE, nullable=False, default=0, server_default="0")
    grouping: Mapped[str | None] = field(19, Kind.SCALAR, LINE)
    """Name of the column by which the list stands in groups; None for none."""

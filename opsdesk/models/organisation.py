"""Who there is: units in a tree, the people in them and the roles that people hold."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from opsdesk.models.base import JSON_TEXT, LINE, Base, Kind, Synced, field, reference


class Unit(Synced, Base):
    """A unit, section or post; `parent` makes the tree, in which a cycle is refused."""

    __tablename__ = "unit"
    entity = 1

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    code: Mapped[str | None] = field(11, Kind.SCALAR, LINE)
    """Short name as used on the radio and in lists ("B Coy")."""
    callsign: Mapped[str | None] = field(12, Kind.SCALAR, LINE)
    parent: Mapped[bytes | None] = reference(13, "unit")

    __table_args__ = (Index(None, "name"),)


class Person(Synced, Base):
    """A person who reports, works on or watches records. `unit` is where they belong."""

    __tablename__ = "person"
    entity = 2

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    short_name: Mapped[str | None] = field(11, Kind.SCALAR, LINE)
    rank: Mapped[str | None] = field(12, Kind.SCALAR, LINE)
    callsign: Mapped[str | None] = field(13, Kind.SCALAR, LINE)
    contact: Mapped[str | None] = field(14, Kind.SCALAR, LINE)
    role: Mapped[bytes | None] = reference(15, "role")
    account: Mapped[str | None] = field(16, Kind.SCALAR, LINE)
    """Name of the log-in that this person uses; the operating system's account while working alone."""

    __table_args__ = (Index(None, "name"),)


class Role(Synced, Base):
    """A role and what it may do: `rights` is a JSON list of the verbs of `opsdesk.models.rights`."""

    __tablename__ = "role"
    entity = 3

    code: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    name: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    rights: Mapped[str] = field(12, Kind.SCALAR, JSON_TEXT, nullable=False, default="[]", server_default="[]")

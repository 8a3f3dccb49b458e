"""Every synced entity is declared once here: its columns, their merge kinds and their field numbers.

An entity is a class `class Ticket(Synced, Base)`. Each field that travels is made by `field(number, kind, type)`:
the number names the field on the wire for ever and is never reused; the kind says how two edits made apart are
merged (sync page, 3.8). Columns made with plain `mapped_column` are local: they are derived here and never travel.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, MetaData, SmallInteger, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, declared_attr, mapped_column

Id = bytes
"""A record's identity: the 16 bytes of a UUIDv7, made where the record is made."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "pk": "pk_%(table_name)s",
}


class Kind(enum.StrEnum):
    """How two edits of one field made apart come together (the merge table of the sync page, 3.8)."""

    SCALAR = "scalar"
    SET = "set"
    TEXT = "text"
    COUNTER = "counter"
    ORDERED_LIST = "ordered list"
    LEDGER = "ledger"
    STATE = "state"
    APPEND_ONLY = "append-only"
    REFERENCE = "reference"


class Marking(enum.IntEnum):
    """Protective marking, least severe first."""

    PUBLIC = 0
    OFFICIAL = 1
    RESTRICTED = 2
    CONFIDENTIAL = 3
    SECRET = 4

    @property
    def label(self) -> str:
        """The word shown on screens and prints."""
        return self.name


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """What sync, history and the server need to know of one field."""

    number: int
    name: str
    kind: Kind
    severe_first: bool
    target: str | None
    """Entity that a reference points at; None for other kinds, `*` for any entity."""
    binary: bool
    """True when the stored value is bytes (ids), which JSON carries as hexadecimal."""


# Column types in the small vocabulary that all entities share. Times are UTC milliseconds since 1970.
ID = LargeBinary(16)
INSTANT = BigInteger()
LINE = String()
LONG = Text()
CODE = SmallInteger()
JSON_TEXT = Text()
FLAG = Boolean(create_constraint=False)


def field(
    number: int,
    kind: Kind,
    type_: Any,
    *,
    severe_first: bool = False,
    target: str | None = None,
    nullable: bool = True,
    **options: Any,
) -> MappedColumn[Any]:
    """Declare a field that travels.

    `number` is its name on the wire (1–9 are common to all entities), `kind` its merge kind, `severe_first` shows the
    more severe of two candidates while a conflict is open, `target` is the table that a reference names.
    """
    info = {"number": number, "kind": kind, "severe_first": severe_first, "target": target}
    return mapped_column(type_, nullable=nullable, info=info, **options)


def reference(number: int, target: str, *, nullable: bool = True, **options: Any) -> MappedColumn[Any]:
    """Declare a reference to another record. It is never a foreign key: what it names may not have arrived yet."""
    return field(number, Kind.REFERENCE, ID, target=target, nullable=nullable, **options)


class Base(DeclarativeBase):
    """Root of all tables of the local database, synced and local ones."""

    metadata = MetaData(naming_convention=NAMING)


class Synced:
    """A record that travels between desks. Subclasses set `entity`, their number on the wire."""

    entity: ClassVar[int]
    registry_of_entities: ClassVar[dict[int, type[Synced]]] = {}
    __tablename__: Any

    # SQLite gives the row key; its order is arrival here, it is never sent and never reused.
    key: Mapped[int] = mapped_column(Integer, primary_key=True, sort_order=-100)
    id: Mapped[bytes] = mapped_column(ID, nullable=False, unique=True, sort_order=-99)

    @declared_attr
    def unit(cls) -> Mapped[bytes | None]:
        """The unit that owns the record; with the marking it decides who may read it."""
        return field(1, Kind.REFERENCE, ID, target="unit", sort_order=-98)

    @declared_attr
    def marking(cls) -> Mapped[int]:
        """Protective marking, a `Marking`."""
        return field(
            2,
            Kind.SCALAR,
            CODE,
            severe_first=True,
            nullable=False,
            default=1,
            server_default="1",
            sort_order=-97,
        )

    @declared_attr
    def exercise(cls) -> Mapped[bool]:
        """True for training and sample records, which must never be taken for the real thing."""
        return field(3, Kind.SCALAR, FLAG, nullable=False, default=False, server_default="0", sort_order=-96)

    @declared_attr
    def voided(cls) -> Mapped[str | None]:
        """The reason why the record was voided; None while it counts. Nothing is ever deleted."""
        return field(4, Kind.SCALAR, LINE, sort_order=-95)

    @declared_attr
    def ver(cls) -> Mapped[int]:
        """The server's version of the row as last pulled; 0 while no server has seen it."""
        return mapped_column(BigInteger, nullable=False, default=0, server_default="0", sort_order=90)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        number = cls.__dict__.get("entity")
        if number is None:
            return
        other = Synced.registry_of_entities.get(number)
        if other is not None and other.__qualname__ != cls.__qualname__:
            raise TypeError(f"entity number {number} is taken by {other.__name__}, {cls.__name__} needs its own")
        Synced.registry_of_entities[number] = cls


def entities() -> Iterator[type[Synced]]:
    """All synced entities by their number on the wire."""
    for number in sorted(Synced.registry_of_entities):
        yield Synced.registry_of_entities[number]


def fields(entity: type[Synced]) -> tuple[FieldSpec, ...]:
    """The travelling fields of an entity, by number. Raises TypeError when a number is used twice."""
    specs: dict[int, FieldSpec] = {}
    for column in entity.__table__.columns:  # type: ignore[attr-defined]
        if "number" not in column.info:
            continue
        spec = FieldSpec(
            number=column.info["number"],
            name=column.name,
            kind=column.info["kind"],
            severe_first=column.info["severe_first"],
            target=column.info["target"],
            binary=isinstance(column.type, LargeBinary),
        )
        if spec.number in specs:
            raise TypeError(f"{entity.__name__}: field number {spec.number} names two fields")
        specs[spec.number] = spec
    return tuple(specs[number] for number in sorted(specs))

"""What is asked and written: ticket types, categories, versioned forms, templates and texts that are often written."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from opsdesk.models.base import CODE, FLAG, JSON_TEXT, LINE, LONG, Base, Kind, Synced, field, reference


class TicketType(Synced, Base):
    """A kind of ticket. `form` names the form (its key); `drops_states` is a JSON list of states it leaves out."""

    __tablename__ = "ticket_type"
    entity = 5

    code: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    name: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    icon: Mapped[str | None] = field(12, Kind.SCALAR, LINE)
    colour: Mapped[str | None] = field(13, Kind.SCALAR, LINE)
    form: Mapped[str | None] = field(14, Kind.SCALAR, LINE)
    number_prefix: Mapped[str] = field(15, Kind.SCALAR, LINE, nullable=False, default="T", server_default="T")
    drops_states: Mapped[str] = field(16, Kind.SCALAR, JSON_TEXT, nullable=False, default="[]", server_default="[]")
    position: Mapped[int] = field(17, Kind.SCALAR, CODE, nullable=False, default=0, server_default="0")


class Category(Synced, Base):
    """A category in a tree; `type_code` limits it to one ticket type, None allows all."""

    __tablename__ = "category"
    entity = 6

    code: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    name: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    parent: Mapped[bytes | None] = reference(12, "category")
    type_code: Mapped[str | None] = field(13, Kind.SCALAR, LINE)
    queue: Mapped[bytes | None] = reference(14, "unit")
    """Unit whose queue new tickets of this category go to."""
    position: Mapped[int] = field(15, Kind.SCALAR, CODE, nullable=False, default=0, server_default="0")


class FieldDefinition(Synced, Base):
    """A question that forms can ask: its key, label, type and what counts as a valid answer (JSON Schema)."""

    __tablename__ = "field_definition"
    entity = 7

    code: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    label: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    type: Mapped[str] = field(12, Kind.SCALAR, LINE, nullable=False)
    schema: Mapped[str] = field(13, Kind.SCALAR, JSON_TEXT, nullable=False, default="{}", server_default="{}")
    contested: Mapped[bool] = field(14, Kind.SCALAR, FLAG, nullable=False, default=False, server_default="0")
    sensitive: Mapped[bool] = field(15, Kind.SCALAR, FLAG, nullable=False, default=False, server_default="0")


class FormVersion(Synced, Base):
    """One immutable version of a form: a ticket keeps the version that it was filled with."""

    __tablename__ = "form_version"
    entity = 8

    form: Mapped[str] = field(10, Kind.APPEND_ONLY, LINE, nullable=False)
    version: Mapped[int] = field(11, Kind.APPEND_ONLY, CODE, nullable=False)
    definition: Mapped[str] = field(12, Kind.APPEND_ONLY, JSON_TEXT, nullable=False)
    """JSON of `opsdesk.services.forms.Form`: sections, fields in order, later rules."""

    __table_args__ = (Index(None, "form", "version"),)


class TicketTemplate(Synced, Base):
    """What a new ticket of a unit can begin with: whoever reads the unit's records may take it."""

    __tablename__ = "ticket_template"
    entity = 20

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    shortcut: Mapped[str | None] = field(11, Kind.SCALAR, LINE)
    """One letter or digit by which it is chosen; None for none."""
    content: Mapped[str] = field(12, Kind.SCALAR, JSON_TEXT, nullable=False, default="{}", server_default="{}")
    """JSON of what the fields of a new ticket hold, by the keys of `opsdesk.services.templates.KEYS`."""


class CannedText(Synced, Base):
    """A text that is often written, put in behind `::`. With an `owner` only that person has it, else the unit."""

    __tablename__ = "canned_text"
    entity = 19

    name: Mapped[str] = field(10, Kind.SCALAR, LINE, nullable=False)
    shortcut: Mapped[str | None] = field(11, Kind.SCALAR, LINE)
    """A short word by which it is found before all others; None for none."""
    body: Mapped[str] = field(12, Kind.TEXT, LONG, nullable=False)
    """Markdown with place-holders of `opsdesk.services.canned`."""
    owner: Mapped[bytes | None] = reference(13, "person")

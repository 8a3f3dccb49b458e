"""The names by which people know the records that others point at."""

from __future__ import annotations

from typing import Final

from opsdesk.models import forms, organisation, places
from opsdesk.models.base import Id
from opsdesk.models.tickets import Ticket
from opsdesk.services import pasting
from opsdesk.store.work import Reader

NAMES: Final = {
    "person": (organisation.Person, "name"),
    "unit": (organisation.Unit, "name"),
    "place": (places.Place, "name"),
    "ticket_type": (forms.TicketType, "name"),
    "category": (forms.Category, "name"),
    "form_version": (forms.FormVersion, "form"),
    "ticket": (Ticket, "number"),
}


def target_name(reader: Reader, target: str | None, record: Id) -> str:
    """The name of the record that a reference to a table points at."""
    return name_of(reader, target, NAMES[target][1], record) if target in NAMES else record.hex()


def name_of(reader: Reader, table: str, column: str, record: Id) -> str:
    """A record's name in a column, or that it has not arrived."""
    found = reader.value(f'SELECT "{column}" FROM "{table}" WHERE id = ?', (record,))
    return pasting.clean(str(found)) if found is not None else "not yet received"

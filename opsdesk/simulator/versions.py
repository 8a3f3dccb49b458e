"""A desk of an older version: it knows fewer fields and entities than others, and passes on what it does not know."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from opsdesk.models.base import fields
from opsdesk.models.threads import Answer
from opsdesk.models.tickets import Ticket
from opsdesk.store.queue.shapes import Shape, shapes

UNKNOWN_FIELDS: Final = frozenset({"location", "due_at"})
"""Fields of a ticket that came later."""

_NUMBERS: Final = frozenset(spec.number for spec in fields(Ticket) if spec.name in UNKNOWN_FIELDS)


def older_shapes() -> dict[int, Shape]:
    """The tables as the older version knows them: it has no answers, and tickets lack some fields."""
    known = {entity: shape for entity, shape in shapes().items() if entity != Answer.entity}
    ticket = known[Ticket.entity]
    known[Ticket.entity] = replace(
        ticket,
        fields={number: spec for number, spec in ticket.fields.items() if number not in _NUMBERS},
        optional=ticket.optional - _NUMBERS,
    )
    return known


@contextmanager
def older() -> Iterator[None]:
    """Let the program know only what the older version knows. All of it asks the same table of shapes."""
    known = shapes()
    newest, older_ones = dict(known), older_shapes()
    known.clear()
    known.update(older_ones)
    try:
        yield
    finally:
        known.clear()
        known.update(newest)

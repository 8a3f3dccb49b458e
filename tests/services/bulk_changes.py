"""Bulk changes as tests ask for them, and forms that they answer."""

from __future__ import annotations

import json
from typing import Any

from opsdesk.models.base import Id
from opsdesk.models.forms import FormVersion
from opsdesk.models.tickets import Ticket
from opsdesk.services import tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import bulk
from opsdesk.store.work import Work
from tests.support.made_forms import definition, rule, when


def make(desk: Desk, title: str = "Pump", **values: Any) -> Id:
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


def ask_who(work: Work) -> Changes:
    """A form that asks for records."""
    asked = [
        {"code": f"which_{kind}", "label": f"Which {kind}", "type": kind}
        for kind in ("person", "unit", "place", "ticket")
    ]
    form = definition(sections=[{"fields": asked}])
    said = {"form": form["code"], "version": 1, "definition": json.dumps(form)}
    work.value_out = work.insert(FormVersion, said)
    return Changes()


def ask_form(work: Work) -> Changes:
    """A form in which what is secret is asked only while it does not run."""
    form = definition(rule("hide", "secret", when=when("runs", "yes")))
    said = {"form": form["code"], "version": 1, "definition": json.dumps(form)}
    work.value_out = work.insert(FormVersion, said)
    return Changes()


def give_form(work: Work, ticket: Id, form: Id) -> Changes:
    """As if the ticket had been written with this form."""
    work.update(Ticket, ticket, {"form": form})
    return Changes(tickets=frozenset({ticket}))


def preview(desk: Desk, keys: list[int], change: bulk.BulkChange) -> bulk.Listing:
    return desk.ask(bulk.preview, keys, change).result()


def rows(desk: Desk, told: bulk.Listing) -> list[bulk.Shown]:
    return desk.ask(told.rows, range(len(told.planned))).result()

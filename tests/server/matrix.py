"""The cells of the authorisation matrix: what may be done to each entity, and the verbs of the oracle that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from opsdesk.models.base import Kind, fields
from opsdesk.models.tickets import Ticket
from tests.server.oracle import EVERYWHERE, FOLLOW, MINE, NEVER, SPOTS, Spot

OTHER, MORE = b"o" * 16, b"m" * 16


@dataclass(frozen=True)
class Act:
    """One write: the record before, if there is one, what is written, and the verbs that it takes."""

    name: str
    verbs: frozenset[str]
    values: dict[str, Any]
    before: dict[str, Any] | None = None
    event: str | None = None
    of_oneself: bool = False
    """It is done to the person's own record."""


@dataclass(frozen=True)
class Entry:
    """One entity: where its records may stand, what a record needs beside that, and the acts of a person."""

    acts: Callable[[bytes], list[Act]]
    needs: dict[str, Any] = field(default_factory=dict)
    hangs: bool = False
    """It hangs on a ticket and is as that is."""
    spots: tuple[Spot, ...] = SPOTS
    shown: Callable[[dict[str, Any], bytes], bool] = lambda _row, _me: True
    """Whether a record is shown to somebody who may read what stands there."""


def _verbs(*names: str) -> frozenset[str]:
    return frozenset(names)


def _made(name: str, verbs: frozenset[str], **values: Any) -> Act:
    return Act(name, verbs, values)


def _changed(name: str, verbs: frozenset[str], values: dict[str, Any], event: str | None = None, **before: Any) -> Act:
    return Act(name, verbs, values, before, event)


def _simple(needs: str, change: dict[str, Any], *, void: str | None = None) -> Callable[[bytes], list[Act]]:
    """An entity of which all is one verb."""
    return lambda _me: [
        _made("create", _verbs("create" if needs == "create" else needs)),
        _changed("edit", _verbs("edit" if needs == "create" else needs), change),
        _changed("void", _verbs(void or needs), {"voided": "gone"}),
        _changed("bring back", _verbs(void or needs), {"voided": None}, voided="gone"),
    ]


TICKET_FIELDS: dict[str, str] = {
    **dict.fromkeys(("state", "state_reason", "waiting_reason", "waiting_until", "solution"), "transition"),
    "assignee": "assign", "unit": "hand over", "voided": "void", "merged_into": "merge", "major": "major",
    **dict.fromkeys(
        ("marking", "exercise", "number", "type", "category", "title", "description", "requester", "requester_unit",
         "reported_via", "on_behalf_of", "contact", "incident", "place", "location", "grid", "lat", "lon", "accuracy_m",
         "position_doubt", "urgency", "impact", "priority", "priority_reason", "group", "due_at", "occurred_at",
         "created_at", "parent", "form", "external", "source", "source_hash",
         "position_source"),
        "edit",
    ),
}  # fmt: skip
"""What it takes to set each field of a ticket."""


def ticket_field_acts() -> list[Act]:
    """Each field of a ticket set to something, in the own unit."""
    by_kind = {bytes: MORE, str: "other", int: 3, bool: 1, float: 1.5}
    made = []
    for spec in fields(Ticket):
        value: Any = by_kind[Ticket.__table__.columns[spec.name].type.python_type]
        event = None
        if spec.name == "state":
            value, event = 30, "start"
        if spec.name == "marking":
            value = 2
        verbs = NEVER if spec.kind is Kind.APPEND_ONLY else _verbs(TICKET_FIELDS[spec.name])
        made.append(_changed(f"set {spec.name}", verbs, {spec.name: value}, event, state=20))
    return made


def _ticket(me: bytes) -> list[Act]:
    return [
        _made("create", _verbs("create")),
        _made("create major", _verbs("create", "major"), major=1),
        _changed("edit", _verbs("edit"), {"title": "Other"}),
        _changed("take", _verbs("edit"), {"assignee": me}),
        _changed("assign", _verbs("assign"), {"assignee": OTHER}),
        _changed("take away", _verbs("assign"), {"assignee": None}, assignee=OTHER),
        _changed("start", _verbs("transition"), {"state": 30}, "start", state=20),
        _changed("reopen resolved", _verbs("transition"), {"state": 30}, "reopen", state=50),
        _changed("reopen closed", _verbs("transition", "reopen closed"), {"state": 30}, "reopen", state=60),
        _changed("merge", _verbs("transition", "merge"), {"state": 80}, "merge", state=20),
        _changed("unmerge", _verbs("transition", "merge"), {"state": 20}, "unmerge", state=80),
        _changed("merge into", _verbs("merge"), {"merged_into": MORE}),
        _changed("hand over", _verbs("hand over"), {"unit": MORE}),
        _changed("void", _verbs("void"), {"voided": "twice"}),
        _changed("bring back", _verbs("void"), {"voided": None}, voided="twice"),
        _changed("make major", _verbs("major"), {"major": 1}),
        _changed("make minor", _verbs("edit"), {"major": 0}, major=1),
        _changed("mark within the ceiling", _verbs("edit"), {"marking": 2}),
        _changed("mark above the ceiling", NEVER, {"marking": 3}),
    ]


def _comment(me: bytes) -> list[Act]:
    return [
        _made("create", _verbs("comment"), author=me),
        _made("speak for another", NEVER, author=OTHER),
        _changed("rewrite", _verbs("comment"), {"body": "more"}, author=me),
        _changed("take back", _verbs("comment"), {"voided": "wrong"}, author=me),
        _changed("rewrite another's", NEVER, {"body": "more"}, author=OTHER),
        _changed("take another's away", _verbs("comment", "void"), {"voided": "rude"}, author=OTHER),
    ]


def _watcher(me: bytes) -> list[Act]:
    return [
        _made("follow", FOLLOW, person=me),
        _changed("follow no more", FOLLOW, {"voided": "left"}, person=me),
        _made("let another follow", _verbs("edit"), person=OTHER),
        _changed("let another follow no more", _verbs("edit"), {"voided": "left"}, person=OTHER),
    ]


def _view(me: bytes) -> list[Act]:
    return [
        _made("create an own one", MINE, owner=me),
        _changed("edit an own one", MINE, {"name": "other"}, owner=me),
        _changed("void an own one", MINE, {"voided": "gone"}, owner=me),
        _changed("give an own one to all", NEVER, {"owner": None}, owner=me),
        _changed("give an own one to another", NEVER, {"owner": OTHER}, owner=me),
        _made("create one of the unit", _verbs("edit")),
        _changed("edit one of the unit", _verbs("edit"), {"name": "other"}),
        _changed("edit one that another shares", _verbs("edit"), {"name": "other"}, owner=OTHER, shared=1),
        _changed("edit another's own", NEVER, {"name": "other"}, owner=OTHER),
    ]


def _canned(me: bytes) -> list[Act]:
    return [act for act in _view(me) if "shared" not in (act.before or {})]


def _person(me: bytes) -> list[Act]:
    return [
        *_simple("administer", {"name": "Other"})(me),
        _changed("another's callsign", _verbs("administer"), {"callsign": "ALPHA"}),
        Act("own callsign", MINE, {"callsign": "BRAVO"}, {}, of_oneself=True),
        Act("own contact", MINE, {"contact": "1234"}, {}, of_oneself=True),
        Act("own role", _verbs("administer"), {"role": MORE}, {}, of_oneself=True),
    ]


def _form(me: bytes) -> list[Act]:
    """A version of a form is written once; a change of it is a new version."""
    edit = _changed("edit", NEVER, {"definition": "[]"})
    return [edit if act.name == "edit" else act for act in _simple("administer", {})(me)]


def _common(change: str, needs: str = "administer", *, void: str | None = None, **row: Any) -> Entry:
    return Entry(_simple(needs, {change: "other"}, void=void), row, spots=(EVERYWHERE,))


def _hung(change: dict[str, Any], **row: Any) -> Entry:
    return Entry(_simple("edit", change), row, hangs=True)


ENTRIES: dict[str, Entry] = {
    "ticket": Entry(_ticket, {"number": "T-1", "title": "Pump", "occurred_at": 0, "created_at": 0}),
    "comment": Entry(_comment, {"body": "seen", "written_at": 0}, hangs=True),
    "watcher": Entry(_watcher, {}, hangs=True),
    "tag": _hung({"word": "other"}, word="flood"),
    "link": _hung({"kind": "other"}, kind="relates", target=MORE),
    "attachment": _hung({"name": "other"}, name="a", mime="text/plain", size=1, sha256="0"),
    "answer": _hung({"value": '"2"'}, question="depth", value='"1"'),
    "conflict_care": _hung({"note": "other"}, conflict=MORE),
    "saved_view": Entry(
        _view,
        {"area": "tickets", "name": "mine"},
        # Nobody is named on a view; the own ones are one's own wherever they stand.
        spots=tuple(spot for spot in SPOTS if not spot.named),
        shown=lambda row, me: row.get("owner") in (None, me) or bool(row.get("shared")),
    ),
    "ticket_template": Entry(
        _simple("edit", {"name": "other"}),
        {"name": "Casevac"},
        spots=tuple(spot for spot in SPOTS if not spot.named),  # nobody is named on a template
    ),
    "drawing": Entry(
        _simple("edit", {"name": "other"}),
        {"name": "Axis", "geometry": '{"type":"Point","coordinates":[0,0]}'},
        spots=tuple(spot for spot in SPOTS if not spot.named),  # nobody is named on a drawing
    ),
    "canned_text": Entry(
        _canned,
        {"name": "mine", "body": "Convoy is through."},
        spots=tuple(spot for spot in SPOTS if not spot.named),
        shown=lambda row, me: row.get("owner") in (None, me),
    ),
    "place": _common("name", "create", void="void", name="Quay"),
    "unit": _common("name", name="C"),
    "person": Entry(_person, {"name": "Somebody"}, spots=(EVERYWHERE,)),
    "role": _common("name", code="x", name="X"),
    "ticket_type": _common("name", code="x", name="X"),
    "category": _common("name", code="x", name="X"),
    "field_definition": _common("label", code="x", label="X", type="text"),
    "form_version": Entry(_form, {"form": "x", "version": 1, "definition": "{}"}, spots=(EVERYWHERE,)),
    "service_target": _common("name", name="X", since=0),
}

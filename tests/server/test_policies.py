"""Who may write what: the table of the architecture, spelled out once more by hand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.models import rights
from opsdesk.models.tickets import State
from opsdesk.server.database import Claims
from opsdesk.server.policies import Act, refusal

ME, OTHER = b"m" * 16, b"o" * 16
OWN, BELOW, FOREIGN = b"u" * 16, b"b" * 16, b"f" * 16
RECORD = b"r" * 16
MADE = {"number": "T-1", "title": "x", "occurred_at": 0, "created_at": 0}


def claims(role: str, marking: int = 2) -> Claims:
    return Claims(ME, b"d" * 16, role, OWN, (OWN, BELOW), marking, 1)


def ticket(**values: Any) -> dict[str, Any]:
    return {"id": RECORD, "unit": OWN, "marking": 1, "state": int(State.OPEN), **values}


ACTS = {
    "create": Act("ticket", {**MADE, "unit": OWN}),
    "create major": Act("ticket", {**MADE, "unit": OWN, "major": 1}),
    "edit": Act("ticket", {"title": "y"}, ticket()),
    "take": Act("ticket", {"assignee": ME}, ticket()),
    "assign": Act("ticket", {"assignee": OTHER}, ticket()),
    "transition": Act("ticket", {"state": 30}, ticket(), event="start"),
    "reopen resolved": Act("ticket", {"state": 30}, ticket(state=50), event="reopen"),
    "reopen closed": Act("ticket", {"state": 30}, ticket(state=60), event="reopen"),
    "merge": Act("ticket", {"state": 80}, ticket(), event="merge"),
    "hand over": Act("ticket", {"unit": FOREIGN}, ticket()),
    "void": Act("ticket", {"voided": "twice"}, ticket()),
    "major": Act("ticket", {"major": 1}, ticket()),
    "edit below": Act("ticket", {"title": "y"}, ticket(unit=BELOW)),
    "edit elsewhere": Act("ticket", {"title": "y"}, ticket(unit=FOREIGN)),
    "edit where named": Act("ticket", {"title": "y"}, ticket(unit=FOREIGN), named=True),
    "comment": Act("comment", {"subject": RECORD, "author": ME, "body": "x", "written_at": 0}, anchor=ticket()),
    "comment as another": Act("comment", {"subject": RECORD, "author": OTHER, "body": "x", "written_at": 0},
                              anchor=ticket()),
    "void a comment of another": Act("comment", {"voided": "rude"}, {"author": OTHER}, ticket()),
    "rewrite a comment of another": Act("comment", {"body": "rude"}, {"author": OTHER}, ticket()),
    "watch": Act("watcher", {"subject": RECORD, "person": ME}, anchor=ticket()),
    "let another watch": Act("watcher", {"subject": RECORD, "person": OTHER}, anchor=ticket()),
    "watch below": Act("watcher", {"subject": RECORD, "person": ME}, anchor=ticket(unit=BELOW)),
    "watch elsewhere": Act("watcher", {"subject": RECORD, "person": ME}, anchor=ticket(unit=FOREIGN)),
    "let another watch below": Act("watcher", {"subject": RECORD, "person": OTHER}, anchor=ticket(unit=BELOW)),
    "tag": Act("tag", {"subject": RECORD, "word": "x"}, anchor=ticket()),
    "own view": Act("saved_view", {"area": "tickets", "name": "x", "owner": ME}),
    "own view given to all": Act("saved_view", {"owner": None}, {"owner": ME, "unit": FOREIGN, "shared": False}),
    "own view shared": Act("saved_view", {"shared": True}, {"owner": ME, "unit": OWN, "shared": False}),
    "own view shared elsewhere": Act("saved_view", {"shared": True}, {"owner": ME, "unit": FOREIGN, "shared": False}),
    "view made for others elsewhere": Act("saved_view", {"area": "tickets", "name": "x", "owner": ME, "unit": FOREIGN,
                                                         "shared": True}),
    "shared view of one's own taken elsewhere": Act("saved_view", {"unit": FOREIGN},
                                                    {"owner": ME, "unit": OWN, "shared": True}),
    "own view shared elsewhere renamed": Act("saved_view", {"name": "y"},
                                             {"owner": ME, "unit": FOREIGN, "shared": True}),
    "own view taken back": Act("saved_view", {"shared": False}, {"owner": ME, "unit": FOREIGN, "shared": True}),
    "own view shared elsewhere voided": Act("saved_view", {"voided": "x"},
                                            {"owner": ME, "unit": FOREIGN, "shared": True}),
    "own text given to all": Act("canned_text", {"owner": None}, {"owner": ME, "unit": OWN}),
    "own text given to another": Act("canned_text", {"owner": OTHER}, {"owner": ME, "unit": OWN}),
    "private view of another": Act("saved_view", {"name": "x"}, {"owner": OTHER, "unit": OWN, "shared": False}),
    "view of the unit": Act("saved_view", {"name": "x"}, {"owner": OTHER, "unit": OWN, "shared": True}),
    "make a place": Act("place", {"name": "x"}),
    "void a place": Act("place", {"voided": "x"}, {"name": "x"}),
    "make a unit": Act("unit", {"name": "x"}),
    "make a person": Act("person", {"name": "x"}),
    "change a form": Act("form_version", {"form": "x", "version": 1, "definition": "{}"}),
    "own callsign": Act("person", {"callsign": "x"}, {"id": ME}),
    "own role": Act("person", {"role": RECORD}, {"id": ME}),
    "callsign of another": Act("person", {"callsign": "x"}, {"id": OTHER}),
}  # fmt: skip

READER = {
    "watch", "watch below", "own view", "own callsign", "own view shared", "own view taken back",
    "own view shared elsewhere voided",
}  # fmt: skip
FIELD_USER = READER | {
    "create", "edit", "take", "transition", "reopen resolved", "edit where named", "comment", "let another watch",
    "tag", "make a place", "view of the unit",
}  # fmt: skip
WATCH_OFFICER = FIELD_USER | {
    "assign", "merge", "hand over", "void", "edit below", "let another watch below", "void a comment of another",
    "void a place",
}  # fmt: skip
COMMANDER = WATCH_OFFICER | {"create major", "major", "reopen closed"}
ADMINISTRATOR = READER | {"make a unit", "make a person", "change a form", "own role", "callsign of another"}
ALLOWED = {
    "reader": READER, "field user": FIELD_USER, "quartermaster": FIELD_USER, "analyst": FIELD_USER,
    "watch officer": WATCH_OFFICER, "commander": COMMANDER, "administrator": ADMINISTRATOR,
    "": set(), "unheard of": set(),
}  # fmt: skip


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_do_this_and_nothing_else(role: str) -> None:
    allowed = {name for name, act in ACTS.items() if refusal(claims(role), act) is None}
    assert allowed == ALLOWED[role]


def test_every_role_that_there_is_stands_in_the_table() -> None:
    assert rights.ROLES.keys() <= ALLOWED.keys()


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (Act("ticket", {"title": "y"}, ticket(marking=3)), "above your marking"),
        (Act("ticket", {"marking": 3}, ticket()), "above your marking"),
        (Act("ticket", {**MADE, "unit": OWN, "marking": 3}), "above your marking"),
        (Act("comment", {"voided": "x"}, {"author": ME}, ticket(marking=3)), "above your marking"),
        (Act("place", {"name": "x", "marking": 2}), "what all read is not marked"),
        (Act("ticket", {**MADE}), "outside your unit"),
        (Act("ticket", {**MADE, "unit": FOREIGN}), "outside your unit"),
        (Act("ticket", {"unit": OWN}, ticket(unit=FOREIGN)), "outside your unit"),
        (Act("ticket", {"unit": OWN}), "number is needed"),
        (Act("ticket", {"title": None}, ticket()), "title is needed"),
        (Act("ticket", {"title": "a\0b"}, ticket()), "title is no text"),
        (Act("ticket", {"title": "\ud800"}, ticket()), "title is no text"),
        (Act("ticket", {"title": 5}, ticket()), "title is no text"),
        (Act("ticket", {"title": "x" * 1_000_001}, ticket()), "title is too long"),
        (Act("ticket", {"urgency": 40_000}, ticket()), "urgency is a number out of reach"),
        (Act("ticket", {"due_at": 2**63}, ticket()), "due_at is a number out of reach"),
        (Act("ticket", {"due_at": 1.5}, ticket()), "due_at is a number out of reach"),
        (Act("ticket", {"lat": 91.0}, ticket()), "lat is out of bounds"),
        (Act("ticket", {"lat": float("nan")}, ticket()), "lat is no number"),
        (Act("ticket", {"major": 2}, ticket()), "major is yes or no"),
        (Act("ticket", {"assignee": b"short"}, ticket()), "assignee is no id"),
    ],
)
def test_even_a_commander_is_told_why_not(act: Act, why: str) -> None:
    assert refusal(claims("commander"), act) == why


def test_what_a_record_took_along_with_its_ticket_is_no_act_of_its_own() -> None:
    """After a hand-over the desk tells the unit of each comment; the ticket is another unit's by then."""
    handed_over = ticket(unit=FOREIGN)
    told = Act("comment", {"unit": FOREIGN}, {"author": OTHER, "unit": OWN}, handed_over)
    assert refusal(claims("watch officer"), told) is None
    wrong = Act("comment", {"unit": OWN}, {"author": OTHER, "unit": FOREIGN}, handed_over)
    assert refusal(claims("watch officer"), wrong) == "outside your unit"


def test_what_a_newer_version_sends_is_an_edit() -> None:
    unknown = Act("entity 99", {"f50": object()}, {"unit": OWN, "marking": 1})
    assert refusal(claims("field user"), unknown) is None
    assert refusal(claims("reader"), unknown) == "no right: edit"


@given(st.sampled_from(sorted(ALLOWED)), st.sampled_from(sorted(ACTS)), st.integers(0, 4), st.integers(0, 4))
def test_nobody_writes_above_the_own_marking(role: str, name: str, ceiling: int, marking: int) -> None:
    act = ACTS[name]
    before = act.before and {**act.before, "marking": marking}
    anchor = act.anchor and {**act.anchor, "marking": marking}
    values = act.values if before or anchor else {**act.values, "marking": marking}
    judged = refusal(claims(role, ceiling), Act(act.entity, values, before, anchor, act.named, act.event))
    if act.entity not in ("place", "unit", "person", "form_version") and marking > ceiling:
        assert judged is not None

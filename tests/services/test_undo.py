"""Undo and redo of single acts and of whole bulk changes."""

from typing import Any

import pytest

from opsdesk.models.tickets import Level, Priority, State
from opsdesk.services import tickets, undo
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import bulk
from opsdesk.store.work import Work
from tests.services.made_tickets import card, make


def _all_values(desk: Desk, ticket: bytes) -> Any:
    columns = "title, urgency, impact, priority, priority_reason, state, waiting_reason, solution, assignee, voided"
    return (
        desk.ask(lambda reader: reader.row(f"SELECT {columns} FROM ticket WHERE id = ?", (ticket,))).result(),
        card(desk, ticket).row.tags,
        len(desk.ask(tickets.conversation, ticket).result()),
        card(desk, ticket).watching,
    )


@pytest.mark.parametrize("act", ["edit", "assign", "accept", "comment", "tag", "watch", "void"])
def test_undo_restores_and_redo_repeats(desk: Desk, act: str) -> None:
    made = make(desk, assignee=desk.person)
    before = _all_values(desk, made)
    acts: dict[str, Any] = {
        "edit": lambda: desk.do(tickets.edit, made, {"title": "Other", "urgency": 3, "impact": 3}),
        "assign": lambda: desk.do(tickets.assign, made, None),
        "accept": lambda: desk.do(tickets.transition, made, "accept"),
        "comment": lambda: desk.do(tickets.comment, made, "Word"),
        "tag": lambda: desk.do(tickets.tag, made, "fuel"),
        "watch": lambda: desk.do(tickets.watch, made),
        "void": lambda: desk.do(tickets.void, made, "twice"),
    }
    done: Outcome = acts[act]().result()
    after = _all_values(desk, made)
    assert after != before
    undone = desk.do(undo.undo, done.act).result()
    assert _all_values(desk, made) == before
    assert made in undone.changes.tickets
    desk.do(undo.undo, undone.act).result()
    assert _all_values(desk, made) == after
    with pytest.raises(Refused):
        desk.do(undo.undo, undone.act).result()


def test_undo_leaves_what_changed_since_and_says_how_much(desk: Desk) -> None:
    made = make(desk)
    first = desk.do(tickets.edit, made, {"title": "Mine", "location": "Gate"}).result()
    desk.do(tickets.edit, made, {"title": "Theirs"}).result()
    undone = desk.do(undo.undo, first.act).result()
    assert undone.value == 1
    assert (card(desk, made).row.title, card(desk, made).location) == ("Theirs", None)


def test_a_bulk_change_does_what_it_can_reports_the_rest_and_is_undone_as_one(desk: Desk) -> None:
    made = [make(desk, f"Ticket {number}") for number in range(25)]
    desk.do(tickets.void, made[3], "twice").result()
    keys = list(range(1, 26))
    steps: list[tuple[int, int]] = []
    report = tickets.set_many(
        desk, keys, {"priority": 4, "assignee": desk.person}, label="Take 25", progress=lambda *at: steps.append(at)
    ).result()
    assert report.done == 24
    assert [reason for _, reason in report.refused] == ["voided: twice"]
    assert steps[-1] == (25, 25)
    assert card(desk, made[0]).priority_reason == "set by hand"
    moved = bulk.run(desk, keys, bulk.BulkChange("Accept", event="accept")).result()
    assert (moved.done, len(moved.refused)) == (24, 1)
    desk.do(undo.undo, moved.act).result()
    desk.do(undo.undo, report.act).result()
    row = card(desk, made[0]).row
    assert (row.state, row.priority, row.assignee) == (State.NEW, Priority.NORMAL, None)


def test_a_bulk_priority_equals_what_single_edits_make(desk: Desk) -> None:
    levels = [(int(u), int(i)) for u in Level for i in Level]
    singles = [make(desk, urgency=u, impact=i) for u, i in levels]
    several = [make(desk, urgency=u, impact=i) for u, i in levels]
    for values in ({"urgency": 3}, {"priority": 3}, {"impact": 1}):
        for ticket in singles:
            desk.do(tickets.edit, ticket, values).result()
        tickets.set_many(desk, [card(desk, ticket).row.key for ticket in several], values, label="Set").result()
        for one, other in zip(singles, several, strict=True):
            assert (card(desk, one).row.priority, card(desk, one).priority_reason) == (
                card(desk, other).row.priority, card(desk, other).priority_reason
            )  # fmt: skip


def test_a_cancelled_bulk_change_keeps_what_was_done(desk: Desk) -> None:
    for number in range(150):
        make(desk, f"Ticket {number}")
    answers = iter([False, True, True])
    report = tickets.set_many(
        desk, range(1, 151), {"location": "Gate"}, label="Gate", cancelled=lambda: next(answers)
    ).result()
    assert report.cancelled
    assert 0 < report.done < 150


def test_undoing_a_creation_keeps_the_reason_of_a_void(desk: Desk) -> None:
    outcome = desk.do(tickets.create, title="Twice").result()
    desk.do(tickets.void, outcome.value, "duplicate").result()
    with pytest.raises(Refused):
        desk.do(undo.undo, outcome.act).result()
    assert card(desk, outcome.value).voided == "duplicate"


def test_undo_leaves_a_category_that_a_ticket_uses_by_now(desk: Desk) -> None:
    def found(work: Work) -> Changes:
        from opsdesk.models.forms import Category

        work.value_out = work.insert(Category, {"code": "zebra", "name": "Zebra"})
        return Changes()

    both = desk.do(found).result()
    other = make(desk, "Uses it", category=both.value)
    with pytest.raises(Refused):
        desk.do(undo.undo, both.act).result()
    assert card(desk, other).row.category == "Zebra"

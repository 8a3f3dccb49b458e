"""What a person does with tickets, through the desk, and what must always hold."""

from itertools import pairwise
from typing import Any

import pytest

from opsdesk.models import ids, rights
from opsdesk.models.tickets import TRANSITIONS, Level, Priority, State, priority_of, transition
from opsdesk.services import directory, forms, tickets, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Invalid, NotFound, Refused
from opsdesk.store.work import Work
from tests.services.made_tickets import become, card, make, move


def test_a_new_ticket_has_its_number_its_place_in_the_tree_and_its_priority(desk: Desk) -> None:
    first, second = make(desk, urgency=3, impact=3), make(desk)
    row = card(desk, first).row
    assert row.number == f"T-{desk.tag}-00001"
    assert card(desk, second).row.number == f"T-{desk.tag}-00002"
    assert (row.state, row.priority, row.unit and row.unit.id) == (State.NEW, Priority.URGENT, desk.unit)
    assert row.requester is not None
    assert row.requester.id == desk.person


def test_every_wrong_field_is_named_at_once_and_nothing_is_written(desk: Desk) -> None:
    wrong = {"lat": float("nan"), "lon": 3.0, "urgency": 9, "assignee": b"nobody", "due_at": -(10**18), "colour": "red"}
    with pytest.raises(Invalid) as refusal:
        desk.do(tickets.create, title="  ", values=wrong).result()
    assert {problem.field for problem in refusal.value.problems} >= {
        "title", "lat", "urgency", "assignee", "due_at", "colour"
    }  # fmt: skip
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket")).result() == 0
    # The number was not used up either.
    assert card(desk, make(desk)).row.number.endswith("-00001")


def test_text_that_cannot_be_stored_is_mended_not_lost(desk: Desk) -> None:
    made = make(desk, "A\0 lone \ud800 surrogate", description="line one\n\n\tline two\0")
    shown = card(desk, made)
    assert shown.row.title == "A lone ? surrogate"
    assert shown.description == "line one\n\n\tline two"


@pytest.mark.parametrize(("urgency", "impact"), [(u, i) for u in Level for i in Level])
def test_priority_follows_the_matrix_of_the_domain(urgency: Level, impact: Level) -> None:
    words = {"LL": 1, "LM": 2, "ML": 2, "MM": 2, "LH": 2, "HL": 2, "MH": 3, "HM": 3, "HH": 4}
    assert priority_of(urgency, impact) == words[urgency.name[0] + impact.name[0]]


def test_an_overridden_priority_stays_when_urgency_changes_and_follows_again_when_given_back(desk: Desk) -> None:
    made = make(desk)
    desk.do(tickets.edit, made, {"priority": 4, "priority_reason": "General is watching"}).result()
    desk.do(tickets.edit, made, {"urgency": 1}).result()
    assert (card(desk, made).row.priority, card(desk, made).priority_reason) == (4, "General is watching")
    desk.do(tickets.edit, made, {"priority_reason": None}).result()
    assert (card(desk, made).row.priority, card(desk, made).priority_reason) == (Priority.NORMAL, None)


def test_the_state_machine_is_the_table_and_nothing_else(desk: Desk) -> None:
    events = {row.event for row in TRANSITIONS}
    for state in State:
        made = make(desk)
        desk.do(_force, made, state).result()
        for event in sorted(events):
            row = transition(state, event)
            offered = {row.event: row for row in desk.ask(tickets.events, made).result()}
            if row is None or row.to is None or event == "merge":
                assert event not in offered
                with pytest.raises(Refused):
                    move(desk, made, event)
            else:
                assert event in offered
        assert card(desk, made).row.state is state


def _force(work: Work, ticket: bytes, state: State) -> Changes:
    work.execute("UPDATE ticket SET state = ? WHERE id = ?", (int(state), ticket))
    return Changes(tickets=frozenset({ticket}))


def test_a_ticket_goes_its_whole_way_and_the_timeline_tells_it(desk: Desk) -> None:
    made = make(desk, assignee=desk.person)
    move(desk, made, "accept", "start", "wait", "resume", "resolve", "confirm", "reopen")
    steps = card(desk, made).steps
    assert [step.state for step in steps] == [
        State.NEW, State.OPEN, State.IN_PROGRESS, State.WAITING,
        State.IN_PROGRESS, State.RESOLVED, State.CLOSED, State.IN_PROGRESS,
    ]  # fmt: skip
    assert steps[3].reason == "parts"
    assert steps[5].reason == "Fixed"
    assert all(step.until == later.since for step, later in pairwise(steps))
    assert steps[-1].until is None


@pytest.mark.parametrize(
    ("events", "event", "field"),
    [
        (["accept", "start"], "resolve", "solution"),
        (["accept", "start"], "wait", "waiting_reason"),
        (["accept", "start"], "cancel", "reason"),
        (["accept"], "decline", "reason"),
    ],
)
def test_an_event_asks_for_what_its_guard_needs(desk: Desk, events: list[str], event: str, field: str) -> None:
    made = make(desk, assignee=desk.person)
    move(desk, made, *events)
    with pytest.raises(Refused) as refusal:
        desk.do(tickets.transition, made, event).result()
    assert refusal.value.field == field


def test_an_open_blocker_keeps_a_ticket_from_being_resolved(desk: Desk) -> None:
    blocked, blocker = make(desk, assignee=desk.person), make(desk, assignee=desk.person)
    linked = desk.do(tickets.link, blocker, "blocks", blocked).result().value
    move(desk, blocked, "accept", "start")
    with pytest.raises(Refused, match="blocks"):
        move(desk, blocked, "resolve")
    assert [row.words for row in card(desk, blocked).links] == ["blocked by"]
    desk.do(tickets.unlink, linked).result()
    move(desk, blocked, "resolve")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("reader", set()),
        ("field user", {"comment", "edit"}),
        ("watch officer", {"comment", "edit", "assign", "void"}),
        ("commander", {"comment", "edit", "assign", "void", "major"}),
    ],
)
def test_a_role_may_what_the_table_says(desk: Desk, role: str, may: set[str]) -> None:
    other = desk.do(_person).result().value
    made = make(desk)
    become(desk, role)
    acts = {
        "comment": (tickets.comment, made, "Seen"),
        "edit": (tickets.edit, made, {"title": "New title"}),
        "assign": (tickets.assign, made, other),
        "major": (tickets.edit, made, {"major": True}),
        "void": (tickets.void, made, "by mistake"),
    }
    done = set()
    for name, (command, *arguments) in acts.items():
        try:
            desk.do(command, *arguments).result()  # type: ignore[arg-type]
            done.add(name)
        except Refused:
            pass
    assert done == may
    assert set(rights.ROLES) >= {role}


def _person(work: Work) -> Changes:
    from opsdesk.models.organisation import Person

    work.value_out = work.insert(Person, {"name": "A. Brandt"})
    return Changes()


def test_replies_have_one_level_and_an_edit_keeps_what_was_said(desk: Desk) -> None:
    made = make(desk)
    first = desk.do(tickets.comment, made, "Pylon down").result().value
    reply = desk.do(tickets.comment, made, "Both lanes?", reply_to=first).result().value
    desk.do(tickets.comment, made, "Both.", reply_to=reply).result()
    desk.do(tickets.edit_comment, first, "Pylon and cable down").result()
    (thread,) = desk.ask(tickets.conversation, made).result()
    assert [row.body for row in thread.replies] == ["Both lanes?", "Both."]
    assert thread.edited_at is not None
    changed = [row for row in desk.ask(tickets.history, made).result() if row.label == "Comment changed"]
    assert [(row.before, row.after) for row in changed] == [("Pylon down", "Pylon and cable down")]


def test_equal_tags_show_once_and_a_removed_one_is_gone(desk: Desk) -> None:
    made = make(desk)
    for word in ("Fuel", "fuel ", "power"):
        desk.do(tickets.tag, made, word).result()
    desk.do(tickets.untag, made, "power").result()
    assert card(desk, made).row.tags == ("fuel",)
    with pytest.raises(Refused):
        desk.do(tickets.tag, made, 'a,b"c').result()


def test_history_reads_as_people_read_and_reverts_one_field(desk: Desk) -> None:
    made = make(desk)
    desk.do(tickets.edit, made, {"title": "Generator 2 leaks", "due_at": 1_795_357_920_000}).result()
    rows = {row.field: row for row in desk.ask(tickets.history, made).result()}
    assert (rows["title"].before, rows["title"].after) == ("Generator leaks fuel", "Generator 2 leaks")
    assert rows["due_at"].after == "22 1432Z NOV 26"
    outcome = desk.do(tickets.revert, made, rows["title"].seq).result()
    assert card(desk, made).row.title == "Generator leaks fuel"
    assert card(desk, made).row.due_at == 1_795_357_920_000
    desk.do(undo.undo, outcome.act).result()
    assert card(desk, made).row.title == "Generator 2 leaks"


def test_what_happened_earlier_is_told_with_both_times(desk: Desk) -> None:
    made = make(desk)
    typed_in = {"title": "Typed in from the notebook"}
    desk.do(tickets.edit, made, typed_in, happened=1_700_000_000_000).result()
    row = desk.ask(tickets.history, made).result()[0]
    assert row.happened_at == 1_700_000_000_000
    assert row.recorded_at > row.happened_at


def test_void_takes_a_ticket_away_and_undo_brings_it_back(desk: Desk) -> None:
    made = make(desk)
    outcome = desk.do(tickets.void, made, "Exercise inject, entered twice").result()
    with pytest.raises(Refused, match="entered twice"):
        desk.do(tickets.edit, made, {"title": "No"}).result()
    desk.do(undo.undo, outcome.act).result()
    assert card(desk, made).voided is None


def test_a_voided_ticket_is_brought_back_by_who_may_void_it(desk: Desk) -> None:
    made = make(desk)
    desk.do(tickets.void, made, "Entered twice").result()
    become(desk, "field user")
    with pytest.raises(Refused):
        desk.do(tickets.restore, made).result()
    become(desk, "watch officer")
    desk.do(tickets.restore, made).result()
    assert card(desk, made).voided is None
    desk.do(tickets.edit, made, {"title": "Counts again"}).result()


def test_the_draft_of_a_comment_goes_in_the_transaction_that_writes_it(desk: Desk) -> None:
    made = make(desk)
    desk.do(forms.save_draft, "comment/1", {"body": "Half"}).result()
    with pytest.raises(Refused):
        desk.do(tickets.comment, made, " ", draft="comment/1").result()
    assert len(desk.ask(forms.drafts).result()) == 1
    outcome = desk.do(tickets.comment, made, "Whole", draft="comment/1").result()
    assert outcome.changes.drafts == {"comment/1"}
    assert desk.ask(forms.drafts).result() == ()


def test_required_answers_are_judged_on_create_and_kept_with_the_ticket(desk: Desk) -> None:
    kinds = {row.code: row for row in desk.ask(directory.types).result()}
    form = desk.ask(forms.form_for, kinds["obstruction"].id).result()
    with pytest.raises(Invalid) as refusal:
        desk.do(tickets.create, title="Landslide", type=kinds["obstruction"].id, form=form.id).result()
    needed = [field for field in form.fields if field.required and not field.code.startswith("ticket.")]
    assert [problem.field for problem in refusal.value.problems] == [field.code for field in needed]
    answers = {field.code: field.options[0].value if field.options else "Amber" for field in needed}
    made = (
        desk.do(tickets.create, title="Landslide", type=kinds["obstruction"].id, form=form.id, answers=answers)
        .result()
        .value
    )
    assert {row.question: row.value for row in card(desk, made).answers} == answers


def test_a_missing_ticket_is_said_to_be_missing(desk: Desk) -> None:
    for command in (tickets.assign, tickets.void):
        with pytest.raises(NotFound):
            desk.do(command, ids.new_id(1), "x").result()


def test_what_hangs_on_a_ticket_moves_with_it(desk: Desk) -> None:
    made = make(desk)
    desk.do(tickets.comment, made, "Word").result()
    other = desk.do(_unit).result().value
    desk.do(tickets.edit, made, {"unit": other}).result()
    assert desk.ask(lambda reader: reader.value("SELECT unit FROM comment")).result() == other


def _unit(work: Work) -> Changes:
    from opsdesk.models.organisation import Unit

    work.value_out = work.insert(Unit, {"name": "B Coy"})
    return Changes()


def test_the_draft_of_a_ticket_goes_in_the_transaction_that_writes_it(desk: Desk) -> None:
    desk.do(forms.save_draft, "new-ticket/1", {"title": "Bridge"}).result()
    with pytest.raises(Invalid):
        desk.do(tickets.create, title="", draft="new-ticket/1").result()
    assert len(desk.ask(forms.drafts).result()) == 1
    outcome = desk.do(tickets.create, title="Bridge", draft="new-ticket/1").result()
    assert outcome.changes.drafts == {"new-ticket/1"}
    assert desk.ask(forms.drafts).result() == ()


def test_the_reason_of_a_priority_can_be_reworded(desk: Desk) -> None:
    made = make(desk, priority=4, priority_reason="VIP")
    desk.do(tickets.edit, made, {"priority_reason": "General is watching"}).result()
    assert (card(desk, made).row.priority, card(desk, made).priority_reason) == (4, "General is watching")


@pytest.mark.parametrize(
    "values",
    [
        {"lat": "abc", "lon": 1.0},
        {"due_at": "x"},
        {"major": None},
        {"exercise": "no"},
        {"number": "T-1"},
        {"lat": [], "lon": 2},
    ],
)
def test_a_wrong_value_is_the_writers_not_ours(desk: Desk, values: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        make(desk, **values)
    made = make(desk)
    with pytest.raises(Refused):
        desk.do(tickets.edit, made, values).result()


def test_removing_a_tag_that_is_not_there_changes_nothing(desk: Desk) -> None:
    made = make(desk)
    desk.do(tickets.tag, made, "Foo Bar").result()
    assert not desk.do(tickets.untag, made, "other").result().changes
    desk.do(tickets.untag, made, "FOO  BAR").result()
    assert card(desk, made).row.tags == ()

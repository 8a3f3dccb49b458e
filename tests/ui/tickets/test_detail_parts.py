"""Parts of the detail that are plain functions: what the conversation tells, the timeline's marks, diffs."""

from __future__ import annotations

from dataclasses import replace

from opsdesk.services import times
from opsdesk.services.tickets import HistoryRow, State, StepRow
from opsdesk.ui.tickets.detail.doings import doings
from opsdesk.ui.tickets.detail.fields_view import column_values
from opsdesk.ui.tickets.detail.history_view import diff_html
from opsdesk.ui.tickets.detail.steps import marks
from opsdesk.ui.tickets.detail.telling import entries, told
from tests.support.clock import NOW
from tests.support.ticket_pages import Story


def row(
    kind: str, label: str, after: str, *, field: str = "", seq: int = 1, at: int = NOW, actor: str = "A"
) -> HistoryRow:
    return HistoryRow(seq, bytes([seq]) * 16, actor, at, at, kind, field, label, "", after, True)


def test_a_move_is_told_with_its_reason_and_before_other_changes() -> None:
    rows = [
        row("set", "Waiting for", "parts", field="waiting_reason"),
        row("set", "Due", "22 1542Z"),
        row("transition", "Wait", "Waiting", field="state"),
    ]
    assert told(rows) == "moved this to Waiting: parts, set Due to 22 1542Z"


def test_emptying_the_reason_says_nothing() -> None:
    rows = [row("set", "Waiting for", "", field="waiting_reason"), row("transition", "Resume", "In progress")]
    assert told(rows) == "moved this to In progress"


def test_small_changes_of_one_go_are_one_line(story: Story) -> None:
    card = replace(story.card("bridge"), description="")
    changes = [row("tag", "Tag", "a", seq=1), row("tag", "Tag", "b", seq=2, at=NOW + times.MINUTE)]
    later = row("tag", "Tag", "c", seq=3, at=NOW + times.HOUR)
    other = row("tag", "Tag", "d", seq=4, at=NOW + times.HOUR, actor="B")
    found = entries(card, (), [*changes, later, other])
    assert [told(entry.changes) for entry in found] == ["tagged a, b", "tagged c", "tagged d"]


def test_the_description_comes_first_as_the_requester_said_it(story: Story) -> None:
    card = story.card("bridge")
    first = entries(card, (), ())[0]
    assert first.description
    assert first.comment is not None
    assert first.comment.author is not None
    assert first.comment.author.name == "J. Vance"


def test_an_imported_report_is_told_by_its_source_and_its_columns_are_no_change(story: Story) -> None:
    card = story.card("trees")
    imported = replace(
        card, description="Read it", contact=None, row=replace(card.row, requester=None, source="UCDP GED 23.1")
    )
    created = row("create", "Created", "Trees", seq=7)
    columns = replace(row("answer", "Answer", "imported: {}", seq=8), act=created.act)
    (report,) = entries(imported, (), [created, columns])
    assert report.comment is not None
    assert report.comment.author is not None
    assert report.comment.author.name == "UCDP GED 23.1"


def test_an_overdue_ticket_is_late_from_its_due_time_on(story: Story) -> None:
    found = marks(story.card("bowser"), NOW)
    assert [(mark.word, mark.stretch) for mark in found] == [("Reported", "first"), ("Due", "late"), ("Now", "")]


def test_what_happened_long_before_it_was_recorded_stands_first(story: Story) -> None:
    card = story.card("trees")
    early = replace(card, row=replace(card.row, occurred_at=card.row.created_at - times.DAY))
    assert [mark.word for mark in marks(early, NOW)][:2] == ["Happened", "Reported"]


def test_a_closed_ticket_ends_with_its_last_state(story: Story) -> None:
    card = story.card("trees")
    steps = (
        StepRow(State.NEW, NOW - times.HOUR, NOW, "A", None),
        StepRow(State.CANCELLED, NOW, None, "A", "Twice"),
    )
    closed = replace(card, row=replace(card.row, state=State.CANCELLED), steps=steps)
    assert [(mark.word, mark.detail, mark.stretch) for mark in marks(closed, NOW)][-1] == ("Cancelled", "Twice", "")


def test_a_voided_ticket_offers_nothing(story: Story) -> None:
    assert doings(replace(story.card("bridge"), voided="Twice")) == []


def test_a_long_text_is_compared_word_by_word() -> None:
    before = "Pylon and a live cable lie across both lanes of the bridge, nobody hurt so far"
    after = before.replace("both lanes", "one lane")
    html = diff_html(before, after, gone="#ff0000", came="#00ff00", quiet="#888888")
    assert html.count("<s ") == html.count("<u ") >= 1
    assert "Pylon and a live cable" in html
    assert diff_html("<b>", "", gone="#1", came="#2", quiet="#3").count("&lt;b&gt;") == 1


def test_values_of_editors_become_columns() -> None:
    assert column_values("ticket.urgency", "3") == {"urgency": 3}
    assert column_values("ticket.assignee", (b"a" * 16).hex()) == {"assignee": b"a" * 16}
    assert column_values("ticket.assignee", None) == {"assignee": None}
    emptied = column_values("ticket.position", None)
    assert set(emptied) == {"lat", "lon", "grid", "accuracy_m", "position_doubt", "position_source"}
    assert set(emptied.values()) == {None}

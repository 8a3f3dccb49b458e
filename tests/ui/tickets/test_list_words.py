"""What the columns of the ticket list say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from opsdesk.services import times
from opsdesk.services.tickets import Base, Clock, Clocks, Named, Priority, Standing, State, TicketRow, lists
from opsdesk.ui.tickets.list_page.words import order_words
from opsdesk.ui.tickets.table import TICKET_COLUMNS, priority_tone, priority_word, short_name, state_words
from opsdesk.ui.widgets.due import due_lines, due_of

NOW = 1_795_357_920_000
ROW = TicketRow(
    key=1,
    id=bytes(16),
    base=Base(0, 0, 0),
    number="T-CP1-00042",
    title="Generator leaks",
    state=State.OPEN,
    waiting_reason=None,
    priority=Priority.HIGH,
    major=False,
    type="Power",
    category="Generator",
    assignee=Named(bytes(16), "Selma Weiss"),
    unit=None,
    requester=None,
    place="Hill 214",
    lat=None,
    lon=None,
    occurred_at=NOW - times.HOUR,
    created_at=NOW - times.HOUR,
    updated_at=NOW,
    due_at=NOW + times.HOUR,
    comments=2,
    attachments=0,
    unread=True,
    queued=False,
    exercise=False,
    marking=1,
    external=None,
    source=None,
    tags=("bridge", "amber"),
)


def test_the_due_time_is_told_as_what_is_left() -> None:
    assert due_of(ROW, NOW).words == "1 h left"
    assert due_of(replace(ROW, due_at=NOW + 70 * times.MINUTE), NOW).words == "1 h 10 left"
    assert due_of(replace(ROW, due_at=NOW - 25 * times.MINUTE), NOW).words == "over by 25 min"
    assert due_of(replace(ROW, due_at=NOW + 48 * times.HOUR), NOW).words == "2 d left"
    assert due_of(replace(ROW, due_at=None), NOW).words == "no due time"
    assert due_of(replace(ROW, state=State.WAITING, waiting_reason="parts"), NOW).words == "paused: parts"
    assert due_of(replace(ROW, state=State.CLOSED), NOW).words == "done"


def test_the_due_time_warns_by_the_share_of_time_that_has_passed() -> None:
    tones = [due_of(replace(ROW, due_at=NOW + minutes * times.MINUTE), NOW).tone for minutes in (60, 35, 10, -5)]
    assert tones == ["good", "warn", "danger", "danger"]


def test_a_due_time_before_its_ticket_is_over_and_no_fault() -> None:
    assert due_of(replace(ROW, due_at=ROW.created_at - times.DAY), NOW).tone == "danger"


def _clocks(response: Clock, resolution: Clock, **named: bool) -> Clocks:
    return Clocks(response, resolution, **named)


RUNNING = Clock(Standing.RUNNING, 4 * times.HOUR, times.HOUR, NOW - times.HOUR)
"""Two hours of four are left."""
ANSWERED = Clock(Standing.MET, times.HOUR, 12 * times.MINUTE, NOW - times.HOUR)


def test_of_due_time_and_clocks_the_nearest_is_told_and_whose_it_is() -> None:
    soon = Clock(Standing.RUNNING, times.HOUR, 0, NOW - 42 * times.MINUTE)
    none = replace(ROW, due_at=None)
    answer = due_of(replace(none, clocks=_clocks(soon, RUNNING)), NOW)
    assert (answer.kind, answer.words, answer.share, answer.tone) == ("answer", "answer in 18 min", 0.7, "warn")
    late = due_of(replace(none, clocks=_clocks(soon, RUNNING)), NOW + times.HOUR)
    assert (late.words, late.tone) == ("answer late 42 min", "danger")
    target = due_of(replace(none, clocks=_clocks(ANSWERED, RUNNING)), NOW)
    assert (target.kind, target.words, target.share) == ("solution", "2 h left", 0.5)
    person = due_of(replace(ROW, clocks=_clocks(ANSWERED, RUNNING)), NOW)
    assert (person.kind, person.words) == ("due", "1 h left"), "somebody wants it before the target"


def test_a_clock_that_stands_still_says_why_and_one_that_ended_how_long_it_took() -> None:
    paused = replace(RUNNING, standing=Standing.PAUSED)
    waiting = replace(ROW, due_at=None, state=State.WAITING, waiting_reason="parts", clocks=_clocks(ANSWERED, paused))
    said = due_of(waiting, NOW)
    assert (said.words, said.share, said.paused, said.tone) == ("paused: parts", 0.25, True, "neutral")
    stormy = replace(waiting, waiting_reason="weather", clocks=_clocks(ANSWERED, RUNNING))
    assert due_of(stormy, NOW).words == "2 h left", "what does not pause runs on"
    done = replace(ROW, state=State.RESOLVED, clocks=_clocks(ANSWERED, replace(ANSWERED, target=2 * times.HOUR)))
    assert due_of(done, NOW).words == "met in 12 min"
    missed = Clock(Standing.MISSED, times.HOUR, 80 * times.MINUTE, NOW)
    assert due_of(replace(done, clocks=_clocks(ANSWERED, missed)), NOW).words == "late by 20 min"


def test_a_tooltip_tells_each_clock_and_what_is_not_known() -> None:
    told = due_lines(replace(ROW, clocks=_clocks(ANSWERED, RUNNING, whole=False)), NOW)
    assert told == (
        "Due, set by a person: 1 h left, 22 1532Z NOV 26",
        "First answer: met in 12 min of 1 h",
        "Resolution: 2 h left, by 22 1632Z NOV 26",
        "Pauses from before this desk read the ticket are not known",
    )


def test_a_major_incident_stands_above_urgent() -> None:
    assert (priority_word(ROW), priority_tone(ROW)) == ("High", "high")
    assert (priority_word(replace(ROW, major=True)), priority_tone(replace(ROW, major=True))) == ("Major", "urgent")


def test_waiting_says_for_what() -> None:
    assert state_words(replace(ROW, state=State.WAITING, waiting_reason="parts")) == "Waiting for parts"


@pytest.mark.parametrize(
    ("name", "short"),
    [("Selma Weiss", "S. Weiss"), ("M. Okafor", "M. Okafor"), ("Lee", "Lee"), ("2 Plt duty", "2 Plt duty")],
)
def test_a_name_is_shortened_by_its_first_word(name: str, short: str) -> None:
    assert short_name(name) == short


def test_every_column_of_the_service_but_the_group_has_a_cell_and_says_something() -> None:
    cells = {column.name: column for column in TICKET_COLUMNS}
    assert set(lists.COLUMNS) - set(cells) <= {"group"}
    assert {name: column.label for name, column in cells.items()} == {name: lists.COLUMNS[name].label for name in cells}
    said = {name: column.text(ROW) for name, column in cells.items()}
    assert said["title"] == "Generator leaks"
    assert said["tags"] == "bridge, amber"
    assert cells["title"].words(ROW) == "Generator leaks · unread · 2 comments"
    assert cells["sync"].words(replace(ROW, queued=True)).startswith("Queued")


def test_the_order_is_told_in_words() -> None:
    assert order_words(("-priority", "-updated")) == "sorted by priority, then last change"
    assert order_words(("-received",)) == "latest received first"
    assert order_words(("due", "-received")) == "sorted by due time"
    assert order_words(()) == ""

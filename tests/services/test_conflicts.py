"""Conflicts as people see and settle them, told as stories of desks that were apart. No network: a server in memory."""

from typing import Any

import pytest

from opsdesk.models.threads import Comment
from opsdesk.services import conflicts, directory, forms, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import Choice, Conflict, Record, editors
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.tickets import Priority, State
from tests.support.posts import Post, Station


def only(station: Station, ticket: bytes) -> Conflict:
    """The one open conflict of a ticket."""
    (found,) = station.record(ticket).open
    return found


def told(conflict: Conflict) -> list[tuple[int, str, str, str]]:
    """Number, side, value and author of each version."""
    return [(one.number, one.side, one.text, one.author.name if one.author else "") for one in conflict.versions]


def settle(station: Station, ticket: bytes, which: str, **more: Any) -> Any:
    """Take one version of the one conflict, as the page does."""
    found = only(station, ticket)
    return station.do(conflicts.settle, [Choice(found.seen, conflicts.take(found, which))], **more)


def nothing_open(post: Post, ticket: bytes) -> bool:
    """Whether no desk shows anything to settle, and all show the same."""
    lists = [station.ask(conflicts.lists) for station in post.stations]
    return all(not (one.mine or one.others) for one in lists) and not any(
        station.ask(conflicts.forked, [ticket]) for station in post.stations
    )


def test_different_fields_come_together_and_nobody_is_asked(post: Post) -> None:
    ticket = post.ticket()
    post.ben.edit(ticket, title="Bridge closed")
    post.anna.edit(ticket, location="East bank")
    post.meet()
    assert {(one.shown(ticket, "title"), one.shown(ticket, "location")) for one in post.stations} == {
        ("Bridge closed", "East bank")
    }
    assert nothing_open(post, ticket)
    with pytest.raises(NotFound):
        post.anna.record(ticket)


def test_the_same_field_is_shown_with_base_mine_and_theirs_on_both_desks(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's words", "Ben's words"))
    assert told(only(post.anna, ticket)) == [
        (1, "base", "Road blocked at Kemp Bridge", "Anna Harrow"),
        (2, "mine", "Anna's words", "Anna Harrow"),
        (3, "theirs", "Ben's words", "Ben Ferreira"),
    ]
    assert told(only(post.ben, ticket)) == [
        (1, "base", "Road blocked at Kemp Bridge", "Anna Harrow"),
        (2, "mine", "Ben's words", "Ben Ferreira"),
        (3, "theirs", "Anna's words", "Anna Harrow"),
    ]
    assert told(only(post.carl, ticket)) == [
        (1, "base", "Road blocked at Kemp Bridge", "Anna Harrow"),
        (2, "shown", "Ben's words", "Ben Ferreira"),
        (3, "theirs", "Anna's words", "Anna Harrow"),
    ]
    mine, theirs = only(post.anna, ticket).versions[1:]
    assert (mine.where, mine.here, theirs.where, theirs.here) == ("ANN", True, "CP Main", False)
    assert not mine.shown
    assert theirs.shown
    assert mine.at is not None
    assert theirs.at is not None


def test_settled_on_one_desk_it_is_gone_on_all(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's words", "Ben's words"))
    outcome = settle(post.anna, ticket, "mine")
    assert outcome.label == f"Settle title of {post.anna.record(ticket).number}"
    assert outcome.changes == Changes(
        tickets=frozenset({ticket}), conflicts=frozenset({post.anna.record(ticket).conflicts[0].id})
    )
    assert post.anna.shown(ticket, "title") == "Anna's words", "it is kept here at once"
    assert post.anna.ask(conflicts.lists).mine == ()
    assert not post.anna.ask(conflicts.all_forked)
    post.meet()
    assert nothing_open(post, ticket)
    assert {one.shown(ticket, "title") for one in post.stations} == {"Anna's words"}
    (settled,) = post.ben.record(ticket).conflicts
    assert settled.settlement is not None
    assert (settled.settlement.how, settled.settlement.by and settled.settlement.by.name) == ("theirs", "Anna Harrow")
    assert [one.text for one in settled.versions[1:]] == ["Ben's words", "Anna's words"], "what was lost is still here"


def test_taking_what_is_shown_already_settles_as_well(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's words", "Ben's words"))
    settle(post.anna, ticket, "theirs")
    post.meet()
    assert nothing_open(post, ticket)
    assert post.carl.shown(ticket, "title") == "Ben's words"


def test_severe_first_shows_the_more_severe_one_meanwhile(post: Post) -> None:
    ticket = post.ticket()
    for station, priority in ((post.ben, Priority.HIGH), (post.anna, Priority.URGENT)):
        station.edit(ticket, priority=int(priority))
    post.ben.exchange()
    post.meet()
    found = only(post.ben, ticket)
    assert found.severe
    assert post.ben.shown(ticket, "priority") == Priority.URGENT
    assert [(one.side, one.text, one.shown) for one in found.versions] == [
        ("base", "Normal", False), ("mine", "High", False), ("theirs", "Urgent", True),
    ]  # fmt: skip
    settle(post.ben, ticket, "mine")
    post.meet()
    assert {one.shown(ticket, "priority") for one in post.stations} == {int(Priority.HIGH)}
    assert nothing_open(post, ticket)


BASE = "Pylon across both lanes of the bridge. Foot traffic possible along the east rail. Diversion A is signed."
MINE = "Pylon and live cable across both lanes. Foot traffic possible along the east rail. Diversion A is signed."
THEIRS = "Pylon across both lanes of the bridge. Foot traffic possible along the east rail. Diversion B is open."


def test_texts_show_what_each_changed_and_offer_both_joined(post: Post) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, description=(MINE, THEIRS))
    found = only(post.anna, ticket)
    assert found.kind == "text"
    assert [one.text for one in found.versions] == [BASE, MINE, THEIRS]
    for version in found.versions:
        assert "".join(span.text for span in version.changes if span.kind != "removed") == version.text
        assert "".join(span.text for span in version.changes if span.kind != "added") == BASE
    assert found.joined == MINE.replace("Diversion A is signed.", "Diversion B is open.")
    assert "".join(span.text for span in found.joined_changes) == found.joined
    settle(post.anna, ticket, "both")
    post.meet()
    assert {one.shown(ticket, "description") for one in post.stations} == {found.joined}
    assert nothing_open(post, ticket)
    (settled,) = post.carl.record(ticket).conflicts
    assert settled.settlement is not None
    assert settled.settlement.how == "both joined"


def test_texts_that_overlap_are_not_joined_by_guessing(post: Post) -> None:
    ticket = post.ticket(description="Diversion A is signed.")
    post.apart(ticket, description=("Diversion A is flooded.", "Diversion A is closed."))
    found = only(post.anna, ticket)
    assert found.joined is None
    with pytest.raises(Refused, match="overlap"):
        conflicts.take(found, "both")
    written = "Diversion A is flooded and closed."
    post.anna.do(conflicts.settle, [Choice(found.seen, written)])
    post.meet()
    assert post.ben.shown(ticket, "description") == written
    assert nothing_open(post, ticket)


def test_three_versions_are_all_shown_and_theirs_alone_is_not_enough(post: Post) -> None:
    ticket = post.ticket()
    for station, words in ((post.carl, "Carl's"), (post.ben, "Ben's"), (post.anna, "Anna's")):
        station.edit(ticket, title=words)
    for station in (post.carl, post.ben, post.anna):
        station.exchange()
    post.meet()
    found = only(post.anna, ticket)
    assert [(number, side, text) for number, side, text, _ in told(found)[1:]] == [
        (2, "mine", "Anna's"), (3, "theirs", "Carl's"), (4, "theirs", "Ben's"),
    ]  # fmt: skip
    with pytest.raises(Refused, match="several versions"):
        conflicts.take(found, "theirs")
    settle(post.anna, ticket, "4")
    post.meet()
    assert nothing_open(post, ticket)
    assert {one.shown(ticket, "title") for one in post.stations} == {"Ben's"}


def test_voided_against_an_edit_asks_whether_it_stays(post: Post) -> None:
    ticket = post.ticket()
    post.ben.do(tickets.void, ticket, "reported twice")
    post.anna.edit(ticket, title="Not the same")
    post.ben.exchange()
    post.anna.exchange()
    post.meet()
    found = only(post.anna, ticket)
    assert found.kind == "voided"
    assert [(one.side, one.text, one.shown) for one in found.versions[1:]] == [
        ("mine", "Keep it", False), ("theirs", "Void it: reported twice", True),
    ]  # fmt: skip
    settle(post.anna, ticket, "mine")
    post.meet()
    assert {one.shown(ticket, "voided") for one in post.stations} == {None}
    assert {one.shown(ticket, "title") for one in post.stations} == {"Not the same"}
    assert nothing_open(post, ticket)


def moved(post: Post, first: Station, second: Station) -> bytes:
    """A ticket that one desk let wait and another resolved meanwhile; `first` comes first to the server."""
    ticket = post.ticket(assignee=post.anna.desk.person)
    for event in ("accept", "start"):
        post.anna.do(tickets.transition, ticket, event)
    post.meet()
    post.ben.do(tickets.transition, ticket, "wait", waiting_reason="parts", reason="no crane")
    post.anna.do(tickets.transition, ticket, "resolve", solution="fixed")
    first.exchange()
    second.exchange()
    post.meet()
    return ticket


@pytest.mark.parametrize("side", ["mine", "theirs"])
def test_a_state_moved_both_ways_is_settled_either_way(post: Post, side: str) -> None:
    ticket = moved(post, post.ben, post.anna)
    found = next(one for one in post.anna.record(ticket).open if one.kind == "state")
    assert [(one.side, one.text) for one in found.versions] == [
        ("base", "In progress"), ("mine", "Resolved"), ("theirs", "Waiting"),
    ]  # fmt: skip
    seen = [one.seen for one in post.anna.record(ticket).open]
    post.anna.do(conflicts.settle_side, ticket, side, seen)
    post.meet()
    assert nothing_open(post, ticket)
    wanted = State.RESOLVED if side == "mine" else State.WAITING
    assert {one.shown(ticket, "state") for one in post.stations} == {int(wanted)}
    waits = {one.shown(ticket, "waiting_reason") for one in post.stations}
    solved = {one.shown(ticket, "solution") for one in post.stations}
    assert (waits, solved) == (({None}, {"fixed"}) if side == "mine" else ({"parts"}, {None}))


def test_references_are_shown_by_name(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, assignee=(post.anna.desk.person, post.ben.desk.person))
    assert [one.text for one in only(post.anna, ticket).versions] == ["", "Anna Harrow", "Ben Ferreira"]


def test_an_answer_and_a_comment_conflict_under_their_ticket(post: Post) -> None:
    ticket = post.ticket()
    post.anna.do(tickets.answer, ticket, "depth", "1 m")
    comment = post.anna.do(tickets.comment, ticket, "First words").value
    post.meet()
    for station, words in ((post.ben, "2 m"), (post.anna, "3 m")):
        station.do(tickets.answer, ticket, "depth", words)
        station.do(_rewrite, comment, f"Words of {words}")
    post.ben.exchange()
    post.anna.exchange()
    post.meet()
    found: tuple[Record, ...] = post.anna.ask(conflicts.of_ticket, ticket)
    assert {(one.kind, one.ticket, one.open[0].label) for one in found} == {
        ("answer", ticket, "Depth"), ("comment", ticket, "Comment"),
    }  # fmt: skip
    assert {one.open[0].versions[1].text for one in found} == {"3 m", "Words of 3 m"}
    assert post.anna.ask(conflicts.forked, [ticket]) == post.anna.ask(conflicts.all_forked) == {ticket}


def test_an_answer_to_a_form_is_told_in_the_words_of_its_question(post: Post) -> None:
    kinds = {row.code: row for row in post.anna.ask(directory.types)}
    form = post.anna.ask(forms.form_for, kinds["obstruction"].id)
    given = {"route": "B 7", "cause": "tree", "passable": ["foot"], "blocked_m": 20, "clear_by": 0}
    given |= {one.code: one.options[0].value for one in form.fields if one.required and one.options} | {"cause": "tree"}
    ticket = post.anna.do(
        tickets.create, title="Landslide", type=kinds["obstruction"].id, form=form.id, answers=given
    ).value
    post.meet()
    for station, said in (
        (post.ben, {"cause": "flood", "passable": ["light", "truck"], "blocked_m": 30, "clear_by": 60_000}),
        (post.anna, {"cause": "rubble", "passable": [], "blocked_m": 40, "clear_by": 120_000}),
    ):
        for question, value in said.items():
            station.do(tickets.answer, ticket, question, value)
    post.ben.exchange()
    post.meet()
    found: tuple[Record, ...] = post.anna.ask(conflicts.of_ticket, ticket)
    opened = {record.open[0].label: record.open[0] for record in found}
    assert {label: [one.text for one in conflict.versions] for label, conflict in opened.items()} == {
        "Cause": ["Tree", "Rubble", "Flood"],
        "Still passable for": ["Foot", "", "Light 4×4, Truck"],
        "Length blocked": ["20 m", "40 m", "30 m"],
        "Clear by": [times.dtg(0), times.dtg(120_000), times.dtg(60_000)],
    }
    cause = opened["Cause"]
    assert cause.editor is not None
    assert [(one.value, one.label) for one in cause.editor.options][:2] == [
        ("landslide", "Landslide"),
        ("flood", "Flood"),
    ]
    assert editors.for_editor(cause, cause.versions[0].value) == "tree"
    assert editors.from_editor(cause, "flood") == cause.versions[2].value
    assert editors.for_editor(opened["Length blocked"], opened["Length blocked"].versions[0].value) == 20


def _rewrite(work: Any, comment: bytes, body: str) -> Changes:
    work.update(Comment, comment, {"body": body})
    return Changes()


def test_two_places_below_each_other_are_asked_about(post: Post) -> None:
    above, below = post.ticket(), post.ticket()
    post.ben.edit(above, parent=below)
    post.anna.edit(below, parent=above)
    post.ben.exchange()
    post.anna.exchange()
    post.meet()
    found = only(post.anna, below)
    assert found.kind == "cycle"
    with pytest.raises(Refused, match="below itself"):
        settle(post.anna, below, "mine")
    settle(post.anna, below, "base")
    post.meet()
    assert nothing_open(post, below)


def test_a_settlement_that_meets_a_later_version_is_asked_again(post: Post) -> None:
    ticket = post.ticket()
    post.carl.edit(ticket, title="Carl's, written long ago")
    post.apart_but_carl(ticket, title=("Anna's", "Ben's"))
    settle(post.anna, ticket, "mine")
    post.carl.exchange()
    post.anna.exchange()
    post.meet()
    found = only(post.anna, ticket)
    texts = {one.text for one in found.versions[1:]}
    assert {"Anna's", "Carl's, written long ago"} <= texts, "neither the choice nor the later version is lost"
    settle(post.anna, ticket, "mine")
    post.meet()
    assert nothing_open(post, ticket)
    assert {one.shown(ticket, "title") for one in post.stations} == {"Anna's"}


def test_what_was_settled_elsewhere_meanwhile_is_not_overruled_unseen(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    open_here = only(post.anna, ticket)
    settle(post.ben, ticket, "mine")
    post.meet()
    with pytest.raises(conflicts.Overtaken, match="settled meanwhile"):
        post.anna.do(conflicts.settle, [Choice(open_here.seen, "Anna's")])
    assert post.anna.shown(ticket, "title") == "Ben's"


def test_a_version_that_came_while_the_page_was_open_is_looked_at_first(post: Post) -> None:
    ticket = post.ticket()
    post.carl.edit(ticket, title="Carl's")
    post.apart_but_carl(ticket, title=("Anna's", "Ben's"))
    open_here = only(post.anna, ticket)
    post.carl.exchange()
    post.anna.exchange()
    with pytest.raises(conflicts.Overtaken, match="another version"):
        post.anna.do(conflicts.settle, [Choice(open_here.seen, "Anna's")])

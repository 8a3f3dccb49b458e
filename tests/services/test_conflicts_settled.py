"""Conflicts that were settled: taken back, looked after, told why; and what is refused."""

from typing import Any

import pytest

from opsdesk.models.places import Place
from opsdesk.services import conflicts, directory, forms, tickets, times, undo
from opsdesk.services.changes import Changes
from opsdesk.services.conflicts import Choice
from opsdesk.services.errors import Refused
from opsdesk.services.tickets import Priority
from tests.services.test_conflicts import BASE, MINE, THEIRS, nothing_open, only, settle
from tests.support.posts import Post


def test_all_mine_is_one_act_and_undone_as_one(post: Post) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    seen = [one.seen for one in post.anna.record(ticket).open]
    assert len(seen) == 2
    outcome = post.anna.do(conflicts.settle_side, ticket, "mine", seen)
    assert (post.anna.shown(ticket, "title"), post.anna.shown(ticket, "description")) == ("Anna's", MINE)
    post.anna.do(undo.undo, outcome.act)
    assert (post.anna.shown(ticket, "title"), post.anna.shown(ticket, "description")) == ("Ben's", THEIRS)
    assert len(post.anna.record(ticket).open) == 2, "it was never sent, so both are open again"
    post.meet()
    for station in post.stations:
        assert len(station.record(ticket).open) == 2
        assert station.shown(ticket, "title") == "Ben's"
    settle_all = [one.seen for one in post.ben.record(ticket).open]
    post.ben.do(conflicts.settle_side, ticket, "theirs", settle_all)
    post.meet()
    assert nothing_open(post, ticket)
    assert post.carl.shown(ticket, "title") == "Anna's"


def test_a_choice_taken_back_twice_before_it_was_sent_leaves_all_versions_open(post: Post) -> None:
    ticket = post.ticket(description=BASE)
    post.apart(ticket, title=("Anna's", "Ben's"), description=(MINE, THEIRS))
    before = [[one.text for one in found.versions] for found in post.anna.record(ticket).open]
    for side in ("mine", "theirs"):
        seen = [one.seen for one in post.anna.record(ticket).open]
        outcome = post.anna.do(conflicts.settle_side, ticket, side, seen)
        post.anna.do(undo.undo, outcome.act)
    assert [[one.text for one in found.versions] for found in post.anna.record(ticket).open] == before
    post.meet()
    for station in post.stations:
        assert (station.shown(ticket, "title"), station.shown(ticket, "description")) == ("Ben's", THEIRS)
        found = {version.text for one in station.record(ticket).open for version in one.versions}
        assert {"Anna's", "Ben's", MINE, THEIRS} <= found


def test_undoing_what_the_server_knows_is_a_new_change_and_the_versions_stay_at_hand(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    outcome = settle(post.anna, ticket, "mine")
    post.meet()
    post.anna.do(undo.undo, outcome.act)
    post.meet()
    assert {one.shown(ticket, "title") for one in post.stations} == {"Ben's"}
    (settled,) = post.anna.record(ticket).conflicts
    assert [one.text for one in settled.versions[1:]] == ["Anna's", "Ben's"]
    post.anna.do(conflicts.settle, [Choice(settled.seen, conflicts.take(settled, "mine"))])
    post.meet()
    assert {one.shown(ticket, "title") for one in post.stations} == {"Anna's"}
    assert nothing_open(post, ticket)


def test_an_undo_stops_where_others_have_gone_on(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    outcome = settle(post.anna, ticket, "mine")
    post.meet()
    post.ben.edit(ticket, title="Newer")
    post.meet()
    with pytest.raises(Refused, match="Others have changed"):
        post.anna.do(undo.undo, outcome.act)


def test_a_conflict_belongs_to_the_assignee_else_to_those_who_wrote(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    assert [len(one.ask(conflicts.lists).mine) for one in post.stations] == [1, 1, 0]
    (line,) = post.carl.ask(conflicts.lists).others
    assert line.care.name == "CP Main"
    assert line.care.person is None
    post.carl.edit(ticket, assignee=post.carl.desk.person)
    post.meet()
    assert [one.ask(conflicts.need_me) for one in post.stations] == [0, 0, 1]


def test_given_to_somebody_it_is_theirs_on_every_desk_with_the_time_that_was_set(post: Post) -> None:
    ticket = post.ticket(priority=int(Priority.HIGH))
    post.apart(ticket, title=("Anna's", "Ben's"))
    record = post.anna.record(ticket)
    assert record.care.due_at == record.found_at + conflicts.DUE_AFTER[Priority.HIGH]
    ids = [one.id for one in record.open]
    due = record.found_at + 90 * times.MINUTE
    post.anna.do(conflicts.give, ids, post.carl.desk.person)
    post.anna.do(conflicts.set_due, ids, due)
    post.meet()
    for station in post.stations:
        care = station.record(ticket).care
        assert (care.name, care.given, care.due_at) == ("Carl Vance", True, due)
    assert [one.ask(conflicts.need_me) for one in post.stations] == [0, 0, 1]
    post.anna.do(conflicts.give, ids, None)
    post.meet()
    assert post.carl.record(ticket).care.given is False


def test_why_it_was_settled_so_goes_along(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    settle(post.anna, ticket, "mine", note="Ben had the old report")
    post.meet()
    assert post.ben.record(ticket).care.note == "Ben had the old report"
    assert any(row.after == "Ben had the old report" for row in post.ben.ask(tickets.history, ticket))


def test_what_else_was_changed_since_the_split_is_told(post: Post) -> None:
    ticket = post.ticket()
    post.anna.do(tickets.tag, ticket, "route")
    post.meet()
    post.ben.edit(ticket, title="Ben's")
    post.ben.edit(ticket, location="East bank")
    post.anna.edit(ticket, title="Anna's")
    post.anna.do(tickets.tag, ticket, "power")
    post.ben.exchange()
    post.anna.exchange()
    post.meet()
    joined = [
        (one.label, one.base, one.mine, one.theirs, one.mine_changed, one.theirs_changed, one.who)
        for one in post.anna.record(ticket).joined
    ]
    assert joined == [
        ("Location", "", "", "East bank", False, True, "Ben Ferreira"),
        ("Tags", "route", "power, route", "route", True, False, "Anna Harrow"),
    ]


def test_a_reader_settles_nothing(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    post.anna.desk.person = post.anna.do(_reader).value
    with pytest.raises(Refused, match="role"):
        settle(post.anna, ticket, "3")


def _reader(work: Any) -> Changes:
    from opsdesk.models.organisation import Person

    role = work.value("SELECT id FROM role WHERE code = 'reader'")
    work.value_out = work.insert(Person, {"name": "R. Reader", "role": role})
    return Changes(people=frozenset({work.value_out}))


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [("priority", "urgent", 4), ("due_at", "2026-11-22T14:32Z", 1_795_357_920_000), ("assignee", "carl vance", None)],
)
def test_another_value_is_read_as_it_is_typed(post: Post, field: str, text: str, value: Any) -> None:
    ticket = post.ticket(due_at=1_795_000_000_000)
    values: dict[str, tuple[Any, Any]] = {"priority": (3, 1), "due_at": (1_795_000_100_000, 1_795_000_200_000)}
    values["assignee"] = (post.anna.desk.person, post.ben.desk.person)
    post.apart(ticket, **{field: values[field]})
    found = only(post.anna, ticket)
    read = post.anna.ask(conflicts.parse, found.id, text)
    assert read == (post.carl.desk.person if field == "assignee" else value)
    with pytest.raises(Refused):
        post.anna.ask(conflicts.parse, found.id, "what is this")


@pytest.mark.parametrize(
    ("question", "mine", "theirs", "text", "stored", "wrong"),
    [
        ("cause", "flood", "rubble", "tree", '"tree"', "dragon"),
        ("passable", ["foot"], ["truck"], "foot; truck", '["foot", "truck"]', "dragon"),
        ("blocked_m", 20, 30, "40", "40", "forty"),
    ],
)
def test_another_answer_is_read_as_its_question_wants_it(
    post: Post, question: str, mine: Any, theirs: Any, text: str, stored: str, wrong: str
) -> None:
    kind = next(row.id for row in post.anna.ask(directory.types) if row.code == "obstruction")
    given = {"route": "B 7", "cause": "vehicle", "passable": ["light"], "blocked_m": 10}
    form = post.anna.ask(forms.form_for, kind).id
    ticket = post.anna.do(tickets.create, title="Landslide", type=kind, form=form, answers=given).value
    post.meet()
    post.ben.do(tickets.answer, ticket, question, theirs)
    post.anna.do(tickets.answer, ticket, question, mine)
    post.ben.exchange()
    post.meet()
    answered = "SELECT id FROM answer WHERE subject = ? AND question = ?"
    found = only(post.anna, post.anna.ask(lambda reader: reader.value(answered, (ticket, question))))
    assert post.anna.ask(conflicts.parse, found.id, text) == stored
    with pytest.raises(Refused, match=wrong):
        post.anna.ask(conflicts.parse, found.id, wrong)


def test_an_answer_that_cannot_be_is_refused_before_anything_is_written(post: Post) -> None:
    ticket = post.ticket()
    post.apart(ticket, title=("Anna's", "Ben's"))
    found = only(post.anna, ticket)
    with pytest.raises(Refused, match="needed"):
        post.anna.do(conflicts.settle, [Choice(found.seen, None)])
    assert only(post.anna, ticket).id == found.id


def test_what_hangs_on_no_ticket_is_settled_and_looked_after_as_well(post: Post) -> None:
    place = post.anna.do(_place).value
    post.meet()
    for station, name in ((post.ben, "Weir"), (post.anna, "Kemp Weir")):
        station.do(_rename_place, place, name)
        station.exchange()
    post.meet()
    record = post.anna.record(place)
    assert (record.kind, record.ticket, [one.text for one in record.open[0].versions]) == (
        "place", None, ["Bridge", "Kemp Weir", "Weir"],
    )  # fmt: skip
    post.anna.do(conflicts.give, [record.open[0].id], post.ben.desk.person)
    post.meet()
    assert [one.ask(conflicts.need_me) for one in post.stations] == [0, 1, 0]
    found = post.ben.record(place).open[0]
    post.ben.do(conflicts.settle, [Choice(found.seen, conflicts.take(found, "mine"))])
    post.meet()
    assert not any(one.ask(conflicts.lists).unit for one in post.stations)


def _place(work: Any) -> Changes:
    work.value_out = work.insert(Place, {"name": "Bridge"})
    return Changes(places=frozenset({work.value_out}))


def _rename_place(work: Any, place: bytes, name: str) -> Changes:
    work.update(Place, place, {"name": name})
    return Changes(places=frozenset({place}))


def test_which_tickets_are_in_conflict_is_looked_up_and_never_searched_for(post: Post) -> None:
    plans: list[str] = []

    def explained(reader: Any) -> None:
        asked, reader.rows = reader.rows, lambda sql, parameters=(): plan(sql, parameters)
        reader.value = lambda sql, parameters=(): plan(sql, parameters) and None

        def plan(sql: str, parameters: Any) -> list[Any]:
            plans.extend(row[3] for row in asked(f"EXPLAIN QUERY PLAN {sql}", parameters))
            return []

        conflicts.forked(reader, [b"t" * 16])
        conflicts.all_forked(reader)

    post.anna.ask(explained)
    assert plans
    own = ("SCAN CONSTANT ROW", "SCAN h")  # no table; what hangs on the one ticket
    assert [one for one in plans if one.startswith("SCAN") and one not in own] == []

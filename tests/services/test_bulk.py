"""Bulk changes: what the preview says is what is done, and what cannot be done is told with its reason."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from opsdesk.models.base import Id
from opsdesk.services import directory, exporting, forms, tickets, undo
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Invalid, OpsDeskError, Refused, Superseded
from opsdesk.services.forms import records
from opsdesk.services.importing import questions
from opsdesk.services.tickets import bulk
from opsdesk.services.tickets.threads import TAGS_LIMIT
from opsdesk.store.database import Database
from tests.services.bulk_changes import ask_form, ask_who, give_form, make, preview, rows
from tests.support.desks import writer_seconds
from tests.support.made_forms import form, rule, when

EVENTS = ("accept", "decline", "start", "wait", "resume", "resolve", "confirm", "reopen", "cancel")
SAID: dict[str, Any] = {"reason": "as ordered", "waiting_reason": "parts", "solution": "fixed"}


def stored(desk: Desk) -> list[tuple[Any, ...]]:
    """Every column of every ticket but when it last changed, with tags and watchers."""

    def ask(reader: Any) -> list[tuple[Any, ...]]:
        return [
            *reader.rows(
                'SELECT id, title, type, category, form, place, assignee, "group", unit, urgency, impact, priority, '
                "priority_reason, state, state_reason, waiting_reason, solution, due_at, location "
                "FROM ticket ORDER BY id"
            ),
            *reader.rows("SELECT subject, word FROM tag WHERE voided IS NULL ORDER BY 1, 2"),
            *reader.rows("SELECT subject, person FROM watcher WHERE voided IS NULL ORDER BY 1, 2"),
        ]

    return desk.ask(ask).result()


@pytest.fixture(scope="module")
def mixed(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 24 tickets in all states, some blocked, voided, tagged, watched. Only to be copied."""
    folder = tmp_path_factory.mktemp("mixed") / "data"
    desk = Desk.open(Path(shutil.copytree(made_folder, folder)))
    kinds = desk.ask(directory.types).result()
    made = []
    for number in range(24):
        values: dict[str, Any] = {"urgency": number % 3 + 1, "type": kinds[number % len(kinds)].id}
        if number % 4:
            values["assignee"] = desk.person
        made.append(make(desk, f"Ticket {number}", **values))
        for event in (
            EVENTS[0:1] + ("start", "resolve", "confirm")[: number % 5 - 1] if number % 4 and number % 5 else ()
        ):
            desk.do(tickets.transition, made[-1], event, **SAID).result()
    desk.do(tickets.void, made[5], "twice").result()
    desk.do(tickets.link, made[0], "blocks", made[3]).result()
    desk.do(tickets.link, made[0], "blocks", made[7]).result()
    asked = desk.do(ask_form).result().value
    for number in range(24, 30):
        made.append(make(desk, f"Truck {number}"))
        desk.do(give_form, made[-1], asked).result()
        desk.do(tickets.answer, made[-1], "runs", "no" if number % 2 else "yes").result()
    for number in (1, 2, 9):
        desk.do(tickets.tag, made[number], "fuel").result()
        desk.do(tickets.watch, made[number]).result()
    desk.close()
    return folder


def changes(desk: Desk) -> st.SearchStrategy[bulk.BulkChange]:
    """Changes of all sorts, alone and together."""
    kinds = [row.id for row in desk.ask(directory.types).result()]
    categories = [row.id for row in desk.ask(directory.categories).result()]
    values = st.fixed_dictionaries(
        {},
        optional={
            "assignee": st.sampled_from([None, desk.person]),
            "urgency": st.sampled_from([1, 2, 3]),
            "impact": st.sampled_from([1, 2, 3]),
            "priority": st.sampled_from([1, 2, 3, 4]),
            "type": st.sampled_from(kinds),
            "category": st.sampled_from([None, *categories]),
            "location": st.sampled_from([None, "Gate"]),
            "due_at": st.sampled_from([None, 1, 4_000_000_000_000]),
            "unit": st.just(desk.unit),
        },
    )
    answers = st.fixed_dictionaries(
        {}, optional={"runs": st.sampled_from(["yes", "no", "perhaps"]), "secret": st.sampled_from([None, "boxes"])}
    )
    words = st.lists(st.sampled_from(["fuel", "power", "route"]), max_size=2, unique=True).map(tuple)
    return st.builds(
        lambda values, event, tags, watch, said: bulk.BulkChange(
            "Change", values, event, SAID if event else {}, tags, (), (desk.person,) if watch else (), (),
            {} if "type" in values else said,
        ),
        values, st.sampled_from([None, None, *EVENTS]), words, st.booleans(), answers,
    ).filter(lambda one: not one.is_empty)  # fmt: skip


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_what_the_preview_says_is_what_is_done(
    mixed: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    desk = Desk.open(Path(shutil.copytree(mixed, tmp_path_factory.mktemp("apply") / "data")))
    try:
        keys = data.draw(st.permutations(range(1, 31)))[:18]
        change = data.draw(changes(desk))
        before = stored(desk)
        told = preview(desk, keys, change)
        assert stored(desk) == before, "a preview writes nothing"
        report = bulk.run(desk, keys, change, shown=told).result()
        done = report.listing
        assert done is not None
        assert [(row.number, row.outcome, row.reason, row.cells) for row in rows(desk, done)] == [
            (row.number, row.outcome, row.reason, row.cells) for row in rows(desk, told)
        ]
        assert (report.done, report.stayed, len(report.refused)) == (
            told.count(bulk.CHANGES), told.count(bulk.STAYS), told.count(bulk.REFUSED)
        )  # fmt: skip
        again = preview(desk, [one.key for one in told.planned if not one.refusal], change)
        if change.event is None:
            assert again.count(bulk.CHANGES) == 0, "what was done shows as done"
        if report.act is not None:
            undo.run(desk, report.act).result()
        assert stored(desk) == before
    finally:
        desk.close()


def test_answers_are_given_where_they_are_asked_and_what_is_hidden_stays(desk: Desk) -> None:
    form: Any = desk.do(ask_form).result().value
    for runs in ("yes", "no"):
        truck = make(desk, "Truck")
        desk.do(give_form, truck, form).result()
        desk.do(tickets.answer, truck, "runs", runs).result()
    make(desk, "Fire")
    keys = [row[0] for row in desk.ask(lambda reader: reader.rows("SELECT key FROM ticket ORDER BY key")).result()]
    offered = desk.ask(bulk.questions, keys).result()
    assert [field.label for field in offered][:2] == ["Can it drive?", "Recovery"]
    told = preview(desk, keys, bulk.BulkChange("Load", answers={"secret": "boxes", "weight": 700}))
    assert [label for _, label in told.columns] == ["Load", "Weight"]
    assert [(row.outcome, row.reason, row.cells[1]) for row in rows(desk, told)] == [
        ("refused", "Load is not asked now", ("", "")),
        ("changes", "", ("", "700 kg")),
        ("refused", "its form does not ask “Load”", ("", "")),
    ]
    report = bulk.run(desk, keys, told.change, shown=told).result()
    assert (report.done, len(report.refused)) == (1, 2)
    assert report.act is not None
    undo.run(desk, report.act).result()
    assert preview(desk, keys, told.change).count(bulk.CHANGES) == 1
    # One answer makes the next one asked.
    both = preview(desk, keys[:1], bulk.BulkChange("Both", answers={"runs": "no", "secret": "boxes"}))
    assert both.count(bulk.CHANGES) == 1
    assert bulk.run(desk, keys[:1], both.change, shown=both).result().done == 1


def test_each_form_is_read_once_for_all_tickets_of_a_piece(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    form: Any = desk.do(ask_form).result().value
    for _ in range(4):
        desk.do(give_form, make(desk, "Truck"), form).result()
    keys = [row[0] for row in desk.ask(lambda reader: reader.rows("SELECT key FROM ticket ORDER BY key")).result()]
    read: list[Id] = []
    version = records.version

    def reading(reader: Any, one: Id) -> forms.Form:
        read.append(one)
        return version(reader, one)

    monkeypatch.setattr(records, "version", reading)
    assert preview(desk, keys, bulk.BulkChange("Weight", answers={"weight": 700})).count(bulk.CHANGES) == 4
    assert read == [form]


def test_answers_that_name_records_are_told_and_exported_by_their_names(desk: Desk, tmp_path: Path) -> None:
    form: Any = desk.do(ask_who).result().value
    truck, fire = make(desk, "Truck"), make(desk, "Fire")
    desk.do(give_form, truck, form).result()
    keys = [row[0] for row in desk.ask(lambda reader: reader.rows("SELECT key FROM ticket ORDER BY key")).result()]
    offered = {field.code: field for field in desk.ask(bulk.questions, keys).result()}
    (me,) = desk.ask(directory.people).result()
    number = desk.ask(tickets.card, fire).result().row.number
    read = desk.ask(bulk.read_answer, offered["which_ticket"], number).result()
    assert read == (fire.hex(), "")
    assert (
        desk.ask(bulk.read_answer, offered["which_place"], "Nowhere").result()[1] == 'no place here is called "Nowhere"'
    )
    told = preview(
        desk, keys[:1], bulk.BulkChange("Who", answers={"which_person": me.id.hex(), "which_ticket": fire.hex()})
    )
    assert rows(desk, told)[0].cells == (("", me.name), ("", number))
    assert bulk.run(desk, keys[:1], told.change, shown=told).result().done == 1
    assert [row.text for row in desk.ask(tickets.card, truck).result().answers] == [me.name, number]
    file = tmp_path / "all.csv"
    exporting.export(desk, tickets.lists.ListQuery(""), ["number"], file, answers=True).result()
    assert f",{me.name},{number}" in file.read_text(encoding="utf-8-sig")


def test_a_ticket_answers_by_its_number_however_many_there_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    form: Any = desk.do(ask_who).result().value
    old, _new = make(desk, "Old"), make(desk, "New")
    asked = next(one for one in desk.ask(forms.version, form).result().asked if one.code == "which_ticket")
    monkeypatch.setattr(questions, "MOST_NAMES", 1)
    number = desk.ask(tickets.card, old).result().row.number
    for said in (number, f"#{number.lower()}"):
        assert desk.ask(bulk.read_answer, asked, said).result() == (old.hex(), "")
    assert desk.ask(bulk.read_answer, asked, "T-1").result() == (None, 'no ticket here is called "T-1"')


@pytest.mark.parametrize(
    ("code", "text", "value", "problem"),
    [
        ("weight", "700", 700, ""),
        ("weight", "heavy", None, "is no number"),
        ("secret", "boxes", "boxes", ""),
        ("parts", "axle; Tyre", ["axle", "tyre"], ""),
        ("parts", "wing", None, "is none of Axle, Tyre"),
    ],
)
def test_a_typed_answer_is_read_as_its_question_wants_it(
    desk: Desk, code: str, text: str, value: object, problem: str
) -> None:
    field = next(field for field in form(rule("hide", "secret", when=when("runs", "yes"))).asked if field.code == code)
    found, wrong = desk.ask(bulk.read_answer, field, text).result()
    assert found == value
    assert problem in wrong
    assert bool(wrong) is bool(problem)


BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "nothing to change": ({}, "", "Choose what to change"),
    "a field that there is none of": ({"values": {"colour": "red"}}, "colour", "There is no field “colour”"),
    "a state written directly": ({"values": {"state": 50}}, "state", "State cannot be written directly"),
    "a number written directly": ({"values": {"number": "T-1"}}, "number", "Number cannot be written directly"),
    "an empty title": ({"values": {"title": "  "}}, "title", "Give it a title"),
    "a title without end": ({"values": {"title": "x" * 301}}, "title", "At most 300 characters, these are 301"),
    "a priority of five": ({"values": {"priority": 5}}, "priority", "Priority is one of Low, Normal, High, Urgent"),
    "an unknown person": ({"values": {"assignee": b"\x01" * 16}}, "assignee", "This assignee is not here"),
    "a name for a person": ({"values": {"assignee": "Eva"}}, "assignee", "Assignee must be chosen from the list"),
    "no time at all": ({"values": {"occurred_at": None}}, "occurred_at", "Happened is needed"),
    "a year of 1700": ({"values": {"due_at": -9_000_000_000_000}}, "due_at", "The year must lie between 1800 and 2199"),
    "half a position": ({"values": {"lat": 3.0}}, "position", "A position needs latitude and longitude"),
    "an unknown event": ({"event": "explode"}, "event", "There is nothing called “explode” that could happen"),
    "merging": ({"event": "merge"}, "event", "There is nothing called “merge” that could happen"),
    "a tag with a comma": ({"tags": ("a,b",)}, "tag", "A tag is a word of at most 40 letters, without comma or quote"),
    "a tag on and off": ({"tags": ("fuel",), "untags": ("Fuel",)}, "tag", "“fuel” cannot both go on and come off"),
    "too many tags": (
        {"tags": tuple(f"t{n}" for n in range(TAGS_LIMIT + 1))}, "tag", f"A ticket has at most {TAGS_LIMIT} tags",
    ),
    "an unknown watcher": ({"watchers": (b"\x01" * 16,)}, "watcher", "This person is not here"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bulk_change_that_cannot_be_right_is_refused_whole_at_its_field(desk: Desk, name: str) -> None:
    arguments, field, words = BAD[name]
    make(desk)
    change = bulk.BulkChange("Change", **arguments)
    before = stored(desk)
    for answer in (desk.ask(bulk.preview, [1], change), bulk.run(desk, [1], change)):
        with pytest.raises(Refused) as refusal:
            answer.result()
        found = refusal.value.problems[0] if isinstance(refusal.value, Invalid) else refusal.value
        assert (found.field or "", found.text) == (field, words)
    assert stored(desk) == before


def test_answers_and_another_type_are_not_changed_together(desk: Desk) -> None:
    make(desk)
    kind = desk.ask(directory.types).result()[-1].id
    change = bulk.BulkChange("Both", {"type": kind}, answers={"runs": "no"})
    with pytest.raises(Invalid, match="Another type asks other questions"):
        desk.ask(bulk.preview, [1], change).result()


def test_rows_that_cannot_be_changed_are_refused_each_with_its_reason(desk: Desk) -> None:
    kinds = {row.code: row.id for row in desk.ask(directory.types).result()}
    category = next(row for row in desk.ask(directory.categories).result() if row.type_code == "obstruction")
    _fits, _other, voided, full = (
        make(desk, type=kinds[code]) for code in ("obstruction", "incident", "incident", "incident")
    )
    desk.do(tickets.void, voided, "twice").result()
    for number in range(TAGS_LIMIT):
        desk.do(tickets.tag, full, f"t{number}").result()
    keys = [1, 2, 3, 4]

    def reasons(change: bulk.BulkChange) -> list[str]:
        return [row.reason for row in rows(desk, preview(desk, keys, change))]

    other_type = "This category belongs to another type of ticket"
    assert reasons(bulk.BulkChange("Category", {"category": category.id})) == [
        "",
        other_type,
        "voided: twice",
        other_type,
    ]
    early = "It would be due before it happened"
    assert reasons(bulk.BulkChange("Due", {"due_at": 1})) == [early, early, "voided: twice", early]
    tagged = reasons(bulk.BulkChange("Tag", tags=("more",)))
    assert tagged == ["", "", "voided: twice", f"A ticket has at most {TAGS_LIMIT} tags"]
    unrouted = reasons(bulk.BulkChange("Accept", event="accept"))
    assert unrouted[0] == "Set a group or an assignee first"
    taken = bulk.BulkChange("Take and accept", {"assignee": desk.person}, event="accept")
    assert reasons(taken) == ["", "", "voided: twice", ""], "what is set along with it counts"
    wait = bulk.BulkChange("Wait", {"assignee": desk.person}, "accept", {"until": 1})
    assert reasons(wait)[0] == "The time to wait for is already over"


def test_what_changed_since_it_was_shown_is_left_alone_and_named(desk: Desk) -> None:
    made = [make(desk, f"Ticket {number}") for number in range(3)]
    change = bulk.BulkChange("Urgent", {"priority": 4})
    told = preview(desk, [1, 2, 3], change)
    desk.do(tickets.edit, made[1], {"priority": 1}).result()
    desk.do(tickets.edit, made[2], {"location": "Gate"}).result()
    report = bulk.run(desk, [1, 2, 3], change, shown=told).result()
    number = desk.ask(tickets.card, made[1]).result().row.number
    assert report.refused == ((number, "changed since it was shown here"),)
    assert report.done == 2, "another field of it is no reason to stop"


def test_a_list_is_sorted_filtered_and_written_to_a_file_that_runs_no_formula(desk: Desk, tmp_path: Path) -> None:
    make(desk, "=1+1")
    make(desk, "Bridge")
    desk.do(tickets.void, make(desk, "Gone"), "twice").result()
    told = preview(desk, [1, 2, 3], bulk.BulkChange("Urgent", {"priority": 4}))
    assert told.columns[0] == ("priority", "Priority")
    assert told.places(bulk.REFUSED) == [2]
    assert told.places("", ("title",)) == [0, 1, 2]
    assert told.places("", ("-outcome", "title")) == [2, 0, 1]
    file = tmp_path / "out.csv"
    assert desk.ask(bulk.write_csv, told, file).result() == 3
    lines = file.read_text("utf-8-sig").splitlines()
    assert lines[0] == "Number,Title,Priority before,Priority after,Outcome,Reason"
    assert "'=1+1" in lines[1]
    assert lines[3].endswith("Will be refused,voided: twice")
    with pytest.raises(OpsDeskError):
        desk.ask(bulk.write_csv, told, tmp_path / "none" / "out.csv").result()
    assert list(tmp_path.glob(".*.part")) == []


def test_a_preview_of_many_is_interrupted_by_a_newer_one_and_never_stops_the_writer(folder: Path) -> None:
    from opsdesk.services.seeding import seed

    database = Database.open(folder)
    seed(database, 3_000)
    database.close()
    desk = Desk.open(folder)
    try:
        change = bulk.BulkChange("Urgent", {"priority": 4})
        first = desk.ask(bulk.preview, range(1, 3_001), change, channel="bulk")
        second = desk.ask(bulk.preview, range(1, 3_001), change, channel="bulk")
        told = second.result()
        assert first.done()
        assert first.exception() is None or isinstance(first.exception(), Superseded)
        job = bulk.run(desk, range(1, 3_001), change, shown=told)
        longest = 0.0
        while not job.done():
            began = writer_seconds(desk)
            desk.do(lambda _work: Changes()).result()
            longest = max(longest, writer_seconds(desk) - began)
        assert job.result().done == told.count(bulk.CHANGES)
        assert longest < 1.0
    finally:
        desk.close()

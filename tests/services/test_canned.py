"""Texts that are often written: kept for oneself or the unit, filled with what a ticket says, never with more."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.cli import main
from opsdesk.models.forms import CannedText
from opsdesk.models.mentions import mentions
from opsdesk.models.organisation import Person
from opsdesk.services import canned, tickets
from opsdesk.services.canned import About, CannedRow, filled
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import OpsDeskError, Refused
from opsdesk.store.work import Work


def rows(desk: Desk) -> dict[str, CannedRow]:
    return {row.name: row for row in desk.ask(canned.texts).result()}


def test_a_text_is_filled_with_what_the_ticket_says_and_what_it_does_not_say_stays_to_be_seen(desk: Desk) -> None:
    ticket = desk.do(tickets.create, title="Bridge [closed](x)", values={"location": "Gate 2"}).result().value
    body = "{number}, {title}, at {place}: due {due}. {me}"
    desk.do(canned.save, name="State", shortcut="::St", body=body).result()
    (offer,) = desk.ask(canned.offers, About(ticket)).result()
    number = desk.ask(tickets.card, ticket).result().row.number
    me = desk.ask(lambda reader: reader.value("SELECT name FROM person WHERE id = ?", (reader.person,))).result()
    assert (offer.shortcut, offer.mine) == ("st", True)
    assert offer.text == f"{number}, Bridge [closed] (x), at Gate 2: due {{due}}. {me}"
    (typed,) = desk.ask(canned.offers, About(typed=(("title", "Pump"), ("place", "")))).result()
    assert typed.text == f"{{number}}, Pump, at {{place}}: due {{due}}. {me}"


@given(st.text(max_size=60) | st.just("[@Kim](person:" + "0" * 32 + ")"), st.sampled_from(("", "[", "](", "[@x")))
def test_what_a_ticket_says_never_becomes_a_mention_or_a_link_by_a_text(value: str, before: str) -> None:
    text = filled(f"{before} {{title}} {{place}}", {"title": value, "place": value})
    assert mentions(text) == ()
    assert "](" not in text.removeprefix(before)


BAD: dict[str, tuple[dict[str, str], str, str]] = {
    "no name": ({"name": "  "}, "name", "Give it a name"),
    "a long name": ({"name": "n" * 61}, "name", "At most 60 characters, these are 61"),
    "a shortcut of two words": ({"shortcut": "on way"}, "shortcut", "A shortcut is one word"),
    "no text": ({"body": " \n "}, "body", "Write the text"),
    "a long text": ({"body": "x" * 10_001}, "body", "At most 10,000 characters"),
    "a place-holder that is none": (
        {"body": "At {plase}"},
        "body",
        "{plase} stands for nothing. Write one of {number}",
    ),
    "a name that is taken": ({"name": "eta"}, "name", "There is a text “ETA” already"),
    "a shortcut that is taken": ({"shortcut": "eta"}, "shortcut", "“ETA” has this shortcut"),
    "a scope that is none": ({"scope": "world"}, "scope", "A text is for mine or unit"),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_can_be_no_text_is_refused_at_its_field(desk: Desk, bad: str) -> None:
    said, field, words = BAD[bad]
    desk.do(canned.save, name="ETA", shortcut="eta", body="Soon").result()
    options: dict[str, Any] = {"name": "Other", "body": "Words"} | said
    with pytest.raises(Refused) as caught:
        desk.do(canned.save, **options).result()
    assert (caught.value.field, caught.value.text[: len(words)]) == (field, words)


def test_a_text_is_changed_given_to_the_unit_and_taken_away_and_each_is_one_undo(desk: Desk) -> None:
    first = desk.do(canned.save, name="ETA", shortcut="eta", body="Soon").result().value
    desk.do(canned.save, name="ETA", shortcut="eta", body="In {due}", id=first).result()
    assert rows(desk)["ETA"].body == "In {due}"
    desk.do(canned.save, name="ETA", shortcut="eta", body="In {due}", scope="unit", id=first).result()
    (row,) = rows(desk).values()
    assert (row.scope, row.id != first) == ("unit", True), "who could read it is told that it went"
    desk.do(canned.remove, row.id).result()
    assert rows(desk) == {}


def test_another_persons_own_text_is_not_offered_and_a_reader_changes_none_of_the_unit(desk: Desk) -> None:
    def others(work: Work) -> Changes:
        work.insert(CannedText, {"unit": work.unit, "name": "Theirs", "body": "x", "owner": b"o" * 16})
        work.insert(CannedText, {"unit": work.unit, "name": "Ours", "body": "y", "owner": None})
        role = work.value("SELECT id FROM role WHERE code = 'reader'")
        work.update(Person, work.person, {"role": role})
        return Changes()

    desk.do(others).result()
    assert list(rows(desk)) == ["Ours"]
    for act in (
        lambda: desk.do(canned.save, name="Ours", body="z", scope="unit", id=rows(desk)["Ours"].id).result(),
        lambda: desk.do(canned.save, name="Ours", body="z", scope="mine", id=rows(desk)["Ours"].id).result(),
        lambda: desk.do(canned.remove, rows(desk)["Ours"].id).result(),
    ):
        with pytest.raises(OpsDeskError, match="Your role does not include"):
            act()
    desk.do(canned.save, name="My own", body="z").result()
    assert sorted(rows(desk)) == ["My own", "Ours"]


def test_texts_are_listed_set_and_dropped_by_the_command_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*words: str) -> list[dict[str, str]]:
        assert main(["texts", *words, "--data", str(folder), "--json"]) == 0
        found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["texts"]
        return found

    monkeypatch.setattr("sys.stdin", io.StringIO("We are on the way to {place}."))
    (row,) = told("set", "On the way", "-", "--shortcut", "eta")
    assert row == {"name": "On the way", "shortcut": "eta", "for": "unit", "body": "We are on the way to {place}."}
    path = folder.parent / "text.md"
    path.write_text("Ten minutes to {place}.", encoding="utf-8")
    (row,) = told("set", "on the way", str(path))
    assert (row["body"], row["shortcut"]) == ("Ten minutes to {place}.", "eta")
    path.write_bytes(b"\xff\xfe\x00")
    assert main(["texts", "set", "x", str(path), "--data", str(folder)]) == 1
    assert capsys.readouterr().err == f"{path} cannot be read: it is no UTF-8 text\n"
    assert told("drop", "On the way") == []

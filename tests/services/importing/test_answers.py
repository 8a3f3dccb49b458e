"""Importing into the questions of forms: typed answers, errors at their cell, and a file of our own comes back."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import exporting
from opsdesk.services.desk import Desk
from opsdesk.services.importing import ImportProblem, preview, read_questions, run, survey
from opsdesk.services.importing.plan import plan_of
from opsdesk.services.tickets import card, create, lists
from opsdesk.services.tickets.rows import TicketCard
from opsdesk.store.work import Reader

HEAD = "No,Title,Type,Date,Room,Trade,Usable,Unsafe\n"
COLUMNS = {
    "No": "external",
    "Title": "title",
    "Type": "type",
    "Date": "occurred",
    "Room": "answer.building",
    "Trade": "answer.trade",
    "Usable": "answer.usable",
    "Unsafe": "answer.unsafe",
}


def put(path: Path, *rows: str) -> Path:
    """A file of faults in buildings."""
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def cards(desk: Desk) -> list[TicketCard]:
    """All tickets, the first recorded first."""

    def ask(reader: Reader) -> list[TicketCard]:
        return [card(reader, row[0]) for row in reader.rows("SELECT id FROM ticket ORDER BY key")]

    return desk.ask(ask).result()


def answers(found: TicketCard) -> dict[str, Any]:
    """The answers of a ticket by question."""
    return {answer.question: answer.value for answer in found.answers}


def test_columns_answer_the_questions_of_the_form_with_their_types(desk: Desk, tmp_path: Path) -> None:
    path = put(
        tmp_path / "faults.csv",
        "1,Roof leaks,Building or site fault,2026-03-01,Hall 4,Roof,partly,yes",
        "2,Truck is stuck,Vehicle fault,2026-03-01,Hall 5,Roof,,",
    )
    report = run.run(desk, path, mapping=plan_of({"columns": COLUMNS})).result()
    assert (report.imported, report.rejected) == (2, 0)
    first, second = cards(desk)
    assert answers(first)["building"] == "Hall 4"
    assert answers(first)["trade"] == "roof"
    assert answers(first)["unsafe"] is True
    assert {answer.question: answer.label for answer in first.answers}["trade"] == "Trade"
    # The vehicle's form asks for no room: what the file says stays, in its own words.
    assert "building" not in answers(second)
    assert answers(second)["imported"]["Room"] == "Hall 5"


BAD_CELLS = (
    ("3,Door,building,2026-03-01,Hall 4,Gardening,,", 'Trade: "Gardening" is none of Structure, Roof'),
    ("3,Door,building,2026-03-01,Hall 4,Roof,perhaps,", 'Usable: "perhaps" is none of Yes, Partly, No'),
    ("3,Door,building,2026-03-01,Hall 4,Roof,yes,maybe", 'Unsafe: "maybe" is neither yes nor no'),
    (f"3,Door,building,2026-03-01,{'x' * 200},Roof,yes,no", "is no answer (At most 120 characters)"),
)


@pytest.mark.parametrize(("row", "words"), BAD_CELLS, ids=[words[:20] for _, words in BAD_CELLS])
def test_a_wrong_answer_rejects_its_row_and_names_the_cell(desk: Desk, tmp_path: Path, row: str, words: str) -> None:
    path = put(tmp_path / "faults.csv", row, "4,Good,building,2026-03-01,Hall 4,Roof,yes,no")
    report = run.run(desk, path, mapping=plan_of({"columns": COLUMNS})).result()
    assert (report.read, report.imported, report.rejected) == (2, 1, 1)
    assert words in report.reasons[0].text
    assert report.rejects is not None
    assert words[:6] in report.rejects.read_text(encoding="utf-8-sig")


def test_a_plan_that_names_a_question_which_no_form_asks_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "faults.csv", "1,Roof leaks,building,2026-03-01,Hall 4,Roof,yes,no")
    plan = plan_of({"columns": {**COLUMNS, "Room": "answer.bilding"}})
    with pytest.raises(ImportProblem, match='no question "bilding"; did you mean "building"'):
        run.run(desk, path, mapping=plan).result()
    assert cards(desk) == []


def test_the_preview_shows_the_answers_that_the_import_would_make(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "faults.csv", "1,Roof leaks,building,2026-03-01,Hall 4,Roof,yes,nobody knows")
    plan = plan_of({"columns": COLUMNS})
    questions = desk.ask(read_questions, plan).result()
    shown = preview(survey(path), plan, questions=questions)
    assert shown[0].problem == 'Unsafe: "nobody knows" is neither yes nor no'


def test_what_was_exported_as_json_comes_back_with_its_answers(desk: Desk, tmp_path: Path) -> None:
    def building(reader: Reader) -> bytes:
        return bytes(reader.value("SELECT id FROM ticket_type WHERE code = 'building'"))

    given = {"building": "Tower", "trade": "it", "usable": "no", "unsafe": False, "access": "Key, at the gate"}
    desk.do(create, title="No network in the tower", type=desk.ask(building).result(), answers=given).result()
    path = tmp_path / "out.json"
    assert exporting.export(desk, lists.ListQuery("is:open"), None, path).result() == 1
    told = json.loads(path.read_text())[0]
    assert told["answers"] == given
    report = run.run(desk, path).result()
    assert (report.imported, report.rejected) == (1, 0)
    made = answers(cards(desk)[-1])
    assert {code: made[code] for code in given} == given


def test_a_guessed_question_that_no_form_asks_is_kept_and_told(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "foreign.json"
    path.write_text(json.dumps([{"title": "Pump", "date": "2026-03-01", "answers": {"hue": "blue"}}]))
    report = run.run(desk, path).result()
    assert report.imported == 1
    assert any("No form here asks “hue”" in note for note in report.notes)
    assert answers(cards(desk)[0])["imported"]["answers.hue"] == "blue"

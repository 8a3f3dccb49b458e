"""Exports: what the list shows, whole or not at all, and nothing that a spreadsheet would run."""

import csv
import datetime as dt
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.models.forms import FormVersion
from opsdesk.services import exporting, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import QueryError, Refused
from opsdesk.services.exporting import ExportCancelled, export
from opsdesk.services.importing import run
from opsdesk.services.tickets import lists
from opsdesk.store.errors import StorageError
from opsdesk.store.work import Reader, Work
from tests.support.made_forms import definition, rule
from tests.support.made_forms import when as answered

ALL = lists.ListQuery("", ("number",))


def make(desk: Desk, title: str, **values: Any) -> bytes:
    """A new ticket."""
    made = desk.do(tickets.create, title=title, values=values).result().value
    assert isinstance(made, bytes)
    return made


def rows_of(path: Path) -> list[list[str]]:
    """The rows of an exported CSV."""
    return list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines(keepends=True)))


def test_a_csv_has_the_columns_of_the_list_as_filtered_and_sorted(desk: Desk, tmp_path: Path) -> None:
    make(desk, "b", urgency=3, impact=3, occurred_at=1556022600000, lat=5.1, lon=-4.0, location="Dabou")
    make(desk, "c", urgency=3, impact=3)
    make(desk, "a", urgency=1, impact=1)
    query = lists.ListQuery("priority>=high", ("-title",))
    path = tmp_path / "out.csv"
    assert export(desk, query, ("title", "priority", "place", "occurred"), path).result() == 2
    head, first, second = rows_of(path)
    assert head == ["Title", "Priority", "Location", "Latitude", "Longitude", "Occurred"]
    assert first[:2] == ["c", "Urgent"]
    assert second == ["b", "Urgent", "Dabou", "5.1", "-4.0", "2019-04-23T12:30:00Z"]


@pytest.mark.parametrize(
    ("title", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1 dog", "'+1 dog"),
        ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("'=1+1", "''=1+1"),
        ("-5", "-5"),
        ("+4.5e3", "+4.5e3"),
        ("'quoted'", "'quoted'"),
    ],
)
def test_no_text_becomes_a_formula_in_a_csv(desk: Desk, tmp_path: Path, title: str, cell: str) -> None:
    make(desk, title)
    export(desk, ALL, ("title",), tmp_path / "out.csv").result()
    assert rows_of(tmp_path / "out.csv")[1] == [cell]


def test_a_workbook_has_real_dates_and_numbers_and_no_formulas(desk: Desk, tmp_path: Path) -> None:
    make(desk, "=1+1", occurred_at=1556022600000, lat=5.25, lon=-4.0, location="http://example.org")
    path = tmp_path / "out.xlsx"
    assert export(desk, ALL, ("title", "place", "occurred", "due"), path).result() == 1
    sheet = python_calamine.load_workbook(path).get_sheet_by_name("Tickets").to_python()
    when = dt.datetime.combine(dt.date(2019, 4, 23), dt.time(12, 30))
    assert sheet == [
        ["Title", "Location", "Latitude", "Longitude", "Occurred (UTC)", "Due (UTC)"],
        ["=1+1", "http://example.org", 5.25, -4.0, when, ""],
    ]
    with zipfile.ZipFile(path) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml
    assert "hyperlink" not in xml
    assert 'state="frozen"' in xml


def test_json_has_every_field_and_the_answers(desk: Desk, tmp_path: Path) -> None:
    made = make(desk, "Fire", urgency=3, description="smoke", occurred_at=1556022600250)
    desk.do(tickets.answer, made, "floor", 3).result()
    desk.do(tickets.tag, made, "night").result()
    path = tmp_path / "out.json"
    assert export(desk, ALL, None, path).result() == 1
    (told,) = json.loads(path.read_text())
    assert told["id"] == made.hex()
    assert (told["title"], told["description"], told["urgency"], told["state"]) == ("Fire", "smoke", "High", "New")
    assert (told["occurred"], told["due"]) == ("2019-04-23T12:30:00.250Z", None)
    assert (told["answers"], told["tags"]) == ({"floor": 3}, ["night"])
    assert export(desk, lists.ListQuery("text~nothingatall"), None, path).result() == 0
    assert json.loads(path.read_text()) == []


def asked(desk: Desk) -> bytes:
    """A form in which what is secret is asked only while it does not run."""

    def write(work: Work) -> Changes:
        form = definition(rule("hide", "secret", when=answered("runs", "yes")))
        said = {"form": form["code"], "version": 1, "definition": json.dumps(form)}
        work.value_out = work.insert(FormVersion, said)
        return Changes()

    form: Any = desk.do(write).result().value
    assert isinstance(form, bytes)
    return form


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_answers_are_columns_and_a_hidden_one_is_in_no_table(desk: Desk, tmp_path: Path, ending: str) -> None:
    form = asked(desk)
    answers = {"runs": "no", "secret": "SECRETLOAD"}
    made: Any = desk.do(tickets.create, title="Truck", form=form, answers=answers).result().value
    make(desk, "Fire")
    path = tmp_path / f"out{ending}"
    assert export(desk, ALL, ("title",), path, answers=True).result() == 2
    told = table(path)
    assert told[0][0] == "Title"
    assert ["SECRETLOAD" in row for row in told].count(True) == 1
    shown = desk.ask(tickets.card, made).result().answers
    row = next(row for row in told if row[0] == "Truck")
    assert dict(zip(told[0][1:], row[1:], strict=True)) == {answer.label: answer.text for answer in shown}
    desk.do(tickets.answer, made, "runs", "yes").result()
    export(desk, ALL, ("title",), path, answers=True).result()
    assert not any("SECRETLOAD" in cell for row in table(path) for cell in row)
    export(desk, ALL, ("title",), path).result()
    assert table(path)[0] == ["Title"]


def test_answers_in_a_table_keep_their_kind_and_a_head_of_their_own(desk: Desk, tmp_path: Path) -> None:
    made = make(desk, "Fire")
    for question, value in (("floor", 3), ("Title", "=1+1"), ("imported", {"a": "b"}), ("open", ["x", "y"])):
        desk.do(tickets.answer, made, question, value).result()
    path = tmp_path / "out.csv"
    export(desk, ALL, ("title",), path, answers=True).result()
    assert rows_of(path) == [["Title", "Title (answer)", "floor", "open"], ["Fire", "'=1+1", "3", "x, y"]]


def table(path: Path) -> list[list[str]]:
    """The cells of a table file as texts."""
    if path.suffix == ".csv":
        return rows_of(path)
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return [[str(cell) for cell in row] for row in rows]


def test_an_export_that_fails_leaves_what_was_there(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        make(desk, f"t{number}")
    monkeypatch.setattr(exporting, "PIECE", 2)
    for name in ("out.csv", "out.xlsx", "out.json"):
        path = tmp_path / name
        path.write_text("before")
        count = iter(range(9))
        with pytest.raises(ExportCancelled):
            export(desk, ALL, None, path, cancelled=lambda count=count: next(count) > 0).result()  # type: ignore[misc]
        with pytest.raises(QueryError):
            export(desk, lists.ListQuery("state:("), None, path).result()
        with monkeypatch.context() as broken:
            broken.setattr(exporting, "_iso", _full_disk)
            if name != "out.xlsx":
                with pytest.raises(StorageError, match="No space left"):
                    export(desk, ALL, ("occurred",) if name == "out.csv" else None, path).result()
        assert path.read_text() == "before"
    assert sorted(item.name for item in tmp_path.iterdir() if item.is_file()) == ["out.csv", "out.json", "out.xlsx"]


def _full_disk(*_: object) -> str:
    raise OSError(28, "No space left on device")


def test_what_cannot_be_exported_is_refused_in_words(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"ends in \.csv, \.xlsx, \.json"):
        export(desk, ALL, None, tmp_path / "out.pdf").result()
    with pytest.raises(Refused, match="no column “colour”"):
        export(desk, ALL, ("colour",), tmp_path / "out.csv").result()
    with pytest.raises(StorageError, match="cannot be written to"):
        export(desk, ALL, None, tmp_path / "missing" / "out.csv").result()


def test_every_column_of_the_list_can_be_exported(desk: Desk, tmp_path: Path) -> None:
    make(desk, "x", due_at=1556022600000)
    assert export(desk, ALL, tuple(lists.COLUMNS), tmp_path / "out.csv").result() == 1
    head = rows_of(tmp_path / "out.csv")[0]
    assert len(head) == len(set(head)) >= len(lists.COLUMNS)


def test_progress_ends_at_the_number_of_rows(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        make(desk, f"t{number}")
    monkeypatch.setattr(exporting, "PIECE", 4)
    seen: list[tuple[int, int]] = []
    export(desk, ALL, None, tmp_path / "out.csv", progress=lambda done, total: seen.append((done, total))).result()
    assert seen == [(4, 5), (5, 5)]


def test_an_exported_file_has_the_rights_of_a_new_file(desk: Desk, tmp_path: Path) -> None:
    make(desk, "x")
    export(desk, ALL, None, tmp_path / "out.csv").result()
    (tmp_path / "other").touch()
    assert (tmp_path / "out.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


def told(desk: Desk) -> list[tuple[Any, ...]]:
    """Title, time and position of all tickets that stand."""

    def ask(reader: Reader) -> list[tuple[Any, ...]]:
        return reader.rows("SELECT title, occurred_at, lat, lon FROM ticket WHERE voided IS NULL")

    return sorted(desk.ask(ask).result(), key=repr)


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(
    lambda text: " ".join(text.split())
)
POINTS = st.none() | st.tuples(
    st.floats(-89, 89).map(lambda x: round(x, 6)), st.floats(-179, 179).map(lambda x: round(x, 6))
)
TIMES = st.integers(-(10**12), 4 * 10**12)


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_what_is_exported_is_imported_again_with_title_time_and_place(
    folder_of: Callable[[], Desk], tmp_path: Path, ending: str
) -> None:
    @settings(max_examples=6)
    @given(
        st.lists(
            st.tuples(TITLES.filter(_is_title), TIMES, POINTS), min_size=1, max_size=12, unique_by=lambda row: row[0]
        )
    )
    def check(rows: list[tuple[str, int, tuple[float, float] | None]]) -> None:
        source, target = folder_of(), folder_of()
        for title, when, point in rows:
            place = {"lat": point[0], "lon": point[1]} if point else {}
            make(source, title, occurred_at=when, **place)
        path = tmp_path / f"out{ending}"
        export(source, ALL, None, path).result()
        report = run.run(target, path).result()
        assert (report.read, report.imported) == (len(rows), len(rows))
        assert told(target) == told(source)

    check()


def _is_title(text: str) -> bool:
    """What stands for "no title" comes back as something else, by intent."""
    return bool(text) and text.lower() not in (
        "no name",
        "unnamed",
        "untitled",
        "unknown",
        "none",
        "null",
        "n/a",
        "na",
        "-",
        "?",
    )


@pytest.fixture
def folder_of(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Makes desks on new folders; all are closed at the end."""
    opened: list[Desk] = []

    def make_one() -> Desk:
        folder = tmp_path_factory.mktemp("desk") / "data"
        shutil.copytree(made_folder, folder)
        opened.append(Desk.open(folder))
        return opened[-1]

    yield make_one
    for desk in opened:
        desk.close()


def test_a_read_only_desk_can_export(desk: Desk, tmp_path: Path) -> None:
    make(desk, "x")
    reader = Desk.open(desk.folder, read_only=True)
    try:
        assert export(reader, ALL, None, tmp_path / "out.csv").result() == 1
    finally:
        reader.close()
    assert os.path.getsize(tmp_path / "out.csv") > 0

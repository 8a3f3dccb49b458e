"""The import page on a real desk: what was found out can be set, what is shown is imported, all can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from opsdesk.services.desk import Desk
from opsdesk.services.importing import Dialect, Plan, preview, survey
from opsdesk.services.importing.mapper import Mapper
from opsdesk.services.importing.tables import RawRow
from opsdesk.ui.importing.page import ImportPage
from opsdesk.ui.importing.preview_table import PreviewModel
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.button import Button
from tests.support.ticket_pages import PlainShell

HEAD = "Number,Name,Type,Date,Lat,Lon,Where,Remark\n"
ROWS = (
    "1,Fire at the mill,Fire,03/04/2019 12:30,5.1,-4.0,Dabou,dog barked\n"
    "2,Flood,Flood,04/04/2019,NA,NA,Abidjan,\n"
    "2,Flood,Flood,04/04/2019,NA,NA,Abidjan,\n"
    "3,Nowhere,Flood,05/04/2019,95,5,x,\n"
)


@pytest.fixture
def shell(desk: Desk, dressed: QApplication) -> Iterator[PlainShell]:
    """The shell around the page, on an empty desk."""
    made = PlainShell(desk)
    made.bridge.unhandled.connect(made.operations.show_error)
    yield made
    made.bridge.close()
    made.window.close()
    made.window.deleteLater()


@pytest.fixture
def page(desk: Desk, shell: PlainShell, qtbot: QtBot) -> ImportPage:
    """The page in its window."""
    made = ImportPage(desk, shell)
    QVBoxLayout(shell.window).addWidget(made)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    made.activated()
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with a row of each fate, and dates that can be read in two ways."""
    path = tmp_path / "reports.csv"
    path.write_text(HEAD + ROWS, encoding="utf-8")
    return path


def settle(page: ImportPage, qtbot: QtBot) -> None:
    """Wait until nothing runs."""
    qtbot.waitUntil(lambda: not page._is_busy() and not page.is_looking)


def shown(page: ImportPage) -> list[list[str]]:
    """What the preview says."""
    model = page._table.model()
    return [
        [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def press(page: ImportPage, text: str, qtbot: QtBot) -> None:
    """Click the visible button that begins with a text; new ones come into sight with the next layout."""

    def found() -> list[Button]:
        return [one for one in page.findChildren(Button) if one.text().startswith(text) and one.isVisible()]

    qtbot.waitUntil(lambda: len(found()) == 1)
    qtbot.mouseClick(found()[0], Qt.MouseButton.LeftButton)


def test_a_dropped_file_is_looked_over_and_nothing_is_written(
    page: ImportPage, file: Path, desk: Desk, qtbot: QtBot
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    drop = QDropEvent(
        QPoint(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    page._drop.dropEvent(drop)
    settle(page, qtbot)
    rows = shown(page)
    assert rows[0][:4] == ["2", "Fire at the mill", "03 1230Z APR 19", "5.10000° N, 4.00000° W"]
    assert rows[3][1].startswith("Rejected: the latitude 95 lies outside ±90")
    assert page._doubts.isVisible()
    assert "day/month/year" in page._doubts.findChildren(type(page._kind))[0].text()
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket")).result() == 0


def test_an_order_of_dates_that_is_set_is_used_at_once(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settle(page, qtbot)
    combo = page._dialect._controls["date_order"]
    combo.set_value("mdy")
    combo.activated.emit(combo.currentIndex())
    settle(page, qtbot)
    assert shown(page)[0][2] == "04 1230Z MAR 19"
    assert not page._doubts.isVisible()
    assert page._found is not None
    assert page._found.dialect.date_order == "mdy"


def test_rows_are_read_off_the_windows_thread_and_the_columns_are_built_once(
    page: ImportPage, file: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads, built = [], []
    row, show = Mapper.row, page._columns.show_plan

    def reading(mapper: Mapper, raw: RawRow) -> Any:
        threads.append(threading.current_thread())
        return row(mapper, raw)

    def building(*args: Any) -> None:
        built.append(args)
        show(*args)

    monkeypatch.setattr(Mapper, "row", reading)
    monkeypatch.setattr(page._columns, "show_plan", building)
    page.open_file(file)
    settle(page, qtbot)
    give(page, "Remark", "title")
    settle(page, qtbot)
    assert threads
    assert threading.main_thread() not in threads
    assert len(built) == 1


def test_a_column_can_be_given_another_meaning(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settle(page, qtbot)
    combo = page._columns._combos["Remark"]
    combo.set_value("title")
    combo.activated.emit(combo.currentIndex())
    settle(page, qtbot)
    assert page._plan.columns["Remark"] == "title"
    assert shown(page)[0][1] == "Fire at the mill, dog barked"
    latitude = page._columns._combos["Number"]
    latitude.set_value("lat")
    latitude.activated.emit(latitude.currentIndex())
    assert (page._plan.columns["Number"], page._plan.columns.get("Lat")) == ("lat", None)
    assert page._columns._combos["Lat"].currentData() == ""


def give(page: ImportPage, column: str, target: str) -> None:
    """Choose what a column becomes, as a person does."""
    combo = page._columns._combos[column]
    combo.set_value(target)
    combo.activated.emit(combo.currentIndex())


def mapped(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    """Look a file over and wait until the questions of the forms are known."""
    page.open_file(file)
    settle(page, qtbot)
    qtbot.waitUntil(lambda: bool(page._questions.by_type))


def test_what_was_guessed_says_so_and_what_gave_way_says_for_which(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    mapped(page, file, qtbot)
    columns = page._columns
    assert [name for name in ("Number", "Name", "Date", "Lat") if columns.remark(name) == "Guessed"] == [
        "Number", "Name", "Date", "Lat",
    ]  # fmt: skip
    assert columns.remark("Remark") == ""
    give(page, "Number", "lat")
    settle(page, qtbot)
    assert columns.remark("Number") == ""
    assert columns.remark("Lat") == "Given up for “Number”: one column fills a field"
    give(page, "Lat", "lat")
    settle(page, qtbot)
    assert columns.remark("Number") == "Given up for “Lat”: one column fills a field"
    assert columns.remark("Lat") == "Guessed", "as it was at first"


def test_what_no_column_gives_is_said_below_them(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    mapped(page, file, qtbot)
    assert page._columns._missing.isHidden()
    give(page, "Date", "")
    settle(page, qtbot)
    assert "the time of the import will stand there" in page._columns._missing.text()


def test_a_column_can_answer_a_question_of_the_form_of_the_chosen_type(
    page: ImportPage, tmp_path: Path, qtbot: QtBot, desk: Desk
) -> None:
    file = tmp_path / "supply.csv"
    file.write_text("Title,Date,Where,Many,Sort\nWater,2026-11-01,CP,12,fuel\nTents,2026-11-02,CP,many,water\n")
    mapped(page, file, qtbot)
    columns = page._columns
    give(page, "Sort", "")
    settle(page, qtbot)
    columns._type.set_value("supply")
    columns._type.activated.emit(columns._type.currentIndex())
    settle(page, qtbot)
    offered = [columns._combos["Many"].itemText(n) for n in range(columns._combos["Many"].count())]
    first = next(text for text in offered if text.startswith("Answer: "))
    assert not first.endswith("(another type)"), "the questions of the chosen type come first"
    assert "The form asks for these, and no column answers:" in columns._missing.text()
    give(page, "Many", "answer.quantity")
    settle(page, qtbot)
    qtbot.waitUntil(lambda: columns.remark("Many") == "1 of the first 2 rows cannot be read so")
    assert "Many" in shown(page)[1][1]
    columns._type.set_value("incident")
    columns._type.activated.emit(columns._type.currentIndex())
    settle(page, qtbot)
    qtbot.waitUntil(lambda: columns.remark("Many").startswith("Not asked by the form of this type"))


def test_a_mapping_is_remembered_for_the_same_header_and_for_no_other(
    page: ImportPage, file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    mapped(page, file, qtbot)
    give(page, "Remark", "title")
    settle(page, qtbot)
    page.try_it()
    settle(page, qtbot)
    again = tmp_path / "next week.csv"
    again.write_text(HEAD + ROWS)
    mapped(page, again, qtbot)
    assert page._plan.columns["Remark"] == "title"
    assert page._plan.source == "next week.csv"
    assert page._columns.remark("Remark") == "As last time"
    other = tmp_path / "other.csv"
    other.write_text(HEAD.replace("Remark", "Remarks") + ROWS)
    mapped(page, other, qtbot)
    assert page._plan.columns["Remarks"] == "description"
    assert page._columns.remark("Remarks") == "Guessed"


def test_a_wrong_template_is_marked_and_holds_the_import_back(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settle(page, qtbot)
    field = page._columns.title_field
    field.setFocus()
    qtbot.keyClicks(field, "{Nmae}")
    settle(page, qtbot)
    assert field.property("invalid") is True
    assert 'did you mean "Name"' in page._error.text
    assert page._columns._title_hint.text() == page._error.text, "it is told beside the field as well"
    assert not page._foot.import_button.isEnabled()
    field.selectAll()
    qtbot.keyClicks(field, "{Type} in {Where}")
    settle(page, qtbot)
    assert shown(page)[0][1] == "Fire in Dabou"
    assert page._foot.import_button.isEnabled()
    assert field.property("invalid") is False
    assert page._columns._title_hint.text().startswith("{column} stands for")


def test_a_stated_area_marks_what_lies_outside(page: ImportPage, file: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settle(page, qtbot)
    page._area.switch_on()
    for field, text in zip(page._area.fields, ("6", "-8", "11", "0"), strict=True):
        field.setFocus()
        qtbot.keyClicks(field, text)
    settle(page, qtbot)
    assert page._plan.area == (6.0, -8.0, 11.0, 0.0)
    assert shown(page)[0][-1] == "outside the stated area"
    qtbot.keyClicks(page._area.fields[0], "0")
    assert page._area.fields[0].property("invalid") is True
    assert page._plan.area == (6.0, -8.0, 11.0, 0.0)


def test_a_dry_run_and_then_the_import_tell_their_counts(
    page: ImportPage, file: Path, shell: PlainShell, desk: Desk, qtbot: QtBot
) -> None:
    page.open_file(file)
    settle(page, qtbot)
    press(page, "Dry run", qtbot)
    settle(page, qtbot)
    names = {child.accessibleName() for child in page._result.findChildren(QWidget)}
    assert {"2 would be imported", "1 here already", "1 rejected", "4 rows read"} <= names
    assert not (file.parent / "reports.rejected.csv").exists()
    press(page, "Import 2 rows", qtbot)
    settle(page, qtbot)
    assert page._report is not None
    assert page._report.rejects == file.parent / "reports.rejected.csv"
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket")).result() == 2
    press(page, "Show the tickets", qtbot)
    assert shell.opened == [Target("tickets", query='source:"reports.csv"')]
    press(page, "Undo the import", qtbot)
    qtbot.waitUntil(lambda: not page._result.isVisible())
    assert desk.ask(lambda reader: reader.value("SELECT count(*) FROM ticket WHERE voided IS NULL")).result() == 0


def test_a_running_import_is_stopped_by_escape_and_says_how_far_it_came(
    page: ImportPage, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "many.csv"
    path.write_text(HEAD + "".join(f"{row},Report {row},Fire,03/04/2019,5,5,x,\n" for row in range(20_000)))
    page.open_file(path)
    settle(page, qtbot)
    page.bring_in()
    qtbot.waitUntil(lambda: page._done[0] > 0)
    assert page._foot.bar.isVisible()
    assert not page._columns.isEnabled()
    qtbot.keyClick(page, Qt.Key.Key_Escape)
    settle(page, qtbot)
    assert page._report is not None
    assert page._report.cancelled
    assert 0 < page._report.imported < 20_000
    assert page._columns.isEnabled()


def test_what_is_no_table_is_refused_in_place_and_another_file_can_follow(
    page: ImportPage, file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    wrong = tmp_path / "report.pdf"
    wrong.write_bytes(b"%PDF-1.7 and more")
    page.open_file(wrong)
    settle(page, qtbot)
    assert "PDF" in page._drop._words.accessibleName()
    page.open_file(file)
    settle(page, qtbot)
    assert len(shown(page)) == 4


def test_a_mapping_is_saved_and_loaded_again(page: ImportPage, file: Path, tmp_path: Path, qtbot: QtBot) -> None:
    page.open_file(file)
    settle(page, qtbot)
    page._plan_set(Plan(columns={"Remark": "title", "Date": "occurred"}, source="Reports"))
    page._wanted = Dialect(date_order="mdy")
    page.save_mapping(tmp_path / "map.toml")
    page.open_file(file)
    settle(page, qtbot)
    assert page._plan.source == "reports.csv"
    page.load_mapping(tmp_path / "map.toml")
    settle(page, qtbot)
    assert dict(page._plan.columns) == {"Remark": "title", "Date": "occurred"}
    assert shown(page)[0][1:3] == ["dog barked", "04 1230Z MAR 19"]
    (tmp_path / "map.toml").write_text("[columns]\nRemark = 'tittle'")
    page.load_mapping(tmp_path / "map.toml")
    assert 'did you mean "title"' in page._error.text


def test_the_preview_model_keeps_the_rules_of_models(file: Path, qapp: QApplication) -> None:
    found = survey(file)
    model = PreviewModel()
    tester: Any = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_rows(preview(found, found.plan))
    model.show_rows(())
    assert tester.model() is model

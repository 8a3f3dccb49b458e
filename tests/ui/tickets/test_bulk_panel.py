"""Editing many tickets in the panel under the list, by keys."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QWidget

from opsdesk.services import directory, tickets
from opsdesk.services.tickets import Priority, bulk
from opsdesk.ui.theme import theme
from opsdesk.ui.tickets.bulk.parts import Part
from opsdesk.ui.tickets.bulk_bar import HEIGHT
from tests.services.bulk_changes import ask_form, ask_who, give_form
from tests.support.ticket_list import TICKETS, ListBench, chooser


def choose(bench: ListBench, field: str, value: str) -> None:
    """Choose a field and its value by typing, in the lists that the panel opens."""
    for typed in (field, value):
        choose_value(bench, typed)


def choose_value(bench: ListBench, value: str) -> None:
    """Choose in the list that is open."""
    bench.wait(lambda: chooser(bench).field.text() == "")
    found = chooser(bench)
    bench.press(value, on=found.field)
    bench.press("Return", on=found.field)
    bench.wait(partial(_gone, found))


def _gone(widget: QWidget) -> bool:
    return not (shiboken6.isValid(widget) and widget.isVisible())


def looked(bench: ListBench) -> bulk.Listing:
    """The preview, once it is there."""
    panel = bench.page.editor
    bench.wait(lambda: panel.told is not None and panel.table is not None and not panel.table.rows.is_busy)
    assert panel.told is not None
    return panel.told


def test_b_previews_an_edit_of_all_that_match_applies_it_and_undoes_just_that(bench: ListBench) -> None:
    panel = bench.page.editor
    bench.query("")
    bench.press("Ctrl+A")
    bench.press("Ctrl+A")
    assert bench.page.table.marked_count == TICKETS
    before = {word: bench.count(f"prio:{word}") for word in ("urgent", "high")}
    voided = bench.row
    bench.desk.do(tickets.void, voided.id, "twice").result()
    bench.press("B")
    choose(bench, "Priority", "Urgent")
    told = looked(bench)
    assert panel.title.text() == f"Edit {TICKETS} tickets"
    assert (told.count(bulk.STAYS), told.count(bulk.REFUSED)) == (before["urgent"], 1)
    assert bench.count("prio:high") == before["high"], "nothing is changed yet"
    assert panel.words.text() == f"{told.count(bulk.CHANGES)} will change, 1 will be refused"
    QTest.mouseClick(panel.which._group.button(3), Qt.MouseButton.LeftButton)
    table = panel.table
    assert table is not None
    tester = QAbstractItemModelTester(table.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    bench.wait(lambda: table.rows.total == 1)
    assert tester.model() is table.rows
    row = table.rows.row(0)
    assert isinstance(row, bulk.Shown)
    assert (row.number, row.reason) == (voided.number, "voided: twice")
    panel.add.setFocus()
    bench.press("Ctrl+Return", on=panel.add)
    bench.wait(lambda: panel.report is not None)
    assert panel.report is not None
    assert panel.report.done == told.count(bulk.CHANGES)
    assert bench.count("prio:urgent") >= TICKETS - 1
    assert panel.undo.text() == f"Undo these {panel.report.done}"
    assert "changed" in bench.toast
    QTest.mouseClick(panel.undo, Qt.MouseButton.LeftButton)
    bench.wait(lambda: {word: bench.count(f"prio:{word}") for word in before} == before)
    bench.press("Escape", on=panel.add)
    assert not panel.isVisible()
    bench.rest()


def test_parts_are_chosen_by_typing_and_dropped_and_the_marks_are_followed(bench: ListBench, tmp_path: Path) -> None:
    panel = bench.page.editor
    bench.press("XJXJX")
    bench.press("B")
    choose(bench, "Add a tag", "flood")
    assert looked(bench).count() == 3
    bench.press("Ctrl+B", on=panel.add)
    choose(bench, "Category", "")
    bench.wait(lambda: len(panel.parts) == 2)
    looked(bench)
    panel.chips.removed.emit(1)
    assert [part.text for part in panel.parts] == ["flood"]
    bench.page.focus_list()
    bench.press("JX")
    bench.wait(lambda: panel.told is not None and panel.told.count() == 4)
    bench.desk.settings.set("tickets.export.folder", str(tmp_path))
    panel.copy_rows()
    bench.wait(
        lambda: "none → flood" in QGuiApplication.clipboard().text() or "→" in QGuiApplication.clipboard().text()
    )
    panel.write()
    bench.wait(lambda: list(tmp_path.glob("*.csv")))
    bench.press("Escape", on=panel.add)
    assert bench.page.table.hasFocus()
    assert bench.page.table.marked_count == 4, "the marks stay for another act"
    bench.rest()


def test_what_cannot_be_is_told_in_the_panel_and_nothing_can_be_applied(bench: ListBench) -> None:
    panel = bench.page.editor
    bench.press("X")
    panel.open()
    chooser(bench).close_now()
    panel.take(Part("Tag", "a,b", tags=("a,b",)))
    bench.wait(panel.problem.isVisible)
    assert panel.problem.text() == "A tag is a word of at most 40 letters, without comma or quote"
    assert not panel.apply.isEnabled()
    panel.take(Part("Priority", "Low", {"priority": int(Priority.LOW)}))
    panel.chips.removed.emit(0)
    looked(bench)
    assert not panel.problem.isVisible()
    panel.take(Part("Priority", "High", {"priority": int(Priority.HIGH)}))
    assert [part.text for part in panel.parts] == ["High"], "two priorities are one too many"
    looked(bench)
    bench.page.escape()
    assert not panel.isVisible()
    bench.rest()


def test_words_and_answers_are_typed_and_a_wrong_answer_is_told_where_it_is_typed(bench: ListBench) -> None:
    panel = bench.page.editor
    form = bench.desk.do(ask_form).result().value
    assert isinstance(form, bytes)
    bench.desk.do(give_form, bench.row.id, form).result()
    bench.press("X")
    bench.press("B")
    choose(bench, "Where, in", "Gate 4")
    looked(bench)
    assert panel.parts[0].values == {"location": "Gate 4"}
    panel.choose()
    choose(bench, "Answer to", "Weight")
    bench.wait(lambda: chooser(bench).field.text() == "")
    bench.press("heavy", on=chooser(bench).field)
    bench.press("Return", on=chooser(bench).field)
    bench.wait(lambda: "heavy" in chooser(bench)._title.text())
    again = chooser(bench)
    assert again.field.text() == "heavy", "what was typed stands there to be corrected"
    assert again._title.property("tone") == "danger"
    bench.press("700", on=again.field)
    bench.press("Return", on=again.field)
    bench.wait(lambda: len(panel.parts) == 2)
    assert panel.parts[1].answers == {"weight": 700}
    bench.wait(lambda: looked(bench).columns[-1] == ("answer.weight", "Weight"))
    assert looked(bench).count(bulk.CHANGES) == 1


def test_people_and_places_are_chosen_as_answers_and_stand_under_each_other_where_several_change(
    bench: ListBench,
) -> None:
    panel = bench.page.editor
    form = bench.desk.do(ask_who).result().value
    assert isinstance(form, bytes)
    place = bench.ask(directory.places)[0]
    me = next(person for person in bench.ask(directory.people) if person.id == bench.desk.person)
    bench.desk.do(give_form, bench.row.id, form).result()
    bench.press("X")
    bench.press("B")
    choose(bench, "Answer to", "Which person")
    choose_value(bench, me.name)
    alone = looked(bench)
    assert panel.parts[0].answers == {"which_person": me.id.hex()}
    assert panel.table is not None
    assert panel.table.verticalHeader().defaultSectionSize() == theme.row_height
    panel.choose()
    choose(bench, "Answer to", "Which place")
    choose_value(bench, place.name)
    bench.wait(lambda: looked(bench) is not alone and len(looked(bench).columns) == 2)
    assert panel.parts[1].answers == {"which_place": place.id.hex()}
    bench.window.resize(1180, 760)
    table = panel.table
    assert table is not None
    assert table.verticalHeader().defaultSectionSize() > theme.row_height
    assert table.columnWidth(table.rows.column_number("answer.which_place")) >= 140
    bench.wait(lambda: table.rows.row(0) is not None)
    row = table.rows.row(0)
    assert isinstance(row, bulk.Shown)
    assert [after for _, after in row.cells] == [me.name, place.name]
    panel.choose()
    choose(bench, "Answer to", "Which ticket")
    bench.wait(lambda: chooser(bench).field.text() == "")
    bench.press("T-NO-1", on=chooser(bench).field)
    bench.press("Return", on=chooser(bench).field)
    bench.wait(lambda: "no ticket here is called" in chooser(bench)._title.text())
    chooser(bench).close_now()
    bench.press("Ctrl+Return", on=panel.add)
    bench.wait(lambda: panel.report is not None)
    assert panel.report is not None
    assert panel.report.done == 1


def test_the_bar_of_marked_rows_gives_up_words_and_keys_before_it_cuts_a_number(bench: ListBench) -> None:
    bench.window.resize(1180, 760)
    bench.query("")
    bench.press("X")
    bench.press("J")
    bench.press("X")
    bar = bench.page.bulk
    bench.wait(lambda: bar.everything.isVisible() and bar.height() == HEIGHT)
    assert bar.everything.width() >= bar.everything.sizeHint().width()
    assert bar.count.width() >= bar.count.sizeHint().width()
    bench.query("yeti")
    bench.wait(lambda: bench.page.preview.row is None)
    assert bench.page.preview.sync.mark is None, "nothing is left of the ticket that was shown before"

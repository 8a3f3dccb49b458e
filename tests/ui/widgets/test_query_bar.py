from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.query_bar import QueryBar

Key = Qt.Key


@dataclass(frozen=True)
class Part:
    label: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Word:
    text: str
    label: str
    detail: str
    start: int
    end: int


def chips(text: str, answer: Callable[[Sequence[Part]], None]) -> None:
    """A language of `name:value` only."""
    pattern = r"(\([^)]*\)|-?\w+:(?:\"[^\"]*\"|\S+)(?: OR \w+:\S+)*)"
    answer([Part(m[1].split(":")[0], m[1].split(":", 1)[1], m.start(), m.end()) for m in re.finditer(pattern, text)])


def complete(text: str, cursor: int, answer: Callable[[Sequence[Word]], None]) -> None:
    start = text.rfind(" ", 0, cursor) + 1
    typed = text[start:cursor]
    known = ["state:", "source:"]
    if typed.startswith("state:"):
        start, typed, known = start + 6, typed[6:], ["open", "waiting"]
    found = [word for word in known if typed and word.startswith(typed)] if ":" not in typed else []
    answer([Word(word, word, "", start, cursor) for word in (found or (known if text[:cursor].endswith(":") else []))])


class Bench:
    def __init__(self) -> None:
        self.window = QWidget()
        self.bar = QueryBar(chips, complete, [Pick("state:", "State"), Pick("unit:", "Unit")])
        self.table = QLineEdit()
        column = QVBoxLayout(self.window)
        column.addWidget(self.bar)
        column.addWidget(self.table)
        column.addStretch(1)
        self.window.resize(900, 500)
        self.asked: list[str] = []
        self.left: list[str] = []
        self.bar.changed.connect(self.asked.append)
        self.bar.left.connect(lambda: self.left.append("left"))

    @property
    def shown(self) -> list[str]:
        """The bar as text: its chips, then its line."""
        row = self.bar._chips
        chips_shown = [f"[{chip.label} {chip.value}]" for chip in row._chips if chip.isVisible()]
        return [*chips_shown, self.bar.line.text()]

    def type(self, text: str) -> None:
        QTest.keyClicks(self.bar.line, text)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.bar.line, key)


@pytest.fixture
def bench(dressed: QApplication, qtbot: Any) -> Bench:
    made = Bench()
    qtbot.addWidget(made.window)
    with qtbot.waitExposed(made.window):
        made.window.show()
    made.bar.line.setFocus()
    return made


def test_a_query_is_shown_as_chips_and_its_words_stay_to_type_in(bench: Bench) -> None:
    bench.bar.set_text('state:open,waiting unit:"B Coy" fuel pump')
    assert bench.shown == ["[state open,waiting]", '[unit "B Coy"]', "fuel pump"]
    assert bench.bar.text == 'state:open,waiting unit:"B Coy" fuel pump'
    assert bench.bar.filters == 3
    assert bench.asked == []


def test_a_condition_becomes_a_chip_with_enter_and_the_keyboard_goes_to_the_list(bench: Bench) -> None:
    bench.type("state:open")
    bench.press(Key.Key_Escape)  # the list of completions
    bench.press(Key.Key_Return)
    assert bench.shown == ["[state open]", ""]
    assert bench.asked == ["state:open"]
    assert bench.left == ["left"]


def test_a_finished_condition_becomes_a_chip_with_the_space_after_it(bench: Bench) -> None:
    bench.type("unit:x fuel")
    assert bench.shown == ["[unit x]", "fuel"]


def test_typing_asks_after_a_pause_and_only_for_the_last_text(bench: Bench, qtbot: Any) -> None:
    bench.type("pump")
    assert bench.asked == []
    with qtbot.waitSignal(bench.bar.changed):
        pass
    assert bench.asked == ["pump"]


def test_the_cross_of_a_chip_takes_it_out_and_a_click_edits_it(bench: Bench, qtbot: Any) -> None:
    bench.bar.set_text("state:open unit:x")
    first, second = bench.bar._chips._chips
    QTest.mouseClick(first, Qt.MouseButton.LeftButton, pos=first.rect().center() + first.rect().topRight() / 2)
    assert bench.asked == ["unit:x"]
    second = bench.bar._chips._chips[0]
    QTest.mouseClick(second, Qt.MouseButton.LeftButton, pos=second.rect().topLeft() + second.rect().center() / 2)
    assert bench.shown == ["unit:x"]
    assert bench.bar.line.hasFocus()


def test_backspace_at_the_beginning_edits_the_last_chip(bench: Bench) -> None:
    bench.bar.set_text("state:open unit:x")
    bench.press(Key.Key_Backspace)
    assert bench.shown == ["[state open]", "unit:x"]


def test_completion_offers_fields_then_values_and_tab_takes_them(bench: Bench) -> None:
    bench.type("st")
    bench.press(Key.Key_Tab)
    assert bench.bar.line.text() == "state:"
    bench.press(Key.Key_Down)
    bench.press(Key.Key_Down)
    bench.press(Key.Key_Return)
    assert bench.shown == ["[state waiting]", ""]
    assert bench.asked[-1] == "state:waiting"
    assert bench.bar.line.hasFocus()


def test_enter_asks_for_what_is_typed_as_long_as_nothing_is_picked_from_the_list(bench: Bench) -> None:
    bench.type("sta")
    bench.press(Key.Key_Return)
    assert bench.asked == ["sta"]


def test_escape_closes_the_list_first_and_then_leaves(bench: Bench) -> None:
    bench.type("sta")
    bench.press(Key.Key_Escape)
    assert bench.left == []
    bench.press(Key.Key_Escape)
    assert bench.left == ["left"]
    assert bench.bar.line.text() == "sta"


def test_an_error_is_told_below_and_marked_at_its_place_until_one_types_on(bench: Bench) -> None:
    bench.bar.set_text("state:open stat fuel")
    text = bench.bar.text
    at = text.index("stat ")
    bench.bar.show_error("Unknown word", at, at + 4)
    assert bench.bar.error == "Unknown word"
    start, end = bench.bar.line._wrong
    assert bench.bar.line.text()[start:end] == "stat"
    bench.window.grab()
    bench.type("e")
    assert bench.bar.line._wrong == (-1, -1)


def test_text_mode_shows_the_whole_query_and_chips_come_back(bench: Bench) -> None:
    bench.bar.set_text("state:open fuel")
    bench.bar.set_mode("text")
    assert bench.shown == ["state:open fuel"]
    bench.type(" unit:x")
    bench.press(Key.Key_Return)
    assert bench.asked == ["state:open fuel unit:x"]
    bench.bar.set_mode("chips")
    assert bench.shown == ["[state open]", "[unit x]", "fuel"]
    assert bench.bar.text == "state:open unit:x fuel"


def test_alternatives_are_grouped_when_they_stand_beside_something(bench: Bench) -> None:
    bench.bar.set_text("state:open OR state:waiting")
    assert bench.bar.text == "state:open OR state:waiting"
    bench.type("fuel")
    assert bench.bar.text == "(state:open OR state:waiting) fuel"


def test_up_brings_back_earlier_queries(bench: Bench) -> None:
    for text in ("first", "second"):
        bench.bar.line.setText(text)
        bench.press(Key.Key_Return)
    bench.bar.set_text("")
    bench.press(Key.Key_Up)
    bench.press(Key.Key_Up)
    assert bench.bar.text == "first"
    bench.press(Key.Key_Down)
    bench.press(Key.Key_Down)
    assert bench.bar.text == ""
    assert bench.bar.history == ["second", "first"]


def test_the_plus_offers_fields_to_begin_with(bench: Bench) -> None:
    QTest.mouseClick(bench.bar._add, Qt.MouseButton.LeftButton)
    chooser = QApplication.focusWidget()
    assert isinstance(chooser, QLineEdit)
    QTest.keyClicks(chooser, "uni")
    QTest.keyClick(chooser, Key.Key_Return)
    assert bench.bar.line.text() == "unit:"
    assert bench.bar.line.hasFocus()


def test_chips_that_do_not_fit_are_counted(bench: Bench) -> None:
    bench.bar.set_text(" ".join(f"field{n}:value{n}" for n in range(12)))
    shown = bench.shown
    assert shown[0] == "[field0 value0]"
    assert len(shown) < 12
    assert bench.bar._chips._more.value == f"+{12 - (len(shown) - 1)}"
    assert bench.bar.line.width() > 150
    assert bench.bar.filters == 12


@pytest.mark.parametrize("width", [240, 300, 359, 361, 420, 640])
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_nothing_in_the_bar_lies_on_its_neighbour_however_narrow_it_is(bench: Bench, width: int, count: int) -> None:
    bench.bar.setFixedWidth(width)
    bench.bar.set_text(" ".join(f"category:value{n}" for n in range(count)))
    for _ in range(20):
        QApplication.processEvents()  # a layout asks the one around it, a turn of the event loop for each
    frame = bench.bar._box
    assert frame.width() == width
    row = frame.layout()
    assert row is not None
    items = [row.itemAt(at) for at in range(row.count())]
    found = [item.widget() for item in items if item is not None]
    parts = [part for part in found if part is not None and part.isVisible()]
    assert bench.bar.line in parts
    assert bench.bar.line.width() >= 36
    for one, two in pairwise(parts):
        assert one.geometry().right() < two.geometry().left(), (width, one, two)
    assert parts[-1].geometry().right() <= frame.width()
    inner = [chip for chip in (*bench.bar._chips._chips, bench.bar._chips._more) if chip.isVisible()]
    assert bool(inner) == bool(count)
    for chip in inner:
        assert chip.geometry().right() < bench.bar._chips.width()

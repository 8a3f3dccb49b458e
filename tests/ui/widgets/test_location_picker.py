"""The location picker by the keyboard, on a machine without a map: names, writings, how sure, from whom."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.models.places import Place
from opsdesk.services.changes import Changes
from opsdesk.services.positions import Position
from opsdesk.store.work import Work
from opsdesk.ui.widgets.location_picker import Located, LocationPicker
from opsdesk.ui.widgets.location_picker.place_list import FOUND, NEAR, PLACES, RECENT
from tests.support.ticket_pages import PlainShell, Story

Key = Qt.Key


class Asked:
    """The picker and what it handed over."""

    def __init__(self, picker: LocationPicker, qtbot: QtBot) -> None:
        self.picker, self.qtbot = picker, qtbot
        self.taken: list[Located] = []

    def ask(self, now: Located | None = None, *, places: bool = True) -> None:
        self.picker.ask(now or Located(), self.taken.append, places=places)
        self.qtbot.waitUntil(lambda: bool(self.picker.list.entries(PLACES)))

    def type(self, text: str) -> None:
        self.picker.line.selectAll()
        QTest.keyClicks(self.picker.line, text)

    def press(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            focus = QApplication.focusWidget()
            assert focus is not None
            QTest.keyClick(focus, key, modifier)

    def found(self, title: str) -> list[str]:
        return [entry.label for entry in self.picker.list.entries(title)]


@pytest.fixture
def asked(story: Story, shell: PlainShell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setenv("OPSDESK_MAP", "off")

    def places(work: Work) -> Changes:
        sector = work.insert(Place, {"name": "Sector East"})
        for name, lat, lon in (("North ferry", 5.77, 20.68), ("South ferry", 5.70, 20.69)):
            work.insert(
                Place, {"name": name, "sort": "ferry", "lat": lat, "lon": lon, "accuracy_m": 40.0, "parent": sector}
            )
        return Changes(everything=True)

    story.desk.do(places).result()
    shell.window.resize(1200, 800)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    return Asked(LocationPicker(shell.window, story.desk, shell.bridge), qtbot)


def test_a_typed_grid_is_taken_with_enter_as_exact_as_it_is_written(asked: Asked) -> None:
    asked.ask()
    asked.type("34N DM 647 379")
    assert asked.picker.kind.text == "MGRS, 6 digits"
    assert "5.7" in asked.picker.understood.text()
    asked.press(Key.Key_Return)
    (said,) = asked.taken
    assert said.at is not None
    assert (said.at.grid, said.at.accuracy_m, said.at.source) == ("34N DM 647 379", 70.8, None)
    assert not asked.picker.isVisible()


def test_how_sure_and_from_whom_are_said_by_keys(asked: Asked) -> None:
    asked.ask()
    asked.type("5.7709, 20.6815")
    asked.picker.foot.radii.findChildren(type(asked.picker.foot.radii._group.button(0)))[3].setFocus()
    asked.press(Key.Key_Space)
    asked.picker.foot.source.setFocus()
    QTest.keyClicks(asked.picker.foot.source, "told")
    asked.press(Key.Key_Return, Key.Key_Return)
    (said,) = asked.taken
    assert said.at is not None
    assert (said.at.accuracy_m, said.at.source) == (500.0, "told")


def test_a_name_is_found_in_the_tree_and_brings_place_and_position(asked: Asked) -> None:
    asked.ask()
    asked.type("north fer")
    asked.qtbot.waitUntil(lambda: "North ferry" in asked.found(FOUND))
    asked.press(Key.Key_Return)
    assert asked.picker.place.text() == "At North ferry"
    asked.qtbot.waitUntil(lambda: "North ferry" in asked.found(NEAR))
    asked.press(Key.Key_Return)
    (said,) = asked.taken
    assert said.at == Position(5.77, 20.68, 40.0, source="place")
    assert (said.name, said.place is not None) == ("North ferry", True)


def test_the_tree_is_walked_by_keys(asked: Asked) -> None:
    asked.ask()
    asked.press(Key.Key_Down)
    assert QApplication.focusWidget() is asked.picker.list
    while asked.picker.list.currentIndex().data() != "Sector East":
        asked.press(Key.Key_Down)
    asked.press(Key.Key_Right, Key.Key_Down, Key.Key_Return)
    assert asked.picker.place.text() == "At North ferry"
    asked.press(Key.Key_Return)
    assert asked.taken[0].name == "North ferry"


def test_what_may_be_meant_in_two_ways_is_offered(asked: Asked) -> None:
    asked.ask()
    asked.type("52 N 13 O")
    assert [entry.detail for entry in asked.picker.list.entries(FOUND)] == ["East", "West"]
    asked.press(Key.Key_Down, Key.Key_Down, Key.Key_Return, Key.Key_Return)
    assert asked.taken[0].at is not None
    assert asked.taken[0].at.lon == -13


def test_a_name_is_never_taken_for_a_grid_and_leaves_no_position_behind(asked: Asked) -> None:
    asked.ask()
    asked.type("34N DM 647 379")
    asked.type("bam")
    asked.qtbot.waitUntil(lambda: asked.picker._found_for == "bam")
    assert asked.picker._now == Located()
    assert not asked.picker.writings.isVisible()
    asked.type("2 plt")
    assert asked.picker.line.value is None


def test_who_told_of_it_stays_while_another_grid_is_typed(asked: Asked) -> None:
    asked.ask(Located(Position(5.0, 20.0, 10.0, source="told")))
    asked.type("34N DM 647 379")
    asked.press(Key.Key_Return)
    assert asked.taken[0].at is not None
    assert asked.taken[0].at.source == "told"


def test_a_wrong_grid_says_why_and_is_not_taken(asked: Asked) -> None:
    asked.ask()
    asked.type("34N DM 64 379")
    asked.qtbot.waitUntil(lambda: asked.picker._found_for == "34N DM 64 379")
    assert asked.found(FOUND) == []
    asked.press(Key.Key_Return)
    assert asked.taken == []
    assert "as many digits" in asked.picker.problem.text()


def test_escape_leaves_all_as_it_was(asked: Asked) -> None:
    asked.ask(Located(Position(1.0, 2.0, 10.0)))
    asked.type("5, 5")
    asked.press(Key.Key_Escape)
    assert not asked.picker.isVisible()
    assert asked.taken == []


def test_what_was_known_can_be_emptied(asked: Asked) -> None:
    asked.ask(Located(Position(1.0, 2.0, 10.0)))
    asked.picker.foot.clear.click()
    assert asked.picker.foot.use.text() == "Leave it empty"
    asked.press(Key.Key_Return)
    assert asked.taken == [Located()]


def test_arrow_keys_move_the_pin_also_without_a_map(asked: Asked) -> None:
    asked.ask(Located(Position(5.0, 20.0, 10.0, source="gps")))
    asked.press(Key.Key_F4)
    asked.press(Key.Key_Right, Key.Key_Right, Key.Key_Up)
    asked.press(Key.Key_Return)
    at = asked.taken[0].at
    assert at is not None
    assert (round((at.lat - 5.0) * 111_320), round((at.lon - 20.0) * 111_320)) == (10, 20)
    assert at.source == "map"


def test_the_machine_without_a_map_says_so_in_the_picker(asked: Asked) -> None:
    asked.ask()
    assert "switched off" in asked.picker.map.why_not


def test_every_writing_is_copied(asked: Asked) -> None:
    asked.ask(Located(Position(5.0, -20.0, 500.0)))
    for button in asked.picker.writings.buttons:
        button.click()
        assert QApplication.clipboard().text() == button.text()
    asked.press(Key.Key_C, modifier=Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.clipboard().text() == asked.picker.writings.buttons[0].text()


def test_what_was_picked_lately_comes_first_next_time(asked: Asked) -> None:
    asked.ask()
    asked.type("34N DM 647 379")
    asked.press(Key.Key_Return)
    asked.ask()
    assert asked.found(RECENT) == ["34N DM 647 379"]


def test_a_question_for_a_position_alone_gets_no_record_of_a_place(asked: Asked) -> None:
    asked.ask(places=False)
    asked.type("south fer")
    asked.qtbot.waitUntil(lambda: "South ferry" in asked.found(FOUND))
    asked.press(Key.Key_Return, Key.Key_Return)
    assert asked.taken[0].place is None
    assert asked.taken[0].at == Position(5.70, 20.69, 40.0, source="place")


def test_tab_goes_round_within_the_picker(asked: Asked) -> None:
    asked.ask(Located(Position(5.0, 20.0, 10.0)))
    seen = set()
    for _ in range(24):
        focus = QApplication.focusWidget()
        assert focus is not None
        assert asked.picker.isAncestorOf(focus)
        seen.add(focus)
        asked.press(Key.Key_Tab)
    assert {asked.picker.list, asked.picker.map, asked.picker.foot.other, asked.picker.foot.use} <= seen


def test_words_that_are_no_radius_are_marked_where_they_are_typed(asked: Asked) -> None:
    asked.ask()
    asked.type("34N DM 647 379")
    other = asked.picker.foot.other
    other.setFocus()
    QTest.keyClicks(other, "abc")
    assert other.property("invalid") is True
    asked.press(Key.Key_Return)
    assert asked.taken == []
    assert asked.picker.problem.text() == "The radius is a number of metres"
    other.selectAll()
    QTest.keyClicks(other, "250")
    assert other.property("invalid") is False
    asked.press(Key.Key_Return)
    assert asked.taken[0].at is not None
    assert asked.taken[0].at.accuracy_m == 250

"""A place is picked by a click, by a grid and by its name; the ticket that is made there is found near it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout
from pytestqt.qtbot import QtBot

from opsdesk.models.places import Place
from opsdesk.services import maps, positions
from opsdesk.services.changes import Changes
from opsdesk.services.maps import Box
from opsdesk.store.work import Work
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.tickets.new_ticket import NewTicketPane
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.location_picker import Located, LocationPicker
from opsdesk.ui.widgets.location_picker.place_list import FOUND
from opsdesk.ui.widgets.map_view.engine import Engine
from tests.support.maps import LOADING_MS, click, show
from tests.support.ticket_pages import PlainShell, Story

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier
WORLD = Box(-90, -180, 90, 180)
PINS = "document.querySelectorAll('.pin').length"


class Desk:
    """Somebody who writes tickets with the picker open beside."""

    def __init__(self, pane: NewTicketPane, story: Story, shell: PlainShell, qtbot: QtBot) -> None:
        self.pane, self.story, self.shell, self.qtbot = pane, story, shell, qtbot

    def press(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        for key in keys:
            focus = QApplication.focusWidget()
            assert focus is not None
            self.qtbot.keyClick(focus, key, modifier)

    def type(self, text: str) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        self.qtbot.keyClicks(focus, text)

    def open_picker(self, engine: Engine) -> LocationPicker:
        self.pane.body.where.focus()
        self.press(Key.Key_F4)
        picker = self.shell.window.findChild(LocationPicker)
        assert isinstance(picker, LocationPicker)
        self.qtbot.waitUntil(lambda: engine.is_ready and picker.map.bounds is not None, timeout=LOADING_MS)
        return picker

    def make(self, title: str) -> None:
        """Give what the ticket needs beside its place, by keys, and send it."""
        body = self.pane.body
        body.kind.setFocus()
        body.kind.selectAll()
        self.type("task")
        self.press(Key.Key_Return)
        body.title.setFocus()
        self.type(title)
        with self.qtbot.waitSignal(self.pane.created, timeout=LOADING_MS):
            self.press(Key.Key_Return, modifier=CTRL)
        self.pane.start()

    def near(self, lat: float, lon: float, metres: int = 200) -> set[str]:
        query = f"near:({lat:.5f},{lon:.5f}),{metres}m"
        return {point.t for point in self.story.ask(maps.tickets, query, WORLD).points}


@pytest.fixture
def writer(story: Story, shell: PlainShell, map_engine: Engine, qtbot: QtBot) -> Desk:
    def places(work: Work) -> Changes:
        work.insert(Place, {"name": "North ferry", "lat": 5.77, "lon": 20.68, "accuracy_m": 40.0})
        return Changes(everything=True)

    story.desk.do(places).result()
    directory = Directory(story.desk, shell.bridge, shell.window)
    pane = NewTicketPane(story.desk, shell, directory)
    QHBoxLayout(shell.window).addWidget(pane)
    shell.window.resize(1280, 860)
    with qtbot.waitActive(shell.window):
        shell.window.show()
    pane.start()
    qtbot.waitUntil(lambda: bool(directory.types))
    return Desk(pane, story, shell, qtbot)


def test_a_ticket_is_made_where_it_was_picked_and_is_found_there(
    writer: Desk, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    # By a click on the map.
    picker = writer.open_picker(map_engine)
    show(picker.map, ask, 10.0, 20.0, 13)
    click(ask, (10.01, 20.02))
    qtbot.waitUntil(lambda: picker.line.value is not None, timeout=LOADING_MS)
    assert ask(PINS) == 1
    assert picker.foot.source.value == "map"
    writer.press(Key.Key_Return)
    assert not picker.isVisible()
    assert writer.pane.body.where.way == "grid"
    values = writer.pane.body.where.values
    assert values["position_source"] == "map"
    assert positions.distance_m(values["lat"], values["lon"], 10.01, 20.02) < values["accuracy_m"] + 50
    writer.make("Picked by a click")
    # By a grid that is typed, and nudged on by the keyboard.
    picker = writer.open_picker(map_engine)
    writer.type("34N DM 647 379")
    assert picker.line.value is not None
    at = picker.line.value
    qtbot.waitUntil(lambda: ask(PINS) == 1, timeout=LOADING_MS)
    writer.press(Key.Key_Return)
    assert writer.pane.body.where.values["grid"] == "34N DM 647 379"
    assert writer.pane.body.where.values["accuracy_m"] == 70.8
    writer.make("Picked by its grid")
    # By the name of a place.
    picker = writer.open_picker(map_engine)
    writer.type("north ferry")
    qtbot.waitUntil(lambda: bool(picker.list.entries(FOUND)), timeout=LOADING_MS)
    writer.press(Key.Key_Return, Key.Key_Return)
    assert writer.pane.body.where.way == "place"
    assert writer.pane.body.where.values["position_source"] == "place"
    writer.make("Picked by its name")
    assert writer.near(10.01, 20.02) == {"Picked by a click"}
    assert writer.near(at.lat, at.lon) == {"Picked by its grid"}
    assert writer.near(5.77, 20.68) == {"Picked by its name"}
    assert map_engine.door.blocked == []
    picker.map.give_back()


def test_arrow_keys_move_the_pin_by_pixels_of_the_map(
    writer: Desk, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    picker = writer.open_picker(map_engine)
    writer.type("10.0000, 20.0000")
    show(picker.map, ask, 10.0, 20.0, 13)
    qtbot.waitUntil(lambda: picker.map.bounds is not None and picker.map.bounds.zoom == 13, timeout=LOADING_MS)
    writer.press(Key.Key_F4)
    assert QApplication.focusWidget() is picker.map
    writer.press(Key.Key_Right, Key.Key_Up)
    at = picker.line.value
    assert at is not None
    # Twelve pixels at this scale are some 226 m.
    assert positions.distance_m(10.0, 20.0, 10.0, at.lon) == pytest.approx(226, abs=4)
    assert at.lat > 10.0
    assert at.source == "map"
    writer.press(Key.Key_Escape)
    assert writer.pane.body.where.values == {}


DRAG = """(() => {
  const pin = document.querySelector(".pin"), box = pin.getBoundingClientRect();
  const act = (kind, target, right) => target.dispatchEvent(new MouseEvent(kind, {
    bubbles: true, view: window, button: 0, buttons: 1, clientX: box.left + 15 + right, clientY: box.top + 15 }));
  act("mousedown", pin, 0);
  for (const right of [10, 40, 80]) act("mousemove", pin, right);
  act("mouseup", pin, 80);
  return 1;
})()"""


def test_the_pin_is_dragged_to_another_place(
    writer: Desk, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    picker = writer.open_picker(map_engine)
    writer.type("10.0000, 20.0000")
    show(picker.map, ask, 10.0, 20.0, 13)
    qtbot.waitUntil(lambda: ask(PINS) == 1, timeout=LOADING_MS)
    ask(DRAG)
    qtbot.waitUntil(lambda: picker._now.at is not None and picker._now.at.source == "map", timeout=LOADING_MS)
    at = picker.line.value
    assert at is not None
    # Eighty pixels at this scale are some 1.5 km.
    assert positions.distance_m(10.0, 20.0, 10.0, at.lon) == pytest.approx(1505, abs=60)
    assert at.lat == pytest.approx(10.0, abs=0.0005)
    writer.press(Key.Key_Escape)


def test_the_circle_on_the_map_has_the_radius_that_is_said(
    writer: Desk, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    picker = writer.open_picker(map_engine)
    writer.type("34N DM 647 379 ±500 m")
    qtbot.waitUntil(lambda: ask("[...document.querySelectorAll('.radius')].map((one) => one.textContent)") == ["500 m"])
    picker.foot.radii.chosen.emit(1000)
    qtbot.waitUntil(lambda: ask("[...document.querySelectorAll('.radius')].map((one) => one.textContent)") == ["1 km"])
    writer.press(Key.Key_Escape)


def test_the_page_below_has_its_map_again_when_the_picker_goes(
    page: MapPage, story: Story, shell: PlainShell, map_engine: Engine, qtbot: QtBot
) -> None:
    picker = LocationPicker(shell.window, story.desk, shell.bridge)
    picker.ask(Located(), lambda located: None)
    qtbot.waitUntil(lambda: picker.map.isAncestorOf(map_engine.view), timeout=LOADING_MS)
    picker.close_panel()
    assert page.map.isAncestorOf(map_engine.view)

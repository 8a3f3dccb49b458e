"""A watch officer's way over the map, in the whole window: pick where by a click, a grid and a name; make tickets
there; find them near a point and in an area that is drawn; see them; play time over real events of conflict."""

from __future__ import annotations

import gzip
import json
import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from opsdesk import RESOURCES
from opsdesk.services import drawings
from opsdesk.services.desk import Desk
from opsdesk.services.importing import run
from opsdesk.services.times import DAY
from opsdesk.ui.shell.window import MainWindow
from opsdesk.ui.widgets.location_picker import LocationPicker
from opsdesk.ui.widgets.location_picker.place_list import FOUND
from opsdesk.ui.widgets.map_view.engine import Engine
from tests.support.clock import NOW, Clock
from tests.support.maps import LOADING_MS, answered, at_rest, click, click_mark, show
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.timeout(300)

EVENTS = "ucdp_ged_central_african_republic.geojson.gz"
"""Of the sample that ships: UCDP GED 23.1, CC BY 4.0, see resources/samples/ATTRIBUTION.md."""
CLICKED = (5.79, 20.7)
GRID = "34N DM 647 379"
TOWN = (5.762, 20.6672)
"""Bambari, as the map knows it."""
CORNERS = ((5.73, 20.63), (5.73, 20.74), (5.83, 20.74), (5.83, 20.63))
METRES = 6_000
TITLES = ("Picked by a click", "Picked by its grid", "Picked by its name")


@dataclass(frozen=True)
class Event:
    """One event as it stands in the file."""

    lat: float
    lon: float
    at: int


@pytest.fixture(scope="module")
def events() -> list[Event]:
    """The events of the file, read without the program."""
    found = json.loads(gzip.decompress((RESOURCES / "samples" / EVENTS).read_bytes()))["features"]
    return [
        Event(
            feature["geometry"]["coordinates"][1],
            feature["geometry"]["coordinates"][0],
            round(datetime.fromisoformat(feature["properties"]["date_start"]).replace(tzinfo=UTC).timestamp() * 1000),
        )
        for feature in found
    ]


@pytest.fixture
def desk(tmp_path: Path, made_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk into which a person has imported the events."""
    clock = Clock()
    clock.at(0)
    monkeypatch.setattr("opsdesk.ui.widgets.wall.now", clock)
    opened = Desk.open(Path(shutil.copytree(made_folder, tmp_path / "desk")), now=clock)
    plan = RESOURCES / "mappings" / "ucdp_ged.toml"
    report = run.run(opened, RESOURCES / "samples" / EVENTS, mapping=plan, exercise=True).result(120)
    assert report.rejected == 0
    yield opened
    opened.close()


class Officer:
    """Somebody at the window, who acts by keys and by clicks on the page of the map."""

    def __init__(self, window: MainWindow, desk: Desk, engine: Engine, ask: Callable[[str], Any], qtbot: QtBot) -> None:
        self.window, self.desk, self.engine, self.ask, self.qtbot = window, desk, engine, ask, qtbot

    def wait(self, true: Callable[[], object]) -> None:
        """Handle events until something is true."""
        self.qtbot.waitUntil(lambda: bool(true()), timeout=LOADING_MS)

    @property
    def keyboard(self) -> QWidget:
        """Where the keyboard is. The offscreen platform forgets now and then which window is active."""
        if QApplication.focusWidget() is None:
            self.window.activateWindow()
            self.wait(lambda: QApplication.focusWidget() is not None)
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def press(self, *keys: str) -> None:
        for key in keys:
            combination = QKeySequence.fromString(key)[0]  # type: ignore[index]  # missing in the stubs
            QTest.keyClick(self.keyboard, combination.key(), combination.keyboardModifiers())
            QApplication.processEvents()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.keyboard, text)

    def page(self, key: str) -> Any:
        page = self.window.page(key)
        assert page is not None
        return page

    def new_ticket(self, title: str) -> LocationPicker:
        """Begin a ticket and come to the picker, by keys."""
        self.press("Ctrl+N")
        pane = self.page("tickets").pane
        self.wait(lambda: pane.isVisible() and pane.isAncestorOf(self.keyboard) and pane._directory.types)
        self.type("Task")
        self.press("Return")
        self.wait(lambda: pane.body.type_row is not None)
        self.press("Tab", "Tab")
        self.wait(pane.body.title.hasFocus)
        self.type(title)
        while not pane.body.where.isAncestorOf(self.keyboard):
            self.press("Tab")
        self.press("F4")
        picker = self.window.findChild(LocationPicker)
        assert isinstance(picker, LocationPicker)
        self.wait(lambda: self.engine.is_ready and picker.map.bounds is not None and picker.isVisible())
        self.wait(lambda: answered(self.desk, self.ask))  # what the work is about is shown first, by an answer
        return picker

    def make(self, picker: LocationPicker) -> dict[str, Any]:
        """Use what was picked, send the ticket, and return where it said to be."""
        self.press("Return")
        assert not picker.isVisible()
        pane = self.page("tickets").pane
        values = dict(pane.body.where.values)
        with self.qtbot.waitSignal(pane.created, timeout=LOADING_MS):
            self.press("Ctrl+Return")
        self.wait(lambda: not pane.isVisible())
        return values

    def ids(self) -> dict[str, str]:
        """The ids of the tickets that were made, by their titles."""
        rows = self.desk.ask(
            lambda reader: reader.rows(
                f"SELECT title, lower(hex(id)) FROM ticket WHERE title IN ({','.join('?' * len(TITLES))})", TITLES
            )
        )
        return dict(rows.result(PATIENCE_S))

    def drawn(self) -> list[list[Any]]:
        """Id and time of each point that is drawn on the map, asked in one breath."""
        return list(self.ask("marks.drawn().flatMap((it) => it.rows || [it.one]).map((one) => [one.id, one.w])"))


@pytest.fixture
def officer(
    desk: Desk, dressed: QApplication, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> Iterator[Officer]:
    window = MainWindow(desk, now=lambda: datetime.fromtimestamp(NOW / 1000, UTC))
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    window.go("tickets")
    yield Officer(window, desk, map_engine, ask, qtbot)
    window.close()
    window.dispose()


def test_a_place_is_picked_a_ticket_made_found_seen_and_time_is_played(
    officer: Officer, events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = officer.ask

    # Where, by a click on the map.
    picker = officer.new_ticket(TITLES[0])
    show(picker.map, ask, *CLICKED, 13)
    officer.wait(lambda: click(ask, CLICKED, "map.getContainer().classList.contains('picking')"))
    officer.wait(lambda: picker.line.value is not None)
    where = officer.make(picker)
    assert where["position_source"] == "map"
    assert metres(CLICKED, where["lat"], where["lon"]) < 2 * where["accuracy_m"]

    # By a grid that is typed: the position is the middle of its square, as exact as the square is large.
    picker = officer.new_ticket(TITLES[1])
    officer.type(GRID)
    officer.wait(lambda: ask("document.querySelectorAll('.pin').length") == 1)
    where = officer.make(picker)
    assert (where["grid"], where["accuracy_m"]) == (GRID, 70.8)

    # By the name of a town.
    picker = officer.new_ticket(TITLES[2])
    officer.type("bambari")
    officer.wait(lambda: picker.list.entries(FOUND))
    officer.press("Return")
    officer.wait(lambda: picker.line.value is not None)
    where = officer.make(picker)
    assert (where["position_source"], where["lat"], where["lon"]) == ("place", *TOWN)
    made = officer.ids()
    assert set(made) == set(TITLES)

    # Found near one of them in the list, among the events of the file that are as near.
    page = officer.page("tickets")
    page.list.focus_list()
    officer.press("/")
    officer.type(f"near:{GRID.replace(' ', '')},{METRES}m")
    officer.press("Return")
    near = sum(metres((5.7707, 20.6808), one.lat, one.lon) < METRES for one in events)
    assert near > 10
    officer.wait(lambda: page.list.table.rows.total == near + 3)

    # An area is drawn around them on the map, and named.
    officer.press("Escape", "G", "M")
    on_map = officer.page("map")
    officer.wait(lambda: on_map.isVisible() and on_map._fitted and at_rest(on_map, ask))
    show(on_map.map, ask, 5.78, 20.685, 12)
    on_map.map.setFocus()
    officer.press("A")
    for number, corner in enumerate(CORNERS):
        officer.wait(
            lambda number=number, corner=corner: click(  # type: ignore[misc]
                ask, corner, f"map.getZoom() === 12 && sketch.active() && sketch.state().points === {number}"
            )
        )
    officer.wait(lambda: ask("sketch.state().points") == 4)
    on_map.map.setFocus()
    officer.press("Return")
    officer.wait(lambda: on_map.drawings.card.panel.isVisible() and officer.keyboard.accessibleName() == "Name")
    officer.type("Bambari ring")
    officer.press("Ctrl+Return")
    officer.wait(lambda: on_map.drawings.card.row is not None)
    (area,) = officer.desk.ask(drawings.everything).result(PATIENCE_S)
    ring = json.loads(area.geometry)["coordinates"][0]
    for (lat, lon), (ring_lon, ring_lat) in zip(CORNERS, ring, strict=False):
        assert (abs(ring_lat - lat) < 0.001, abs(ring_lon - lon) < 0.001) == (True, True)

    # What lies inside it, by the query of the map: as many as the file has there, and the three.
    on_map.map.setFocus()
    officer.press("/")
    officer.type('in:"Bambari ring"')
    officer.press("Return")
    within = sum(5.73 < one.lat < 5.83 and 20.63 < one.lon < 20.74 for one in events)
    assert within > 10
    found: list[list[Any]] = []

    def three_among_them() -> bool:
        found[:] = officer.drawn()
        return {one for one, _ in found} >= set(made.values()) and len(found) == within + 3

    officer.wait(three_among_them)

    # Seen on the map, chosen by a click, and opened.
    show(on_map.map, ask, *CLICKED, 15)
    click_mark(ask, officer.qtbot, CLICKED)
    officer.wait(lambda: on_map.card.row is not None)
    assert on_map.card.row.title == TITLES[0]
    on_map.map.setFocus()
    officer.press("Return")
    officer.wait(lambda: page.detail.isVisible() and page.detail.loaded is not None)
    assert page.detail.loaded.card.row.id.hex() == made[TITLES[0]]

    # Time is played over all events, from 1991 on.
    officer.press("Escape", "G", "M")
    on_map.map.setFocus()
    officer.press("/")
    while on_map.query:
        officer.press("Backspace")
    on_map.map.setFocus()
    officer.press("Home")
    bar = on_map.times.bar
    officer.wait(lambda: bar.strip is not None and bar._moments.total == len(events) + 3)
    officer.wait(lambda: at_rest(on_map, ask))
    monkeypatch.setattr("opsdesk.ui.map.time_bar._WHOLE_S", 3.0)
    bar.set_length(365 * DAY)
    bar.strip.setFocus()
    officer.press("Home")

    def held() -> int:
        assert bar.reach is not None
        return sum(bar.reach[0] <= one.at < bar.reach[1] for one in events)

    officer.wait(lambda: len(officer.drawn()) == held())
    seen: list[tuple[int, int]] = []
    bar.changed.connect(lambda: seen.append(bar.reach))
    officer.press("Space")
    while bar.playing:
        # Whenever it is looked at, what is drawn happened within one window.
        whens = [when for _, when in officer.drawn()]
        assert max(whens, default=0) - min(whens, default=0) < 365 * DAY
    assert len(seen) > 10
    assert seen == sorted(seen)
    assert bar.reach[1] == bar._moments.until
    # And where it is halted, all that the file has of that year is drawn.
    officer.press("Home", "Space")
    officer.wait(lambda: bar.reach[0] > datetime(2013, 1, 1, tzinfo=UTC).timestamp() * 1000)
    officer.press("Space")
    assert not bar.playing
    assert held() > 0
    officer.wait(lambda: len(officer.drawn()) == held())
    assert on_map.layers._lines["tickets"]._count.text() == f"{held():,}"
    officer.press("Ctrl+Backspace")
    officer.wait(lambda: len(officer.drawn()) == len(events) + 3)

    # And nothing of all this was asked for from outside.
    assert officer.engine.door.blocked == []


def metres(one: tuple[float, float], lat: float, lon: float) -> float:
    """How far apart two positions are on a sphere."""
    a, b, c, d = map(math.radians, (*one, lat, lon))
    half = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6_371_009 * math.asin(math.sqrt(half))

"""The map's own page in the real web engine: it draws, says what a person does on it, and reaches nothing outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk import RESOURCES
from opsdesk.services.positions import Position
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.shell.page import Target
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.map_view import MapView, fitted
from opsdesk.ui.widgets.map_view.engine import Engine
from opsdesk.ui.widgets.map_view.scheme import file_of
from tests.support.maps import LOADING_MS, click, click_mark, show
from tests.support.ticket_pages import PlainShell, Story

MARKS = "marks.drawn().length"


def test_the_page_finds_all_it_asks_for_and_asks_for_nothing_outside(page: MapPage, map_engine: Engine) -> None:
    assert map_engine.handler.missing == []
    assert map_engine.door.blocked == []


def test_a_request_to_the_outside_is_blocked(page: MapPage, map_engine: Engine, qtbot: QtBot) -> None:
    map_engine.view.page().runJavaScript("fetch('https://example.org/x').catch(() => 0)")  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: map_engine.door.blocked != [], timeout=LOADING_MS)
    assert map_engine.door.blocked == ["https://example.org/x"]
    map_engine.door.blocked.clear()


def test_open_tickets_are_drawn_where_they_are_and_counted(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: ask(MARKS) > 0, timeout=LOADING_MS)
    qtbot.waitUntil(lambda: page.layers._lines["tickets"]._count.text() == "9", timeout=LOADING_MS)
    assert page.map.bounds is not None
    assert page.map.bounds.south < 52.3751 < page.map.bounds.north


def test_a_click_chooses_a_ticket_and_enter_opens_it(
    page: MapPage, story: Story, shell: PlainShell, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    show(page.map, ask, 52.3731, 4.8922, 17)
    click_mark(ask, qtbot, (52.3731, 4.8922))
    qtbot.waitUntil(lambda: page.card.row is not None, timeout=LOADING_MS)
    assert page.card.row is not None
    assert page.card.row.id == story.tickets["bridge"]
    page.map.setFocus()
    shell.actions.run("map.open")
    assert shell.opened == [Target("ticket", story.tickets["bridge"])]


def test_a_picked_point_is_where_the_mouse_was(page: MapPage, ask: Callable[[str], Any], qtbot: QtBot) -> None:
    picked: list[Position] = []
    page.map.picked.connect(picked.append)
    page.map.pick(True)
    show(page.map, ask, 10.0, 20.0, 12)
    click(ask, (10.01, 20.02))
    qtbot.waitUntil(lambda: bool(picked), timeout=LOADING_MS)
    page.map.pick(False)
    assert abs(picked[0].lat - 10.01) < 0.0005
    assert abs(picked[0].lon - 20.02) < 0.0005
    assert picked[0].accuracy_m is not None


def test_a_ticket_begins_where_the_map_stands(
    page: MapPage, shell: PlainShell, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    show(page.map, ask, 10.0, 20.0, 12)
    qtbot.waitUntil(lambda: page.map.bounds is not None and abs(page.map.bounds.lat - 10) < 0.001, timeout=LOADING_MS)
    shell.actions.run("map.new")
    kind, like = shell.opened[-1]
    said = like["where"]["said"]["grid"]
    assert page.map.bounds is not None
    assert (kind, like["where"]["way"]) == ("ticket", "grid")
    assert (said["lat"], said["lon"]) == (page.map.bounds.lat, page.map.bounds.lon)


def test_go_to_understands_a_grid_and_puts_a_pin(page: MapPage, ask: Callable[[str], Any], qtbot: QtBot) -> None:
    shell_actions = page._shell.actions
    shell_actions.run("map.go_to")
    assert QApplication.focusWidget() is page.go_to
    QTest.keyClicks(page.go_to, "30N UL 8800 9250")
    qtbot.waitUntil(lambda: page.go_to._list.isVisible(), timeout=LOADING_MS)
    QTest.keyClick(page.go_to, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ask("document.querySelectorAll('.pin').length") == 1, timeout=LOADING_MS)
    # Where it stands is told by another way than what was asked.
    qtbot.waitUntil(lambda: page.map.bounds is not None and abs(page.map.bounds.lat - 5.36) < 0.01, timeout=LOADING_MS)


def test_go_to_completes_names_of_ours_and_of_the_gazetteer_and_says_what_is_wrong(page: MapPage, qtbot: QtBot) -> None:
    page._shell.actions.run("map.go_to")
    QTest.keyClicks(page.go_to, "bamba")
    qtbot.waitUntil(lambda: "Bambari" in [pick.label for pick in page.go_to._model.items], timeout=LOADING_MS)
    page.go_to.selectAll()
    QTest.keyClicks(page.go_to, "31U FT 14 601")
    qtbot.waitUntil(
        lambda: any("East needs as many" in pick.label for pick in page.go_to._model.items[:1]), timeout=LOADING_MS
    )
    page.go_to.selectAll()
    QTest.keyClicks(page.go_to, "52 N 13 O")
    qtbot.waitUntil(lambda: [pick.detail for pick in page.go_to._model.items] == ["East", "West"], timeout=LOADING_MS)
    QTest.keyClick(page.go_to, Qt.Key.Key_Down)
    QTest.keyClick(page.go_to, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: page.map.bounds is not None and abs(page.map.bounds.lon + 13) < 0.5, timeout=LOADING_MS)


def test_a_wrong_query_is_marked_and_the_last_points_stay(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    qtbot.waitUntil(lambda: ask(MARKS) > 0, timeout=LOADING_MS)
    page._ask_for("state:opne")
    qtbot.waitUntil(lambda: "opne" in page.bar.error, timeout=LOADING_MS)
    assert ask(MARKS) > 0


def test_the_map_wears_the_look_of_the_program(page: MapPage, ask: Callable[[str], Any], qtbot: QtBot) -> None:
    before = theme.choice
    try:
        for look in ("dark", "red", "light"):
            theme.switch(look)
            qtbot.waitUntil(lambda look=look: ask("theme.name") == look, timeout=LOADING_MS)  # type: ignore[misc]
    finally:
        theme.switch(before)


def test_a_second_map_takes_over_the_page_and_shows_its_own(
    page: MapPage, map_engine: Engine, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    other = MapView()
    qtbot.addWidget(other, before_close_func=lambda made: made.give_back())
    other.put_point(Position(1.0, 2.0, 500.0))
    other.show()
    show(other, ask, 1.0, 2.0, 9)
    assert ask("document.querySelectorAll('.pin').length") == 1
    assert ask(MARKS) == 0


def test_a_machine_without_the_web_engine_says_so_and_goes_on(
    story: Story, shell: PlainShell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSDESK_MAP", "off")
    made = MapPage(story.desk, shell)
    qtbot.addWidget(made)
    made.show()
    made.activated()
    assert "switched off" in made.map.why_not
    made.reload()


@pytest.mark.parametrize(
    "path",
    [
        "/../page/map.css",
        "/page/../../samples/prepare.py",
        "/%2e%2e/x",
        "/",
        "",
        "/leaflet",
        "//etc/passwd",
        "/page/nothing.js",
    ],
)
def test_an_address_leads_to_no_file_beside_the_assets(path: str) -> None:
    found = file_of(path)
    assert found is None


def test_an_address_of_an_asset_leads_to_it() -> None:
    assert file_of("/page/map.css") == RESOURCES / "map" / "page" / "map.css"
    assert file_of("/leaflet/leaflet.js") is not None


def test_the_page_names_no_other_machine() -> None:
    html = (RESOURCES / "assets" / "map" / "map.html").read_text(encoding="utf-8")
    assert "http:" not in html
    assert "https:" not in html


def test_what_a_fitted_map_shows_is_known_before_its_page_says_so(page: MapPage, ask: Callable[[str], Any]) -> None:
    for box in ((50.0, 3.0, 54.0, 8.0), (-30.0, -60.0, 62.0, 110.0), (52.3, 4.8, 52.31, 4.9)):
        told = ask(
            f"(desk.fit{box}, {{ south: map.getBounds().getSouth(), west: map.getBounds().getWest(),"
            "north: map.getBounds().getNorth(), east: map.getBounds().getEast(), zoom: map.getZoom(),"
            "wide: map.getSize().x, high: map.getSize().y })"
        )
        found = fitted(box, told["wide"], told["high"])
        assert found.zoom == told["zoom"]
        pixel = 360 / 256 / 2**found.zoom
        for side in ("south", "west", "north", "east"):
            assert getattr(found, side) == pytest.approx(told[side], abs=2 * pixel)


def test_a_ground_that_cannot_be_read_is_told_over_the_map_and_the_rest_is_drawn(
    page: MapPage, ask: Callable[[str], Any], map_engine: Engine, qtbot: QtBot
) -> None:
    map_engine.view.page().runJavaScript("channel.tell('failed', new TypeError('Failed to fetch'))")  # type: ignore[attr-defined]
    try:
        qtbot.waitUntil(page.map.notice.isVisible, timeout=LOADING_MS)
        assert page.map.notice.text().startswith("Land and names cannot be read (TypeError: Failed to fetch)")
        assert page.map.is_loaded, "time is offered all the same"
        assert page.map.notice.height() < page.map.height() / 4
        qtbot.waitUntil(lambda: ask(MARKS) > 0, timeout=LOADING_MS)
    finally:
        map_engine.problem = ""  # other tests have the same page


@pytest.mark.parametrize("rows", [1, 400])
def test_words_of_records_come_to_the_page_as_they_are_however_many(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot, rows: int
) -> None:
    title = "\\ \"quoted\" 'so'\n\u2028 </script> ${x} `y` é 🛰"
    show(page.map, ask, 1.0, 2.0, 9)
    row = {"lat": 1.0, "lon": 2.0, "p": 2, "s": 10, "n": "X-1", "t": title}
    page.map.set_layer("other", "marks", [{"id": str(number), **row} for number in range(rows)])
    said = "marks.drawn().map((it) => [(it.rows || [it.one]).length, (it.rows || [it.one])[0].t])"
    try:
        qtbot.waitUntil(lambda: ask(said) == [[rows, title]], timeout=LOADING_MS)
    finally:
        page.map.drop_layer("other")

"""Shapes are drawn on the map with the mouse and with the keyboard, named in a card, found by `in:` and seen."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from opsdesk.models import geometry
from opsdesk.services import drawings, maps
from opsdesk.services.drawings import DrawingKind, DrawingRow, ThreatLevel
from opsdesk.ui.map.page import MapPage
from opsdesk.ui.shell.page import Target
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.panel import Panel
from tests.support.clock import NOW
from tests.support.maps import LOADING_MS, click, show
from tests.support.ticket_pages import PlainShell, Story

Ask = Callable[[str], Any]
KEMP = [[4.88, 52.36], [4.90, 52.36], [4.90, 52.38], [4.88, 52.38]]
"""Around Kemp Bridge, where one ticket of the story is, and the weir, where another is."""


@pytest.fixture
def here(page: MapPage, ask: Ask, qtbot: QtBot) -> MapPage:
    """The map where the story happens, near enough to draw on."""
    show(page.map, ask, 52.37, 4.89, 13)
    return page


def drag_corner(ask: Ask, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Drag the handle of a corner, as events of the page in one breath: a layout that comes late moves what stands at
    a position, see `click`. Where no corner can be taken there yet nothing is done, and the answer is False."""
    return bool(
        ask(
            "(() => { const box = map.getContainer().getBoundingClientRect();"
            "const spot = (lon, lat) => { const it = map.latLngToContainerPoint([lat, lon]);"
            "  return { x: box.left + it.x, y: box.top + it.y }; };"
            f"const from = spot({start[0]}, {start[1]}), to = spot({end[0]}, {end[1]});"
            "const corner = document.elementFromPoint(from.x, from.y);"
            "if (!corner || !corner.matches('.handle:not(.mid):not(.move)')) return 0;"
            "const act = (kind, target, share) => target.dispatchEvent(new MouseEvent(kind, {"
            "  bubbles: true, view: window, button: 0, buttons: 1,"
            "  clientX: from.x + (to.x - from.x) * share, clientY: from.y + (to.y - from.y) * share }));"
            "act('mousedown', corner, 0);"
            "for (const share of [0.2, 0.6, 1]) act('mousemove', document.body, share);"
            "act('mouseup', document.body, 1);"
            "return 1; })()"
        )
    )


def rows(story: Story) -> list[DrawingRow]:
    return list(story.ask(drawings.everything))


def draw(story: Story, name: str, ring: Any = KEMP, **more: Any) -> bytes:
    shape = {"type": "Polygon", "coordinates": [ring]}
    return bytes(story.do(drawings.create, {"name": name, "geometry": shape, **more}))


def said(panel: Panel) -> str:
    """All words of a panel that are to be seen."""
    return " ".join(label.text() for label in panel.findChildren(Label) if label.isVisible())


def fill_in(page: MapPage, name: str) -> None:
    """Name the drawing by keys, and save."""
    field = QApplication.focusWidget()
    assert field is not None
    assert field.accessibleName() == "Name"
    QTest.keyClicks(field, name)
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_an_area_is_drawn_by_clicks_named_and_finds_the_tickets_in_it(
    here: MapPage, story: Story, shell: PlainShell, ask: Ask, qtbot: QtBot
) -> None:
    """The whole way: draw, name, see it, ask the map's query for what lies inside, open the list."""
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: ask("sketch.active()"), timeout=LOADING_MS)
    assert here.drawings.bar.isVisible()
    for lon, lat in KEMP:
        click(ask, (lat, lon))
    qtbot.waitUntil(lambda: here.drawings.bar.told.text().startswith("4 points"), timeout=LOADING_MS)
    QTest.keyClick(here.map, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: here.drawings.card.panel.isVisible(), timeout=LOADING_MS)
    fill_in(here, "Kemp")
    qtbot.waitUntil(lambda: here.drawings.card.row is not None, timeout=LOADING_MS)
    (row,) = rows(story)
    assert (row.name, row.kind) == ("Kemp", DrawingKind.AREA)
    assert drawings.shape_words(row.geometry, None).startswith("Area with 4 points")
    qtbot.waitUntil(lambda: [one["n"] for one in ask("drawings.drawn()")] == ["Kemp"], timeout=LOADING_MS)
    qtbot.waitUntil(lambda: here.layers._lines["areas"]._count.text() == "1", timeout=LOADING_MS)
    here.bar.set_text("in:kemp")
    here._ask_for("in:kemp")
    inside = {point.id for point in story.ask(maps.tickets, "in:kemp", maps.Box(-90, -180, 90, 180)).points}
    assert story.tickets["bridge"].hex() in inside
    assert 0 < len(inside) < 9
    qtbot.waitUntil(lambda: here.layers._lines["tickets"]._count.text() == str(len(inside)), timeout=LOADING_MS)
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_I)
    assert shell.opened[-1] == Target("tickets", query='in:"Kemp"')


def test_points_are_put_and_taken_back_by_keys_alone(here: MapPage, story: Story, ask: Ask, qtbot: QtBot) -> None:
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: ask("sketch.active()"), timeout=LOADING_MS)
    for points, key in enumerate((Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left), 1):
        QTest.keyClick(here.map, Qt.Key.Key_X)
        qtbot.waitUntil(lambda points=points: ask("sketch.state().points") == points, timeout=LOADING_MS)  # type: ignore[misc]
        QTest.keyClick(here.map, key)
    QTest.keyClick(here.map, Qt.Key.Key_Backspace)
    qtbot.waitUntil(lambda: ask("sketch.state().points") == 2, timeout=LOADING_MS)
    QTest.keyClick(here.map, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: here.drawings.card.panel.isVisible(), timeout=LOADING_MS)
    fill_in(here, "Route Amber")
    qtbot.waitUntil(lambda: len(rows(story)) == 1, timeout=LOADING_MS)
    assert drawings.shape_words(rows(story)[0].geometry, None).startswith("Line with 2 points")


def test_a_shape_of_too_few_points_stays_and_says_what_it_needs(here: MapPage, ask: Ask, qtbot: QtBot) -> None:
    here.drawings.begin("area")
    qtbot.waitUntil(lambda: ask("sketch.active()"), timeout=LOADING_MS)
    click(ask, (KEMP[0][1], KEMP[0][0]))
    here.drawings.finish()
    qtbot.waitUntil(lambda: "three corners" in here.drawings.bar.words.text(), timeout=LOADING_MS)
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not ask("sketch.active()"), timeout=LOADING_MS)
    assert not here.drawings.bar.isVisible()


def test_typed_positions_make_a_threat_area_that_must_say_its_level_basis_and_end(
    page: MapPage, story: Story, qtbot: QtBot
) -> None:
    page.map.setFocus()
    QTest.keyClick(page.map, Qt.Key.Key_D)
    panel = page.drawings.card.panel
    assert panel.isVisible()
    panel._form.set_answers({"shape": "circle", "points": "Kemp, nowhere", "radius": "2 km"})
    panel.confirm()
    qtbot.waitUntil(lambda: "Line 1" in said(panel), timeout=LOADING_MS)
    panel._form.set_answers({"shape": "circle", "points": "52.3731, 4.8922", "radius": "2 km"})
    panel.confirm()
    qtbot.waitUntil(lambda: panel.key == "drawing", timeout=LOADING_MS)
    panel._form.set_answers({"name": "Kemp", "kind": "3"})
    page._chosen("")
    assert panel.isVisible(), "a click on the map gives nothing up that was typed"
    panel.confirm()
    assert rows(story) == []
    told = {"name": "Kemp", "kind": "3", "level": "4", "valid_until": NOW + 3_600_000, "note": "Patrol report"}
    panel._form.set_answers(told)
    panel.confirm()
    qtbot.waitUntil(lambda: len(rows(story)) == 1, timeout=LOADING_MS)
    (row,) = rows(story)
    assert (row.level, row.radius_m, row.note) == (ThreatLevel.SEVERE, 2_000, "Patrol report")


def test_a_corner_is_dragged_and_undo_gives_the_shape_back(here: MapPage, story: Story, ask: Ask, qtbot: QtBot) -> None:
    record = draw(story, "Kemp")
    before = rows(story)[0].geometry
    here.drawings.choose(record)
    qtbot.waitUntil(lambda: here.drawings.card.row is not None, timeout=LOADING_MS)
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: ask("sketch.active()") and ask("sketch.state().handles") == 9, timeout=LOADING_MS)
    assert ask("drawings.drawn().length") == 0
    qtbot.waitUntil(lambda: drag_corner(ask, (4.88, 52.36), (4.87, 52.355)), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: abs(ask("sketch.state().parts[0][0][0][0]") - 4.87) < 0.001, timeout=LOADING_MS)
    QTest.keyClick(here.map, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: rows(story)[0].geometry != before, timeout=LOADING_MS)
    lon, lat = json.loads(rows(story)[0].geometry)["coordinates"][0][0]
    assert (abs(lon - 4.87) < 0.001, abs(lat - 52.355) < 0.001) == (True, True)
    qtbot.waitUntil(lambda: bool(here._shell.operations.history), timeout=LOADING_MS)
    here._shell.operations.undo()
    qtbot.waitUntil(lambda: rows(story)[0].geometry == before, timeout=LOADING_MS)


def test_a_chosen_shape_is_measured_off_the_windows_thread(
    here: MapPage, story: Story, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = draw(story, "Kemp")
    threads, read = [], geometry.read

    def reading(said: Any) -> geometry.Geometry:
        threads.append(threading.current_thread())
        return read(said)

    monkeypatch.setattr(geometry, "read", reading)
    here.drawings.choose(record, fit=True)
    qtbot.waitUntil(lambda: here.drawings.card.row is not None, timeout=LOADING_MS)
    assert "Area with 4 points, 3 km²" in " ".join(label.text() for label in here.drawings.card.findChildren(Label))
    here.drawings.edit()
    assert here.drawings.asking
    assert threads
    assert threading.main_thread() not in threads


def test_a_click_chooses_the_smaller_of_two_and_delete_removes_it_till_undo(
    here: MapPage, story: Story, ask: Ask, qtbot: QtBot
) -> None:
    draw(story, "Whole", [[4.80, 52.30], [5.0, 52.30], [5.0, 52.44], [4.80, 52.44]], kind=2)
    draw(story, "Kemp", kind=2)
    qtbot.waitUntil(lambda: ask("drawings.drawn().length") == 2, timeout=LOADING_MS)
    click(ask, (52.362, 4.883))
    qtbot.waitUntil(lambda: here.drawings.card.row is not None, timeout=LOADING_MS)
    assert here.drawings.card.row is not None
    assert here.drawings.card.row.name == "Kemp"
    here.map.setFocus()
    QTest.keyClick(here.map, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: [row.name for row in rows(story)] == ["Whole"], timeout=LOADING_MS)
    qtbot.waitUntil(lambda: not here.drawings.card.isVisible(), timeout=LOADING_MS)
    here._shell.operations.undo()
    qtbot.waitUntil(lambda: ask("drawings.drawn().length") == 2, timeout=LOADING_MS)


def test_what_has_expired_stays_and_is_counted_as_such(here: MapPage, story: Story, ask: Ask, qtbot: QtBot) -> None:
    draw(story, "Old", kind=3, level=2, note="x", valid_until=NOW - 1)
    draw(
        story, "Now", [[4.85, 52.36], [4.87, 52.36], [4.87, 52.38]], kind=3, level=4, note="x", valid_until=NOW + 10**9
    )
    qtbot.waitUntil(lambda: len(ask("drawings.drawn()")) == 2, timeout=LOADING_MS)
    assert {one["n"]: one["x"] for one in ask("drawings.drawn()")} == {"Old": 1, "Now": 0}
    qtbot.waitUntil(lambda: here.layers._lines["threats"]._count.text() == "2 · 1 expired", timeout=LOADING_MS)
    here.map.show_legend(True)
    assert {"Threat: severe", "Expired"} <= set(ask("legend.lines()"))
    here.layers.turn("threats")
    qtbot.waitUntil(lambda: ask("drawings.drawn().length") == 0, timeout=LOADING_MS)


def test_the_panel_is_as_high_as_what_it_says_of_a_file_with_many_faults(
    page: MapPage, qtbot: QtBot, tmp_path: Path
) -> None:
    source = tmp_path / "in.geojson"
    source.write_text(json.dumps({"features": [{"type": "Feature", "geometry": {"type": "Arc"}}] * 6}), "utf-8")
    page._shell.actions.run("map.draw.import")
    panel = page.drawings._files
    assert panel is not None
    panel.path.setText(str(source))
    QTest.keyClick(panel.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "6 left out" in panel.note.text(), timeout=LOADING_MS)
    qtbot.waitUntil(lambda: panel.note.height() >= panel.note.heightForWidth(panel.note.width()))
    panel.leave()


def test_a_file_comes_in_with_its_faults_named_and_goes_out_again(
    page: MapPage, story: Story, qtbot: QtBot, tmp_path: Path
) -> None:
    source = tmp_path / "in.geojson"
    good = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [KEMP]}, "properties": {"name": "Kemp"}}
    source.write_text(json.dumps({"features": [good, {"type": "Feature", "geometry": {"type": "Arc"}}]}), "utf-8")
    page._shell.actions.run("map.draw.import")
    panel = page.drawings._files
    assert panel is not None
    panel.path.setText(str(source))
    QTest.keyClick(panel.path, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "1 left out" in panel.note.text(), timeout=LOADING_MS)
    assert "Feature 2" in panel.note.text()
    assert [row.name for row in rows(story)] == ["Kemp"]
    panel.leave()
    page._shell.actions.run("map.draw.export")
    other = page.drawings._files
    assert other is not None
    other.path.setText(str(tmp_path / "out.geojson"))
    other.run()
    qtbot.waitUntil(lambda: page.drawings._files is None, timeout=LOADING_MS)
    assert len(json.loads((tmp_path / "out.geojson").read_text("utf-8"))["features"]) == 1


@pytest.mark.qt_log_ignore("This plugin does not support", extend=True)
def test_the_nearest_tickets_are_offered_with_how_far_they_are(
    here: MapPage, shell: PlainShell, story: Story, qtbot: QtBot
) -> None:
    here.map.go(52.3731, 4.8922, 15)
    qtbot.waitUntil(lambda: here.map.bounds is not None and here.map.bounds.zoom == 15, timeout=LOADING_MS)
    here._show_nearest()
    qtbot.waitUntil(lambda: QApplication.activePopupWidget() is not None, timeout=LOADING_MS)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    first = menu.actions()[0]
    assert first.text().endswith(" m")
    first.trigger()
    menu.close()
    assert shell.opened[-1] == Target("ticket", story.tickets["bridge"])


def test_without_the_web_engine_positions_are_typed(
    story: Story, shell: PlainShell, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPSDESK_MAP", "off")
    made = MapPage(story.desk, shell)
    qtbot.addWidget(made)
    made.show()
    made.drawings.begin("area")
    assert made.drawings.card.panel.key == "typed"

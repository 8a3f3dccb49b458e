"""Room for units: the page draws MIL-STD-2525 symbols for codes, with how old each position is."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Callable
from typing import Any

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from opsdesk.ui.map.page import MapPage
from tests.support.maps import LOADING_MS

INFANTRY_PLATOON, HOSTILE_ARMOUR, NO_CODE = "10031000141211000000", "10061000001205000000", "what is this"


def test_units_are_drawn_by_their_codes_with_the_age_of_their_positions(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    page.map.show_legend(True)
    now = int(time.time() * 1000)
    rows = [
        {
            "id": str(n),
            "sidc": code,
            "lat": 52.375,
            "lon": 4.89 + n / 100,
            "at": now - n * 20 * 60_000,
            "name": f"{n} Plt",
        }
        for n, code in enumerate((INFANTRY_PLATOON, HOSTILE_ARMOUR, NO_CODE))
    ]
    told = "(n) => { window.undrawn = n; legend.draw(); }"
    ask(f"(window.undrawn = null, units.show({json.dumps(rows)}).then({told}), 1)")
    qtbot.waitUntil(lambda: ask("window.undrawn") is not None, timeout=LOADING_MS)
    assert ask("window.undrawn") == 1
    drawn = {code: ask(f"units.picture({json.dumps(code)})") for code in (INFANTRY_PLATOON, HOSTILE_ARMOUR, NO_CODE)}
    assert [one["valid"] for one in drawn.values()] == [True, True, False]
    assert all(one["wide"] > 10 and one["high"] > 10 for one in drawn.values())
    assert ask("[0, 40 * 60000, 5 * 3600000].map(units.age)") == ["now", "40 min", "5 h"]
    assert any("Unit" in line for line in ask("legend.lines()"))
    ask("(units.move([['0', 10, 20, 0], ['nobody', 0, 0, 0]]), 1)")
    assert ask("units.at('0')") == {"lat": 10, "lon": 20, "at": 0}
    many = base64.b64encode(struct.pack("<8d", 1, -33.5, 179.25, now, 99, 0, 0, 0)).decode()
    ask(f"(desk.move_many('{many}'), 1)")
    assert ask("units.at('1')") == {"lat": -33.5, "lon": 179.25, "at": now}
    assert ask("units.at('2')")["lon"] == 4.91
    assert ask("units.at('nobody')") is None
    ask("(units.reset(), legend.draw(), 1)")
    assert not any("Unit" in line for line in ask("legend.lines()"))


def test_a_unit_has_the_colour_of_its_side_and_only_red_where_all_is_red(
    page: MapPage, ask: Callable[[str], Any], qtbot: QtBot
) -> None:
    # Far from the marks of the story, once the first view has been fitted to them.
    qtbot.waitUntil(lambda: ask("marks.drawn().length") > 0, timeout=LOADING_MS)
    lat, lon = 10.0, 10.0
    ask(f"(map.setView([{lat}, {lon}], 8, {{animate: false}}), 1)")
    row = {"id": "1", "sidc": INFANTRY_PLATOON, "lat": lat, "lon": lon, "at": int(time.time() * 1000), "name": ""}
    ask(f"(desk.units([{json.dumps(row)}]), 1)")
    qtbot.waitUntil(lambda: ask("units.count()") == 1, timeout=LOADING_MS)

    def beside_its_cross() -> QColor:
        x, y = ask(f"(({{x, y}}) => [Math.round(x), Math.round(y)])(map.latLngToContainerPoint([{lat}, {lon}]))")
        return QColor(page.map.grab().toImage().pixel(x - 8, y))

    def is_light_blue() -> bool:
        colour = beside_its_cross()
        return colour.blue() > 230 and colour.red() < 150

    qtbot.waitUntil(is_light_blue, timeout=LOADING_MS)
    ask("(desk.theme('red'), 1)")
    qtbot.waitUntil(lambda: beside_its_cross().blue() < 60, timeout=LOADING_MS)

"""The measured process of `bench map`: the real window offscreen, its map, and bare Leaflet beside it."""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import sys
import time
from array import array
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QEventLoop, QTimer

from opsdesk.bench import figures
from opsdesk.bench.figures import MILLI
from opsdesk.services.desk import Desk
from opsdesk.ui.shell import start
from opsdesk.ui.shell.window import MainWindow

SIZE: Final = (1440, 900)
PATIENCE_MS: Final = 120_000
SYMBOLS: Final = ("10031000141211000000", "10061000001205000000", "10031000151205000000", "10041000001101000000")
BOX: Final = (4.0, 16.0, 9.0, 26.0)
"""South, west, north and east of where the positions move."""

_Row = tuple[int, float, float, int]
"""Number, latitude, longitude, moment."""
_PAINTED: Final = "requestAnimationFrame(() => requestAnimationFrame(() => channel.tell('painted', '')));"
_BARE: Final = """
window.bare = (() => {
  const renderer = L.canvas(), group = L.layerGroup();
  let all = [];
  return {
    show: (rows) => {
      all = rows.map(([, lat, lon]) => L.circleMarker([lat, lon], { renderer, radius: 6 }));
      all.forEach((one) => group.addLayer(one));
      group.addTo(map);
    },
    move: (rows) => rows.forEach(([, lat, lon], at) => all[at].setLatLng([lat, lon])),
    only: (from, to) => all.forEach((one, at) => {
      const held = at >= from && at < to;
      if (held !== group.hasLayer(one)) group[held ? "addLayer" : "removeLayer"](one);
    }),
    drop: () => { group.remove(); group.clearLayers(); all = []; },
  };
})();
"""


class Page:
    """The map's page: runs script in it and waits until it has painted what that changed."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._loop = QEventLoop()
        engine.told.connect(lambda kind, _text: self._loop.quit() if kind == "painted" else None)

    def run(self, script: str) -> float:
        """Milliseconds from the call to the picture that shows it. Raises TimeoutError."""
        began = time.perf_counter()
        self._engine.view.page().runJavaScript(f"{script};{_PAINTED}")
        _wait(self._loop)
        return (time.perf_counter() - began) * MILLI

    def run_when(self, promise: str) -> None:
        """Wait until a promise of the page has come true and its picture is there."""
        self._engine.view.page().runJavaScript(f"{promise}.then(() => {{ {_PAINTED} }})")
        _wait(self._loop)

    def ask(self, expression: str) -> Any:
        """The value of an expression that is a number or a text."""
        found: list[Any] = []

        def take(value: Any) -> None:
            found.append(value)
            self._loop.quit()

        self._engine.view.page().runJavaScript(expression, take)
        _wait(self._loop)
        return found[0]


def _wait(loop: QEventLoop) -> None:
    late = QTimer(singleShot=True, interval=PATIENCE_MS)
    late.timeout.connect(lambda: loop.exit(1))
    late.start()
    if loop.exec():
        raise TimeoutError("The map did not come")


def main() -> None:
    """Measure what the arguments say and print it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("first", "bare", "positions"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--times", type=int, required=True)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    desk = Desk.open(options.folder)
    desk.settings.set("map.query", "")
    application = start.make_application(["opsdesk"], desk.settings)
    if options.what == "bare":
        found = {"took_ms": _bare_start()}
    else:
        window: Any = MainWindow(desk)
        window.resize(*SIZE)
        window.go("home")
        window.show()
        import_module("opsdesk.ui.map.page")  # the program does so some seconds after its start
        _rest(desk, 1.5)
        before = figures.tree_mb()
        page, found = _first(window)
        if options.what == "positions":
            _rest(desk, 1.0)
            found = {"memory_added_mb": round(figures.tree_mb() - before, 1), **_positions(page, options.times)}
        window.close()
        window.dispose()
    application.processEvents()
    from opsdesk.ui.widgets.map_view.engine import close_engine

    close_engine()
    desk.close()
    print(json.dumps(found))


def _rest(desk: Desk, seconds: float) -> None:
    from PySide6.QtCore import QCoreApplication

    ends = time.perf_counter() + seconds
    while time.perf_counter() < ends or desk.busy:
        QCoreApplication.processEvents()
        time.sleep(0.005)


def _bare_start() -> float:
    """Milliseconds until the web engine has loaded an empty page: what no map of it can go below."""
    import shiboken6
    from PySide6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
    from PySide6.QtWebEngineWidgets import QWebEngineView

    began, loop = time.perf_counter(), QEventLoop()
    profile, view = QWebEngineProfile(), QWebEngineView()
    page = QWebEnginePage(profile, view)
    view.setPage(page)
    view.resize(*SIZE)
    view.loadFinished.connect(lambda _ok: loop.quit())
    view.setHtml("<p>nothing</p>")
    view.show()
    _wait(loop)
    took = (time.perf_counter() - began) * MILLI
    for part in (page, view, profile):  # in this order: a profile must outlive its page
        shiboken6.delete(part)
    return took


def _first(window: Any) -> tuple[Page, dict[str, Any]]:
    """Ask for the map as a person does, until land and tickets are painted."""
    from opsdesk.ui.widgets.map_view.engine import engine

    loop, began = QEventLoop(), time.perf_counter()
    window.go("map")
    view = window.page("map")
    page = Page(engine())
    shown: list[float] = []
    set_layer = view.map.set_layer

    def told(*layer: Any) -> None:
        set_layer(*layer)
        shown.append(time.perf_counter())
        loop.quit()

    view.map.set_layer = told
    _wait(loop)
    if not engine().is_ready:  # tickets are read while it starts
        engine().ready.connect(loop.quit)
        _wait(loop)
    page.run_when("base.loaded")
    return page, {"took_ms": (time.perf_counter() - began) * MILLI}


def _positions(page: Page, times: int) -> dict[str, Any]:
    """Moving positions, and a window of time, ours and by the bare calls of Leaflet, in turn."""
    page.run(f"desk.fit{BOX}; {_BARE}; desk.drop('tickets'); desk.drop('heat')")
    steps = {
        "positions1000": _moving(page, times, _rows(1_000), 0.1),
        "positions10000": _moving(page, times, _rows(10_000), 1.0),
        "window10000": _window(page, times, _rows(10_000)),
    }
    return {"steps": steps}


def _moving(page: Page, times: int, rows: list[_Row], pause: float) -> dict[str, list[float]]:
    units = [
        {"id": number, "lat": lat, "lon": lon, "at": at, "sidc": SYMBOLS[number % len(SYMBOLS)], "name": str(number)}
        for number, lat, lon, at in rows
    ]
    page.run(f"units.show({json.dumps(units)})")
    while not page.ask("units.count()"):  # the library comes with the first unit
        page.run("0")
    ours = _series(times, pause, lambda: page.run(f"desk.move_many('{_packed(_moved(rows))}')"))
    page.run("desk.units([])")
    page.run(f"bare.show({_told(rows)})")
    bare = _series(times, pause, lambda: page.run(f"bare.move({_told(_moved(rows))})"))
    page.run("bare.drop()")
    return {"ours": ours, "bare": bare}


def _window(page: Page, times: int, rows: list[_Row]) -> dict[str, list[float]]:
    marks = [
        {"id": str(number), "lat": lat, "lon": lon, "p": 1 + number % 4, "s": 10, "n": "", "t": "", "w": number}
        for number, lat, lon, _ in rows
    ]
    places = range(0, 8_000, max(1, 8_000 // times))
    page.run(f"desk.fill('tickets', {json.dumps({'kind': 'marks', 'rows': marks})})")
    ours = [page.run(f"desk.window({at}, {at + 2000})") for at in places]
    page.run("desk.drop('tickets'); desk.window(null, null)")
    page.run(f"bare.show({_told(rows)}); bare.only(0, 2000)")
    bare = [page.run(f"bare.only({at}, {at + 2000})") for at in places]
    page.run("bare.drop()")
    return {"ours": ours, "bare": bare}


def _packed(rows: list[_Row]) -> str:
    """Rows as `desk.move_many` takes them; their numbers are their places."""
    numbers = array("d", (value for row in rows for value in row))
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


def _told(rows: list[_Row]) -> str:
    return json.dumps(rows, separators=(",", ":"))


def _rows(count: int) -> list[_Row]:
    south, west, north, east = BOX
    return [(number, random.uniform(south, north), random.uniform(west, east), 0) for number in range(count)]


def _moved(rows: list[_Row]) -> list[_Row]:
    now = int(time.time() * 1000)
    for at, (number, lat, lon, _) in enumerate(rows):
        rows[at] = (
            number,
            round(lat + random.uniform(-0.01, 0.01), 5),
            round(lon + random.uniform(-0.01, 0.01), 5),
            now,
        )
    return rows


def _series(times: int, pause: float, step: Callable[[], float]) -> list[float]:
    """Do a step so many times, one each `pause` seconds, and return how long each took."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        found.append(step())
        loop = QEventLoop()
        QTimer.singleShot(max(0, int((pause - (time.perf_counter() - began)) * MILLI)), loop.quit)
        loop.exec()
    return found


if __name__ == "__main__":
    main()

"""One way over the map: a place is picked by a click and by a name, tickets are made there, found near a point and in
an area that is drawn, and seen. (By a grid: the scene `location`; time that is played: `map-time`.)"""

from __future__ import annotations

from typing import Any

from opsdesk.services.positions import Position
from opsdesk.tour.scenes.map import open_picker
from opsdesk.tour.stage import PATIENCE_S, Scene, Stage

_GRID = "34NDM647379"
_TOLD = (
    ("Pump leaks fuel at the north ferry", 5.79, 20.7),
    ("Bridge over the Ouaka carries 3 t only", 5.7707, 20.6811),
    ("60 families wait at the market for shelter", 5.762, 20.6672),
)
"""Titles of the tickets, and where they are: in and around Bambari."""
_RING = [[20.63, 5.73], [20.74, 5.73], [20.75, 5.8], [20.71, 5.83], [20.64, 5.81]]
_AREA = "Bambari ring"


def _made(stage: Stage) -> dict[str, bytes]:
    """The tickets and the area, made by the first scene that needs them; the tickets by their titles."""
    from opsdesk.services import directory, drawings, tickets

    titles = [title for title, _, _ in _TOLD]
    known = stage.desk.ask(
        lambda reader: reader.rows(
            f"SELECT title, id FROM ticket WHERE title IN ({','.join('?' * len(titles))})", tuple(titles)
        )
    )
    made = dict(known.result(PATIENCE_S))
    if not made:
        kinds = {kind.code: kind.id for kind in stage.desk.ask(directory.types).result(PATIENCE_S)}
        for title, lat, lon in _TOLD:
            at: dict[str, Any] = {"lat": lat, "lon": lon, "accuracy_m": 70.8, "position_source": "map", "urgency": 3,
                                  "impact": 2, "occurred_at": stage.desk.now()}  # fmt: skip
            kind = kinds["incident"]
            call = stage.desk.do(tickets.create, title=title, type=kind, values=at)
            made[title] = call.result(PATIENCE_S).value
        shape = {"type": "Polygon", "coordinates": [_RING]}
        stage.desk.do(drawings.create, {"name": _AREA, "kind": 2, "geometry": shape}).result(PATIENCE_S)
    return made


def _click(stage: Stage) -> None:
    picker = open_picker(stage)
    _, lat, lon = _TOLD[0]
    picker.map.go(lat, lon, 12)
    stage.drawn(picker.map)
    picker.map.picked.emit(Position(lat, lon, 76.0))
    stage.drawn(picker.map)


def _name(stage: Stage) -> None:
    picker = open_picker(stage)
    stage.type("bambari")
    stage.settle()
    stage.press("Return")
    stage.drawn(picker.map)


def _near(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    _made(stage)
    stage.window.open(Target("tickets", query=f"is:open near:{_GRID},6km"))
    stage.settle()
    stage.press("J")


def _on_map(stage: Stage, query: str) -> Any:
    stage.desk.settings.set("map.query", query)
    stage.window.go("map")
    stage.drawn()
    stage.desk.settings.set("map.query", "is:open")
    return stage.window.page("map")


def _inside(stage: Stage) -> None:
    from opsdesk.services import drawings

    _made(stage)
    page = _on_map(stage, f'is:open in:"{_AREA}"')
    area = next(one for one in stage.desk.ask(drawings.everything).result(PATIENCE_S) if one.name == _AREA)
    page.drawings.choose(area.id, fit=True)
    stage.drawn()


def _seen(stage: Stage) -> None:
    """A ticket chosen on the map, with its card."""
    made = _made(stage)
    page = _on_map(stage, "is:open")
    page._choose(made[_TOLD[0][0]].hex(), go=True)
    stage.drawn()


SCENES = (
    Scene("journey-click", _click),
    Scene("journey-name", _name),
    Scene("journey-near", _near),
    Scene("journey-inside", _inside),
    Scene("journey-seen", _seen),
)

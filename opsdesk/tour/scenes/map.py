"""The map."""

from __future__ import annotations

from typing import Any

from opsdesk.services.times import DAY, HOUR
from opsdesk.tour.stage import Scene, Stage


def _map(stage: Stage) -> None:
    stage.window.go("map")
    stage.drawn()
    stage.window.page("map").map.go(6.5, 20.5, 6.5)
    stage.drawn()


def _map_time(stage: Stage) -> None:
    """A month of the conflict events of the sample, between the beginning and now."""
    stage.desk.settings.set("map.query", "")
    _map(stage)
    page = stage.window.page("map")
    page.times.bar.set_length(30 * DAY)
    page.times.bar.step(-1)
    stage.drawn()
    stage.desk.settings.set("map.query", "is:open")


def open_picker(stage: Stage) -> Any:
    """The picker of a new ticket, with its map."""
    from opsdesk.ui.widgets.location_picker import LocationPicker

    stage.forget_drafts()
    stage.window.begin_new("ticket", {"title": "Pump leaks fuel at the north ferry"})
    stage.settle()
    stage.window.page("tickets").pane.body.where.locate()
    picker = stage.window.findChild(LocationPicker)
    stage.drawn(picker.map)
    return picker


def _picker(stage: Stage) -> None:
    picker = open_picker(stage)
    stage.type("34N DM 647 379")
    stage.settle()
    picker.foot.radii.chosen.emit(500)
    picker.foot.source_chosen.emit("told")
    stage.drawn(picker.map)


_DRAWN: tuple[dict[str, Any], ...] = (
    {
        "name": "Bria – Ippy axis", "kind": 3, "level": 4, "hours": 15, "note": "Two groups contest the road since "
        "18 NOV. Ambush at first light is likely (55–75 %); confidence moderate.",
        "ring": [[20.75, 5.75], [21.1, 5.98], [21.7, 6.35], [22.3, 6.75], [22.45, 7.1], [22.1, 7.25], [21.5, 6.95],
                 [20.95, 6.5], [20.7, 6.05]],
    },
    {
        "name": "Batangafo", "kind": 3, "level": 3, "hours": 27, "note": "Armed men seen at the ferry on two nights.",
        "ring": [[17.9, 7.2], [18.3, 7.6], [18.75, 7.5], [18.7, 7.05], [18.2, 6.95]],
    },
    {
        "name": "Bangui north", "kind": 3, "level": 2, "hours": -20, "note": "Road block, reported once.",
        "circle": [18.6, 4.75], "radius_m": 42_000.0,
    },
    {"name": "Camp Alindao", "kind": 2, "circle": [21.2, 5.05], "radius_m": 18_000.0},
    {"name": "Route Amber", "kind": 1, "line": [[18.56, 4.4], [18.8, 5.0], [19.3, 5.9], [20.67, 5.76], [21.2, 5.05]]},
)  # fmt: skip
"""As an analyst of the post would have drawn them."""


def _map_drawings(stage: Stage) -> None:
    """Areas of threat, one of them expired and one chosen."""
    from opsdesk.services import drawings

    made = {one.name: one.id for one in stage.desk.ask(drawings.everything).result()}
    for one in _DRAWN if not made else ():
        shape: dict[str, Any] = (
            {"type": "Point", "coordinates": one["circle"]} if "circle" in one
            else {"type": "LineString", "coordinates": one["line"]} if "line" in one
            else {"type": "Polygon", "coordinates": [one["ring"]]}
        )  # fmt: skip
        values = {
            "name": one["name"], "kind": one["kind"], "note": one.get("note"), "level": one.get("level"),
            "geometry": shape, "radius_m": one.get("radius_m"),
            "valid_until": stage.desk.now() + one["hours"] * HOUR if "hours" in one else None,
        }  # fmt: skip
        made[one["name"]] = stage.desk.do(drawings.create, values).result().value
    stage.desk.settings.set("map.query", "")
    _map(stage)
    stage.window.page("map").drawings.choose(made["Bria – Ippy axis"])
    stage.drawn()
    stage.desk.settings.set("map.query", "is:open")


SCENES = (
    Scene("map", _map),
    Scene("map-drawings", _map_drawings),
    Scene("map-time", _map_time),
    Scene("location", _picker),
)

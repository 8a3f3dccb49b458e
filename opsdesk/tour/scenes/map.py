"""The map."""

from __future__ import annotations

from opsdesk.services.times import DAY
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


def _picker(stage: Stage) -> None:
    from opsdesk.ui.widgets.location_picker import LocationPicker

    stage.forget_drafts()
    stage.window.begin_new("ticket", {"title": "Pump leaks fuel at the north ferry"})
    stage.settle()
    stage.window.page("tickets").pane.body.where.locate()
    picker = stage.window.findChild(LocationPicker)
    stage.drawn(picker.map)
    stage.type("34N DM 647 379")
    stage.settle()
    picker.foot.radii.chosen.emit(500)
    picker.foot.source_chosen.emit("told")
    stage.drawn(picker.map)


SCENES = (
    Scene("map", _map),
    Scene("map-time", _map_time),
    Scene("location", _picker),
)

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


SCENES = (
    Scene("map", _map),
    Scene("map-time", _map_time),
)

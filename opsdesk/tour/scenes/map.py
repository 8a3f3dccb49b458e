"""The map."""

from __future__ import annotations

from opsdesk.tour.stage import Scene, Stage


def _map(stage: Stage) -> None:
    stage.window.go("map")
    stage.drawn()
    stage.window.page("map").map.go(6.5, 20.5, 6.5)
    stage.drawn()


SCENES = (Scene("map", _map),)

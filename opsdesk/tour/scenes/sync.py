"""Conflicts and the queue."""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.tour import queue
from opsdesk.tour.stage import Scene, Stage


def _conflicts(*keys: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.forget_drafts()
        stage.window.go("conflicts")
        stage.settle()
        stage.press(*keys)

    return play


def _conflict_in_place(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.forget_drafts()
    stage.window.open(Target("ticket", stage.split))
    stage.settle()
    stage.press("J", "3")


def _queue(*keys: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        stage.desk.link._put(queue.down(stage.desk.now()))
        stage.window.go("queue")
        stage.settle()
        stage.press(*keys)

    return play


SCENES = (
    Scene("conflicts", _conflicts("3")),
    Scene("ticket-conflict", _conflict_in_place),
    Scene("conflicts-edit", _conflicts("3", "E")),
    Scene("queue", _queue()),
    Scene("queue-edit", _queue("J", "E")),
)

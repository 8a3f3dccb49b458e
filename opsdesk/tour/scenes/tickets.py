"""The list of tickets."""

from __future__ import annotations

from opsdesk.tour.stage import Scene, Stage


def _list(stage: Stage) -> None:
    stage.go_to_list()


def _selected(stage: Stage) -> None:
    stage.go_to_list()
    stage.press("X", "J", "X", "J", "J", "X")


def _grouped(stage: Stage) -> None:
    _list(stage)
    stage.window.page("tickets").list.showing.set_group("state")
    stage.settle()
    stage.press("Left", "Left", "Down", "J", "J")


def _narrowed(stage: Stage) -> None:
    _list(stage)
    page = stage.window.page("tickets").list
    page.narrowing.focus()
    stage.settle()
    stage.press("Down", "Space", "Down", "Space")
    page.narrowing.count()


def _bulk(stage: Stage) -> None:
    from opsdesk.services.tickets import Priority
    from opsdesk.ui.tickets.bulk.parts import Part

    stage.go_to_list()
    stage.press("Ctrl+A", "Ctrl+A")
    editor = stage.window.page("tickets").list.editor
    editor.open()
    stage.settle()
    editor.choosing.open.close_now()
    editor.take(Part("Priority", "High", {"priority": int(Priority.HIGH)}))
    editor.take(Part("State", "Start work", event="start"))
    stage.settle()


def _wrong_query(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.window.open(Target("tickets", query="state:opne prio>=high"))


def _nothing_found(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    stage.window.open(Target("tickets", query="state:open prio:urgent yeti"))


SCENES = (
    Scene("tickets", _list),
    Scene("tickets-selected", _selected),
    Scene("tickets-grouped", _grouped),
    Scene("tickets-narrowed", _narrowed),
    Scene("tickets-bulk", _bulk),
    Scene("tickets-wrong-query", _wrong_query),
    Scene("tickets-none", _nothing_found),
)

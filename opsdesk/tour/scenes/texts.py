"""Scenes of the tour with what is set: texts that are often written, and of what one is never told."""

from __future__ import annotations

from opsdesk.tour.stage import PATIENCE_S, Scene, Stage

_TEXTS = (
    (
        "Asked for the grid",
        "grid",
        "Please send the grid of {place}, and what can be seen from there.",
        "unit",
    ),
    ("Patrol is on the way", "eta", "A patrol is on the way to {place} and reports when it is there.", "unit"),
    ("Closed for now", "closed", "{number} rests until there is news. {me}, {my unit}, {now}", "mine"),
)


def _fill(stage: Stage) -> None:
    from opsdesk.services import canned

    if not stage.desk.ask(canned.texts).result(PATIENCE_S):
        for name, shortcut, body, scope in _TEXTS:
            stage.desk.do(canned.save, name=name, shortcut=shortcut, body=body, scope=scope).result(PATIENCE_S)


def _offered(stage: Stage) -> None:
    from opsdesk.ui.shell.page import Target

    _fill(stage)
    stage.forget_drafts()
    stage.window.open(Target("ticket", stage.ticket()))
    stage.settle()
    stage.window.page("tickets").detail.write()
    stage.type("Seen. ::")
    stage.settle()


def _written(stage: Stage) -> None:
    _fill(stage)
    stage.window.go("settings")
    stage.settle()
    page = stage.window.page("settings")
    page.texts.edit(page.texts.rows[0])
    stage.settle()
    page.ensureWidgetVisible(page.texts, 0, 40)


def _exceptions(stage: Stage) -> None:
    """Of what one watches, changes of state are never told."""
    from opsdesk.ui.shell.notify_card import Exceptions

    stage.window.preferences.set("notify.watched.moved", False)
    stage.window.go("settings")
    stage.settle()
    page = stage.window.page("settings")
    page.ensureWidgetVisible(page.findChildren(Exceptions)[-1], 0, 120)


OF_A_TICKET = (Scene("ticket-texts", _offered),)
OF_THE_SETTINGS = (Scene("settings-texts", _written), Scene("settings-notified", _exceptions))

"""One ticket: its parts, and a new one."""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.tour import bell
from opsdesk.tour.scenes import files, texts
from opsdesk.tour.stage import Scene, Stage


def _detail(tab: str) -> Callable[[Stage], None]:
    def play(stage: Stage) -> None:
        from opsdesk.ui.shell.page import Target

        stage.window.open(Target("ticket", stage.ticket()))
        stage.settle()
        if tab:
            stage.window.page("tickets").detail.tabs.open(tab)

    return play


def _mention(stage: Stage) -> None:
    _detail("conversation")(stage)
    bell.mention(stage)


def _links(stage: Stage) -> None:
    from opsdesk.services import tickets
    from opsdesk.ui.shell.page import Target

    ticket = stage.ticket()
    found = stage.desk.ask(tickets.related, ticket).result()
    for kind, back, row in zip(("blocks", "parent", "parent"), (True, False, False), found, strict=False):
        if not any(link.ticket == row.ticket for link in stage.desk.ask(tickets.card, ticket).result().links):
            stage.desk.do(tickets.link, ticket, kind, row.ticket, back=back).result()
    stage.window.open(Target("ticket", ticket))
    stage.settle()
    stage.window.page("tickets").detail.tabs.open("links")


def _print(stage: Stage) -> None:
    _detail("")(stage)
    stage.settle()
    stage.window.actions.run("ticket.print")


def _new(stage: Stage) -> None:
    stage.window.begin_new("ticket")
    stage.settle()
    stage.type("Route obs")
    stage.press("Return", "Tab")


def _new_ruled(stage: Stage) -> None:
    """A form whose rules hide, need, lock and set: ammunition is issued each, and to whom it goes must be said."""
    stage.window.begin_new("ticket")
    stage.settle()
    stage.type("Supply")
    stage.press("Return", "Tab")
    stage.settle()
    stage.type("ammun")
    stage.press("Return", "Tab")
    stage.type("Ammunition for the gate guard")
    stage.settle()
    pane = stage.window.page("tickets").pane
    pane.go_to("purpose")


SCENES = (
    Scene("ticket", _detail("")),
    Scene("ticket-fields", _detail("fields")),
    Scene("ticket-links", _links),
    Scene("ticket-history", _detail("history")),
    Scene("ticket-mention", _mention),
    Scene("bell", bell.bell),
    Scene("bell-note", bell.note),
    Scene("ticket-print", _print),
    *files.ON_A_TICKET,
    *texts.OF_A_TICKET,
    Scene("new-ticket", _new),
    Scene("new-ticket-rules", _new_ruled),
    *files.ON_A_NEW_ONE,
)

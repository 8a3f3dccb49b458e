"""What the tour shows behind the bell and in the composer: news of tickets of the sample, and a mention in writing."""

from __future__ import annotations

from typing import Any

from opsdesk.services import notifications, times
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.notifications import TOLD
from opsdesk.store import notices
from opsdesk.store.work import Work

_KINDS = (
    (notices.MENTIONED, 2), (notices.ASSIGNED, 12), (notices.COMMENTED, 34), (notices.MOVED, 50), (notices.DUE, 58),
)  # fmt: skip


def fill(desk: Desk) -> None:
    """Let others have done things that the person at the desk should know, and was told."""
    desk.do(_fill).result()
    # No picture but that of the bell should tell of it.
    desk.settings.set(TOLD, desk.ask(notifications.latest).result())


def _fill(work: Work) -> Changes:
    said = work.rows(
        "SELECT c.id, c.subject, c.author FROM comment c JOIN ticket t ON t.id = c.subject "
        "WHERE c.author <> ? AND c.voided IS NULL AND t.voided IS NULL ORDER BY c.written_at DESC LIMIT 40",
        (work.person,),
    )
    raised = []
    for (kind, minutes), (comment, ticket, author) in zip(_KINDS, said, strict=False):
        about = comment if kind in (notices.MENTIONED, notices.COMMENTED) else ticket
        at = work.now - minutes * times.MINUTE
        value = {notices.MOVED: 30, notices.DUE: work.now + 40 * times.MINUTE}.get(kind)
        who = None if kind == notices.DUE else author
        raised.append(notices.Event(kind, ticket, about, who, at, "", value))
    many = work.rows("SELECT id FROM ticket WHERE voided IS NULL ORDER BY key DESC LIMIT 12")
    for (ticket,) in many if said else ():
        at = work.now - 25 * times.MINUTE
        raised.append(notices.Event(notices.ASSIGNED, ticket, ticket, said[0][2], at, "many"))
    for event in sorted(raised, key=lambda event: event.happened):
        notices.raise_one(work.connection, work.person, event, event.happened)
    return Changes(notifications=True)


def bell(stage: Any) -> None:
    """The list behind the bell."""
    stage.window.go("home")
    stage.settle()
    stage.window.open_bell()


def mention(stage: Any) -> None:
    """A comment in which somebody is about to be mentioned."""
    detail = stage.window.page("tickets").detail
    detail.write()
    stage.settle()
    stage.type("Please look at the pump, @a")


def note(stage: Any) -> None:
    """A notification that is about to be acknowledged with a note."""
    bell(stage)
    stage.settle()
    panel = stage.window.bell_panel
    line = next(row for row in panel.model.rows if not isinstance(row, str) and row.kind == notices.MENTIONED)
    panel.list.setCurrentIndex(panel.model.index(panel.model.first(line.keys), 0))
    stage.press("N")
    stage.type("Patrol is on its way")

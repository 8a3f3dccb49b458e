"""Files of the map, for a screen: one call for what comes in and what goes out, with what became of it in words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from opsdesk.services import exporting as ticket_files
from opsdesk.services.changes import Changes, Outcome
from opsdesk.services.desk import Desk
from opsdesk.services.drawings import exporting, importing
from opsdesk.services.drawings.importing import Report
from opsdesk.services.tickets import lists

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a file: in words, whether something was left out or simplified, and what undo takes back."""

    words: str
    left: bool = False
    outcome: Outcome | None = None


def run(
    desk: Desk, what: str, path: Path, query: str, progress: Progress, cancelled: Callable[[], bool]
) -> Future[Done]:
    """`import` drawings, or export `drawings` or the `tickets` of a query. Returns at once; raises as those do."""
    if what == "import":
        return _then(importing.run(desk, path, progress=progress, cancelled=cancelled), _told)
    if what == "tickets":
        written = ticket_files.export(desk, lists.ListQuery(query), None, path, progress, cancelled)
        return _then(written, lambda count: Done(f"Exported {count:,} tickets to {path.name}"))
    written = exporting.export(desk, path, progress, cancelled)
    return _then(written, lambda count: Done(f"Exported {count:,} drawings to {path.name}"))


def _told(report: Report) -> Done:
    left = bool(report.reasons or report.notes or report.cancelled or not report.imported)
    if report.act is None:
        return Done(report.words, left=True)
    made = f"{report.imported:,} drawing{'' if report.imported == 1 else 's'} imported"
    return Done(report.words, left, Outcome(Changes(), report.act, made))


def _then(future: Future[Report] | Future[int], told: Callable[..., Done]) -> Future[Done]:
    made: Future[Done] = Future()
    made.set_running_or_notify_cancel()

    def settle(done: Future[Report] | Future[int]) -> None:
        error = done.exception()
        if error is not None:
            made.set_exception(error)
        else:
            made.set_result(told(done.result()))

    future.add_done_callback(settle)
    return made

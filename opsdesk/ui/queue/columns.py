"""The columns of the queue: what each says, and how it is painted."""

from __future__ import annotations

from PySide6.QtCore import QRectF

from opsdesk.services import times, waiting
from opsdesk.services.waiting import WaitingLine, Why
from opsdesk.ui.shell.statusbar import size
from opsdesk.ui.widgets.row_table import Cell, Column, RowSource
from opsdesk.ui.widgets.row_table.cell import elided, metrics_of

_ICONS = {
    "ticket": "ticket",
    "person": "user",
    "unit": "users-three",
    "place": "map-pin",
    "saved_view": "bookmark-simple",
}
_TONES = {Why.UNSUPPORTED: "warn.text", Why.DEFERRED: "warn.text", Why.NEED_OLD: "warn.text", Why.ANSWERED: "good.text"}
_TITLE_SHARE = 0.4
"""The part of the cell that the title keeps, however much there is to say."""
_MARKS = {Why.UNSUPPORTED: "prohibit", Why.DEFERRED: "hourglass", Why.NEED_OLD: "question", Why.ANSWERED: "checks"}


def _paint_kind(cell: Cell, line: WaitingLine) -> None:
    cell.icon(QRectF(cell.rect), _ICONS.get(line.kind, "note"), "quiet", 16)


def _paint_record(cell: Cell, line: WaitingLine) -> None:
    cell.text(line.number or line.kind.replace("_", " ").capitalize(), colour="link" if cell.hovered else "quiet")


def change_text(line: WaitingLine) -> str:
    """What a line changes: "Generator 2 failed: priority to Urgent"."""
    return f"{line.title}: {line.words}" if line.title else line.words


def _paint_change(cell: Cell, line: WaitingLine) -> None:
    rect = cell.rect
    right = rect.right() + 1
    if line.why is not Why.UNSENT:
        box = QRectF(right - 16, rect.top(), 16, rect.height())
        cell.icon(box, _MARKS[line.why], _TONES[line.why], 14)
        right -= 22
    room = right - rect.left()
    place = rect.adjusted(0, 0, right - rect.right() - 1, 0)
    if not line.title:
        cell.text(line.words, rect=place)
        return
    # What is changed is what the line is for: a long title gives way to it.
    measure = metrics_of("body").horizontalAdvance
    colon = ": "
    words = measure(line.words)
    for_title = max(room - measure(colon) - words, int(room * _TITLE_SHARE))
    _, used = elided("body", line.title, for_title)
    cell.text(line.title, "body", "quiet", rect=place.adjusted(0, 0, for_title - room, 0))
    cell.write(rect.left() + used, cell.baseline, colon, "body", "quiet")
    cell.text(line.words, "body", "text", rect=place.adjusted(used + measure(colon), 0, 0, 0))


def _waited(cell: Cell, line: WaitingLine) -> str:
    return times.span(max(0, cell.now - line.since))


def _paint_since(cell: Cell, line: WaitingLine) -> None:
    cell.text(_waited(cell, line), colour="quiet")


def _change_words(line: WaitingLine) -> str:
    return "\n".join(filter(None, (change_text(line), line.note)))


COLUMNS = (
    Column("kind", "Kind", lambda line: line.kind, _paint_kind, 30, icon="note", sortable=False, fixed=True),
    Column(
        "record", "Record", lambda line: line.number, _paint_record, 108, sortable=False, link=True, fixed=True,
    ),
    Column(
        "change", "Change", change_text, _paint_change, 300, 160, stretch=True, fixed=True, sortable=False,
        words=_change_words,
    ),
    Column("by", "By", lambda line: line.by, None, 96, sortable=False, gives_way=2),
    Column("size", "Size", lambda line: size(line.size), None, 64, right=True, sortable=False, gives_way=1,
           words=lambda line: f"{line.changes:,} change{'s' if line.changes != 1 else ''}, about {line.size:,} bytes"),
    Column(
        "since", "Waiting", lambda line: times.dtg(line.since), _paint_since, 76, right=True, sortable=False,
        words=lambda line: f"Since {times.dtg(line.since)} · {times.local(line.since)} here",
    ),
)  # fmt: skip

SOURCE = RowSource("queue", COLUMNS, waiting.first_page, waiting.count, waiting.keys, waiting.rows, page_size=60)

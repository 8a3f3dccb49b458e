"""The columns of the ticket list: what each says, how it is painted, and its words for tooltips and screen readers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QLineF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from opsdesk.services import times
from opsdesk.services.tickets import Mark, Named, TicketRow, lists
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.due import ANSWER, due_lines, due_of
from opsdesk.ui.widgets.pill import paint_pill
from opsdesk.ui.widgets.row_table import Cell, Column
from opsdesk.ui.widgets.row_table.cell import elided, metrics_of
from opsdesk.ui.widgets.sync_mark import ICONS, SIZE

Painter = Callable[[Cell, TicketRow], None]

STATE_TONES = {
    "NEW": "accent",
    "OPEN": "accent",
    "IN_PROGRESS": "accent",
    "WAITING": "warn",
    "RESOLVED": "good",
}
"""Tones of states as pills; those not named are neutral."""

_STATE_COLOURS = {"WAITING": "warn.text", "RESOLVED": "good.text"} | dict.fromkeys(
    ("CLOSED", "CANCELLED", "MERGED"), "quiet"
)
_DOT = 11


@dataclass(frozen=True)
class Survey:
    """What is the same of all rows on view, so that not each of them must say it."""

    all_exercise: bool
    all_queued: bool


def survey(rows: list[TicketRow]) -> Survey:
    """Look at the rows on view."""
    return Survey(bool(rows) and all(row.exercise for row in rows), all(row.queued for row in rows))


def priority_tone(row: TicketRow) -> str:
    """Return the tone of a ticket's priority."""
    return "urgent" if row.major else row.priority.name.lower()


def priority_word(row: TicketRow) -> str:
    """Return the word of a ticket's priority; a major incident stands above urgent."""
    return "Major" if row.major else row.priority.label


def state_words(row: TicketRow) -> str:
    """Return the state with what it waits for: `Waiting for parts`."""
    return f"{row.state.label} for {row.waiting_reason}" if row.waiting_reason else row.state.label


# -- painting ------------------------------------------------------------------------------------------------
def _paint_sync(cell: Cell, row: TicketRow) -> None:
    mark = row.mark
    name, colour = ICONS[mark]
    # Where all of them wait, as at a desk that works alone, none stands out.
    faint = mark is Mark.QUEUED and cell.seen.all_queued
    cell.icon(QRectF(cell.rect), name, "faint" if faint else colour, SIZE)


def _paint_priority(cell: Cell, row: TicketRow) -> None:
    paint_pill(cell.painter, QRectF(cell.rect), priority_word(row), priority_tone(row))
    cell.forget_pen()


def _paint_number(cell: Cell, row: TicketRow) -> None:
    advance = cell.text(row.number, "body", "link" if cell.hovered else "quiet")
    if cell.hovered:
        y = cell.baseline + 2
        cell.painter.drawLine(cell.rect.left(), y, cell.rect.left() + advance, y)


def _paint_title(cell: Cell, row: TicketRow) -> None:
    rect = cell.rect
    right = rect.right() + 1
    if row.comments:
        words = str(row.comments)
        advance = metrics_of("body").horizontalAdvance(words)
        cell.write(right - advance, cell.baseline, words, "body", "quiet")
        cell.icon(QRectF(right - advance - 20, rect.top(), 16, rect.height()), "chat-circle", "quiet", 14)
        right -= advance + 24
    if row.attachments:
        cell.icon(QRectF(right - 16, rect.top(), 16, rect.height()), "paperclip", "quiet", 14)
        right -= 20
    left = rect.left() + _DOT
    if row.unread:
        cell.painter.setPen(Qt.PenStyle.NoPen)
        cell.painter.setBrush(theme.color("accent.mark"))
        cell.painter.setRenderHint(cell.painter.RenderHint.Antialiasing)
        cell.painter.drawEllipse(QRectF(rect.left(), rect.center().y() - 2.5, 7, 7))
        cell.painter.setRenderHint(cell.painter.RenderHint.Antialiasing, False)
        cell.forget_pen()
    if row.exercise and not cell.seen.all_exercise:
        left += _paint_exercise(cell, left)
    place = QRect(left, rect.top(), max(0, right - left - (6 if right <= rect.right() else 0)), rect.height())
    cell.text(row.title, "strong" if row.unread else "body", rect=place)


def _paint_exercise(cell: Cell, left: int) -> int:
    # Among real records each one of an exercise says so; where all are, the heading says it once for all.
    width = metrics_of("small").horizontalAdvance("EX")
    box = QRectF(left + 0.5, cell.rect.center().y() - 7.5, width + 7, 16)
    cell.painter.setPen(theme.color("line_strong"))
    cell.painter.setBrush(Qt.BrushStyle.NoBrush)
    cell.painter.drawRoundedRect(box, 3, 3)
    cell.forget_pen()
    cell.write(left + 4, cell.baseline - 0.5, "EX", "small", "quiet")
    return width + 14


def _paint_state(cell: Cell, row: TicketRow) -> None:
    cell.text(row.state.label, colour=_STATE_COLOURS.get(row.state.name, "text"))


def _paint_assignee(cell: Cell, row: TicketRow) -> None:
    if row.assignee is None:
        cell.text("Unassigned", colour="quiet")
        return
    name = row.assignee.name
    cell.text(name if metrics_of("body").horizontalAdvance(name) <= cell.rect.width() else short_name(name))


def short_name(name: str) -> str:
    """Return a name with its first word as an initial: `Selma Weiss` is S. Weiss; one word stays as it is."""
    first, _, rest = name.partition(" ")
    return f"{first[0]}. {rest}" if rest and len(first) > 2 and first.isalpha() else name


def _paint_quiet(cell: Cell, text: str) -> None:
    cell.text(text, colour="quiet")


def _paint_due(cell: Cell, row: TicketRow) -> None:
    due = due_of(row, cell.now)
    if not due.runs and not due.paused:
        late = due.words.startswith("late")
        cell.text(due.words, "quiet", "danger.text" if late else "quiet")
        return
    rect, middle = cell.rect, cell.rect.top() + cell.rect.height() // 2
    left = rect.left()
    if due.paused:
        cell.icon(QRectF(left - 1, middle - 10, 12, 12), "pause-fill", "quiet", 10)
        left += 13
    colour = "quiet" if due.paused else "text" if due.tone == "good" else f"{due.tone}.text"
    role = "small-strong" if due.tone == "danger" else "small"
    room = rect.right() + 1 - left
    shown, _ = elided(role, due.words, room)
    if shown != due.words and due.kind == ANSWER:  # the time is what counts; the tooltip has all
        shown, _ = elided(role, due.words.removeprefix("answer "), room)
    cell.cut = cell.cut or shown != due.words
    cell.write(left, middle + 0.5, shown, role, colour)
    box = QRectF(rect.left(), middle + 7, min(rect.width(), 80), 3)
    paint_due_bar(cell.painter, box, due.share, due.tone, paused=due.paused, lit=cell.lit)
    cell.forget_pen()


def paint_due_bar(painter: QPainter, box: QRectF, share: float, tone: str, *, paused: bool, lit: bool = False) -> None:
    """Draw how much of the time has passed; hatched while the clock stands still."""
    radius = box.height() / 2
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(theme.color("line_strong" if lit else "line"))
    painter.drawRoundedRect(box, radius, radius)
    used = QRectF(box.left(), box.top(), max(box.height(), box.width() * min(share, 1.0)), box.height())
    if paused:
        painter.setClipRect(used)
        painter.setPen(QPen(theme.color("quiet"), 1.4))
        reach = box.height() + 2
        lines = [
            QLineF(x, box.bottom() + 1, x + reach, box.top() - 1) for x in _steps(used.left() - reach, used.right())
        ]
        painter.drawLines(lines)
    else:
        painter.setBrush(theme.color(f"{tone}.mark"))
        painter.drawRoundedRect(used, radius, radius)
    painter.restore()


def _steps(start: float, end: float) -> list[float]:
    return [start + 4.0 * n for n in range(int((end - start) / 4.0) + 1)]


# -- words ---------------------------------------------------------------------------------------------------
def _name(value: Named | None) -> str:
    return value.name if value else ""


def _place(row: TicketRow) -> str:
    return row.place


def _moment(ms: int) -> str:
    return f"{times.dtg(ms)} · {times.local(ms)} here"


def _sync_words(row: TicketRow) -> str:
    return row.mark.words


def _title_words(row: TicketRow) -> str:
    parts = [row.title]
    if row.unread:
        parts.append("unread")
    if row.exercise:
        parts.append("exercise")
    if row.attachments:
        parts.append(f"{row.attachments} attached")
    if row.comments:
        parts.append(f"{row.comments} comment{'s' if row.comments > 1 else ''}")
    return " · ".join(parts) if len(parts) > 1 else ""


def _due_text(row: TicketRow) -> str:
    at = due_of(row, wall.now()).at
    return "" if at is None else times.dtg(at)


def _due_lines(row: TicketRow) -> str:
    return "\n".join(due_lines(row, wall.now())) or "No due time"


def _quiet(text: Callable[[TicketRow], str]) -> Painter:
    return lambda cell, row: _paint_quiet(cell, text(row))


def _age_of(name: str) -> Painter:
    return lambda cell, row: _paint_quiet(cell, times.age(cell.now - getattr(row, name)))


def _time_column(name: str, field: str, label: str, width: int, **more: Any) -> Column:
    return Column(
        name,
        label,
        text=lambda row: times.dtg(getattr(row, field)),
        words=lambda row: _moment(getattr(row, field)),
        width=width,
        descending_first=True,
        **more,
    )


def _build() -> tuple[Column, ...]:
    columns = (
        Column(
            "sync", "Sync", lambda row: "", _paint_sync, 28, words=_sync_words, icon="arrows-down-up",
        ),
        Column(
            "priority", "Priority", priority_word, _paint_priority, 68, editable=True, descending_first=True,
            value=lambda row: int(row.priority),
        ),
        Column("number", "Number", lambda row: row.number, _paint_number, 100, link=True, descending_first=True),
        Column(
            "title", "Title", lambda row: row.title, _paint_title, 300, 160, stretch=True, fixed=True, editable=True,
            words=_title_words, value=lambda row: row.title,
        ),
        Column("state", "State", lambda row: row.state.label, _paint_state, 84, words=state_words, editable=True),
        Column(
            "assignee", "Assignee", lambda row: _name(row.assignee), _paint_assignee, 86, editable=True, gives_way=4,
            value=lambda row: row.assignee.id if row.assignee else None,
        ),
        Column(
            "unit", "Unit", lambda row: _name(row.unit), None, 84, editable=True, gives_way=2,
            value=lambda row: row.unit.id if row.unit else None,
        ),
        Column("place", "Location", _place, _quiet(_place), 88, gives_way=3),
        Column(
            "age", "Age", lambda row: times.dtg(row.occurred_at), _age_of("occurred_at"), 54, right=True, gives_way=1,
            words=lambda row: "Happened " + _moment(row.occurred_at),
        ),
        Column(
            "due", "Due", _due_text, _paint_due, 104, editable=True,
            words=_due_lines,
            value=lambda row: row.due_at,
        ),
        _time_column("updated", "updated_at", "Updated", 80, paint=_age_of("updated_at"), right=True, gives_way=5),
        Column("type", "Type", lambda row: row.type, None, 90, shown=False),
        Column("category", "Category", lambda row: row.category, None, 110, shown=False, editable=True),
        Column("requester", "Reported by", lambda row: _name(row.requester), None, 96, shown=False),
        _time_column("occurred", "occurred_at", "Happened", 132, shown=False),
        _time_column("created", "created_at", "Created", 132, shown=False),
        Column("external", "Number at source", lambda row: row.external or "", None, 110, shown=False),
        Column(
            "tags", "Tags", lambda row: ", ".join(row.tags), None, 110, shown=False, editable=True,
            value=lambda row: row.tags,
        ),
    )  # fmt: skip
    # The labels are those of the exports.
    return tuple(replace(column, label=lists.COLUMNS[column.name].label) for column in columns)


TICKET_COLUMNS = _build()

"""Every field of a ticket, to read and to edit in place: its own, the answers to its form, and imported columns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import shiboken6
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import mentions, positions, times
from opsdesk.services.canned import About
from opsdesk.services.forms import Asked, FormField, Option
from opsdesk.services.tickets import (
    REPORTED_VIA,
    AnswerRow,
    Level,
    Marking,
    Named,
    Priority,
    TicketCard,
    position_columns,
)
from opsdesk.ui.tickets.detail.field_line import FieldLine
from opsdesk.ui.widgets.composer import MarkdownText
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.dynamic_form import Sources
from opsdesk.ui.widgets.dynamic_form.editors import Editor, editor_for, position_value
from opsdesk.ui.widgets.label import Label, surface
from opsdesk.ui.widgets.layouts import clear_layout

Read = Callable[[TicketCard], tuple[str, Any]]
"""What a field of a ticket shows: its text, and its value as editors take it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A column of the ticket as a field. `code` without `ticket.` is the column; `position` stands for several."""

    field: FormField
    read: Read
    editable: bool = True


def _line(name: str) -> Read:
    return lambda card: (text := str(_get(card, name) or ""), text or None)


def _get(card: TicketCard, name: str) -> Any:
    return getattr(card, name) if hasattr(card, name) else getattr(card.row, name)


def _named(name: str) -> Read:
    def read(card: TicketCard) -> tuple[str, Any]:
        found: Named | None = _get(card, name)
        return ("", None) if found is None else (found.name, found.id.hex())

    return read


def _moment(name: str) -> Read:
    def read(card: TicketCard) -> tuple[str, Any]:
        at = _get(card, name)
        return ("", None) if at is None else (f"{times.dtg(at)}, {times.local(at)[-5:]} here", at)

    return read


def _level(name: str) -> Read:
    return lambda card: (Level(_get(card, name)).label, str(int(_get(card, name))))


def _place(card: TicketCard) -> tuple[str, Any]:
    return ("", None) if card.place is None else (card.place.name, card.place.id.hex())


def _position(card: TicketCard) -> tuple[str, Any]:
    at = card.position
    if at is None:
        return card.grid or "", None
    grid = at.grid or positions.mgrs(at.lat, at.lon, 4)
    text = "\n".join(part for part in (grid, positions.latlon(at.lat, at.lon)) if part)
    return text, position_value(at)


_MARKDOWN: Final = "markdown"
"""The kind of field whose text names people and tickets."""


def _described(card: TicketCard) -> tuple[str, object]:
    return mentions.plain(card.description), card.description or None


def _yes(name: str) -> Read:
    return lambda card: ("Yes" if _get(card, name) else "No", bool(_get(card, name)))


def _levels(*levels: Level | Priority | Marking) -> tuple[Option, ...]:
    return tuple(Option(str(int(level)), level.label) for level in levels)


def _field(code: str, label: str, kind: str = "text", **options: Any) -> FormField:
    return FormField(f"ticket.{code}", label, kind, **options)


GROUPS: tuple[tuple[str, tuple[Known, ...]], ...] = (
    (
        "What",
        (
            Known(_field("title", "Title", required=True, max_length=300), _line("title")),
            Known(_field("type", "Type", "choice"), lambda card: (card.row.type, _hex(card.type_id))),
            Known(_field("category", "Category", "choice"), lambda card: (card.row.category, _hex(card.category_id))),
            Known(_field("description", "Description", _MARKDOWN), _described),
        ),
    ),
    (
        "Where",
        (
            Known(_field("place", "Place", "place"), _place),
            Known(_field("location", "In words", placeholder="East approach of the bridge"), _line("location")),
            Known(_field("position", "Position", "position"), _position),
            Known(
                _field("accuracy_m", "Accuracy", "decimal", unit="m", minimum=0),
                lambda card: (f"±{card.accuracy_m:,.0f} m" if card.accuracy_m else "", card.accuracy_m),
            ),
            Known(
                _field(
                    "position_source",
                    "Known by",
                    "choice",
                    options=tuple(Option(code, words) for code, words in positions.SOURCES.items()),
                ),
                lambda card: (positions.source_words(card.position_source), card.position_source),
            ),
            Known(_field("position_doubt", "In doubt because"), _line("position_doubt")),
        ),
    ),
    (
        "How urgent",
        (
            Known(
                _field("urgency", "Urgency", "choice", required=True, options=_levels(*reversed(Level))),
                _level("urgency"),
            ),
            Known(
                _field("impact", "Impact", "choice", required=True, options=_levels(*reversed(Level))), _level("impact")
            ),
            Known(
                _field("priority", "Priority", "choice", required=True, options=_levels(*reversed(Priority))),
                lambda card: (
                    card.row.priority.label + (f", set: {card.priority_reason}" if card.priority_reason else ""),
                    str(int(card.row.priority)),
                ),
            ),
            Known(_field("major", "Major", "bool", required=True), _yes("major")),
        ),
    ),
    (
        "Who",
        (
            Known(_field("assignee", "Assignee", "person"), _named("assignee")),
            Known(_field("unit", "Unit", "unit", required=True), _named("unit")),
            Known(_field("group", "Group", "unit"), _named("group")),
            Known(_field("requester", "Requester", "person"), _named("requester")),
            Known(_field("requester_unit", "Requester's unit", "unit"), _named("requester_unit")),
            Known(_field("contact", "Contact", placeholder="Name, callsign, channel"), _line("contact")),
            Known(_field("on_behalf_of", "On behalf of"), _line("on_behalf_of")),
            Known(
                _field(
                    "reported_via",
                    "Reported by",
                    "choice",
                    options=tuple(Option(v, v.capitalize()) for v in REPORTED_VIA),
                ),
                lambda card: ((card.reported_via or "").capitalize(), card.reported_via),
            ),
        ),
    ),
    (
        "When",
        (
            Known(_field("occurred_at", "Happened", "datetime", required=True), _moment("occurred_at")),
            Known(_field("due_at", "Due", "datetime"), _moment("due_at")),
            Known(_field("created_at", "Recorded", "datetime"), _moment("created_at"), editable=False),
            Known(_field("updated_at", "Changed", "datetime"), _moment("updated_at"), editable=False),
        ),
    ),
    (
        "Handling",
        (
            Known(
                _field("marking", "Marking", "choice", required=True, options=_levels(*Marking)),
                lambda card: (Marking(card.row.marking).label, str(card.row.marking)),
            ),
            Known(_field("exercise", "Exercise", "bool", required=True), _yes("exercise")),
            Known(_field("external", "Number at source"), _line("external")),
            Known(_field("source", "Source"), _line("source")),
        ),
    ),
)
_RIGHT = frozenset({"Who", "When", "Handling"})


def _hex(record: bytes | None) -> str | None:
    return record.hex() if record is not None else None


def column_values(code: str, value: Any) -> dict[str, Any]:
    """The columns to set for a value as an editor gives it. `code` is that of the field, with `ticket.`."""
    name = code.removeprefix("ticket.")
    if name == "position":
        return {**position_columns(value), "position_doubt": None}
    if name in ("urgency", "impact", "priority", "marking"):
        return {name: int(value)}
    if name in _REFERENCES and isinstance(value, str):
        return {name: bytes.fromhex(value)}
    return {name: value}


_REFERENCES = frozenset({"type", "category", "place", "assignee", "unit", "group", "requester", "requester_unit"})


class FieldsView(QScrollArea):
    """Signals: `committed` with a FieldLine and its new value."""

    committed = Signal(object, object)

    def __init__(self, directory: Directory, settings: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._directory, self._settings = directory, settings
        self._ticket: bytes | None = None
        self._lines: dict[str, FieldLine] = {}
        self._answers: dict[str, FieldLine] = {}
        self._open_line: FieldLine | None = None
        self.verticalScrollBar().rangeChanged.connect(lambda _low, _high: self._bring())
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        body = QFrame()
        body.setProperty("surface", "panel")
        self._body = QVBoxLayout(body)
        self._body.setContentsMargins(24, 14, 24, 16)
        self._body.setSpacing(16)
        row = QHBoxLayout()
        row.setContentsMargins(-8, 0, -8, 0)
        row.setSpacing(16)
        self._body.addLayout(row, 1)
        left, right = QVBoxLayout(), QVBoxLayout()
        row.addLayout(left, 1)
        row.addLayout(right, 1)
        for title, known in GROUPS:
            (right if title in _RIGHT else left).addWidget(self._group(title, known))
        self._answer_card = surface("card")
        answers = QVBoxLayout(self._answer_card)
        answers.setContentsMargins(8, 10, 8, 8)
        answers.setSpacing(0)
        self._answer_title = Label("", "strong")
        self._answer_title.setContentsMargins(8, 0, 0, 4)
        answers.addWidget(self._answer_title)
        self._answer_lines = QVBoxLayout()
        self._answer_lines.setSpacing(0)
        answers.addLayout(self._answer_lines)
        left.insertWidget(1, self._answer_card)
        for column in (left, right):
            column.setSpacing(14)
            column.addStretch(1)
        self.setWidget(body)

    def put_above(self, widget: QWidget) -> None:
        """Put something above all fields."""
        self._body.insertWidget(0, widget)

    def _follow(self, line: FieldLine) -> None:
        """Keep an open field in view; how high it is is known only when the range of the scroll bar changes."""
        self._open_line = line
        self._bring()

    def _bring(self) -> None:
        if self._open_line is not None and shiboken6.isValid(self._open_line) and self._open_line.editing:
            self.ensureWidgetVisible(self._open_line, 0, 16)

    def _group(self, title: str, known: tuple[Known, ...]) -> QFrame:
        card = surface("card")
        column = QVBoxLayout(card)
        column.setContentsMargins(8, 10, 8, 8)
        column.setSpacing(0)
        head = Label(title, "strong")
        head.setContentsMargins(8, 0, 0, 4)
        column.addWidget(head)
        for entry in known:
            line = self._line(entry.field, editable=entry.editable)
            column.addWidget(line)
            self._lines[entry.field.code] = line
        return card

    def _line(self, field: FormField, *, editable: bool = True) -> FieldLine:
        line = FieldLine(field, self._directory, editable=editable, make=self._make)
        line.committed.connect(lambda value: self.committed.emit(line, value))
        line.opened.connect(lambda: self._follow(line))
        return line

    @property
    def editing(self) -> bool:
        """Whether any field is open."""
        return any(line.editing for line in (*self._lines.values(), *self._answers.values()))

    def line(self, code: str) -> FieldLine:
        """The line of a field (`ticket.title`) or of an answer. Raises KeyError."""
        return self._lines.get(code) or self._answers[code]

    def start(self) -> None:
        """Begin with another ticket: nothing is open, the top is in view."""
        self._forget_answers()
        for line in (*self._lines.values(), *self._answers.values()):
            line.accepted()
        self.verticalScrollBar().setValue(0)

    def _forget_answers(self) -> None:
        clear_layout(self._answer_lines)
        self._answers = {}

    def _make(self, field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
        """The editor of a field; of the description with what `@`, `#` and `::` stand for."""
        if field.type != _MARKDOWN:
            return editor_for(field, sources, changed, lambda: About(self._ticket))
        box = MarkdownText("", self._directory, self._settings, lines=(3, 14))
        box.sources.about = lambda: About(self._ticket)
        return Editor(box, lambda: box.markdown.strip() or None, lambda value: box.set_markdown(str(value or "")))

    def show_card(self, card: TicketCard, asked: Asked) -> None:
        """Show a ticket and what its form asks. Open fields keep what was typed."""
        self._ticket = card.row.id
        code = next((kind.code for kind in self._directory.types if kind.id == card.type_id), None)
        self._offer("ticket.type", [Option(kind.id.hex(), kind.name) for kind in self._directory.types])
        picks = self._directory.category_picks(code)
        self._offer("ticket.category", [Option(pick.value.hex(), pick.label, pick.detail) for pick in picks])  # type: ignore[attr-defined]
        for _, known in GROUPS:
            for entry in known:
                text, raw = entry.read(card)
                self._lines[entry.field.code].show_value(text, raw, card.row.base)
        self._show_answers(card, asked)
        for line in (*self._lines.values(), *self._answers.values()):
            line.set_workable(card.voided is None)

    def _offer(self, code: str, options: list[Option]) -> None:
        line = self._lines[code]
        if not line.editing:
            field = line.field
            line.field = FormField(field.code, field.label, "choice", options=tuple(options))

    def _show_answers(self, card: TicketCard, asked: Asked) -> None:
        """The questions that are asked now, as they are asked, then answers to what the form never asked. A line that
        is open stays, with what was typed, also when its question is asked no more."""
        given = {answer.question: answer for answer in card.answers}
        known = {field.code for field in asked.form.fields}
        others = [answer for answer in card.answers if answer.question not in known]
        fields = {field.code: field for field in (*asked.judged.fields, *map(_plain_field, others))}
        for code, line in list(self._answers.items()):
            if code not in fields and not line.editing:
                self._answer_lines.removeWidget(line)
                line.hide()
                line.deleteLater()
                del self._answers[code]
        for place, (code, field) in enumerate(fields.items()):
            if code not in self._answers:
                self._answers[code] = self._line(field, editable=field.type != "json")
            line = self._answers[code]
            line.set_field(field)
            if self._answer_lines.indexOf(line) != place:
                self._answer_lines.insertWidget(place, line)
            answer = given.get(code)
            locked = code in asked.judged.locked
            line.set_locked("Set by a rule of the form" if locked else "")
            line.show_value(
                answer.text if answer else "",
                answer.value if answer else None,
                card.answer_base(code),
                wanted=field.required and not locked and card.row.state.is_open,
            )
        self._answer_title.setText(asked.form.title or "Imported")
        self._answer_card.setVisible(bool(self._answers))


def _plain_field(answer: AnswerRow) -> FormField:
    """A question that the form does not ask, such as an imported column."""
    kind = "json" if isinstance(answer.value, dict | list) else "longtext" if len(answer.text) > 60 else "text"
    return FormField(answer.question, answer.label.replace("_", " ").capitalize(), kind)

"""The editor for each type of question, all behind one small face so that a form need not know them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import shiboken6
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from opsdesk.services.canned import About
from opsdesk.services.forms import FormField
from opsdesk.services.positions import Position
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.choice import Chips, Choice, ChoiceBar
from opsdesk.ui.widgets.location_picker import Located
from opsdesk.ui.widgets.long_text import LongText
from opsdesk.ui.widgets.moment_field import FUTURE, PAST, MomentField
from opsdesk.ui.widgets.pick_list import Pick
from opsdesk.ui.widgets.picker import Picker
from opsdesk.ui.widgets.position_field import PositionField

Deliver = Callable[[Sequence[Pick]], None]

_BAR_WIDTHS = {True: 180, False: 380}
"""Width in pixels that a field of half and of whole width has at least."""


class Sources(Protocol):
    """Where fields that name a record look for it. `kind` is `person`, `unit`, `place` or `ticket`."""

    def search(self, kind: str, text: str, deliver: Deliver) -> None:
        """Hand the records that match a text to `deliver`, now or later."""

    def name(self, kind: str, record: bytes, deliver: Callable[[str], None]) -> None:
        """Hand the name of a record to `deliver`, now or later."""

    def write(self, placeholder: str, about: Callable[[], About]) -> LongText:
        """A box for several lines, with what is offered while somebody writes about something."""

    def now(self) -> int:
        """UTC milliseconds."""

    def locate(
        self, field: QWidget, now: Located, take: Callable[[Located], object], *, words: str, places: bool
    ) -> None:
        """Let a person say where something is, by name, in writing or on the map, and hand it to `take`."""


@dataclass(frozen=True)
class Editor:
    """What a form needs of an editor. `typed` is its text as it stands, which a draft keeps even when it is wrong."""

    widget: QWidget
    get: Callable[[], object]
    put: Callable[[Any], None]
    problem: Callable[[], str] = lambda: ""
    typed: Callable[[], str] = lambda: ""
    type_in: Callable[[str], None] = lambda text: None
    settle: Callable[[], None] = lambda: None
    """Makes what is typed final, as leaving the field does."""
    offer: Callable[[Collection[str]], None] = lambda values: None
    """Lets only these values be chosen."""


def editor_for(
    field: FormField, sources: Sources, changed: Callable[[], None], about: Callable[[], About] = About
) -> Editor:
    """Make the editor of a question; `changed` is called after each change by a person. `about` says what a text is
    written about."""
    if field.type == "longtext":
        return _longtext(field, sources, changed, about)
    make = _MAKERS.get(field.type, _text)
    return make(field, sources, changed)


def _text(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    line = QLineEdit(placeholderText=field.placeholder or "")
    line.setMaxLength(field.max_length or 32_767)
    line.textEdited.connect(lambda _text: changed())
    return Editor(line, lambda: line.text().strip() or None, lambda value: line.setText(str(value or "")))


def _longtext(field: FormField, sources: Sources, changed: Callable[[], None], about: Callable[[], About]) -> Editor:
    box = sources.write(field.placeholder or "", about)
    box.textChanged.connect(changed)

    def put(value: object) -> None:
        box.blockSignals(True)
        box.setPlainText(str(value or ""))
        box.blockSignals(False)
        box.grow()

    return Editor(box, lambda: box.toPlainText().strip() or None, put)


def _number(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    whole = field.type == "integer"
    line = _NumberLine(field.unit or "", placeholderText=field.placeholder or "")
    line.textEdited.connect(lambda _text: changed())

    def get() -> object:
        return read_number(line.text(), whole=whole)

    def problem() -> str:
        if not line.text().strip() or get() is not None:
            return ""
        return "Write a whole number" if whole else "Write a number"

    def put(value: object) -> None:
        line.setText("" if value is None else f"{value:g}" if isinstance(value, float) else str(value))

    return Editor(line, get, put, problem, line.text, line.setText)


def read_number(text: str, *, whole: bool) -> int | float | None:
    """A number as people write it: blanks between thousands, a comma or a point before decimals. None if it is none."""
    plain = text.strip().replace(" ", "").replace("\u202f", "").replace("\u00a0", "").replace(",", ".")
    try:
        if whole:
            return int(plain)
        value = float(plain)
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None


def _bool(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    bar = ChoiceBar((Choice(True, "Yes"), Choice(False, "No")), field.label, clearable=not field.required)
    bar.chosen.connect(lambda _value: changed())
    return Editor(bar, lambda: bar.value, bar.set_value)


def _choice(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    choices = [Choice(option.value, option.label, option.help or "") for option in field.options]
    bar = ChoiceBar(choices, field.label, clearable=not field.required)
    if bar.fits(_BAR_WIDTHS[field.half_width]):
        bar.chosen.connect(lambda _value: changed())
        return Editor(bar, lambda: bar.value, bar.set_value, offer=bar.offer)
    picker = Picker(field.label, placeholder=field.placeholder or "Choose or type")
    picks = [Pick(choice.value, choice.label, choice.help) for choice in choices]
    labels = {pick.value: pick.label for pick in picks}
    picker.set_items(picks)

    def offer(values: Collection[str]) -> None:
        picker.set_items(pick for pick in picks if pick.value in values)

    made = _picking(picker, changed, lambda value: picker.set_value(value, labels.get(value, "")))
    return replace(made, offer=offer)


def _multi(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    chips = Chips([Choice(option.value, option.label, option.help or "") for option in field.options], field.label)
    chips.changed.connect(changed)
    return Editor(
        chips, lambda: list(chips.values) or None, lambda value: chips.set_values(value or ()), offer=chips.offer
    )


def _moment(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    presets = PAST if field.code.startswith(("since", "occurred")) else FUTURE
    line = MomentField(
        field.label, kind=field.type, presets=presets, placeholder=field.placeholder or "", now=sources.now
    )
    line.changed.connect(changed)

    def type_in(text: str) -> None:
        line.setText(text)
        line.textEdited.emit(text)

    return Editor(line, lambda: line.value, line.set_value, lambda: line.problem, line.text, type_in)


def _record(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    kind = field.type
    icons = {"person": "user", "unit": "users-three", "place": "map-pin", "ticket": "ticket"}
    picker = Picker(field.label, placeholder=field.placeholder or "Type a name", icon_name=icons[kind])
    picker.search = lambda text, deliver: sources.search(kind, text, deliver)

    def put(value: object) -> None:
        record = bytes.fromhex(value) if isinstance(value, str) else value
        picker.set_value(record, "…" if record else "")
        if isinstance(record, bytes):
            sources.name(kind, record, lambda name: picker.set_value(record, name))

    return _picking(picker, changed, put)


def _picking(picker: Picker, changed: Callable[[], None], put: Callable[[Any], None]) -> Editor:
    picker.picked.connect(lambda _value: changed())
    picker.textEdited.connect(lambda _text: changed())

    def get() -> object:
        return picker.value.hex() if isinstance(picker.value, bytes) else picker.value

    return Editor(picker, get, put, lambda: picker.problem, picker.text, picker.type_in, picker.settle)


def _position(field: FormField, sources: Sources, changed: Callable[[], None]) -> Editor:
    line = PositionField(field.label, placeholder=field.placeholder or "")
    line.changed.connect(changed)
    line.offer_map()

    def located(found: Located) -> None:
        if not shiboken6.isValid(line):
            return  # another form is asked by now
        line.set_value(found.at)
        line.judged.emit()
        changed()

    line.map_wanted.connect(lambda: sources.locate(line, Located(line.value), located, words=field.label, places=False))

    def get() -> object:
        at = line.value
        return None if at is None else position_value(at)

    def put(value: dict[str, Any] | None) -> None:
        line.set_value(None if not value else Position(**value))

    return Editor(line, get, put, lambda: line.problem, line.text, line.set_text)


def position_value(at: Position) -> dict[str, Any]:
    """A position as answers and drafts keep it; how it is known only where that was said."""
    said = {"lat": at.lat, "lon": at.lon, "accuracy_m": at.accuracy_m, "grid": at.grid}
    return said | {"source": at.source} if at.source else said


_MAKERS: dict[str, Callable[[FormField, Sources, Callable[[], None]], Editor]] = {
    "text": _text,
    "integer": _number,
    "decimal": _number,
    "bool": _bool,
    "choice": _choice,
    "multi": _multi,
    "date": _moment,
    "time": _moment,
    "datetime": _moment,
    "person": _record,
    "unit": _record,
    "place": _record,
    "ticket": _record,
    "position": _position,
}


class _NumberLine(QLineEdit):
    """A line for a number with its unit at the right end."""

    def __init__(self, unit: str, **options: Any) -> None:
        super().__init__(**options)
        self._unit = unit
        if unit:
            self.setTextMargins(0, 0, self.fontMetrics().horizontalAdvance(unit) + 6, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._unit:
            painter = QPainter(self)
            painter.setFont(theme.font("quiet"))
            painter.setPen(theme.color("quiet"))
            painter.drawText(
                QRect(0, 0, self.width() - 10, self.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                self._unit,
            )

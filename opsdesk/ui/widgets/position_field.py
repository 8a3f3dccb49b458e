"""A field for a position: MGRS, degrees in any usual writing, or a pasted link; the error stands at its place.

Where a text may mean two places, both are offered below the field. `F4` asks for the map, where there is one to ask.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from opsdesk.services import positions
from opsdesk.services.errors import Refused
from opsdesk.services.positions import Ambiguous, Position, Reading
from opsdesk.ui.resources import icon
from opsdesk.ui.widgets.pick_list import Pick, PickList, Picks

_PATIENCE_MS = 700
MAP_KEY = "F4"


class PositionField(QLineEdit):
    """The field. Signals: `changed` when the value may be another one, `judged` when `problem` should be shown,
    `map_wanted` when a person wants to choose on the map.

    While a person types, a wrong text is not complained about before a pause: half a grid is wrong at every key.
    """

    changed = Signal()
    judged = Signal()
    map_wanted = Signal()

    _has_map = False

    def __init__(self, name: str, *, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder or "31U FT 1480 6012 or 52.37, 4.89")
        self.addAction(icon("crosshair"), QLineEdit.ActionPosition.LeadingPosition)
        self._value: Position | None = None
        self._problem = ""
        self.readings: tuple[Reading, ...] = ()
        """What an ambiguous text may mean."""
        self._model = Picks(self)
        self._list = PickList(self, self._model)
        self._list.view.clicked.connect(self._choose)
        self._pause = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._pause.timeout.connect(self._complain)
        self.textEdited.connect(self._read)

    def offer_map(self) -> None:
        """Let a button in the field, and its key, ask for the map."""
        self._has_map = True
        button = self.addAction(icon("map-trifold"), QLineEdit.ActionPosition.TrailingPosition)
        button.setToolTip(f"Choose on the map  ({MAP_KEY})")
        button.triggered.connect(self.map_wanted)

    @property
    def value(self) -> Position | None:
        """The position; None when the field is empty or not understood."""
        return self._value

    @property
    def problem(self) -> str:
        """Why the text is no position; empty when it is one."""
        return self._problem

    @property
    def understood(self) -> str:
        """The position in the other writing, to check it by: degrees for a grid, the grid for degrees."""
        if self._value is None:
            return ""
        grid = positions.mgrs(self._value.lat, self._value.lon, 4)
        degrees = positions.latlon(self._value.lat, self._value.lon)
        exact = f"  ±{self._value.accuracy_m:,.0f} m" if self._value.accuracy_m else ""
        source = f"  {positions.source_words(self._value.source)}" if self._value.source else ""
        return f"{degrees if self._value.grid else grid}{exact}{source}"

    def set_value(self, value: Position | None, text: str = "") -> None:
        """Show a position without a signal, in its own writing or as `text`."""
        self._value, self._problem, self.readings = value, "", ()
        self._pause.stop()
        self._list.hide()
        self.setText(text if text or value is None else value.grid or positions.latlon(value.lat, value.lon))
        self.setCursorPosition(0)

    def set_text(self, text: str) -> None:
        """Put in a text as if typed, without a signal (a draft is restored as it was)."""
        self.setText(text)
        self._parse()

    def _parse(self) -> None:
        self._value, self._problem, self.readings = None, "", ()
        text = self.text().strip()
        if not text:
            return
        if self._takes_names:
            found = positions.recognise(text)
            if isinstance(found, Position):
                self._value = found
            elif found is not None:
                self._problem, self.readings = found.text, found.readings
            else:
                self._problem = positions.why_not(text) or "This is no position, and no place is called so"
            return
        try:
            self._value = positions.parse(text)
        except Ambiguous as several:
            self._problem, self.readings = several.text, several.readings
        except Refused as refused:
            self._problem = refused.text

    def _read(self) -> None:
        self._parse()
        self._list.hide()
        if self._problem:
            self._pause.start()
        else:
            self._pause.stop()
            self.judged.emit()
        self.changed.emit()

    def _complain(self) -> None:
        self.judged.emit()
        if self.readings and self.hasFocus() and self._offers:
            self._model.show(
                tuple(
                    Pick(one, positions.latlon(one.at.lat, one.at.lon), one.label, "question") for one in self.readings
                )
            )
            self._list.open(0)

    _offers = True

    _takes_names = False

    def take_names(self) -> None:
        """Let names of places be typed as well: only what is clearly a position is taken for one, and another list
        offers what a text may mean."""
        self._offers, self._takes_names = False, True

    def _choose(self, index: QModelIndex) -> None:
        pick: Pick = index.data(Qt.ItemDataRole.UserRole)
        reading = pick.value
        assert isinstance(reading, Reading)
        self.set_value(reading.at)
        self.judged.emit()
        self.changed.emit()

    def event(self, event: QEvent) -> bool:
        # A key of the form around must not take the map's key away from the field that has the keyboard.
        if (
            self._has_map
            and isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_F4
        ):
            event.accept()
            return True
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._pause.stop()
        self._list.hide()
        self.judged.emit()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_F4 and self._has_map and not event.modifiers():
            self.map_wanted.emit()
        elif not self._list.isVisible():
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._list.step(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self._list.view.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self._list.hide()
        else:
            super().keyPressEvent(event)

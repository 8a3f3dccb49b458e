"""The card that says how a file is written, each thing with the grounds it was found on, and lets it be set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from opsdesk.services.importing import (
    DATE_ORDERS,
    DECIMAL_NAMES,
    DELIMITER_NAMES,
    ENCODINGS,
    TEXT,
    XLSX,
    Dialect,
    Survey,
)
from opsdesk.ui.importing.parts import Cell, Combo, card
from opsdesk.ui.widgets.button import Segmented
from opsdesk.ui.widgets.flow_layout import FlowLayout

WIDTH = 218
_HEADERS = ((0, "there are none"), *((row, f"row {row}") for row in range(1, 31)))
_ZONES = (("UTC", "UTC (Zulu)"), ("local", "the time of this station"))


class DialectCard(QFrame):
    """Shows what was found out of a file. Signals: `changed` with the Dialect of what a person has set."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        frame, body, _ = card("How it is written", "Found out from the whole file; what is wrong can be set.")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        self._wanted = Dialect()
        self._cells: dict[str, Cell] = {}
        self._controls: dict[str, Any] = {}
        holder = QWidget()
        self._flow = FlowLayout(holder, gap=16)
        body.addWidget(holder)
        self._combo("encoding", "Encoding", ENCODINGS.items())
        self._combo("delimiter", "Cells are parted by", DELIMITER_NAMES.items())
        self._combo("sheet", "Sheet", ())
        self._combo("header_row", "Names of the columns", _HEADERS)
        self._choice("decimal", "Decimal sign", DECIMAL_NAMES.items())
        self._combo("date_order", "Dates are written", DATE_ORDERS.items())
        self._combo("zone", "Times that name no zone are in", _ZONES)

    def show_survey(self, found: Survey, wanted: Dialect) -> None:
        """Show what was found; `wanted` is what a person has set so far."""
        self._wanted = wanted
        findings = {finding.name: finding for finding in found.findings}
        for name, cell in self._cells.items():
            value = getattr(found.dialect, name)
            cell.setVisible(_applies(name, found))
            control = self._controls[name]
            control.blockSignals(True)
            if name == "sheet":
                control.clear()
                for sheet in found.sheets:
                    control.addItem(sheet, sheet)
            if value is not None:
                control.set_value(value)
            control.blockSignals(False)
            finding = findings.get(name)
            if getattr(wanted, name) is not None:
                cell.remark("Set by you", sure=True)
            elif finding is not None:
                cell.remark(finding.reason, sure=finding.sure)
        self._flow.invalidate()

    def _combo(self, name: str, title: str, items: Any) -> None:
        combo = Combo(items, title)
        combo.activated.connect(lambda _index: self._set(name, combo.currentData()))
        self._add(name, title, combo)

    def _choice(self, name: str, title: str, items: Any) -> None:
        choice = Segmented(list(items), None, title)
        choice.chosen.connect(lambda value: self._set(name, value))
        self._add(name, title, choice)

    def _add(self, name: str, title: str, control: QWidget) -> None:
        cell = Cell(title, control, WIDTH)
        self._cells[name] = cell
        self._controls[name] = control
        self._flow.addWidget(cell)

    def _set(self, name: str, value: Any) -> None:
        self._wanted = replace(self._wanted, **{name: value})
        self.changed.emit(self._wanted)


def _applies(name: str, found: Survey) -> bool:
    """Whether the setting means anything for this kind of file."""
    kind = found.dialect.kind
    if name == "sheet":
        return kind == XLSX and len(found.sheets) > 1
    if name == "delimiter":
        return kind == TEXT
    if name == "encoding":
        return kind != XLSX
    return name != "header_row" or kind in (TEXT, XLSX)

"""The first rows of a file as the tickets that they would become; a row that cannot be one says why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from opsdesk.services import positions, times
from opsdesk.services.importing import PreviewRow
from opsdesk.services.tickets import Priority
from opsdesk.ui.theme import theme
from opsdesk.ui.theme.current import TABLE_HEADER_HEIGHT
from opsdesk.ui.widgets.tip import tip

_ROW = 30
_SHOWN = 9
_INDENT = 5
_TITLE = 1
_NO_PARENT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class _Column:
    head: str
    text: Callable[[PreviewRow], str]
    width: int = 0
    """0 takes what room is left."""


def _value(name: str) -> Callable[[PreviewRow], Any]:
    return lambda row: row.mapped.values.get(name) if row.mapped else None


def _title(row: PreviewRow) -> str:
    if row.mapped is not None:
        return str(row.mapped.values["title"])
    return f"Rejected: {row.problem}    {' · '.join(cell for cell in row.cells if cell)}"


def _happened(row: PreviewRow) -> str:
    when = _value("occurred_at")(row)
    return times.dtg(when) if when is not None else ""


def _position(row: PreviewRow) -> str:
    lat, lon = _value("lat")(row), _value("lon")(row)
    return positions.show(lat, lon, "latlon") if lat is not None else ""


def _priority(row: PreviewRow) -> str:
    priority = _value("priority")(row)
    return Priority(priority).label if priority is not None else ""


def _note(row: PreviewRow) -> str:
    if row.mapped is None:
        return ""
    doubt = row.mapped.values.get("position_doubt")
    if doubt:
        return str(doubt)
    kept = len(row.mapped.rest)
    return f"{kept} column{'s' if kept != 1 else ''} kept" if kept else ""


_COLUMNS = (
    _Column("Row", lambda row: str(row.number), 56),
    _Column("Title", _title),
    _Column("Happened", _happened, 138),
    _Column("Position", _position, 162),
    _Column("Category", lambda row: row.mapped.category if row.mapped else "", 140),
    _Column("Where", lambda row: str(_value("location")(row) or ""), 160),
    _Column("Priority", _priority, 76),
    _Column("Remark", _note, 166),
)


class PreviewModel(QAbstractTableModel):
    """The rows of a preview."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[PreviewRow] = ()

    def show_rows(self, rows: Sequence[PreviewRow]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def rowCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NO_PARENT) -> int:
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return _COLUMNS[section].head
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], _COLUMNS[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.text(row)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(column.text(row))
        # Colours and fonts are asked for at each painting, so that a change of theme needs nothing here.
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.color(self._tone(row, column.head))
        if role == Qt.ItemDataRole.FontRole:
            return theme.font("medium" if column.head == "Title" and row.mapped else "quiet")
        return None

    @staticmethod
    def _tone(row: PreviewRow, head: str) -> str:
        if row.mapped is None:
            return "danger.text" if head == "Title" else "quiet"
        if head == "Remark":
            return "warn.text" if row.mapped.values.get("position_doubt") else "quiet"
        return "quiet" if head == "Row" else "text"


class _Padded(QStyledItemDelegate):
    """Cells whose text begins where that of the header does."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        super().initStyleOption(option, index)
        option.rect = option.rect.adjusted(_INDENT, 0, 0, 0)


class PreviewTable(QTableView):
    """A table to look at; nothing in it can be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self._model = PreviewModel(self)
        self.setModel(self._model)
        self.setAccessibleName("The first rows as tickets")
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setItemDelegate(_Padded(self))
        self.setWordWrap(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setFixedHeight(TABLE_HEADER_HEIGHT)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(48)
        for place, column in enumerate(_COLUMNS):
            mode = QHeaderView.ResizeMode.Interactive if column.width else QHeaderView.ResizeMode.Stretch
            header.setSectionResizeMode(place, mode)
            if column.width:
                header.resizeSection(place, column.width)

    def show_rows(self, rows: Sequence[PreviewRow]) -> None:
        """Show other rows, a column without any word in it left out; what is rejected says why over the whole row."""
        self.clearSpans()
        self._model.show_rows(rows)
        for number, row in enumerate(rows):
            if row.mapped is None:
                self.setSpan(number, _TITLE, 1, len(_COLUMNS) - _TITLE)
        for place, column in enumerate(_COLUMNS):
            self.setColumnHidden(place, not any(column.text(row) for row in rows))
        self.setFixedHeight(TABLE_HEADER_HEIGHT + _ROW * max(3, min(_SHOWN, len(rows))) + 4)

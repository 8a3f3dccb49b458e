"""The table of a bulk edit: each ticket with what was and what will be, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRect, QRectF

from opsdesk.services.tickets import bulk
from opsdesk.ui.tickets.copying import COPY_LIMIT, Copied, copy_table
from opsdesk.ui.widgets.pill import paint_pill
from opsdesk.ui.widgets.row_table import Cell, Column, RowSource, RowTable

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.bridge import Bridge

_ARROW = "→"
_SECOND = 18
"""Pixels from one line of a row to the next."""
_ADDED = 8
"""Pixels by which a row of two lines is higher than one of a line."""
_TONES = {bulk.CHANGES: "good", bulk.STAYS: "neutral", bulk.REFUSED: "danger"}


@dataclass(frozen=True)
class Shown:
    """The rows that are shown: those of an outcome (all when empty), in an order."""

    number: int
    outcome: str = ""
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Page:
    rows: Sequence[bulk.Shown]
    keys: Any
    order: Sequence[str]
    complete: bool


class _Rows:
    """Answers the questions of the table on reader threads. It knows no widget: the last thread to let go of a question
    must not be the one that ends a widget.
    """

    def __init__(self, told: bulk.Listing) -> None:
        self.told = told

    def first_page(self, reader: Any, query: Shown, size: int) -> _Page:
        places = self.told.places(query.outcome, query.order)
        first = places[:size]
        return _Page(self.rows(reader, first), np.array(first, dtype=np.int32), query.order, len(places) <= size)

    def count(self, _reader: Any, query: Shown) -> int:
        return self.told.count(query.outcome)

    def keys(self, _reader: Any, query: Shown, emit: Callable[[Any], object]) -> int:
        places = self.told.places(query.outcome, query.order)
        emit(np.array(places, dtype=np.int32))
        return len(places)

    def rows(self, reader: Any, keys: Sequence[int]) -> list[bulk.Shown]:
        told = self.told
        return told.rows(reader, [key for key in keys if key < len(told.planned)])


class BulkTable(RowTable):
    """Virtual, sortable, to be copied. Its columns are those of the first list that it shows."""

    def __init__(self, told: bulk.Listing, desk: Desk, bridge: Bridge) -> None:
        self._source = rows = _Rows(told)
        self._number = 0
        self._shown = Shown(0)
        source = RowSource("bulk", _columns(told), rows.first_page, rows.count, rows.keys, rows.rows)
        self._stacked = len(told.columns) > 1
        super().__init__(source, desk, bridge)
        self.setAccessibleName("What becomes of each ticket")
        self.header.order_chosen.connect(lambda order: self.show_outcome(self._shown.outcome, order))
        self.rows.arrived.connect(lambda: self.header.set_order(self._shown.order))

    @property
    def line_height(self) -> int:
        """Room for what was above what will be, where several fields change."""
        return super().line_height + (_ADDED if self._stacked else 0)

    @property
    def told(self) -> bulk.Listing:
        """The list that is shown."""
        return self._source.told

    def show_listing(self, told: bulk.Listing, outcome: str) -> None:
        """Show another list with the same columns."""
        self._source.told = told
        self._number += 1
        self.show_outcome(outcome, self._shown.order)

    def show_outcome(self, outcome: str, order: tuple[str, ...] | None = None) -> None:
        """Show the tickets of one outcome, all when it is empty."""
        self._shown = Shown(self._number, outcome, self._shown.order if order is None else order)
        self.show_query(self._shown)

    def copied(self) -> Callable[[Any], Copied]:
        """What copies the rows that are shown; to be run on a reader thread."""
        rows, shown, columns = self._source, self._shown, self.rows.columns

        def copy(reader: Any) -> Copied:
            places = rows.told.places(shown.outcome, shown.order)[:COPY_LIMIT]
            return copy_table(reader, rows.rows, places, columns)

        return copy


def _columns(told: bulk.Listing) -> tuple[Column, ...]:
    alone = len(told.columns) == 1
    room = 220 if alone else 148  # pixels: side by side it needs room for both, one above the other for the longer
    paint = _paint_change if alone else _paint_stacked

    def change(at: int, code: str, label: str) -> Column:
        return Column(
            code, label, lambda row: _both(row.cells[at]), lambda cell, row: paint(cell, row.cells[at], row),
            width=room, minimum=96, sortable=False,
        )  # fmt: skip

    return (
        Column("number", "Number", lambda row: row.number, _paint_number, width=108, fixed=True),
        Column("title", "Title", lambda row: row.title, width=200 if alone else 150, minimum=120),
        *(change(at, code, label) for at, (code, label) in enumerate(told.columns)),
        Column(
            "outcome", "Outcome", lambda row: bulk.word(row.outcome, done=told.done),
            lambda cell, row: _paint_outcome(cell, row, done=told.done), width=120,
        ),
        Column(
            "reason", "Reason", lambda row: row.reason, _paint_reason, width=230, minimum=140, sortable=False,
            stretch=True,
        ),
    )  # fmt: skip


def _both(pair: tuple[str, str]) -> str:
    before, after = pair
    return (before or "none") if before == after else f"{before or 'none'} {_ARROW} {after or 'none'}"


def _paint_number(cell: Cell, row: bulk.Shown) -> None:
    cell.text(row.number, "body", "link" if cell.hovered else "quiet")


def _paint_change(cell: Cell, pair: tuple[str, str], row: bulk.Shown) -> None:
    before, after = pair
    if before == after or row.outcome == bulk.REFUSED:
        cell.text(before or "none", "body", "quiet")
        return
    rect = cell.rect
    half = max(30, (rect.width() - 26) // 2)
    used = cell.text(before or "none", "body", "quiet", rect=QRect(rect.left(), rect.top(), half, rect.height()))
    at = rect.left() + used + 6
    cell.text(_ARROW, "body", "quiet", rect=QRect(at, rect.top(), 18, rect.height()))
    left = at + 20
    cell.text(after or "none", "medium", "text", rect=QRect(left, rect.top(), rect.right() - left, rect.height()))


def _paint_stacked(cell: Cell, pair: tuple[str, str], row: bulk.Shown) -> None:
    """What was above what will be: where several fields change, each has too little room for both in a line."""
    before, after = pair
    if before == after or row.outcome == bulk.REFUSED:
        cell.text(before or "none", "body", "quiet")
        return
    rect, middle = cell.rect, cell.baseline
    cell.baseline = middle - _SECOND // 2 + 1
    cell.text(before or "none", "quiet", "quiet")
    cell.baseline = middle + _SECOND // 2
    used = cell.text(_ARROW, "quiet", "quiet")
    cell.text(after or "none", "medium", "text", rect=rect.adjusted(used + 4, 0, 0, 0))
    cell.baseline = middle


def _paint_outcome(cell: Cell, row: bulk.Shown, *, done: bool) -> None:
    paint_pill(cell.painter, QRectF(cell.rect), bulk.word(row.outcome, done=done), _TONES[row.outcome])
    cell.forget_pen()


def _paint_reason(cell: Cell, row: bulk.Shown) -> None:
    cell.text(row.reason, "body", "danger.text" if row.outcome == bulk.REFUSED else "quiet")

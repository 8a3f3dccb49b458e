"""The item model of a row table: keys and cached rows of a query, never the query itself.

Nothing here waits. The first page and the count come first and are shown at once; the keys of all rows follow in
pieces; rows are fetched by key for what is on view, one question at a time, the newest view first. An answer to an
older query is dropped by its generation.

A query in groups shows a head above the rows of each. The numbers of the groups come with the first page, so that heads
stand right before any key is known; `keys` and `total` are those of the rows, folded ones included.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import shiboken6
from PySide6.QtCore import (
    QElapsedTimer,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.row_table.cache import RowCache
from opsdesk.ui.widgets.row_table.columns import Column
from opsdesk.ui.widgets.row_table.keys import KeyList
from opsdesk.ui.widgets.row_table.lines import Lines
from opsdesk.ui.widgets.row_table.marks import Keys
from opsdesk.ui.widgets.row_table.sections import Group, Sections
from opsdesk.ui.widgets.row_table.source import Asked, Comparison, FirstPage, RowSource, compare, keys_and_groups

PAGE = 100
WAITING = "…"
_REFRESH_AFTER_MS = 120
"""After a change on the heels of another: many at once are compared when they pause."""
_REFRESH_SOON_MS = 5
"""After one that comes alone; what it has changed in the rows on view is asked for first."""

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole


def _nothing(_reader: Any) -> None:
    """A question that only supersedes another one on its channel."""


class RowModel(Lines):
    """Rows of one query. Signals, all on the GUI thread:

    `arrived` when the first page of a new query is in place, `total_changed`, `busy_changed` with True while a new
    query has no page yet, `failed` with the error of a query (the last good rows stay), `compared` with the
    `Comparison` of a refresh that found a difference, `keys_known` when the keys of all rows are, `rows_arrived` when
    fetched rows are in place.
    """

    arrived = Signal()
    total_changed = Signal(int)
    busy_changed = Signal(bool)
    failed = Signal(object)
    compared = Signal(object)
    keys_known = Signal()
    rows_arrived = Signal()

    def __init__(self, source: RowSource, desk: Asked, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source, self.columns = source, source.columns
        self.query: Any = None
        self.cache = RowCache()
        self.keys = KeyList(complete=True)
        self.order: tuple[str, ...] = ()
        self._begin_lines()
        self._desk, self._bridge = desk, bridge
        self._total = 0
        self._generation = 0
        self._busy = False
        self._wanted = (0, -1)
        self._fetching = False
        self._changed_meanwhile = False
        self._refresh = QTimer(self, singleShot=True, interval=_REFRESH_AFTER_MS)
        self._last_change = QElapsedTimer()
        self._refresh.timeout.connect(self._compare)

    # -- asking ------------------------------------------------------------------------------------------
    @property
    def total(self) -> int:
        """How many rows the query has, as far as it is known."""
        return self._total

    @property
    def is_busy(self) -> bool:
        """True while a new query has not answered."""
        return self._busy

    def show(self, query: Any, *, same_rows: bool = False) -> None:
        """Show another query; what is on the screen stays until its first page is there.

        With `same_rows` only the order is another, so that the number of rows is known beforehand.
        """
        self.query = query
        self._generation += 1
        generation = self._generation
        self._refresh.stop()
        self._changed_meanwhile = False
        self._set_busy(True)
        counted = [self._total] if same_rows else []

        def first(page: FirstPage) -> None:
            if generation == self._generation:
                self._begin(page, counted[0] if counted else None)
                self._ask_keys(generation)  # only now: reading all keys would slow the first page down

        def count(total: int) -> None:
            counted[:] = [total]
            if generation == self._generation and not self._busy and not self.sections:
                self._set_total(total)

        def failed(error: Exception) -> None:
            if generation == self._generation and self._busy:
                self._generation += 1  # the other answers to this query say nothing new
                self._set_busy(False)
                self.failed.emit(error)

        source = self.source
        then, ask = self._bridge.then, self._desk.ask
        ask(_nothing, channel=f"{source.name}.keys")  # interrupts the reading of the keys of the query before
        then(ask(source.first_page, query, source.page_size, channel=f"{source.name}.page"), first, failed, owner=self)
        then(ask(source.count, query, channel=f"{source.name}.count"), count, failed, owner=self)

    def want(self, first: int, last: int) -> None:
        """Say which rows are on view; those that are not here are fetched, the nearest pages with them."""
        self._wanted = (first, last)
        self._fetch()

    def row(self, number: int) -> Any | None:
        """Return the row of a line; None while it has not been fetched, and for the head of a group."""
        key = self.key_at(number)
        return None if key is None else self.cache.get(key)

    def is_gone(self, number: int) -> bool:
        """Say whether the record of a line does not count any more."""
        key = self.key_at(number)
        return key is not None and self.cache.is_gone(key)

    # -- refreshing --------------------------------------------------------------------------------------
    def changed(self, ids: Collection[bytes], everything: bool = False) -> None:
        """Records have changed: fetch again those that are here, and see whether the list would be another one."""
        if everything:
            self.cache.set_all_stale()
        else:
            self.cache.set_stale(ids)
        self._fetch()
        if self.query is not None:
            alone = not self._last_change.isValid() or self._last_change.elapsed() > _REFRESH_AFTER_MS
            self._refresh.start(_REFRESH_SOON_MS if alone else _REFRESH_AFTER_MS)
            self._last_change.start()

    def refetch(self) -> None:
        """Something that hangs on the rows is another now: fetch again those on view. The list itself stays."""
        self.cache.set_all_stale()
        self._fetch()

    def take(self, comparison: Comparison) -> None:
        """Show the list as the comparison found it."""
        self.beginResetModel()
        self.cache.put(comparison.first_rows)
        self.keys = KeyList(comparison.keys, complete=True)
        self._total = len(comparison.keys)
        self.sections = Sections(comparison.groups, self.folded)
        self._now = {}
        self.endResetModel()
        self.total_changed.emit(self._total)
        self._fetch()

    def take_out(self, keys: Keys) -> None:
        """Take rows out of a list without groups (a person has just moved them out of the query)."""
        places = sorted((place for key in keys if (place := self.keys.row_of(int(key))) is not None), reverse=True)
        for place in places:
            self.beginRemoveRows(QModelIndex(), place, place)
            self.keys = self.keys.without(self.keys.slice(place, place))
            self._total -= 1
            self.endRemoveRows()
        if places:
            self.total_changed.emit(self._total)
            self._fetch()

    # -- answers -----------------------------------------------------------------------------------------
    def _begin(self, page: FirstPage, counted: int | None) -> None:
        sections = Sections(getattr(page, "groups", ()), self.folded)
        total = len(page.rows) if page.complete else max(counted or 0, len(page.rows))
        if sections:
            total = sections.total
        self.beginResetModel()
        self.sections = sections
        self._now = {}
        self.cache.put(page.rows)
        self.keys = KeyList(page.keys, complete=page.complete)
        self.keys.reserve(total)
        self._total = total
        self.order = tuple(page.order)
        self._wanted = (0, -1)
        self.endResetModel()
        self._set_busy(False)
        self.total_changed.emit(total)
        self.arrived.emit()
        if self._changed_meanwhile and page.complete:
            self._refresh.start()

    def _ask_keys(self, generation: int) -> None:
        if self.keys.complete:
            return
        taken = 0

        def piece(keys: Keys) -> None:
            def arrived() -> None:
                nonlocal taken
                if shiboken6.isValid(self) and generation == self._generation:
                    self.keys.put(taken, keys)
                    taken += len(keys)
                    self._fetch()

            self._bridge.later(arrived)

        def finished(answer: tuple[int, Sequence[Group]]) -> None:
            if generation != self._generation:
                return
            total, groups = answer
            if tuple(groups) != self.sections.groups:  # something has come in since the first page
                self._regroup(groups)
            self._set_total(total)
            self.keys.finish(total)
            self.keys_known.emit()
            self._fetch()
            if self._changed_meanwhile:
                self._refresh.start()

        def failed(error: Exception) -> None:
            if generation == self._generation:
                self.failed.emit(error)

        source = self.source
        future = self._desk.ask(keys_and_groups, source, self.query, piece, channel=f"{source.name}.keys")
        self._bridge.then(future, finished, failed, owner=self)

    def _set_total(self, total: int) -> None:
        if self.keys.complete or total == self._total:
            return
        if total > self._total:
            self.beginInsertRows(QModelIndex(), self._total, total - 1)
            self._total = total
            self.endInsertRows()
        else:
            self.beginRemoveRows(QModelIndex(), total, self._total - 1)
            self._total = total
            self.endRemoveRows()
        self.total_changed.emit(total)

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    def _fetch(self) -> None:
        if self._fetching:
            return
        first, last = self._wanted
        keys = self._missing(first, last) or self._missing(first - PAGE // 2, last + PAGE // 2)
        if not keys:
            return
        self._fetching = True
        self.cache.asked(keys)

        def answered(rows: Sequence[Any]) -> None:
            self._fetching = False
            self.cache.answered(keys, rows)
            self._repaint(set(keys))
            self.rows_arrived.emit()
            self._fetch()

        def failed(error: Exception) -> None:
            self._fetching = False  # asked again when the view moves
            self.failed.emit(error)

        self._bridge.then(self._desk.ask(self.source.rows, keys), answered, failed, owner=self)

    def _missing(self, first: int, last: int) -> list[int]:
        return [int(key) for key in self.keys_between(first, last) if self.cache.needs(int(key))][: 2 * PAGE]

    def _repaint(self, keys: set[int]) -> None:
        first, last = self._wanted
        first, last = max(0, first - PAGE), min(self.rowCount() - 1, last + PAGE)
        touched = [line for line in range(first, last + 1) if self.key_at(line) in keys]
        if touched:
            self.dataChanged.emit(self.index(touched[0], 0), self.index(touched[-1], len(self.columns) - 1))

    def _compare(self) -> None:
        self._changed_meanwhile = self._busy or not self.keys.complete
        if self._changed_meanwhile:
            return  # compared as soon as the query itself has answered
        generation = self._generation

        def compared(comparison: Comparison) -> None:
            if generation == self._generation and comparison:
                self.compared.emit(comparison)

        future = self._desk.ask(
            compare, self.source, self.query, self.keys.all(), self.sections.groups, self.cache.fresh(),
            channel=f"{self.source.name}.compare",
        )  # fmt: skip
        self._bridge.then(future, compared, self.failed.emit, owner=self)

    # -- Qt ----------------------------------------------------------------------------------------------
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else self.sections.lines(self._total)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        group = self.head(index.row())
        if group is not None:
            return self._head_data(group, index, role)
        row = self.row(index.row())
        if role == Role.UserRole:
            return row
        if role == Role.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        if row is None:
            return WAITING if role == Role.DisplayRole else None
        if role == Role.DisplayRole:
            return column.text(row)
        if role == Role.EditRole:
            return column.value(row)
        if role == Role.ToolTipRole:
            return column.words(row) or None
        if role == Role.AccessibleTextRole:
            return f"{column.label}: {column.words(row) or column.text(row) or 'none'}"
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        if role in (Role.DisplayRole, Role.ToolTipRole, Role.AccessibleTextRole):
            return self.columns[section].label
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        editable = self.columns[index.column()].editable and self.sections.head(index.row()) is None
        return flags | Qt.ItemFlag.ItemIsEditable if editable else flags

    def column_number(self, name: str) -> int:
        """Return the number of the column called `name`."""
        return next(n for n, column in enumerate(self.columns) if column.name == name)

    def column(self, number: int) -> Column:
        """Return the column of a number."""
        return self.columns[number]

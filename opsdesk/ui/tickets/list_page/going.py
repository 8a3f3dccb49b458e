"""Puts the keyboard of the ticket list on one ticket, also while the list is just being read anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from opsdesk.ui.tickets.list_page.page import ListPage

Spot = tuple[int, int]
"""The row of a ticket in the list as it is now, and its key, by which the rows that are shown are known."""
_AGAIN_MS = 50
_TRIES = 20
"""So often it looks whether the rows have come in which the ticket was found."""


class Going:
    """The way to a ticket. A newer one takes the place of one that is not at its end."""

    def __init__(self, page: ListPage) -> None:
        self._page = page
        self._number = 0

    def go(self, find: Callable[[Any], Spot | None], missing: Callable[[], None], *, focus: bool = True) -> None:
        """Go to what `find` finds with a reader; `missing` is called where it is not in the list that is shown."""
        self._number += 1
        self._try(find, missing, focus, _TRIES)

    def _try(self, find: Callable[[Any], Spot | None], missing: Callable[[], None], focus: bool, tries: int) -> None:
        page, number, asked = self._page, self._number, self._page.query

        def answered(spot: Spot | None) -> None:
            if number != self._number or asked != page.query:
                return  # a place in a list that is no longer shown, or not asked for any more
            row = None if spot is None else self._row_of(spot)
            # What is being read puts the keyboard on its first row when it comes.
            unsettled = spot is not None and (row is None or page.table.rows.is_busy)
            if unsettled and tries:
                QTimer.singleShot(_AGAIN_MS, page, lambda: again(tries - 1))
            elif row is None:
                missing()
            else:
                page.table.go_to_place(row)
                if focus:
                    page.focus_list()

        def again(left: int) -> None:
            if number == self._number and asked == page.query:
                self._try(find, missing, focus, left)

        page.shell.bridge.then(page.desk.ask(find, channel="tickets.jump"), answered, owner=page)

    def _row_of(self, spot: Spot) -> int | None:
        """Where the ticket stands in the rows that are shown, which may be older than the place that was found."""
        place, key = spot
        keys = self._page.table.rows.keys
        row = keys.row_of(key)
        # Of a place whose key is not known here nothing says that another stands there.
        return place if row is None and not keys.complete and keys.at(place) is None else row

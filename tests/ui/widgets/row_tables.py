"""A table over things, with its desk, for tests."""

from __future__ import annotations

from opsdesk.ui.bridge import Bridge
from opsdesk.ui.widgets.row_table import Column, RowSource, RowTable
from tests.support import row_lists
from tests.support.row_lists import PatientDesk, Things

COLUMNS = (
    Column("mark", "Mark", lambda row: "", width=28, icon="arrows-down-up"),
    Column("name", "Name", lambda row: row.name, stretch=True, minimum=120, editable=True, value=lambda row: row.name),
    Column("size", "Size", lambda row: str(row.size), width=60, right=True, descending_first=True, gives_way=1),
    Column("key", "Key", lambda row: str(row.key), width=60, right=True, link=True),
)


class Bench:
    """A table over things, with its desk."""

    def __init__(self, number: int) -> None:
        self.things = Things(number)
        self.desk = PatientDesk(self.things)
        self.bridge = Bridge(self.desk)
        source = RowSource("things", COLUMNS, row_lists.first_page, row_lists.count, row_lists.keys, row_lists.rows)
        self.table = RowTable(source, self.desk, self.bridge, mark_column="mark")
        self.table.resize(600, 400)

    @property
    def names(self) -> list[str]:
        """What the rows on the screen say, as text."""
        first, last = self.table.on_view()
        model = self.table.rows
        return [model.data(model.index(number, 1)) for number in range(first, last + 1)]

    def show(self, words: str = "", order: str = "key") -> None:
        self.table.rows.show((words, order))
        self.desk.answer()
        self.paint()

    def paint(self) -> None:
        self.table.grab()
        self.desk.answer()

"""A virtual table over a query, at home with a million rows."""

from opsdesk.ui.widgets.row_table.cell import Cell
from opsdesk.ui.widgets.row_table.columns import Arrangement, Column
from opsdesk.ui.widgets.row_table.model import RowModel
from opsdesk.ui.widgets.row_table.source import Comparison, RowSource
from opsdesk.ui.widgets.row_table.view import RowTable

__all__ = ["Arrangement", "Cell", "Column", "Comparison", "RowModel", "RowSource", "RowTable"]

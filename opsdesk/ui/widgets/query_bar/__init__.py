"""The bar that says which rows a list shows, as chips or as text."""

from opsdesk.ui.widgets.query_bar.bar import QueryBar
from opsdesk.ui.widgets.query_bar.ports import Chip, Chips, Complete, Completion

__all__ = ["Chip", "Chips", "Complete", "Completion", "QueryBar"]

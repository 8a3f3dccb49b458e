"""A ticket on paper: `pdf` makes an A4 document of everything that one may be told of it."""

from opsdesk.services.printing.making import pdf, save
from opsdesk.services.printing.sheet import PrintOptions, Sheet, sheet

__all__ = ["PrintOptions", "Sheet", "pdf", "save", "sheet"]

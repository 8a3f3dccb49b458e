"""Rows as a table for the clipboard: text with tabs for spreadsheets, HTML for letters."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

from opsdesk.services.spreadsheet import defused
from opsdesk.ui.widgets.row_table import Column

COPY_LIMIT = 50_000
_PAGE = 200


@dataclass(frozen=True)
class Copied:
    """The same table twice, and how many rows it has."""

    text: str
    html: str
    rows: int


def copy_table(
    reader: Any, rows: Callable[..., Sequence[Any]], keys: Sequence[int], columns: Sequence[Column]
) -> Copied:
    """Return the rows of `keys` with what `columns` say of them; columns without words are left out.

    Runs on a reader thread.
    """
    columns = [column for column in columns if not column.icon]
    lines = [[column.label for column in columns]]
    for start in range(0, len(keys), _PAGE):
        lines += [[_plain(column.text(row)) for column in columns] for row in rows(reader, keys[start : start + _PAGE])]
    text = "\n".join("\t".join(line) for line in lines)
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in lines[0])
    body = "".join(f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in line)}</tr>" for line in lines[1:])
    return Copied(text, f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>", len(lines) - 1)


def to_clipboard(copied: Copied) -> None:
    """Put a table on the clipboard, in both forms."""
    mime = QMimeData()
    mime.setText(copied.text)
    mime.setHtml(copied.html)
    QGuiApplication.clipboard().setMimeData(mime)


def _plain(cell: str) -> str:
    # A spreadsheet must not take what somebody reported for a formula.
    return defused(" ".join(cell.split()))

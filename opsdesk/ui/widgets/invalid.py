"""The red outline of a field that is wrong."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def mark_invalid(widget: QWidget, invalid: bool) -> None:
    """Give a field the red outline, or take it away."""
    if bool(widget.property("invalid")) == invalid:
        return
    for part in (widget, *widget.findChildren(QWidget)):
        part.setProperty("invalid", invalid)
        part.style().unpolish(part)
        part.style().polish(part)
        part.update()

"""What Qt's layouts do not do by themselves."""

from __future__ import annotations

from PySide6.QtWidgets import QLayout


def clear_layout(layout: QLayout, keep: int = 0) -> None:
    """Take out and delete all widgets of a layout but the first `keep`."""
    while (item := layout.takeAt(keep)) is not None:
        widget = item.widget()
        if widget is not None:
            # Hidden at once: until the event loop deletes it, it would be painted where it stands.
            widget.hide()
            widget.deleteLater()

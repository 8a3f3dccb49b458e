"""Opens the print panel; what it needs of Qt is imported only then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.ui.shell.page import Shell
    from opsdesk.ui.tickets.print_panel import PrintPanel


def open_print_panel(near: QWidget, desk: Desk, shell: Shell, ticket: bytes, number: str) -> PrintPanel:
    """Show over the window of `near` what a ticket will be on paper."""
    from opsdesk.ui.tickets.print_panel import PrintPanel

    panel = PrintPanel(near.window(), desk, shell, ticket, number)
    panel.open()
    return panel

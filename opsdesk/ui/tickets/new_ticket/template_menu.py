"""The templates in the pane of a new ticket: a menu to take one by its key, to save the present ticket as one, and to
remove one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu, QWidget

from opsdesk.services import templates
from opsdesk.services.changes import Outcome
from opsdesk.services.forms import FormField
from opsdesk.services.templates import TemplateRow
from opsdesk.ui.menus import passing_menu
from opsdesk.ui.resources import icon
from opsdesk.ui.widgets.panel import Panel, Question

_FIELDS = (
    FormField("name", "Name", "text", required=True, max_length=templates.NAME_LIMIT, placeholder="Casevac"),
    FormField("shortcut", "Key", "text", max_length=1, half_width=True, help="One letter or digit that chooses it"),
)


class TemplateMenu(QObject):
    """Asks for the templates each time it opens, so that those that came meanwhile are in it."""

    def __init__(
        self,
        desk: Any,
        shell: Any,
        button: QWidget,
        panel: Panel,
        content: Callable[[], dict[str, Any]],
        take: Callable[[TemplateRow], None],
    ) -> None:
        """`content` gives what is written now, `take` fills it from a template."""
        super().__init__(button)
        self._desk, self._shell, self._button, self._panel = desk, shell, button, panel
        self._content, self._take = content, take
        self.menu: QMenu | None = None

    def open(self) -> None:
        """Show the menu below its button."""
        self._shell.bridge.then(
            self._desk.ask(templates.templates, channel="templates"), self._show, owner=self._button
        )

    def _show(self, rows: Sequence[TemplateRow]) -> None:
        menu = self.menu = passing_menu(self._button)
        for row in rows:
            entry = menu.addAction(icon("copy-simple"), f"{_key(row.shortcut)}{_plain(row.name)}\t{_plain(row.type)}")
            entry.triggered.connect(lambda _checked=False, row=row: self._take(row))
        if not rows:
            menu.addAction("No templates yet").setEnabled(False)
        menu.addSeparator()
        menu.addAction(icon("bookmark-simple"), "Save this as a template…").triggered.connect(
            lambda _checked=False: self.save()
        )
        if rows:
            removing = menu.addMenu(icon("trash"), "Remove a template")
            for row in rows:
                removing.addAction(_plain(row.name)).triggered.connect(
                    lambda _checked=False, row=row: self._remove(row)
                )
        menu.popup(self._button.mapToGlobal(QPoint(0, self._button.height() + 2)))

    def save(self) -> None:
        """Ask by what name and key to keep what is written."""
        self._panel.ask(Question("template", "Save as a template", "Save", _FIELDS, self._save))

    def _save(self, said: dict[str, Any]) -> None:
        self._shell.operations.run(
            templates.save,
            name=said.get("name", ""),
            shortcut=said.get("shortcut", ""),
            content=self._content(),
            said=f"Template “{said.get('name', '')}” saved",
            ok=lambda _outcome: self._panel.close_panel(),
            failed=self._panel.refused,
            owner=self._button,
        )

    def _remove(self, row: TemplateRow) -> None:
        def said(_outcome: Outcome) -> str:
            return f"Template “{row.name}” removed"

        self._shell.operations.run(templates.remove, row.id, said=said, owner=self._button)


def _key(shortcut: str) -> str:
    """The key as the menu shows and takes it."""
    return f"&{shortcut}   " if shortcut else ""


def _plain(text: str) -> str:
    """A text in which no sign chooses an entry, and none makes a column."""
    return text.replace("&", "&&").replace("\t", " ")

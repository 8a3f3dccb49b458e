"""The part of the settings in which texts that are often written are made and changed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from opsdesk.services import canned
from opsdesk.services.canned import BODY_LIMIT, HOLDERS, MINE, NAME_LIMIT, SCOPES, SHORTCUT_LIMIT, CannedRow
from opsdesk.services.changes import Changes
from opsdesk.services.forms import FormField, Option
from opsdesk.ui.actions import Action
from opsdesk.ui.widgets.button import Button, IconButton
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.label import ElidedLabel, Label
from opsdesk.ui.widgets.layouts import clear_layout
from opsdesk.ui.widgets.panel import Panel, Question
from opsdesk.ui.widgets.pill import Pill
from opsdesk.ui.widgets.tip import tip

_FIELDS = (
    FormField("name", "Name", "text", required=True, max_length=NAME_LIMIT),
    FormField("shortcut", "Shortcut", "text", max_length=SHORTCUT_LIMIT, placeholder="Behind ::, for instance eta"),
    FormField(
        "scope", "For", "choice", required=True, options=tuple(Option(code, words) for code, words in SCOPES.items())
    ),
    FormField(
        "body", "Text", "longtext", required=True, max_length=BODY_LIMIT, placeholder="Markdown works, as in comments",
        help="Filled when it is put in: " + ", ".join(f"{{{name}}}" for name in HOLDERS),
    ),
)  # fmt: skip

_NONE = "None yet. In a comment, a description or a long answer, type :: and choose one."
_FEW, _SHOWN = 12, 60
"""Texts from which on they can be looked for, and texts that are shown at once."""


class CannedCard(QWidget):
    """The texts, each on a line that opens it, and the panel in which one is written."""

    def __init__(self, desk: Any, shell: Any) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self.rows: tuple[CannedRow, ...] = ()
        self.search = QLineEdit(placeholderText="Find a text by its words")
        self.search.setAccessibleName("Find a text")
        self.search.setClearButtonEnabled(True)
        self.search.textEdited.connect(lambda _text: self.load())
        self.more = Label("", "quiet", "quiet", wrap=True)
        for part in (self.search, self.more):
            part.hide()
        self._lines = QVBoxLayout()
        self._lines.setSpacing(0)
        self._none = Label(_NONE, "quiet", "quiet")
        self.panel = Panel(Directory(desk, shell.bridge, self))
        self.panel.closed.connect(self._focus_new)
        self._new = Button("Write a text…", "note-pencil")
        self._new.clicked.connect(self.begin)
        foot = QHBoxLayout()
        foot.setContentsMargins(0, 8, 0, 8)
        foot.addWidget(self._new)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.search)
        column.addWidget(self._none)
        column.addLayout(self._lines)
        column.addWidget(self.more)
        column.addWidget(self.panel)
        column.addLayout(foot)
        shell.bridge.changed.connect(self._announced)
        shell.actions.add(
            Action(
                "texts.new", "Write a text for ::…", self.begin, "note-pencil", group="Settings",
                words="canned template snippet module", enabled=self.isVisible,
            ),
            owner=self,
        )  # fmt: skip
        self.load()

    def load(self) -> None:
        """Read the texts, as many as are shown at once."""
        asked = self._desk.ask(canned.page, self.search.text(), _SHOWN, channel="canned-card")
        self._shell.bridge.then(asked, self._show, owner=self)

    def begin(self) -> None:
        """Ask for a new text."""
        self._ask("texts/new", "A new text", None, {"scope": MINE})

    def edit(self, row: CannedRow) -> None:
        """Open a text, on the base that is seen now."""
        answers = {"name": row.name, "shortcut": row.shortcut, "scope": row.scope, "body": row.body}
        self._ask(f"texts/{row.id.hex()}", f"“{row.name}”", row, answers)

    def _ask(self, key: str, title: str, row: CannedRow | None, answers: Mapping[str, object]) -> None:
        self.panel.ask(Question(key, title, "Save", _FIELDS, partial(self._save, row), answers=answers))

    def _save(self, row: CannedRow | None, said: dict[str, Any]) -> None:
        self._shell.operations.run(
            canned.save, name=said["name"], body=said["body"], shortcut=said.get("shortcut") or "",
            scope=said["scope"], id=row.id if row is not None else None, seen=row.base if row is not None else None,
            ok=lambda _outcome: self.panel.close_panel(), failed=self.panel.refused, owner=self,
        )  # fmt: skip

    def _remove(self, row: CannedRow) -> None:
        self._shell.operations.run(canned.remove, row.id, owner=self)

    def _announced(self, changes: Changes) -> None:
        if changes.everything or changes.forms:
            self.load()

    def _show(self, found: tuple[tuple[CannedRow, ...], int]) -> None:
        rows, total = found
        words = self.search.text().strip()
        self.search.setVisible(bool(words) or total > _FEW)
        self.more.setText(f"The first {len(rows):,} of {total:,}. Type above to find the others.")
        self.more.setVisible(total > len(rows))
        self._none.setText(f"No text has “{words}” in it." if words else _NONE)
        self._none.setVisible(not rows)
        if rows == self.rows and self._lines.count():
            return
        self.rows = rows
        clear_layout(self._lines)
        for row in rows:
            self._lines.addWidget(self._line(row))

    def _line(self, row: CannedRow) -> QWidget:
        line = QWidget()
        box = QHBoxLayout(line)
        box.setContentsMargins(0, 2, 0, 2)
        box.setSpacing(10)
        name = Button(row.name, "note-pencil" if row.mine else "note", kind="quiet")
        name.setAccessibleName(f"Change the text {row.name}")
        name.setToolTip(tip(row.body))
        name.clicked.connect(lambda: self.edit(row))
        words = ElidedLabel(" ".join(row.body.split()), "quiet", "quiet")
        gone = IconButton("trash", f"Remove the text {row.name}", size=28)
        gone.clicked.connect(lambda: self._remove(row))
        box.addWidget(name)
        if row.shortcut:
            box.addWidget(Label(f"::{row.shortcut}", "quiet-strong", "link"))
        box.addWidget(words, 1)
        box.addWidget(Pill(SCOPES[row.scope], "neutral"))
        box.addWidget(gone)
        return line

    def _focus_new(self) -> None:
        self._new.setFocus(Qt.FocusReason.OtherFocusReason)

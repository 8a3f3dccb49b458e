"""The panel over the window that tells all keys."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.ui.actions import Action, Actions
from opsdesk.ui.widgets.button import IconButton
from opsdesk.ui.widgets.label import KeyCap, Label, rule
from opsdesk.ui.widgets.overlay import Overlay

ORDER = ("General", "Go to", "New")


def _head(title: str, detail: str, overlay: Overlay) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(24, 16, 14, 14)
    row.setSpacing(12)
    row.addWidget(Label(title, "section"))
    row.addWidget(Label(detail, "quiet", "quiet"), 1)
    close = IconButton("x", "Close", key="Esc")
    close.clicked.connect(overlay.close_panel)
    row.addWidget(close)
    return row


class ShortcutSheet(Overlay):
    """Every action that has a key, by group; read from the registry when it is opened."""

    def __init__(self, host: QWidget, actions: Actions) -> None:
        super().__init__(host, width=920, top=88, height=640)
        self._actions = actions
        self.setAccessibleName("Keys")
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 9)
        column.setSpacing(0)
        column.addLayout(_head("Keys", "Plain letters act while a list has the focus", self))
        column.addWidget(rule())
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        column.addWidget(self._scroll, 1)

    def open(self) -> None:
        groups: dict[str, list[Action]] = {}
        for action in self._actions.all():
            group = groups.setdefault(action.group, []) if action.keys else []
            # What works in two places by one key is one line.
            if action.keys and not any((one.text, one.keys) == (action.text, action.keys) for one in group):
                group.append(action)
        names = [name for name in ORDER if name in groups] + [name for name in groups if name not in ORDER]
        body = QWidget()
        grid = QHBoxLayout(body)
        grid.setContentsMargins(24, 16, 24, 16)
        grid.setSpacing(40)
        for part in _columns([(name, groups[name]) for name in names]):
            column = QVBoxLayout()
            column.setSpacing(20)
            for name, actions in part:
                column.addLayout(_group(name, actions))
            column.addStretch(1)
            grid.addLayout(column, 1)
        self._scroll.setWidget(body)
        self.set_height(min(640, body.sizeHint().height() + 84))
        super().open()


def _columns(groups: list[tuple[str, list[Action]]]) -> tuple[list[tuple[str, list[Action]]], ...]:
    """Deal the groups out to two columns of about the same height."""
    left: list[tuple[str, list[Action]]] = []
    right: list[tuple[str, list[Action]]] = []
    heights = [0, 0]
    for group in groups:
        shorter = 0 if heights[0] <= heights[1] else 1
        (left, right)[shorter].append(group)
        heights[shorter] += len(group[1]) + 2
    return left, right


def _group(name: str, actions: list[Action]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(4)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    grid.addWidget(Label(name, "quiet-strong", "quiet"), 0, 0)
    for line, action in enumerate(actions, start=1):
        grid.addWidget(Label(action.text, "body"), line, 0)
        keys = QHBoxLayout()
        keys.setSpacing(4)
        keys.addStretch(1)
        for number, key in enumerate(action.keys):
            if number:
                keys.addWidget(Label("or", "small", "quiet"))
            for place, cap in enumerate(key.split(", ") if ", " in key else key.split("+") if len(key) > 1 else [key]):
                if place and ", " in key:
                    keys.addWidget(Label("then", "small", "quiet"))
                keys.addWidget(KeyCap(cap))
        grid.addLayout(keys, line, 1)
        grid.setRowMinimumHeight(line, 30)
    return grid

"""The page of preferences: look, reading, working, and what this station is. Every choice acts at once."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from opsdesk.services import positions, targets, times
from opsdesk.services.joining import Standing, standing
from opsdesk.services.station import Station, station
from opsdesk.services.targets import TargetRow
from opsdesk.ui.preferences import SCALES
from opsdesk.ui.shell.bell.tray import available
from opsdesk.ui.shell.canned_card import CannedCard
from opsdesk.ui.shell.link_words import kept
from opsdesk.ui.shell.notify_card import Exceptions
from opsdesk.ui.shell.statusbar import size
from opsdesk.ui.shell.theme_choice import ThemeChoice
from opsdesk.ui.widgets.age import now_ms
from opsdesk.ui.widgets.button import Button, Segmented
from opsdesk.ui.widgets.label import Label, rule, surface

WIDTH = 760
EXAMPLE = (48.85837, 2.29448)
_ON_OFF = ((True, "On"), (False, "Off"))


class PreferencesPage(QScrollArea):
    """Reads and writes `shell.preferences`."""

    def __init__(self, desk: Any, shell: Any) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._choices: dict[str, Segmented] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Settings")
        body = QWidget()
        sides = QHBoxLayout(body)
        sides.setContentsMargins(24, 20, 24, 24)
        column = QVBoxLayout()
        column.setSpacing(16)
        inner = QWidget()
        inner.setMaximumWidth(WIDTH)
        inner.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        sides.addStretch(1)
        sides.addWidget(inner, 1000)
        sides.addStretch(1)
        cards = (self._look(), self._reading(), self._working(), self._notifying(), self._texts(), self._post())
        for card in (*cards, self._targets(), self._station()):
            column.addWidget(card)
        column.addStretch(1)
        self.setWidget(body)
        shell.preferences.changed.connect(self._show)
        self._ask()

    def activated(self) -> None:
        """Put the focus on the first choice and say how things stand now."""
        self._themes.setFocus()
        self._ask()

    def _ask(self) -> None:
        self._shell.bridge.then(self._desk.ask(station), self._show_station, owner=self)
        self._shell.bridge.then(self._desk.ask(standing), self._show_standing, owner=self)
        self._shell.bridge.then(self._desk.ask(targets.rows), self._show_targets, owner=self)

    # -- cards -------------------------------------------------------------------------------------------------

    def _look(self) -> QFrame:
        card, column = _card("Look")
        self._themes = ThemeChoice(str(self._shell.preferences.get("look.theme")))
        self._themes.chosen.connect(lambda name: self._shell.preferences.set("look.theme", name))
        column.addWidget(_row("Theme", "The red one keeps your eyes used to the dark.", self._themes, below=True))
        column.addWidget(rule())
        column.addWidget(
            self._choice("look.density", "Rows", "How close the rows of lists stand.", _pairs("normal", "dense"))
        )
        column.addWidget(rule())
        column.addWidget(
            self._choice(
                "look.scale",
                "Size",
                "Of everything on the screen, from the next start on.",
                [(scale, f"{scale} %") for scale in SCALES],
            )
        )
        return card

    def _reading(self) -> QFrame:
        card, column = _card("Reading")
        now = now_ms()
        column.addWidget(
            self._choice(
                "time.style",
                "Times",
                "The other way is shown when the pointer rests on a time.",
                [("dtg", times.dtg(now)), ("local", times.local(now))],
            )
        )
        column.addWidget(rule())
        column.addWidget(
            self._choice(
                "position.style",
                "Positions",
                "Whatever is chosen, both can be typed.",
                [(style, positions.show(*EXAMPLE, style)) for style in ("mgrs", "latlon")],
            )
        )
        return card

    def _working(self) -> QFrame:
        card, column = _card("Working")
        pages = [(page.key, page.title) for page in self._shell.pages.values() if not page.foot]
        column.addWidget(self._choice("start.page", "Start with", "The page that OpsDesk opens on.", pages))
        column.addWidget(rule())
        column.addWidget(
            self._choice(
                "keys.letters",
                "Letters as keys",
                "A assigns, S changes the state, G then T goes to tickets: only while a list has the focus.",
                [(True, "On"), (False, "Off")],
            )
        )
        column.addWidget(rule())
        keys = Button("Show all keys", "keyboard", key="?")
        keys.clicked.connect(lambda: self._shell.actions.run("shell.keys"))
        column.addWidget(_row("Keys", "Everything in OpsDesk has one.", keys))
        return card

    def _notifying(self) -> QFrame:
        card, column = _card("Notifications")
        for name, title, detail in (
            ("notify.mentions", "Mentions and assignments", "You or your unit are named, a ticket is given to you."),
            ("notify.watched", "What I watch", "Comments and states of tickets that you watch, have or reported."),
            ("notify.unit", "Everything in my unit", "New tickets, comments and states. What you do yourself never."),
        ):
            column.addWidget(self._choice(name, title, detail, _ON_OFF))
            column.addWidget(Exceptions(self._shell, name))
            column.addWidget(rule())
        tray = "While the window is not in front." if available() else "This system has no tray; the bell has all."
        column.addWidget(self._choice("notify.tray", "By the system too", tray, _ON_OFF))
        self._choices["notify.tray"].setEnabled(available())
        return card

    def _texts(self) -> QFrame:
        card, column = _card("Texts")
        self.texts = CannedCard(self._desk, self._shell)
        column.addWidget(self.texts)
        return card

    def _post(self) -> QFrame:
        card, column = _card("Post")
        self._joined = Label("", "medium")
        self._joined_detail = Label("", "quiet", "quiet", wrap=True)
        self._join = Button("Join a post…", "users-three")
        self._join.clicked.connect(lambda: self._shell.actions.run("station.join"))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._joined)
        words.addWidget(self._joined_detail)
        line = QHBoxLayout()
        line.setContentsMargins(0, 11, 0, 11)
        line.setSpacing(24)
        line.addLayout(words, 1)
        line.addWidget(self._join)
        column.addLayout(line)
        self._show_standing(None)
        return card

    def _targets(self) -> QFrame:
        card, self._target_lines = _card("Targets")
        return card

    def _show_targets(self, found: tuple[TargetRow, ...]) -> None:
        # Below the heading and its space stands what holds now, for each type that has its own.
        while (item := self._target_lines.takeAt(2)) is not None:
            if (line := item.widget()) is not None:
                line.deleteLater()
        for row in found:
            name = "All ticket types" if row.type is None else row.name
            pauses = f"The clocks stand still while it waits for: {', '.join(row.pauses) or 'nothing'}."
            said = Label("\n".join(row.words()), "quiet", "text")
            self._target_lines.addWidget(_row(name, pauses, said))
        self._target_lines.addWidget(Label("Changed by an administrator: opsdesk targets set", "quiet", "quiet"))
        self._target_lines.addSpacing(8)

    def _station(self) -> QFrame:
        card, column = _card("This station")
        self._facts: dict[str, Label] = {}
        for number, name in enumerate(("Person", "Station", "Kept here", "Data folder", "Program")):
            if number:
                column.addWidget(rule())
            self._facts[name] = Label("", "body", "text")
            self._facts[name].setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            column.addWidget(_row(name, "", self._facts[name]))
        self._facts["Data folder"].setText(str(self._desk.folder))
        self._facts["Program"].setText(f"OpsDesk {_version()}")
        return card

    def _choice(self, name: str, title: str, detail: str, options: Sequence[tuple[object, str]]) -> QWidget:
        choice = Segmented(options, self._shell.preferences.get(name), title)
        choice.chosen.connect(lambda value: self._shell.preferences.set(name, value))
        self._choices[name] = choice
        return _row(title, detail, choice)

    # -- showing ---------------------------------------------------------------------------------------------------

    def _show(self, name: str) -> None:
        value = self._shell.preferences.get(name)
        if name == "look.theme":
            self._themes.set_value(str(value))
        elif name in self._choices:
            self._choices[name].set_value(value)

    def _show_station(self, found: Station) -> None:
        self._facts["Person"].setText(f"{found.person}, {found.unit}")
        self._facts["Station"].setText(f"{self._desk.tag}, numbers look like T-{self._desk.tag}-00042")
        self._facts["Kept here"].setText(f"{kept(found.changes)}, {size(found.store_bytes)}")

    def _show_standing(self, found: Standing | None) -> None:
        if found is None:
            self._joined.setText("This station works alone")
            self._joined_detail.setText(
                "Join a post whenever you like: what was made here comes along, nothing is lost."
            )
            self._join.setText("Join a post…")
            return
        since = self._shell.preferences.show_time(found.joined_at)
        self._joined.setText(f"{found.post}, as {found.person}")
        parts = (found.unit, found.role, found.url.removeprefix("https://"), f"joined {since}")
        self._joined_detail.setText(" · ".join(part for part in parts if part))
        self._join.setText("Join again…")


def _card(title: str) -> tuple[QFrame, QVBoxLayout]:
    card = surface("card")
    column = QVBoxLayout(card)
    column.setContentsMargins(20, 16, 20, 8)
    column.setSpacing(0)
    column.addWidget(Label(title, "section"))
    column.addSpacing(4)
    return card, column


def _row(title: str, detail: str, control: QWidget, *, below: bool = False) -> QWidget:
    row = QWidget()
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(Label(title, "medium"))
    if detail:
        words.addWidget(Label(detail, "quiet", "quiet", wrap=True))
    if below:
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 12, 0, 14)
        column.setSpacing(10)
        column.addLayout(words)
        column.addWidget(control)
        return row
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 11, 0, 11)
    line.setSpacing(24)
    line.addLayout(words, 1)
    line.addWidget(control)
    return row


def _pairs(*values: str) -> list[tuple[object, str]]:
    return [(value, value.capitalize()) for value in values]


def _version() -> str:
    try:
        return version("opsdesk")
    except PackageNotFoundError:
        return "from a checkout"

"""The palette of Ctrl+K: one box for commands, tickets, people and places, fuzzy, recent first, never waiting.

Commands are matched here at once. Records are asked of the Desk; an answer to what was typed before is dropped. What
was chosen lately is kept in the settings and comes first while nothing is typed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import Any

from PySide6.QtCore import QEvent, QItemSelectionModel, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QListView, QVBoxLayout, QWidget

from opsdesk.services.search import PaletteHit
from opsdesk.ui.actions import Action
from opsdesk.ui.shell.page import Target
from opsdesk.ui.shell.palette_list import Find, FindDelegate, FindList, Row, Section
from opsdesk.ui.shell.palette_parts import FilterChip, Footer, SearchIcon
from opsdesk.ui.theme import theme
from opsdesk.ui.widgets.fuzzy import match
from opsdesk.ui.widgets.label import KeyCap, Label, rule
from opsdesk.ui.widgets.overlay import Overlay

LIMIT = 20
RECENT = 12
RECENT_SETTING = "palette.recent"

# Filter, its name, its prefix, the kinds it lets through; None lets all through.
FILTERS: tuple[tuple[str, str, tuple[str, ...] | None], ...] = (
    ("All", "", None),
    ("Commands", ">", ("command",)),
    ("Tickets", "#", ("ticket",)),
    ("People", "@", ("person", "unit")),
    ("Places", "!", ("place",)),
)
# Kind, its heading, its icon, how many are shown beside the others.
SECTIONS: tuple[tuple[str, str, str, int], ...] = (
    ("ticket", "Tickets", "ticket", 5),
    ("command", "Commands", "lightning", 4),
    ("person", "People", "user", 3),
    ("unit", "Units", "users-three", 2),
    ("place", "Places", "map-pin", 3),
)
_ICONS = {kind: icon for kind, _, icon, _ in SECTIONS}


class Palette(Overlay):
    """The panel; `window` is the Shell it acts on."""

    def __init__(self, host: QWidget, shell: Any, desk: Any, find: Callable[..., Any]) -> None:
        """`find` is the question `find(reader, text, limit)` that answers with `PaletteHit`s."""
        super().__init__(host, width=720, top=88, height=664)
        self._shell, self._desk, self._find = shell, desk, find
        self._commands: tuple[Action, ...] = ()
        self._hits: tuple[PaletteHit, ...] = ()
        self._asked = 0
        self._answered = 0
        self._asked_at = 0.0
        self._took_ms: float | None = None
        self._enter: bool | None = None  # Enter pressed before the answer came: beside or not
        self._by_prefix = False
        self.setAccessibleName("Search or command")
        self._build()

    def _build(self) -> None:
        self.input = QLineEdit()
        self.input.setProperty("kind", "bare")
        self.input.setFont(theme.font("field-large"))
        self.input.setPlaceholderText("Search or command…")
        self.input.setAccessibleName("Search or command")
        self.input.textChanged.connect(self._typed)
        self.input.installEventFilter(self)
        self._figure = Label("", "quiet", "quiet")
        top = QHBoxLayout()
        top.setContentsMargins(20, 0, 20, 0)
        top.setSpacing(12)
        top.addWidget(SearchIcon())
        top.addWidget(self.input, 1)
        top.addWidget(self._figure)
        top.addWidget(KeyCap("Esc"))
        chips = QHBoxLayout()
        chips.setContentsMargins(16, 8, 16, 0)
        chips.setSpacing(8)
        self._chips = QButtonGroup(self)
        for number, (name, prefix, _) in enumerate(FILTERS):
            chip = FilterChip(name, prefix)
            self._chips.addButton(chip, number)
            chips.addWidget(chip)
        chips.addStretch(1)
        self._chips.idClicked.connect(self._narrow)
        self._chips.button(0).setChecked(True)
        self.model = FindList()
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(FindDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Found")
        self.list.entered.connect(self.list.setCurrentIndex)
        self.list.clicked.connect(lambda _index: self.choose(beside=False))
        self._footer = Footer()
        self._footer.more.clicked.connect(self._show_more)
        column = QVBoxLayout(self.panel)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        holder = QWidget()
        holder.setFixedHeight(60)
        holder.setLayout(top)
        column.addWidget(holder)
        column.addWidget(rule())
        column.addLayout(chips)
        middle = QVBoxLayout()
        middle.setContentsMargins(7, 0, 7, 8)
        middle.addWidget(self.list)
        column.addLayout(middle, 1)
        column.addWidget(self._footer)

    # -- opening and closing ---------------------------------------------------------------------------------

    def open_with(self, text: str) -> None:
        """Open the panel with `text` typed in; a prefix narrows it."""
        self._commands = tuple(action for action in self._shell.actions.at_hand() if action.listed)
        self._hits = ()
        self._took_ms = None
        self._chips.button(0).setChecked(True)
        if self.input.text() != text:
            self.input.setText(text)
        else:
            self._typed(text)
        self.open()
        self.input.end(False)

    def take_focus(self) -> None:
        self.input.setFocus()

    def close_panel(self) -> None:
        self._enter = None  # who has left does not want to go anywhere when the answer comes
        super().close_panel()

    @property
    def filter(self) -> int:
        """The number of the filter in force."""
        return self._chips.checkedId()

    # -- typing ----------------------------------------------------------------------------------------------

    @property
    def _words(self) -> str:
        """What was typed, without the prefix."""
        text = self.input.text().strip()
        return text[1:].strip() if text and text[0] in _PREFIXES else text

    def _typed(self, text: str) -> None:
        prefix = text.strip()[:1]
        if prefix in _PREFIXES:
            self._chips.button(_PREFIXES[prefix]).setChecked(True)
        elif self._by_prefix:
            self._chips.button(0).setChecked(True)
        self._by_prefix = prefix in _PREFIXES
        self._enter = None
        self._ask()
        self._show()

    def _narrow(self, number: int) -> None:
        """Let only one kind through; a prefix that says otherwise is taken out of the text."""
        text = self.input.text().lstrip()
        if text[:1] in _PREFIXES and _PREFIXES[text[:1]] != number:
            self.input.setText(text[1:])
        self._chips.button(number).setChecked(True)
        self._ask()
        self._show()
        self.input.setFocus()

    def _ask(self) -> None:
        kinds = FILTERS[self.filter][2]
        self._asked += 1
        if kinds == ("command",):
            self._answered, self._hits, self._took_ms = self._asked, (), 0.0
            return
        number, self._asked_at = self._asked, perf_counter()
        future = self._desk.ask(self._find, self._words, LIMIT, channel="palette")
        self._shell.bridge.then(
            future, lambda hits: self._answer(number, hits), lambda error: self._fail(number, error), owner=self
        )

    def _fail(self, number: int, error: Exception) -> None:
        """Go on with the commands alone, and let the window tell what went wrong."""
        self._answer(number, ())
        self._shell.operations.show_error(error)

    def _answer(self, number: int, hits: Sequence[PaletteHit]) -> None:
        if number != self._asked:
            return
        self._answered = number
        self._hits = tuple(hits)
        self._took_ms = (perf_counter() - self._asked_at) * 1000
        self._show()
        if self._enter is not None:
            beside, self._enter = self._enter, None
            self.choose(beside=beside)

    # -- showing ---------------------------------------------------------------------------------------------

    def _show(self) -> None:
        words = self._words
        found = self._found(words)
        kinds = FILTERS[self.filter][2]
        rows: list[Row] = []
        hidden: dict[str, int] = {}
        for kind, heading, _, most in SECTIONS:
            finds = found.get(kind, [])
            if not finds or (kinds is not None and kind not in kinds):
                continue
            shown = finds if kinds is not None else finds[: most if words else most + 1]
            figure = f"{len(shown)} of {len(finds)}" if len(shown) < len(finds) else str(len(finds))
            if not words and kind != "command":
                heading = f"Recent {heading.lower()}"
            rows += [Section(heading, figure), *shown]
            if len(shown) < len(finds):
                hidden[kind] = len(finds) - len(shown)
        before = self._current()
        self.model.show_rows(rows)
        self._select(before if self._answered != self._asked else None)
        self._say(sum(len(finds) for kind, finds in found.items() if kinds is None or kind in kinds), hidden)

    def _found(self, words: str) -> dict[str, list[Find]]:
        """Return all finds by kind, best first."""
        records = [find for find in self._recent() if find.kind != "command"] if not words else []
        records += [_find_of(hit, words) for hit in self._hits]
        found: dict[str, dict[str, Find]] = {}
        for find in records:  # a later one has newer words for the same record, and keeps the place of the earlier
            found.setdefault(find.kind, {})[find.key] = find
        commands = self._found_commands(words)
        return {"command": commands} | {kind: list(finds.values()) for kind, finds in found.items()}

    def _found_commands(self, words: str) -> list[Find]:
        recent = [find.key for find in self._recent() if find.kind == "command"]
        scored: list[tuple[float, Find]] = []  # with nothing typed: in the order of newness, then of the registry
        for action in self._commands:
            found = match(words, action.text)
            letters = found.letters if found else ()
            if found is None and action.words:
                found = match(words, action.words)
            if found is None:
                continue
            newness = len(recent) - recent.index(action.id) if action.id in recent else 0
            score = found.score - (20 if not letters and words else 0) + newness * 2
            keys = tuple(action.keys[0].replace(", ", "+").split("+")) if action.keys else ()
            find = Find(
                "command", action.id, action.text, action.icon, detail=action.detail, keys=keys, letters=letters
            )
            scored.append((score if words else newness, find))
        return [find for _, find in sorted(scored, key=lambda entry: -entry[0])]

    def _say(self, count: int, hidden: dict[str, int]) -> None:
        if self._took_ms is None or self._answered != self._asked:
            self._figure.setText("looking…" if self._words else "")
        elif not self._words:
            self._figure.setText("")
        else:
            took = "less than 1 ms" if self._took_ms < 1 else f"{self._took_ms:.0f} ms"
            self._figure.setText(f"{count} found in {took}, on this station")
        if hidden:
            kind, number = next(iter(hidden.items()))
            heading = next(heading for name, heading, _, _ in SECTIONS if name == kind)
            self._footer.offer(f"{number} more {heading.lower()}", kind)
        else:
            self._footer.offer("", "")
        self.list.setVisible(bool(self.model.rows))
        nothing = not self.model.rows and self._answered == self._asked
        self._footer.nothing(f"Nothing matches “{self._words}” here." if nothing and self._words else "")

    def _show_more(self) -> None:
        for number, (_, _, kinds) in enumerate(FILTERS):
            if kinds is not None and self._footer.kind in kinds:
                self._narrow(number)

    # -- choosing --------------------------------------------------------------------------------------------

    def _current(self) -> Find | None:
        row = self.list.currentIndex().data(Qt.ItemDataRole.UserRole) if self.model.rows else None
        return row if isinstance(row, Find) else None

    def _select(self, find: Find | None) -> None:
        finds = self.model.finds()
        if not finds:
            return
        at = next((at for at in finds if self.model.rows[at] == find), finds[0])
        self._go_to(at)

    def _go_to(self, at: int) -> None:
        index = self.model.index(at)
        self.list.selectionModel().setCurrentIndex(index, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if at <= 1:
            self.list.scrollToTop()

    def _move(self, step: int) -> None:
        finds = self.model.finds()
        if finds:
            current = self.list.currentIndex().row()
            at = finds.index(current) if current in finds else -1
            self._go_to(finds[(at + step) % len(finds)])

    def choose(self, *, beside: bool) -> None:
        """Open what is selected; waits for the answer to what was typed last, if it is still to come."""
        if self._answered != self._asked:
            self._enter = beside
            return
        find = self._current()
        if find is None:
            return
        self._remember(find)
        self.close_panel()
        if find.kind == "command":
            self._shell.actions.run(find.key)
        else:
            self._shell.open(Target(find.kind, bytes.fromhex(find.key), beside=beside))

    def _recent(self) -> list[Find]:
        return list(_finds_of(self._desk.settings.get(RECENT_SETTING, [])))

    def _remember(self, find: Find) -> None:
        entries = [[find.kind, find.key, find.label, find.before, find.detail, find.right, find.mark]]
        for old in self._recent():
            if (old.kind, old.key) != (find.kind, find.key):
                entries.append([old.kind, old.key, old.label, old.before, old.detail, old.right, old.mark])
        self._desk.settings.set(RECENT_SETTING, entries[:RECENT])

    # -- Qt ----------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.input and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self._move(1 if key == Qt.Key.Key_Down else -1)
        elif key in (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
            self._move(5 if key == Qt.Key.Key_PageDown else -5)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose(beside=bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier))
        elif key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self._narrow((self.filter + (1 if key == Qt.Key.Key_Tab else -1)) % len(FILTERS))
        elif key == Qt.Key.Key_Backspace and not self.input.text() and self.filter:
            self._narrow(0)
        elif key == Qt.Key.Key_Escape:
            self.close_panel()
        else:
            return False
        return True


_IS_ID = re.compile("[0-9a-f]{32}")
_PREFIXES = {prefix: number for number, (_, prefix, _) in enumerate(FILTERS) if prefix}


def _find_of(hit: PaletteHit, words: str) -> Find:
    found = match(words, hit.label)
    letters = found.letters if found else ()
    ticket = hit.kind == "ticket"
    return Find(
        hit.kind,
        hit.id.hex(),
        hit.label,
        _ICONS.get(hit.kind, "file"),
        before=hit.detail if ticket else "",
        detail="" if ticket or hit.kind == "place" else hit.detail,
        right=hit.detail if hit.kind == "place" else "",
        mark=hit.mark or "",
        letters=letters,
    )


def _finds_of(entries: Iterable[Any]) -> Iterable[Find]:
    """Read what was remembered; an entry that makes no sense is left out."""
    for entry in entries:
        if isinstance(entry, list) and len(entry) == 7 and all(isinstance(part, str) for part in entry):
            kind, key, label, before, detail, right, mark = entry
            if kind != "command" and not _IS_ID.fullmatch(key):
                continue
            yield Find(kind, key, label, _ICONS.get(kind, "lightning"), before, detail, right, mark)

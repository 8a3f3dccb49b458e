"""All conflicts of a record: field below field, one key each, with what came together by itself and a note why."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from opsdesk.services.conflicts import POSITION, Choice, Conflict, Record
from opsdesk.ui.widgets.conflict_panel.cells import Head
from opsdesk.ui.widgets.conflict_panel.choice import Chosen, followed, of_content, of_version
from opsdesk.ui.widgets.conflict_panel.field import COLUMNS, LABEL_WIDTH, FieldPanel
from opsdesk.ui.widgets.conflict_panel.joined import JoinedFields
from opsdesk.ui.widgets.dynamic_form import Sources
from opsdesk.ui.widgets.label import Label
from opsdesk.ui.widgets.layouts import clear_layout

NOTE_LIMIT = 1_000
_CHORD_MS = 500
"""So long G waits for the letter of a page before it means the panel's own key."""


class ConflictPanel(QFrame):
    """Signals: `changed` after a choice or a letter in a note, `moved` with what is to come into view (the field that
    the keys act on now, or its editor), and `next_wanted`, `give_wanted`, `due_wanted`, `open_wanted`, `undo_wanted`
    after their keys."""

    changed = Signal()
    moved = Signal(object)
    next_wanted = Signal()
    give_wanted = Signal()
    due_wanted = Signal()
    open_wanted = Signal()
    undo_wanted = Signal()

    def __init__(self, sources: Sources, *, in_place: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sources, self._in_place = sources, in_place
        self.records: tuple[Record, ...] = ()
        self.fields: list[FieldPanel] = []
        self.current = 0
        self.letters: Callable[[], bool] = lambda: True
        """Whether keys of one letter act."""
        self.go: Callable[[str], bool] = lambda _letter: False
        """Goes to the page of a letter after G; whether there is one."""
        self._order: list[bytes] = []
        self._settled_here: set[bytes] = set()
        self._followed: set[bytes] = set()
        """Conflicts whose choice came with that of another field."""
        self._chord = QTimer(self, singleShot=True, interval=_CHORD_MS)
        self._chord.timeout.connect(self.give_wanted)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Versions to choose from")
        self._heads = QHBoxLayout()
        self._heads.setSpacing(8)
        self._list = QVBoxLayout()
        self._list.setSpacing(12 if in_place else 4)
        self._joined = QVBoxLayout()
        self.note = QLineEdit()
        self.note.setMaxLength(NOTE_LIMIT)
        self.note.setAccessibleName("Why this choice")
        self.note.textEdited.connect(lambda _text: self.changed.emit())
        self._note_box = QWidget()
        note_row = QHBoxLayout(self._note_box)
        side = 0 if in_place else 12
        note_row.setContentsMargins(side, 4, side, 0)
        note_row.setSpacing(8)
        name = Label("Note", "strong")
        name.setFixedWidth(40 if in_place else LABEL_WIDTH)
        note_row.addWidget(name)
        note_row.addWidget(self.note, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (self._heads, self._list, self._joined):
            column.addLayout(part)
        column.addWidget(self._note_box)

    # -- showing -------------------------------------------------------------------------------------------

    def show_records(self, records: Sequence[Record], only: Collection[bytes] | None = None) -> None:
        """Show the open conflicts of records, or those named in `only`, settled or not.

        What was chosen or typed for the same conflict stays; one that was settled elsewhere meanwhile says so.
        """
        same = bool(self.fields) and bool({record.id for record in records} & {record.id for record in self.records})
        before = {panel.conflict.id: panel for panel in self.fields} if same else {}
        if not same:
            self.note.clear()
            self._order = []
            self._settled_here.clear()
        self.records = tuple(records)
        wanted = [(record, one) for record in records for one in record.conflicts if self._wanted(one, before, only)]
        headed = self._in_place or not _common([one for _, one in wanted])
        kept = {
            panel.conflict: panel
            for panel in before.values()
            if bool(self._heads.count()) is not headed and any(one == panel.conflict for _, one in wanted)
        }
        for panel in self.fields:
            self._list.removeWidget(panel)
        gone = [panel for panel in self.fields if panel not in kept.values()]
        self.fields = []
        for number, (record, conflict) in enumerate(wanted, start=1):
            panel = kept.get(conflict) or self._made(record, conflict, headed, f"{number} of {len(wanted)}")
            if panel not in kept.values() and conflict.id in before:
                self._hand_over(before[conflict.id], panel)
            self.fields.append(panel)
            self._list.addWidget(panel)
            panel.show()
        for panel in gone:
            panel.hide()
            panel.deleteLater()
        self._show_heads([] if headed else [one for _, one in wanted])
        clear_layout(self._joined)
        joined = tuple(one for record in records for one in record.joined)
        if joined:
            self._joined.addWidget(JoinedFields(joined, in_place=self._in_place))
        self._note_box.setVisible(bool(wanted))
        self.note.setPlaceholderText(_note_words(records))
        first = next((n for n, panel in enumerate(self.fields) if panel.choice is None), 0)
        self._select(min(self.current, len(self.fields) - 1) if same else first)

    def _wanted(self, one: Conflict, before: Mapping[bytes, FieldPanel], only: Collection[bytes] | None) -> bool:
        if only is not None:
            return one.id in only
        return one.settlement is None or (one.id in before and one.id not in self._settled_here)

    def _made(self, record: Record, conflict: Conflict, headed: bool, place: str) -> FieldPanel:
        apart = len(self.records) > 1 and record.kind != "ticket"
        title = f"{record.kind.capitalize()}: {conflict.label}" if apart else conflict.label
        panel = FieldPanel(conflict, self._sources, title=title, headed=headed, in_place=self._in_place, place=place)
        panel.chosen.connect(lambda choice, panel=panel: self._chose(panel, choice))
        panel.typed.connect(self.changed)
        panel.pressed.connect(lambda panel=panel: self._select(self.fields.index(panel)))
        # An editor that was just made has its place after the next turn only.
        panel.opened.connect(lambda box: QTimer.singleShot(0, box, lambda: self.moved.emit(box)))
        panel.closed.connect(lambda: self.setFocus(Qt.FocusReason.OtherFocusReason))
        return panel

    def _hand_over(self, old: FieldPanel, new: FieldPanel) -> None:
        """Give what was chosen or typed for a conflict to the panel of the same conflict as it now is."""
        typed = old.unfinished
        if old.choice is not None:
            new.show_choice(followed(old.choice, old.conflict, new.conflict))
        if typed is not None:
            old.blockSignals(True)
            new.edit(typed["answer"])

    def _show_heads(self, conflicts: Sequence[Conflict]) -> None:
        clear_layout(self._heads)
        if not conflicts:
            return
        gap = QWidget()
        gap.setFixedWidth(LABEL_WIDTH + 12)
        self._heads.addWidget(gap)
        for version in conflicts[0].versions[:COLUMNS]:
            self._heads.addWidget(Head(version), 1)
        edge = QWidget()
        edge.setFixedWidth(4)
        self._heads.addWidget(edge)

    def show_problem(self, text: str, field: str | None = None) -> None:
        """Say why nothing was saved: at the field that it is about, else at the first with a choice."""
        named = [panel for panel in self.fields if panel.conflict.field == field]
        chosen = [panel for panel in self.fields if panel.choice is not None]
        for panel in (named or chosen or self.fields)[:1]:
            panel.show_problem(text)

    def settled_here(self, conflicts: Collection[bytes]) -> None:
        """These were settled at this desk: they need not stay."""
        self._settled_here |= set(conflicts)

    # -- what was chosen -----------------------------------------------------------------------------------

    def choices(self) -> list[tuple[Record, list[Choice]]]:
        """What is to be saved, by record. A choice that something came in between for is left out."""
        found = []
        for record in self.records:
            own = {one.id for one in record.conflicts}
            chosen = [
                Choice(panel.conflict.seen, panel.choice.value)
                for panel in self.fields
                if panel.conflict.id in own and panel.choice is not None and not panel.choice.stale
            ]
            if chosen:
                found.append((record, chosen))
        return found

    @property
    def unsettled(self) -> list[bytes]:
        """The records for which something was chosen or typed that is not saved."""
        busy = {
            panel.conflict.id
            for panel in self.fields
            if (panel.choice is not None or panel.editing) and panel.conflict.id not in self._settled_here
        }
        return [record.id for record in self.records if any(one.id in busy for one in record.conflicts)]

    def commit(self) -> bool:
        """Take what stands in open editors; whether all of it could be taken."""
        for panel in self.fields:
            panel.commit()
        return not any(panel.editing for panel in self.fields)

    @property
    def chosen_count(self) -> int:
        """How many fields have a choice."""
        return sum(panel.choice is not None and not panel.choice.stale for panel in self.fields)

    def content(self) -> dict[str, Any] | None:
        """What a draft keeps; None when nothing was chosen or typed."""
        kept: dict[str, Any] = {}
        for panel in self.fields:
            typed = panel.unfinished
            if typed is not None:
                kept[panel.conflict.id.hex()] = {**typed, "open": True}
            elif panel.choice is not None:
                kept[panel.conflict.id.hex()] = panel.choice.content()
        said = self.note.text()
        return {"choices": kept, "note": said} if kept or said.strip() else None

    def restore(self, content: Mapping[str, Any]) -> None:
        """Show what a draft kept, where nothing was chosen since."""
        kept = content.get("choices", {})
        for panel in self.fields:
            one = kept.get(panel.conflict.id.hex())
            if one is None or panel.choice is not None or panel.editing:
                continue
            if one.get("open") and panel.conflict.editor is not None:
                panel.edit(one.get("answer"))
            else:
                panel.show_choice(of_content(panel.conflict, one))
        if not self.note.text():
            self.note.setText(str(content.get("note", "")))
        self.changed.emit()

    def _chose(self, panel: FieldPanel, choice: Chosen | None) -> None:
        identity = panel.conflict.id
        if identity in self._order:
            self._order.remove(identity)
        if choice is not None:
            self._follow(panel, choice)
            self._order.append(identity)
            self._advance(self.fields.index(panel))
        else:
            self._unfollow(panel)
        self.changed.emit()

    def _follow(self, panel: FieldPanel, choice: Chosen) -> None:
        """Choose the same side for the rest of a position that waits for a choice: the latitude of one and the
        longitude of another are a place where nobody was."""
        side = next((one.side for one in panel.conflict.versions if one.number == choice.key), None)
        self._followed.discard(panel.conflict.id)
        if side is None:
            return
        for other in self._together(panel):
            version = other.conflict.version(side)
            if version is not None and other.choice is None and not other.editing:
                other.show_choice(of_version(version))
                self._followed.add(other.conflict.id)

    def _unfollow(self, panel: FieldPanel) -> None:
        """Take back what only followed a choice that was taken back."""
        for other in self._together(panel):
            if other.conflict.id in self._followed:
                self._followed.discard(other.conflict.id)
                other.show_choice(None)

    def _together(self, panel: FieldPanel) -> list[FieldPanel]:
        """The other fields of the position that a field is a part of."""
        owner = next((record for record in self.records if panel.conflict in record.conflicts), None)
        if panel.conflict.field not in POSITION or owner is None:
            return []
        own = {one.id for one in owner.conflicts if one.field in POSITION and one.id != panel.conflict.id}
        return [one for one in self.fields if one.conflict.id in own]

    def _advance(self, at: int) -> None:
        """On to the next field that waits for a choice, if there is one."""
        count = len(self.fields)
        following = [(at + step) % count for step in range(1, count)]
        self._select(next((n for n in following if self.fields[n].choice is None), at))

    # -- keys ----------------------------------------------------------------------------------------------

    def act(self, key: str) -> bool:
        """Do what a key stands for; whether it stands for anything here."""
        if key.isdigit():
            return bool(self.fields) and self.fields[self.current].choose(int(key))
        doing: dict[str, Callable[[], object]] = {
            "Up": lambda: self._select(self.current - 1),
            "Down": lambda: self._select(self.current + 1),
            "K": lambda: self._select(self.current - 1),
            "J": lambda: self._select(self.current + 1),
            "E": lambda: self.fields[self.current].edit(),
            "U": self.undo,
            "N": self.next_wanted.emit,
            "G": self.give_wanted.emit,
            "D": self.due_wanted.emit,
            "O": self.open_wanted.emit,
        }
        if key not in doing or (key in "EJK" and not self.fields):
            return False
        doing[key]()
        return True

    def undo(self) -> None:
        """Take back the last choice; when there is none, ask for undoing what was saved."""
        current = self.fields[self.current] if self.fields else None
        if current is not None and current.editing:
            current.take_back()
            return
        by_id = {panel.conflict.id: number for number, panel in enumerate(self.fields)}
        while self._order:
            number = by_id.get(self._order.pop())
            if number is not None and self.fields[number].take_back():
                self._select(number)
                return
        if current is None or not current.take_back():
            self.undo_wanted.emit()

    @property
    def field(self) -> FieldPanel | None:
        """The field that the keys act on."""
        return self.fields[self.current] if self.fields else None

    def _select(self, number: int) -> None:
        if not self.fields:
            self.current = 0
            return
        self.current = max(0, min(number, len(self.fields) - 1))
        for at, panel in enumerate(self.fields):
            panel.set_current(at == self.current)
        self.moved.emit(self.fields[self.current])

    def show_current(self) -> None:
        """Bring the field that the keys act on into view."""
        self._select(self.current)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = {Qt.Key.Key_Up: "Up", Qt.Key.Key_Down: "Down"}.get(Qt.Key(event.key()), event.text().upper())
        if plain and not self._typing() and (len(key) > 1 or self.letters()):
            if self._chord.isActive():
                self._chord.stop()
                if self.go(key):
                    return
                self.give_wanted.emit()
                return
            if key == "G":
                self._chord.start()
                return
            if self.act(key):
                return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        # G begins the way to another page and is a key of this panel too: both wait here for the next key.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self.letters():
            plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            if plain and (event.key() == Qt.Key.Key_G or self._chord.isActive()) and not self._typing():
                event.accept()
                return True
        return super().event(event)

    def _typing(self) -> bool:
        focus: QObject | None = QApplication.focusWidget()
        return focus is self.note or any(panel.editing and panel.isAncestorOf(focus) for panel in self.fields)  # type: ignore[arg-type]


def _common(conflicts: Sequence[Conflict]) -> bool:
    """Whether all have the same people in the same columns, so that one head can stand above."""
    heads = {
        tuple(
            (one.side, one.author.id if one.author else b"", one.where) for one in conflict.versions if one.number > 1
        )
        for conflict in conflicts
    }
    return len(heads) <= 1 and all(len(conflict.versions) <= COLUMNS for conflict in conflicts)


def _note_words(records: Sequence[Record]) -> str:
    names = {
        version.author.name
        for record in records
        for conflict in record.conflicts
        for version in conflict.versions
        if version.side in ("theirs", "shown") and version.author is not None
    }
    to = names.pop() if len(names) == 1 else "the others"
    return f"Why this choice? Goes to {to} with the result (optional)"

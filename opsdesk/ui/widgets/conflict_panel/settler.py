"""Reads conflicts for a panel, keeps what was chosen as a draft, and saves it; the inbox and the ticket share it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QWidget

from opsdesk.services import conflicts, forms, times
from opsdesk.services.conflicts import Record
from opsdesk.services.errors import Refused
from opsdesk.services.link import LinkKind
from opsdesk.ui.actions import Action
from opsdesk.ui.widgets import wall
from opsdesk.ui.widgets.chooser import Chooser
from opsdesk.ui.widgets.conflict_panel.panel import ConflictPanel
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.draft_keeper import DraftKeeper
from opsdesk.ui.widgets.pick_list import Pick

_PLACE = "conflict/"
_DUE = (30 * times.MINUTE, times.HOUR, 2 * times.HOUR, 4 * times.HOUR, 12 * times.HOUR)
"""Due times that are offered, from now."""


class Settler(QObject):
    """Signals: `saved` when a choice is on the disk, `given` when somebody else was asked to choose."""

    saved = Signal()
    given = Signal()

    def __init__(
        self, desk: Any, shell: Any, panel: ConflictPanel, directory: Directory, prefix: str, owner: QWidget
    ) -> None:
        """`prefix` names the panel's actions apart from those of another one."""
        super().__init__(owner)
        self._desk, self._shell, self.panel, self._directory = desk, shell, panel, directory
        self._owner = owner
        self._place = ""
        self._waiting_draft = ""
        self._keeper = DraftKeeper(desk, shell.bridge, panel.content, self)
        panel.letters = lambda: bool(shell.preferences.get("keys.letters"))
        panel.go = self._go
        panel.changed.connect(self._keeper.touch)
        panel.give_wanted.connect(self.give)
        panel.due_wanted.connect(self.due)
        panel.undo_wanted.connect(self.undo)
        self._add_actions(prefix)

    def _add_actions(self, prefix: str) -> None:
        panel = self.panel

        def action(key: str, text: str, icon: str, words: str = "") -> Action:
            return Action(
                f"{prefix}.{key}", text, lambda: panel.act(key), icon, key, group="Conflicts", words=words,
                enabled=lambda: bool(panel.fields), listed=not key.isdigit(),
            )  # fmt: skip

        self._shell.actions.add(
            action("1", "Take the version from before", "number-circle-one"),
            action("2", "Take my version", "number-circle-two"),
            action("3", "Take their version", "number-circle-three"),
            action("4", "Take both joined, or another version or value", "number-circle-four"),
            *(action(str(number), f"Take what has the number {number}", "git-fork") for number in range(5, 10)),
            action("E", "Write another value", "pencil-simple", "edit"),
            action("U", "Undo the choice", "arrow-counter-clockwise"),
            Action(
                f"{prefix}.give", "Give the conflict to somebody", self.give, "user-plus", "G", group="Conflicts",
                enabled=lambda: bool(panel.fields),
            ),
            Action(
                f"{prefix}.due", "Set until when to settle the conflict", self.due, "timer", "D", group="Conflicts",
                enabled=lambda: bool(panel.fields),
            ),
            Action(
                f"{prefix}.save", "Save what was chosen", self.save, "check", "Ctrl+S", group="Conflicts",
                enabled=lambda: bool(panel.fields),
            ),
            owner=panel,
        )  # fmt: skip

    # -- reading -------------------------------------------------------------------------------------------

    def show(self, place: bytes, records: Sequence[Record], only: Collection[bytes] | None = None) -> None:
        """Show records; `place` is the record or ticket whose draft is kept. Its draft is read at the first time."""
        name = _PLACE + place.hex()
        new = name != self._place
        if new:
            self._keeper.move("")
            self._place = name
        self.panel.show_records(records, only)
        if not new and self.panel.content() is not None:
            self._keeper.touch()  # what was not saved with the rest
        if new:
            self._keeper.move(name)
            self._keeper.read(name, lambda drafts: self._restore(name, drafts))

    def _restore(self, place: str, drafts: Sequence[forms.DraftRow]) -> None:
        if place == self._place and drafts:
            self._keeper.move(place, stored=True)
            self.panel.restore(drafts[0].content)

    def keep(self) -> None:
        """Write what was chosen to the disk now."""
        self._keeper.flush()

    # -- doing ---------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Settle what was chosen, each record in one act, all undone as one."""
        if not self.panel.commit():
            return
        chosen = self.panel.choices()
        if not chosen:
            self._shell.toasts.show_toast("Choose a version first: 1 base, 2 mine, 3 theirs", tone="neutral", seconds=4)
            return
        act = self._desk.new_act()
        for number, (_record, some) in enumerate(chosen, start=1):
            last = number == len(chosen)
            ids = [choice.seen.conflict for choice in some]
            self._run(
                conflicts.settle, some, note=self.panel.note.text(), draft=self._place if last else "", act=act,
                undoable=last, ok=lambda _outcome, ids=ids, last=last: self._done(ids, last),
            )  # fmt: skip

    def take_all(self, side: str) -> None:
        """Take one side for all open conflicts that are shown."""
        act = self._desk.new_act()
        records = [record for record in self.panel.records if record.open]
        for number, record in enumerate(records, start=1):
            seen = [one.seen for one in record.open]
            last = number == len(records)
            ids = [one.conflict for one in seen]
            self._run(
                conflicts.settle_side, record.id, side, seen, act=act, undoable=last,
                ok=lambda _outcome, ids=ids, last=last: self._done(ids, last),
            )  # fmt: skip

    def _run(self, call: Any, *args: Any, **options: Any) -> None:
        self._shell.operations.run(call, *args, failed=self._refused, owner=self, **options)

    def _done(self, ids: Collection[bytes], last: bool) -> None:
        self.panel.settled_here(ids)
        if last:
            self._keeper.drop()
            self.panel.note.clear()
            self.saved.emit()

    def _refused(self, error: Exception) -> None:
        if isinstance(error, Refused):
            self.panel.show_problem(error.text, error.field)
        else:
            self._shell.operations.show_error(error)

    def undo(self) -> None:
        """Undo what was saved last."""
        self._shell.operations.undo()

    def give(self) -> None:
        """Ask whom to give the conflicts to."""
        ids = [one.id for record in self.panel.records for one in record.open]
        if not ids:
            return
        owner = next((record.care.person for record in self.panel.records if record.care.given), None)
        picks = [Pick(None, "Back to whoever the record says")] if owner is not None else []
        chooser = Chooser(
            [*picks, *self._directory.person_picks()], name="Give the conflict to", placeholder="Type a name or unit",
            current=owner.id if owner else None, parent=self._owner,
        )  # fmt: skip
        chooser.chosen.connect(lambda person: self._give(ids, person))
        chooser.open(self.panel.mapToGlobal(QPoint(24, 24)))

    def due(self) -> None:
        """Ask until when the conflicts are to be settled: a choice of some, or a time as people type it."""
        ids = [one.id for record in self.panel.records for one in record.open]
        if not ids:
            return
        now = wall.now()
        picks = [Pick(now + ms, f"In {times.span(ms).removesuffix(' 00')}", _clock(now + ms)) for ms in _DUE]
        chooser = Chooser(
            [Pick(None, "As the priority of the ticket says"), *picks], name="Settle the conflict by",
            placeholder="+2h, 1800 or a date-time group", new=_moment, parent=self._owner,
        )  # fmt: skip
        chooser.chosen.connect(lambda at: self._shell.operations.run(conflicts.set_due, ids, at, owner=self))
        chooser.open(self.panel.mapToGlobal(QPoint(24, 24)))

    def _give(self, ids: Sequence[bytes], person: bytes | None) -> None:
        self._shell.operations.run(conflicts.give, ids, person, owner=self, ok=lambda _outcome: self.given.emit())

    def fate(self) -> str:
        """What becomes of a choice: whether it goes out now."""
        kind = self._desk.link.state.kind
        return {
            LinkKind.ALONE: "Kept here",
            LinkKind.ONLINE: "Goes out now",
            LinkKind.PAUSED: "Kept here, shared when resumed",
            LinkKind.SHUT_OUT: "Kept here, shared with a new code",
        }.get(kind, "Kept here, shared when the link returns")

    def _go(self, letter: str) -> bool:
        """Go to the page whose letter follows G."""
        keys = f"G, {letter}"
        action = next((one for one in self._shell.actions.all() if keys in one.keys), None)
        return action is not None and bool(self._shell.actions.run(action.id))


def _clock(at: int) -> str:
    return times.dtg(at, short=True)


def _moment(text: str) -> Pick | None:
    """A time as it was typed; None while it is none yet."""
    try:
        at = times.parse_when(text, wall.now())
    except Refused:
        return None
    return Pick(at, _clock(at), "as typed")

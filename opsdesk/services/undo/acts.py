"""The acts of this desk, and undoing one of them as one unit of work."""

from __future__ import annotations

from dataclasses import dataclass, field

from opsdesk.models.base import Id
from opsdesk.services import areas
from opsdesk.services.changes import Changes
from opsdesk.services.errors import Refused
from opsdesk.services.undo import preview as asking
from opsdesk.services.undo.giving import Way, Written, give_back, open_conflict, written
from opsdesk.store.tables import NO_LIMIT
from opsdesk.store.work import Reader, Work


@dataclass(frozen=True, slots=True)
class ActRow:
    """One act of the person at this desk."""

    id: Id
    label: str
    done_at: int
    undone: bool


def recent(reader: Reader, limit: int = 50) -> tuple[ActRow, ...]:
    """The person's latest acts, newest first, without those that only undid another."""
    rows = reader.rows(
        "SELECT id, label, done_at, undone_by IS NOT NULL FROM act WHERE actor = ? AND undoes IS NULL "
        "ORDER BY number DESC LIMIT ?",
        (reader.person, limit),
    )
    return tuple(ActRow(record, label, at, bool(undone)) for record, label, at, undone in rows)


def undo(work: Work, act: Id | None, *, confirmed: bool = True) -> Changes:
    """Give back what the act wrote over. Raises Refused when nothing of it can be given back any more.

    The outcome's value is the number of changes that were left as they are, because others have written since. Unless
    that is `confirmed`, such a one raises WouldStay, and nothing is done.
    """
    label, undoes = asking.check(work, act)
    assert act is not None
    done = Tally()
    for change in written(work, act, below=NO_LIMIT, limit=-1):
        done.give(work, change)
    if done.left and not confirmed:
        # The transaction is rolled back; what would stay is told as it was before.
        raise asking.WouldStay(asking.Preview(label, done.given_back, done.left, ()))
    if not done.given_back:
        raise Refused(nothing_left(done.left))
    done.touch(work)
    note(work, act, label, undoes)
    work.value_out = done.left
    return done.changes()


def nothing_left(left: int) -> str:
    """Why nothing could be undone."""
    if left:
        return "Others have changed this since; nothing was undone"
    return "Nothing of this is left to undo"


@dataclass(slots=True)
class Tally:
    """What was given back so far, and which screens must look."""

    given_back: int = 0
    left: int = 0
    touched: dict[str, set[Id]] = field(default_factory=dict)
    settled: set[Id] = field(default_factory=set)

    def give(self, work: Work, change: Written) -> None:
        """Give back one change."""
        conflict = work.value("SELECT conflict FROM sync_intent WHERE seq = ?", (change.seq,))
        conflict = conflict or open_conflict(work, change.seq)
        found = give_back(work, change)
        if found is Way.STAYS:
            self.left += 1
        elif found is not Way.NOTHING:
            self.given_back += 1
            for area, ids in areas.areas_of(work.connection, {change.entity: {change.record}}).items():
                self.touched.setdefault(area, set()).update(ids)
            if conflict is not None:
                self.settled.add(conflict)

    def touch(self, work: Work) -> None:
        """Note on the tickets that something about them changed."""
        for ticket in self.touched.get("tickets", ()):
            work.execute("UPDATE ticket SET updated_at = ? WHERE id = ?", (work.now, ticket))

    def changes(self) -> Changes:
        """The announcement."""
        found: dict[str, frozenset[Id]] = {area: frozenset(records) for area, records in self.touched.items()}
        return Changes(conflicts=frozenset(self.settled), **found)  # type: ignore[arg-type]


def note(work: Work, act: Id, label: str, undoes: Id | None) -> None:
    """Remember which act undid which; an act that undoes an undo makes the first one stand again."""
    work.label = label.removeprefix("Undo: ") if undoes else f"Undo: {label}"
    work.execute("UPDATE act SET undone_by = ? WHERE id = ?", (work.act, act))
    # What the act had settled in the Returned box is open again, until the act stands again.
    work.execute("UPDATE returned_change SET settled_at = NULL WHERE settled_by = ?", (act,))
    if undoes is not None:
        work.execute("UPDATE act SET undone_by = NULL WHERE id = ?", (undoes,))
        work.execute("UPDATE returned_change SET settled_at = ? WHERE settled_by = ?", (work.now, undoes))
    work.execute(
        "INSERT INTO act (id, number, label, actor, done_at, undoes) "
        "VALUES (?, (SELECT coalesce(max(number), 0) + 1 FROM act), ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET label = excluded.label, undoes = excluded.undoes",
        (work.act, work.label, work.person, work.now, act),
    )

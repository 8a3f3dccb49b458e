"""The central server over memory: the same centre that PostgreSQL will drive, with a port that is strict.

It loads exactly what `centre.needs` names, so that whatever the judgement touches beside it would fail here first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field

from opsdesk.sync.core import centre, codec, feed, sharing, walk
from opsdesk.sync.core.draft import told
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import (
    PULLS_LIMIT,
    Answer,
    Batch,
    Change,
    Code,
    Conflict,
    Earlier,
    Entry,
    EntryKind,
    Frame,
    History,
    Look,
    News,
    Page,
    Pull,
    Pulled,
    Pulls,
    Ref,
    Scope,
    Value,
    Walk,
)
from opsdesk.sync.core.rules import Rules
from opsdesk.sync.core.state import PERSON, Known, Loaded, Naming, Needs, Record, standing, top


@dataclass(slots=True)
class Held:
    """What is durable. Records, log rows and conflicts are never changed in place, so that a copy is a backup."""

    epoch: int = 0
    ver: int = 0
    lost: tuple[range, ...] = ()
    records: dict[bytes, Record] = field(default_factory=dict)
    changes: dict[Ref, Known] = field(default_factory=dict)
    conflicts: dict[bytes, Conflict] = field(default_factory=dict)
    open: dict[bytes, set[bytes]] = field(default_factory=dict)
    children: dict[bytes, set[bytes]] = field(default_factory=dict)
    naming: dict[bytes, frozenset[Naming]] = field(default_factory=dict)
    history: dict[tuple[bytes, int], list[tuple[int, Value]]] = field(default_factory=dict)
    feeds: dict[bytes, list[Entry]] = field(default_factory=dict)
    folders: dict[bytes, bytes] = field(default_factory=dict)
    """Of each device whose changes came: as what its folder was enrolled, which stays the same beyond a new name."""

    def backup(self) -> Held:
        """A copy as it is now."""
        made = copy(self)
        made.records, made.changes, made.conflicts = dict(self.records), dict(self.changes), dict(self.conflicts)
        made.folders = dict(self.folders)
        made.open = {key: set(value) for key, value in self.open.items()}
        made.naming = dict(self.naming)
        made.children = {key: set(value) for key, value in self.children.items()}
        made.history = {key: list(value) for key, value in self.history.items()}
        made.feeds = {key: list(value) for key, value in self.feeds.items()}
        return made


def everything_goes(_batch: Batch, _change: Change, _record: Record | None) -> str | None:
    """Permit all."""
    return None


Boundary = Callable[[str], None]
"""Called at each commit boundary with its name; it may raise to let the server die there."""


class MemoryServer:
    """A server that answers batches and pulls, bytes in and bytes out."""

    def __init__(
        self,
        rules: Rules,
        permit: centre.Permit = everything_goes,
        boundary: Boundary = lambda _where: None,
    ) -> None:
        self.rules = rules
        self.permit = permit
        self.boundary = boundary
        self.held = Held()
        self.forgets = False
        """Whether values from before are folded away, so that old ones must be asked for."""
        self.takes_place = False
        """Whether what hangs on a record is kept with the unit and marking of that one."""
        self.walks_from = walk.WORTH_IT
        """Entries of a feed from which on a desk that begins gets a walk through what stands there."""
        self.problems: list[tuple[Ref, Exception]] = []

    def receive(self, data: bytes, link: codec.Link, reader: Reader = EVERYTHING) -> bytes:
        """Answer one message of a session, of a desk on which a person works. Raises codec.Malformed."""
        message = codec.decode(data, link)
        if isinstance(message, Batch):
            self.held.folders[message.dev] = link.dev
            return codec.encode(self._push(message, reader), link)
        if isinstance(message, Pull):
            return codec.encode(self._pull(message, reader), link)
        if isinstance(message, Pulls):
            return codec.encode(self._pull_all(message, reader), link)
        if isinstance(message, Earlier):
            return codec.encode(self._history(message.record, reader), link)
        if isinstance(message, Look):
            return codec.encode(self._look(reader), link)
        raise codec.Malformed("not a question")

    def restore(self, backup: Held) -> None:
        """Go back to a backup; what was given out since is lost, and is never given out again."""
        epoch = self.held.epoch + 1
        self.held = held = backup.backup()
        held.epoch = epoch
        held.lost = (*held.lost, range(held.ver + 1, (epoch << 40) + 1))
        held.ver = epoch << 40

    # Pushing

    def _push(self, batch: Batch, reader: Reader) -> Answer:
        held = self.held
        if batch.epoch != held.epoch:
            return self._tell_restored(batch)
        loaded = self._load(centre.needs(batch, self.rules))
        verdict = centre.judge(batch, loaded, self.rules, self.permit, reader)
        self.problems += verdict.problems
        self.boundary("push: before commit")
        result = verdict.result
        held.ver = result.ver
        for place, entry in result.entries:
            held.feeds.setdefault(place, []).append(entry)
            if len(place) != PERSON and entry.kind in (EntryKind.CREATE, EntryKind.CHANGE):
                for number, value in entry.values.items():
                    held.history.setdefault((entry.record, number), []).append((entry.ver, value))
        heads = {place: len(entries) for place, entries in held.feeds.items()}
        answer = centre.answer(batch, verdict, held.epoch, heads)
        for record in result.records.values():
            self._store(record)
        held.changes |= result.changes
        held.naming |= result.naming
        for conflict in result.conflicts.values():
            held.conflicts[conflict.id] = conflict
            opened = held.open.setdefault(conflict.record, set())
            (opened.add if conflict.open else opened.discard)(conflict.id)
        self.boundary("push: after commit")
        return answer

    def _tell_restored(self, batch: Batch) -> Answer:
        """What a desk must know to offer again what was lost. Nothing is judged before it does."""
        held = self.held
        if batch.changes or not batch.runs:
            return Answer(held.epoch, batch.dev)
        mark = batch.runs[0].first - 1
        # What was judged after that a copy of the desk may have sent, or it had another answer before.
        while (known := held.changes.get(Ref(batch.dev, mark + 1))) is not None and known.epoch <= batch.epoch:
            mark += 1
        return Answer(
            held.epoch, batch.dev, mark=mark, lost=tuple((stretch.start, stretch.stop) for stretch in held.lost)
        )

    def _store(self, record: Record) -> None:
        held = self.held
        held.records[record.id] = record
        subject = self.rules.entity(record.entity).subject
        above = record.values.get(subject) if subject is not None else None
        if isinstance(above, bytes):
            held.children.setdefault(above, set()).add(record.id)

    def _load(self, needs: Needs) -> Loaded:
        held = self.held
        loaded = Loaded(held.ver, held.epoch, held.lost)
        for ref in needs.changes:
            self._load_change(loaded, ref, named=ref in needs.named)
        for record in needs.records:
            self._load_record(loaded, record)
        for ref in needs.writers_of(loaded.records):
            self._load_change(loaded, ref)
        for own, other in needs.decided_as(loaded.changes):
            if held.folders.get(own.dev) == held.folders.get(other.dev, b""):
                loaded.own_names[own] = (*loaded.own_names.get(own, ()), other)
                self._load_change(loaded, other)
        for record in needs.families:
            found = held.records.get(record)
            self._load_children(loaded, top(found, held.records.get, self.rules)[1] if found else record)
        for subject in needs.children:
            self._load_children(loaded, subject)
        for entity, record in needs.trees:
            self._load_tree(loaded, entity, record)
        for record in {*needs.records, *loaded.records}:
            self._load_naming(loaded, record)
        for conflict in needs.conflicts & held.conflicts.keys():
            loaded.conflicts[conflict] = held.conflicts[conflict]
        for past in needs.past if not self.forgets else ():
            earlier = [value for at, value in held.history.get(past[:2], ()) if at <= past[2]]
            loaded.past[past] = earlier[-1] if earlier else None
        return loaded

    def _load_change(self, loaded: Loaded, ref: Ref, *, named: bool = False) -> None:
        if ref in loaded.changes and (not named or ref in loaded.names):
            return  # by their other names, changes that came back may be based on each other
        known = self.held.changes.get(ref)
        if named:
            folders = self.held.folders
            others = sorted(dev for dev, one in folders.items() if one == folders.get(ref.dev) and dev != ref.dev)
            loaded.names[ref] = tuple(Ref(dev, ref.dseq) for dev in others)
            for other in loaded.names[ref]:
                self._load_change(loaded, other)
        if known is not None:
            loaded.changes[ref] = known
            if known.outcome.code == Code.RETURNED and isinstance(known.change.base, Ref):
                self._load_change(loaded, known.change.base, named=loaded.epoch > 0)

    def _load_record(self, loaded: Loaded, record: bytes) -> None:
        found = self.held.records.get(record)
        if found is None or record in loaded.records:
            return
        loaded.records[record] = found
        for conflict in self.held.open.get(record, ()):
            loaded.conflicts[conflict] = self.held.conflicts[conflict]
        subject = self.rules.entity(found.entity).subject
        if subject is not None and isinstance(found.values.get(subject), bytes):
            self._load_record(loaded, found.values[subject])

    def _load_children(self, loaded: Loaded, record: bytes) -> None:
        self._load_record(loaded, record)
        left = [record]
        while left:
            above = left.pop()
            if above in loaded.children:
                continue
            below = loaded.children[above] = set(self.held.children.get(above, ()))
            for child in below:
                self._load_record(loaded, child)
            left += below

    def _load_naming(self, loaded: Loaded, record: bytes) -> None:
        found = loaded.records.get(record)
        anchor = top(found, loaded.records.get, self.rules)[1] if found else record
        if anchor in self.held.naming:
            loaded.naming[anchor] = self.held.naming[anchor]

    def _load_tree(self, loaded: Loaded, entity: int, record: Value) -> None:
        tree = next((rule.number for rule in self.rules.entity(entity).fields.values() if rule.tree), 0)
        seen: set[bytes] = set()
        while isinstance(record, bytes) and record in self.held.records and record not in seen:
            seen.add(record)
            self._load_record(loaded, record)
            record = self.held.records[record].values.get(tree)

    def share(self, record: bytes, person: bytes, *, shared: bool = True) -> None:
        """Share a record with a person, or share it no more."""
        held = self.held
        result = sharing.share(self._load(sharing.needs(record)), self.rules, record, person, shared=shared)
        held.ver = result.ver
        held.naming |= result.naming
        for place, entry in result.entries:
            held.feeds.setdefault(place, []).append(entry)

    # Pulling

    def _history(self, record: bytes, reader: Reader) -> History:
        readable = _Shown(self, reader).record(record) is not None
        feeds = [entries for place, entries in self.held.feeds.items() if readable and reader.reads(place)]
        told = (entry for entries in feeds for entry in entries if entry.record == record)
        return feed.history(self.held.epoch, record, told)

    def _pull_all(self, asked: Pulls, reader: Reader) -> Pulled:
        together = feed.Together(asked.asked[0].room)
        for one in asked.asked:
            if (question := together.next(one)) is not None:
                together.add(self._pull(question, reader))
        return Pulled(together.told)

    def _look(self, reader: Reader) -> Scope:
        feeds = self.held.feeds
        places = tuple((place, len(feeds[place])) for place in sorted(feeds) if reader.reads(place))
        return Scope(self.held.epoch, reader.epoch, places)

    def news(self, asked: Look, reader: Reader, known: Scope | None) -> Scope | News:
        """What may be read now, while a question is kept; where `known` is what the desk has read, with what has come
        since."""
        found = self._look(reader)
        if known is None or not asked.room or (known.epoch, known.permissions) != (found.epoch, found.permissions):
            return found
        before = dict(known.places)
        grown = [(place, before[place]) for place, pos in found.places if pos > before.get(place, pos)]
        pulls = tuple(Pull(found.epoch, place, pos, asked.room) for place, pos in grown[:PULLS_LIMIT])
        return News(found, self._pull_all(Pulls(pulls), reader).told) if pulls else found

    def _pull(self, pull: Pull, reader: Reader) -> Frame | Page:
        if not reader.reads(pull.place):
            return Frame(self.held.epoch, pull.place, pull.cursor, pull.cursor, False)
        entries = self.held.feeds.get(pull.place, [])
        begun = walk.begun(pull, self.held.epoch, len(entries), worth_it=self.walks_from)
        if begun is not None:
            return self._page(pull, begun)
        shown = _Shown(self, reader)
        return feed.frame(pull, self.held.epoch, len(entries), entries[pull.cursor :], shown, rights=reader.epoch)

    def _page(self, pull: Pull, begun: Walk) -> Page:
        filling = walk.Filling(pull, begun)
        for stage, key, entry in sorted(self._stages(pull.place, begun), key=lambda one: one[:2]):
            if (stage, key) > (begun.stage, begun.after):
                if filling.is_full():
                    return filling.page()
                filling.add(stage, key, entry)
        filling.passed(walk.LEFT)
        return filling.page()

    def _stages(self, place: bytes, begun: Walk) -> Iterator[tuple[int, bytes, Entry]]:
        held = self.held
        for record in held.records.values():
            if self.place(record) == place:
                known = bool(self.rules.entity(record.entity).fields)
                yield record.entity if known else walk.OTHERS, record.id, walk.standing(record, 0)
        for conflict in held.conflicts.values():
            if (conflict.open or begun.again) and self.place(held.records[conflict.record]) == place:
                yield walk.CONFLICTS, conflict.id, told(conflict)
        for pos, entry in enumerate(held.feeds.get(place, [])[: begun.pos] if begun.again else (), 1):
            if entry.kind == EntryKind.LEAVE:
                yield walk.LEFT, walk.key_of(pos), entry

    def place(self, record: Record) -> bytes:
        """The partition in which a record stands."""
        return standing(top(record, self.held.records.get, self.rules)[0], self.rules)

    def named(self, record: Record) -> frozenset[bytes]:
        """Who may read a record because of being named."""
        anchor = top(record, self.held.records.get, self.rules)[1]
        return frozenset(person for _, _, person in self.held.naming.get(anchor, ()))


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one reader sees of a memory server."""

    server: MemoryServer
    reader: Reader

    def record(self, record: bytes) -> tuple[Record, bytes] | None:
        found = self.server.held.records.get(record)
        if found is None:
            return None
        place = self.server.place(found)
        readable = self.reader.reads(place) or self.reader.follows(place, self.server.named(found))
        return (found, place) if readable else None

    def reads(self, place: bytes) -> bool:
        return self.reader.reads(place)

    def conflict(self, conflict: bytes) -> Conflict | None:
        return self.server.held.conflicts.get(conflict)


__all__ = ["Held", "MemoryServer", "everything_goes"]

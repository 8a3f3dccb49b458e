"""Small rules, devices and a server for tests of the sync core: fields of every kind on one entity."""

from __future__ import annotations

from typing import Any

from opsdesk.simulator.memory_server import MemoryServer
from opsdesk.sync.core import chain, codec
from opsdesk.sync.core.messages import Answer, Base, Batch, Change, ChangeKind, Code, Conflict, Outcome, Ref, Run
from opsdesk.sync.core.rules import Edge, EntityRule, FieldRule, Kind, Rules

TICKET, COMMENT, TAG = 10, 11, 13
TITLE, TEXT, PRIORITY, STATE, PARENT, COUNT, NUMBER, WORD, SUBJECT = 13, 14, 30, 33, 44, 50, 10, 51, 10

EDGES = (
    Edge("accept", frozenset({10}), 20),
    Edge("start", frozenset({20}), 30),
    Edge("wait", frozenset({20, 30}), 40),
    Edge("resume", frozenset({40}), 30),
    Edge("resolve", frozenset({30}), 50),
    Edge("cancel", frozenset({30, 40}), 70),
    Edge("unmerge", frozenset({80}), None),
)

_COMMON = [FieldRule(1, Kind.REFERENCE), FieldRule(2, severe_first=True), FieldRule(3), FieldRule(4)]


def _entity(number: int, *fields: FieldRule, subject: int | None = None) -> EntityRule:
    return EntityRule(number, {rule.number: rule for rule in (*_COMMON, *fields)}, subject=subject)


RULES = Rules(
    [
        _entity(
            TICKET,
            FieldRule(NUMBER, Kind.APPEND_ONLY),
            FieldRule(TITLE),
            FieldRule(TEXT, Kind.TEXT),
            FieldRule(PRIORITY, severe_first=True),
            FieldRule(STATE, Kind.STATE, edges=EDGES),
            FieldRule(PARENT, Kind.REFERENCE, tree=True),
            FieldRule(COUNT, Kind.COUNTER),
            FieldRule(52, Kind.LEDGER),
        ),
        _entity(COMMENT, FieldRule(SUBJECT, Kind.REFERENCE), FieldRule(12, Kind.TEXT), subject=SUBJECT),
        _entity(TAG, FieldRule(SUBJECT, Kind.REFERENCE), FieldRule(WORD, Kind.SET), subject=SUBJECT),
    ]
)


def record(name: str) -> bytes:
    """An id that a test can read."""
    return name.encode().ljust(16, b"_")


class Device:
    """A device that pushes what a test says, oldest first, and keeps its chain."""

    def __init__(self, server: MemoryServer, name: str) -> None:
        self.server = server
        self.dev = record("device " + name)
        self.dseq = 0
        self.digests = {0: chain.genesis(self.dev)}

    def make(
        self,
        subject: bytes,
        values: dict[int, Any],
        base: Base = 0,
        *,
        kind: ChangeKind = ChangeKind.SET,
        entity: int = TICKET,
        **rest: Any,
    ) -> Change:
        """The next change of this device."""
        self.dseq += 1
        made = Change(self.dseq, kind, entity, subject, values, base, hlc=self.dseq << 16, act=self.dseq, **rest)
        self.digests[self.dseq] = chain.link(self.digests[self.dseq - 1], made)
        return made

    def push(self, *changes: Change) -> Answer:
        """Send changes and return the answer."""
        runs = tuple(Run(change.dseq, 1, chain.short(self.digests[change.dseq - 1])) for change in changes)
        batch = Batch(self.dev, runs, changes, epoch=self.server.held.epoch)
        link = codec.Link(self.dev)
        answer = codec.decode(self.server.receive(codec.encode(batch, link), link), link)
        assert isinstance(answer, Answer)
        return answer

    def do(self, *given: Any, **named: Any) -> Outcome:
        """Make one change and push it."""
        (outcome,) = self.push(self.make(*given, **named)).outcomes
        return outcome

    def create(self, name: str, values: dict[int, Any], **rest: Any) -> bytes:
        """Create a record and return its id."""
        assert self.do(record(name), values, kind=ChangeKind.CREATE, **rest).code == Code.ACCEPTED
        return record(name)

    def ref(self, dseq: int | None = None) -> Ref:
        """The newest change, or a named one."""
        return Ref(self.dev, self.dseq if dseq is None else dseq)


def shown(server: MemoryServer, subject: bytes, number: int) -> Any:
    """The value that the centre shows."""
    return server.held.records[subject].values.get(number)


def ver(server: MemoryServer, subject: bytes) -> int:
    """The version of a record: what a desk has seen that has pulled everything."""
    return server.held.records[subject].ver


def open_conflict(server: MemoryServer, subject: bytes, number: int) -> Conflict:
    """The one open conflict on a field."""
    (found,) = [
        one for one in server.held.conflicts.values() if one.open and (one.record, one.field) == (subject, number)
    ]
    return found


def no_conflicts(server: MemoryServer) -> bool:
    """Whether nothing is open."""
    return not any(one.open for one in server.held.conflicts.values())

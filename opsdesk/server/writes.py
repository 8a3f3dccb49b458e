"""The one door for writes: whatever comes, by sync or by HTTP, is a batch of changes that the centre judges.

`push` answers a device's batch. `submit` makes a batch of the server's own device from what a program asked by HTTP,
and keeps it only when all of it is accepted: nobody sits there who could settle a conflict.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from msgspec.structs import replace

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.server.database import Claims, Database
from opsdesk.server.permits import Permits
from opsdesk.server.policies import NOT_ONESELF
from opsdesk.server.port import Port
from opsdesk.server.storing import change_bytes
from opsdesk.server.values import Unfit, complete
from opsdesk.store.queue.shapes import rules, shapes
from opsdesk.sync.core import centre, chain
from opsdesk.sync.core.feed import EVERYTHING, Reader
from opsdesk.sync.core.messages import Answer, Batch, Change, ChangeKind, Code, Outcome, Run, Value
from opsdesk.sync.core.rules import VOIDED
from opsdesk.sync.core.state import Known, Loaded, Record

_log = logging.getLogger(__name__)

PermitFor = Callable[[Any, Loaded], Awaitable[centre.Permit]]

Grown = Callable[[Collection[bytes]], None]
"""Told after the commit which partitions have grown."""


def unheard(_places: Collection[bytes]) -> None:
    """Nobody waits for news."""


HTTP_ALIAS: Final = 0
"""The server's own device, which makes the changes that come by HTTP and from the command line."""


@dataclass(frozen=True, slots=True)
class Write:
    """One record to make or change, by the names of fields. `base` is the version of the row that the writer saw."""

    table: str
    record: Id
    values: Mapping[str, Value]
    base: int | None = None
    event: str | None = None

    @property
    def creates(self) -> bool:
        """Whether the record is new."""
        return self.base is None


CHANGED: Final = "changed meanwhile"


class NotAccepted(Exception):
    """What was asked was not done, none of it. `outcomes` tell why, one for each change."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes = tuple(outcomes)
        worst = next(one for one in outcomes if one.code not in (Code.ACCEPTED, Code.MERGED))
        reasons = {one.reason for one in outcomes}
        self.conflict = CHANGED in reasons or worst.code in (Code.CONFLICT, Code.ABSORBED, Code.NEED_OLD)
        self.reason = CHANGED if self.conflict else worst.reason or Code(worst.code).name.lower()
        super().__init__(self.reason)


def permit_of(claims: Claims, others: frozenset[Id] = frozenset()) -> PermitFor:
    """The permit by the rights of a person. `others`: who has worked at the same device before."""

    async def permit(_connection: Any, loaded: Loaded) -> centre.Permit:
        return Permits.for_batch(claims, loaded, others)

    return permit


def unchanged(permit_for: PermitFor) -> PermitFor:
    """The same permit, where nobody has written since the version that the writer saw (If-Match of HTTP).

    All that comes by HTTP bears one device, and the centre takes what a device wrote last as seen by it.
    """

    async def permit_unchanged(connection: Any, loaded: Loaded) -> centre.Permit:
        permit = await permit_for(connection, loaded)

        def permitted(batch: Batch, change: Change, record: Record | None) -> str | None:
            refused = permit(batch, change, record)
            if refused or record is None or not isinstance(change.base, int) or change.kind == ChangeKind.CREATE:
                return refused
            stamp = record.stamps.get(change.field)
            since = record.ver if change.field == VOIDED else stamp.ver if stamp is not None else 0
            return CHANGED if since > change.base else None

        return permitted

    return permit_unchanged


async def allow_all(_connection: Any, _loaded: Loaded) -> centre.Permit:
    """The permit of the server's own commands, given by whoever may log in on its machine."""
    return lambda _batch, _change, _record: None


async def push(
    db: Database,
    batch: Batch,
    permit_for: PermitFor,
    *,
    person: Id,
    now: int,
    reader: Reader = EVERYTHING,
    grown: Grown = unheard,
) -> Answer:
    """Judge and store a device's batch. A change that cannot be stored comes back alone; those beside it are kept.

    `reader` says what the person reads, so that the answer names feeds of his in which the outcomes show.
    """
    try:
        return await _push_unit(db, batch, permit_for, person=person, now=now, reader=reader, grown=grown)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError, Unfit):
        _log.exception("a batch cannot be stored whole", extra={"dev": batch.dev.hex()})
    outcomes: list[Outcome] = []
    answer = Answer(batch.epoch, batch.dev)
    for unit in _units(batch):
        answer = await _push_or_refuse(db, unit, permit_for, person=person, now=now, reader=reader, grown=grown)
        outcomes += answer.outcomes
        if answer.fork:
            break
    return replace(answer, outcomes=tuple(outcomes))


async def _push_unit(
    db: Database, unit: Batch, permit_for: PermitFor, *, person: Id, now: int, reader: Reader, grown: Grown
) -> Answer:
    places: set[bytes] = set()
    async with db.merging() as connection:
        answer = await _judge(connection, unit, permit_for, person=person, now=now, places=places, reader=reader)
    grown(places)
    return answer


async def _push_or_refuse(
    db: Database, unit: Batch, permit_for: PermitFor, *, person: Id, now: int, reader: Reader, grown: Grown
) -> Answer:
    try:
        return await _push_unit(db, unit, permit_for, person=person, now=now, reader=reader, grown=grown)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError, Unfit):
        _log.exception("a change cannot be stored", extra={"dev": unit.dev.hex(), "dseq": unit.changes[0].dseq})

    async def refuse(_connection: Any, _loaded: Loaded) -> centre.Permit:
        return lambda _batch, _change, _record: "server error"

    return await _push_unit(db, unit, refuse, person=person, now=now, reader=reader, grown=grown)


def _units(batch: Batch) -> list[Batch]:
    """A batch for each change, or group of changes, alone."""
    units: list[list[tuple[Change, Run]]] = []
    group: Id | None = None
    for change, before, _ in chain.digests(batch):
        if change.gid is None or change.gid != group:
            units.append([])
        group = change.gid
        units[-1].append((change, Run(change.dseq, 1, before)))
    return [
        replace(batch, runs=tuple(run for _, run in unit), changes=tuple(change for change, _ in unit))
        for unit in units
    ]


async def own_tag(connection: Any) -> str:
    """What the numbers of records carry that are made here."""
    return str(await connection.fetchval("SELECT tag FROM device WHERE alias = $1", HTTP_ALIAS))


async def submit(
    db: Database,
    writes: Sequence[Write],
    permit_for: PermitFor,
    *,
    person: Id | None,
    now: int,
    grown: Grown = unheard,
) -> None:
    """Write what a program asked, all of it or nothing. Raises NotAccepted."""
    async with db.merging() as connection:
        places = await submit_in(connection, writes, permit_for, person=person, now=now)
    grown(places)


async def submit_in(
    connection: Any, writes: Sequence[Write], permit_for: PermitFor, *, person: Id | None, now: int
) -> set[bytes]:
    """As `submit`, in a transaction of `merger` that the caller takes back when this raises. Returns the partitions
    that have grown by it."""
    own = await connection.fetchrow("SELECT dev, mark FROM device WHERE alias = $1", HTTP_ALIAS)
    # The mark is the counter of this device: whoever else is at it waits here, before the turn is taken.
    mark = await connection.fetchval(
        "UPDATE device SET mark = mark + $2 WHERE alias = $1 RETURNING mark - $2", HTTP_ALIAS, _count(writes)
    )
    digest = await connection.fetchval("SELECT digest FROM change_log WHERE dev = $1 AND dseq = $2", own["dev"], mark)
    epoch = await connection.fetchval("SELECT max(number) FROM epoch")
    changes = tuple(_changes(writes, mark, person, now))
    run = Run(mark + 1, len(changes), chain.short(digest or chain.genesis(own["dev"])))
    batch = Batch(own["dev"], (run,), changes, epoch)
    places: set[bytes] = set()
    answer = await _judge(connection, batch, permit_for, person=person, now=now, places=places)
    if any(outcome.code not in (Code.ACCEPTED, Code.MERGED) for outcome in answer.outcomes):
        raise NotAccepted(answer.outcomes)
    return places


def _count(writes: Sequence[Write]) -> int:
    return sum(1 if write.creates else len(write.values) for write in writes)


def _changes(writes: Sequence[Write], mark: int, person: Id | None, now: int) -> list[Change]:
    by_table = {shape.table: shape for shape in shapes().values()}
    gid = ids.new_id(now) if _count(writes) > 1 else None
    made: list[Change] = []
    for write in writes:
        shape = by_table[write.table]
        numbers = {spec.name: number for number, spec in shape.fields.items()}
        said = complete(write.table, write.values) if write.creates else write.values
        values = {numbers[name]: int(value) if isinstance(value, bool) else value for name, value in said.items()}
        parts = [values] if write.creates else [{number: value} for number, value in values.items()]
        for part in parts:
            transition = write.event is not None and numbers.get("state") in part
            kind = ChangeKind.CREATE if write.creates else ChangeKind.TRANSITION if transition else ChangeKind.SET
            made.append(
                Change(
                    mark + len(made) + 1, kind, shape.entity, write.record, part, write.base or 0, now << 16,
                    person, mark + 1, gid, write.event if transition else None,
                )
            )  # fmt: skip
    return made


def _author(known: Known, person: Id | None) -> Id | None:
    """In whose box a change lies that came back: never in that of somebody whose name was only used."""
    return person if known.outcome.reason == NOT_ONESELF else known.change.actor or person


async def _judge(
    connection: Any,
    batch: Batch,
    permit_for: PermitFor,
    *,
    person: Id | None,
    now: int,
    places: set[bytes],
    reader: Reader = EVERYTHING,
) -> Answer:
    """Judge and store one batch. `places` gets the partitions that have grown by it."""
    port = Port(connection, rules())
    loaded = await port.load(centre.needs(batch, rules()))
    if batch.epoch != loaded.epoch:
        # Nothing is judged before the desk knows what was lost; it asks with an empty batch, and offers that again.
        if batch.changes or not batch.runs:
            return Answer(loaded.epoch, batch.dev)
        lost = tuple((stretch.start, stretch.stop) for stretch in loaded.lost)
        return Answer(loaded.epoch, batch.dev, mark=await port.known_up_to(batch), lost=lost)
    async with port.storing() as storing:
        for verdict in centre.judging(batch, loaded, rules(), await permit_for(connection, loaded), reader):
            await storing.keep(verdict.result)
        for ref, problem in verdict.problems:
            _log.error("a change cannot be judged", exc_info=problem, extra={"dev": ref.dev.hex(), "dseq": ref.dseq})
        heads = await storing.store(verdict.result, {outcome.place for outcome in verdict.outcomes})
        places.update(place for place, _ in verdict.result.entries)
        answer = centre.answer(batch, verdict, loaded.epoch, heads)
        known = verdict.result.changes.values()
        await storing.log(known, now)
    came_back = [
        (one.dev, one.change.dseq, owner, one.change.entity, one.change.record, one.outcome.reason, now,
         change_bytes(one.change))
        for one in known
        if one.outcome.code == Code.RETURNED and (owner := _author(one, person)) is not None
    ]  # fmt: skip
    if came_back:
        await connection.executemany(
            "INSERT INTO returned (dev, dseq, person, entity, record, reason, returned_at, body) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            came_back,
        )
    return answer

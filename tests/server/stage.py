"""A world with one record for each square of the authorisation matrix, and the ways in which a person tries it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import httpx
from msgspec.structs import replace as replace_pull

from opsdesk.server import feeds, foundation, tickets_api
from opsdesk.store.queue.shapes import OWNED
from opsdesk.sync.core.messages import Change, Code, EntryKind, Frame, Outcome, Pull
from tests.server import matrix, oracle
from tests.server.matrix import ENTRIES, Act
from tests.server.oracle import EVERYWHERE, SPOTS, Spot
from tests.server.test_writes import Desk
from tests.server.world import NOTE, World

REFUSED = ("no right", "outside", "above", "speak for", "what all read", "is written once")


@dataclass
class Cell:
    """One square of the matrix."""

    role: str
    entity: str
    act: Act
    spot: Spot
    record: bytes
    base: int | None = None

    @property
    def allowed(self) -> bool:
        """What the oracle says."""
        # Nobody is named on what is still to be made.
        bare = Spot(self.spot.name, self.spot.unit, self.spot.above)
        makes = self.act.before is None and not ENTRIES[self.entity].hangs
        return oracle.may_write(self.role, self.act.verbs, bare if makes else self.spot)

    def __str__(self) -> str:
        return f"{self.role}: {self.entity}: {self.act.name}: {self.spot.name}"


class Stage:
    """A world whose records are made for one person of each role: in A, with A1 below and B beside it, up to 2."""

    def __init__(self, world: World, each_field: bool) -> None:
        self.world = world
        self._each_field = each_field
        self.desks: dict[str, Desk] = {}
        self.cells: list[Cell] = []
        self.rows: dict[tuple[str, bytes], tuple[Spot, dict[str, Any], bytes]] = {}
        """Of every record: where it stands, its values, and for whom it was made."""
        self._numbers = itertools.count(1)
        self._units: dict[str, bytes] = {}

    @classmethod
    async def set(
        cls,
        world: World,
        roles: tuple[str, ...],
        only: frozenset[str] = frozenset(ENTRIES),
        *,
        each_field: bool = True,
    ) -> Stage:
        """Make the records of these roles and entities, perhaps one for each field of a ticket."""
        stage = cls(world, each_field)
        own = await world.unit("A")
        if not await world.owner.fetchval("SELECT count(*) FROM unit WHERE name = 'A1'"):
            await foundation.add_unit(world.db, "A1", own, note=NOTE, now=world.now)
        stage._units = {"own": own, "below": await world.unit("A1"), "foreign": await world.unit("B")}
        founder = await Desk.of(world, "keller")
        made: list[Change] = []
        for role in roles:
            stage.desks[role] = await Desk.of(world, role)
            made += stage._made_for(role, founder, only)
        for start in range(0, len(made), 1_000):
            answer = await founder.push(*made[start : start + 1_000], allow_all=True)
            assert {outcome.code for outcome in answer.outcomes} <= {Code.ACCEPTED}
        await stage._look_up()
        return stage

    def _made_for(self, role: str, founder: Desk, only: frozenset[str]) -> Iterator[Change]:
        me = self.desks[role].claims.person
        for name in sorted(only):
            for spot in ENTRIES[name].spots:
                for act in ENTRIES[name].acts(me):
                    yield from self._made(role, founder, name, act, spot, me)
        if self._each_field:
            for act in matrix.ticket_field_acts():
                yield from self._made(role, founder, "ticket", act, SPOTS[0], me)

    def _made(self, role: str, founder: Desk, name: str, act: Act, spot: Spot, me: bytes) -> Iterator[Change]:
        entry = ENTRIES[name]
        where = self.place(spot)
        asks_to_be_named = spot.named
        if name == "watcher" and act.before is not None and act.before["person"] == me:
            spot = replace(spot, named=True)  # to follow a record is to be named on it
        subject = {}
        if entry.hangs:
            anchor = {**ENTRIES["ticket"].needs, **where, **({"requester": me} if asks_to_be_named else {})}
            ticket = self._new("ticket", spot, anchor, me)
            yield founder.change("ticket", ticket, **anchor)
            subject = {"subject": ticket}
        row = {**entry.needs, **where, **subject, **(act.before or {})}
        if name == "ticket" and spot.named:
            row["requester"] = me
        if act.of_oneself:
            self.cells.append(Cell(role, name, act, spot, me))
        elif act.before is None:
            values = {**row, **act.values}
            fresh = Act(act.name, act.verbs, values, None, act.event)
            self.cells.append(Cell(role, name, fresh, spot, next(self._numbers).to_bytes(16, "big")))
        else:
            record = self._new(name, spot, row, me)
            self.cells.append(Cell(role, name, act, spot, record))
            yield founder.change(name, record, **row)

    def _new(self, name: str, spot: Spot, row: dict[str, Any], me: bytes) -> bytes:
        record = next(self._numbers).to_bytes(16, "big")
        self.rows[name, record] = (spot, row, me)
        return record

    def place(self, spot: Spot) -> dict[str, Any]:
        """Unit and marking of what stands there."""
        return {} if spot == EVERYWHERE else {"unit": self._units[spot.unit], "marking": 3 if spot.above else 1}

    async def _look_up(self) -> None:
        """What a desk that has pulled everything bases its edits on."""
        for name in {cell.entity for cell in self.cells}:
            rows = await self.world.owner.fetch(f'SELECT id, ver FROM "{name}"')
            held = {row["id"]: row["ver"] for row in rows}
            for cell in self.cells:
                if cell.entity == name and cell.act.before is not None:
                    cell.base = held[cell.record]

    def values_of(self, cell: Cell) -> dict[str, Any]:
        """What is written, with the unit that a hand-over goes to."""
        if cell.act.name in ("hand over", "set unit"):
            return {"unit": self._units["foreign" if cell.spot.unit == "own" else "own"]}
        return cell.act.values


async def push(stage: Stage, role: str, *, exact: bool = False) -> list[str]:
    """Push all that a person tries as one batch of their desk; where the answers differ from the oracle. `exact`: what
    is let through is plainly accepted, since nobody else writes."""
    desk = stage.desks[role]
    cells = [cell for cell in stage.cells if cell.role == role]
    changes = [
        desk.change(cell.entity, cell.record, cell.base, event=cell.act.event, **stage.values_of(cell))
        for cell in cells
    ]
    answer = await desk.push(*changes)
    assert [outcome.dseq for outcome in answer.outcomes] == [change.dseq for change in changes]
    return [
        f"{cell} is {'refused' if cell.allowed else 'done'} ({Code(outcome.code).name} {outcome.reason})"
        for cell, outcome in zip(cells, answer.outcomes, strict=True)
        if judged(cell, outcome) != cell.allowed or (exact and outcome.code not in (Code.ACCEPTED, Code.RETURNED))
    ]


def judged(cell: Cell, outcome: Outcome) -> bool:
    """Whether a change was let through; a refusal must be one for want of a right."""
    if outcome.code == Code.RETURNED:
        assert outcome.reason.startswith(REFUSED), f"{cell}: {outcome.reason}"
        return False
    return True


async def read(stage: Stage, role: str) -> list[str]:
    """Read all entities as `reader` does; where that differs from the oracle."""
    claims = stage.desks[role].claims
    wrong = []
    async with stage.world.db.reading(claims) as connection:
        for name in sorted({name for name, _ in stage.rows}):
            seen = {row["id"] for row in await connection.fetch(f'SELECT id FROM "{name}"')}
            wrong += differing(stage, role, name, seen)
    return wrong


async def pull(stage: Stage, role: str) -> list[str]:
    """Read all feeds that are told of to this person; where what they bring differs from the oracle."""
    claims = stage.desks[role].claims
    found: set[bytes] = set()
    async with stage.world.db.reading(claims) as connection:
        places = (await feeds.scope(connection, claims)).places
    for place, _ in places:
        asked: Pull | None = Pull(0, place, 0, 1_000_000)
        while asked is not None:
            told = await feeds.pull(stage.world.db, claims, asked)
            found |= {entry.record for entry in told.entries if entry.kind in (EntryKind.CREATE, EntryKind.ENTER)}
            if isinstance(told, Frame):
                asked = replace_pull(asked, cursor=told.end) if told.more else None
            elif told.next is not None:
                asked = replace_pull(asked, walk=told.next)
            else:
                asked = replace_pull(asked, cursor=told.walk.pos, walk=None)
    names = sorted({name for name, _ in stage.rows})
    return [line for name in names for line in differing(stage, role, name, found)]


def differing(stage: Stage, role: str, name: str, seen: set[bytes], *, voided: bool = True) -> list[str]:
    """Records of an entity that are seen though they should not be, or should be and are not; with those that are
    voided, or without."""
    me = stage.desks[role].claims.person
    wrong = []
    for (entity, record), (spot, row, whose) in stage.rows.items():
        if entity != name or (not voided and "voided" in row):
            continue
        # What names another person does not name me.
        here = spot if whose == me else Spot(spot.name, spot.unit, spot.above)
        right = may_see(name, row, here, me)
        if (record in seen) != right:
            wrong.append(f"{role}: {name}: {here.name}: {'hidden' if right else 'shown'}")
    return sorted(set(wrong))


def may_see(name: str, row: dict[str, Any], spot: Spot, me: bytes) -> bool:
    """Whether somebody is shown a record that was made for the stage."""
    mine = name in OWNED and row.get("owner") == me and not spot.above
    return mine or (oracle.may_read(spot) and ENTRIES[name].shown(row, me))


# Over HTTP


OFFERED = tickets_api.EDITABLE
"""Fields of a ticket that HTTP sets directly."""


async def ask(stage: Stage, role: str) -> list[str]:
    """Try by HTTP all that it offers of the same acts; where the answers differ from the oracle."""
    wrong = []
    async with await stage.world.as_(role) as client:
        for cell in [cell for cell in stage.cells if cell.role == role]:
            answer = await tried(stage, client, cell)
            if answer is not None and not right_status(cell, answer.status_code):
                wrong.append(f"{cell}: {answer.status_code} {answer.text[:80]}")
    return wrong


async def ask_to_read(stage: Stage, role: str) -> list[str]:
    """Read by HTTP the list of all tickets, and one that stands at each spot; where that differs from the oracle."""
    async with await stage.world.as_(role) as client:
        return await _asked_to_read(stage, role, client)


async def _asked_to_read(stage: Stage, role: str, client: httpx.AsyncClient) -> list[str]:
    seen: set[bytes] = set()
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        more = {"cursor": page["next"]} if page["next"] else {}
        page = (await client.get("/v1/tickets", params={"limit": 500, **more})).json()
        seen |= {UUID(ticket["id"]).bytes for ticket in page["tickets"]}
    wrong = differing(stage, role, "ticket", seen, voided=False)
    me = stage.desks[role].claims.person
    one_each = {spot: record for (name, record), (spot, row, whose) in stage.rows.items()
                if name == "ticket" and whose == me and "voided" not in row}  # fmt: skip
    for spot, record in one_each.items():
        status = (await client.get(f"/v1/tickets/{UUID(bytes=record)}")).status_code
        if status != (200 if oracle.may_read(spot) else 404):
            wrong.append(f"{role}: reading: {spot.name}: {status}")
    return wrong


def right_status(cell: Cell, status: int) -> bool:
    """Whether a status says what the oracle says."""
    makes_ticket = cell.entity == "ticket" and cell.act.before is None
    if not makes_ticket and not oracle.may_read(cell.spot):
        return status == 404
    return status in (200, 201, 204) if cell.allowed else status == 403


async def tried(stage: Stage, client: httpx.AsyncClient, cell: Cell) -> httpx.Response | None:
    """The answer to an act; None where HTTP does not offer it."""
    act, values = cell.act, stage.values_of(cell)
    if cell.entity == "comment" and act.name == "create":
        return await client.post(f"/v1/tickets/{UUID(bytes=values['subject'])}/comments", json={"body": "seen"})
    if cell.entity != "ticket" or act.name in ("bring back", "merge", "unmerge"):
        return None
    url, seen = f"/v1/tickets/{UUID(bytes=cell.record)}", {"If-Match": f'"{cell.base}"'}
    if act.event is not None:
        return await client.post(f"{url}/transitions", json={"event": act.event, "reason": "so"}, headers=seen)
    if act.before is not None and values.keys() == {"voided"}:
        return await client.delete(url, params={"reason": "twice"}, headers=seen)
    said = {name: as_json(name, value) for name, value in values.items() if name in OFFERED}
    if said.keys() & {"lat", "lon"}:
        said = {"lat": 48.0, "lon": 11.0} | said  # a half alone is refused to everybody
    if act.before is None:
        return await client.post("/v1/tickets", json=said)
    return await client.patch(url, json=said, headers=seen) if said else None


def as_json(name: str, value: Any) -> Any:
    """A value as HTTP takes it."""
    if isinstance(value, bytes):
        return str(UUID(bytes=value))
    return bool(value) if name in ("major", "exercise") else value

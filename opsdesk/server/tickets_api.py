"""Tickets over HTTP, for programs beside the desks: under the same policies, written through the same door."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from opsdesk.models import ids, rights
from opsdesk.models.base import Id
from opsdesk.models.tickets import OPEN_STATES, SOLUTIONS, WAITING_REASONS, Guard, State, Transition, transition
from opsdesk.server import policies, wire, writes
from opsdesk.server.database import Claims
from opsdesk.server.state import Server, claims
from opsdesk.server.wire import Refusal
from opsdesk.server.writes import NotAccepted, Write

_RULED: Final = frozenset(
    {"number", "created_at", "state", "state_reason", "waiting_reason", "waiting_until", "solution", "merged_into",
     "voided"}
)  # fmt: skip
EDITABLE: Final = frozenset(spec.name for spec in wire.TICKET_FIELDS) - _RULED
"""What may be written directly; a number is final, a state moves by transitions, a void has a reason."""

SORTS: Final = ("-updated_at", "updated_at", "-created_at", "created_at")
_EQUALS: Final = ("unit", "assignee", "group", "type", "category", "requester")
PAGE: Final = 100
LARGEST_PAGE: Final = 500
SEARCH_LIMIT: Final = 1_000
_REACHES: Final = tuple(1_000.0 * 5**step for step in range(8))
"""Metres within which the nearest are looked for, one after the other, up to half the world."""


async def list_tickets(request: Request) -> Response:
    """A page of tickets. Raises Refusal."""
    who = await claims(request)
    asked = dict(request.query_params)
    sort = asked.pop("sort", SORTS[0])
    if sort not in SORTS:
        raise Refusal(422, "malformed", f"sort is one of {', '.join(SORTS)}")
    column, down = sort.removeprefix("-"), sort.startswith("-")
    limit = wire.whole(asked.pop("limit", str(PAGE)), 1, LARGEST_PAGE, "limit")
    where, values = ["voided IS NULL"], list[Any]()

    def mark(value: Any) -> str:
        values.append(value)
        return f"${len(values)}"

    if "cursor" in asked:
        at, last = wire.read_cursor(asked.pop("cursor"), tuple[wire.Number, bytes])
        where.append(f"({column}, id) {'<' if down else '>'} ({mark(at)}, {mark(last)})")
    for name in _EQUALS:
        if name in asked:
            where.append(f'"{name}" = {mark(wire.identity(asked.pop(name)))}')
    if "state" in asked:
        where.append(f"state = ANY ({mark(_states(asked.pop('state')))}::int[])")
    if "priority" in asked:
        where.append(f"priority >= {mark(wire.whole(asked.pop('priority'), 1, 4, 'priority'))}")
    if "updated_since" in asked:
        where.append(f"updated_at >= {mark(wire.whole(asked.pop('updated_since'), 0, 2**62, 'updated_since'))}")
    if "q" in asked:
        # An array is looked up in the index, whatever the planner thinks of how many are found.
        found = f"SELECT s.id FROM search_tickets({mark(_words(asked.pop('q')))}, {SEARCH_LIMIT}) s"
        where.append(f"id = ANY (ARRAY({found}))")
    if asked:
        raise Refusal(422, "malformed", f"“{next(iter(asked))[:40]}” is no parameter of this page")
    way = "DESC" if down else "ASC"
    query = (
        f"SELECT * FROM ticket WHERE {' AND '.join(where)} ORDER BY {column} {way}, id {way} LIMIT {mark(limit + 1)}"
    )
    async with Server.of(request).db.reading(who) as connection:
        rows = await connection.fetch(query, *values)
    shown = rows[:limit]
    following = wire.cursor([shown[-1][column], shown[-1]["id"]]) if len(rows) > limit else None
    return wire.answer({"tickets": [wire.ticket_out(row) for row in shown], "next": following})


async def near_tickets(request: Request) -> Response:
    """The tickets within a distance of a point, nearest first; without a distance the nearest of all."""
    who = await claims(request)
    asked = request.query_params
    lat, lon = (_number(asked.get(name, ""), name) for name in ("lat", "lon"))
    reaches = _REACHES if "metres" not in asked else (_number(asked["metres"], "metres"),)
    if abs(lat) > 90 or abs(lon) > 180 or reaches[0] < 0:
        raise Refusal(422, "malformed", "lat, lon or metres is out of bounds")
    limit = wire.whole(asked.get("limit", str(PAGE)), 1, LARGEST_PAGE, "limit")
    async with Server.of(request).db.reading(who) as connection:
        found: list[Any] = []
        for metres in reaches:
            found = await connection.fetch("SELECT id, away FROM near_tickets($1, $2, $3, $4)", lat, lon, metres, limit)
            if len(found) == limit:
                break
        away = {row["id"]: row["away"] for row in found}
        # Joined in one statement, the planner would rather read the whole table.
        rows = await connection.fetch("SELECT * FROM ticket WHERE id = ANY ($1)", list(away))
    rows.sort(key=lambda row: (away[row["id"]], row["id"]))
    return wire.answer({"tickets": [wire.ticket_out(row) | {"metres": round(away[row["id"]], 1)} for row in rows]})


async def read_ticket(request: Request) -> Response:
    """One ticket."""
    return _shown(await _read(request, await claims(request), _id(request)))


async def create_ticket(request: Request) -> Response:
    """Make a ticket; it belongs to the own unit unless another is named."""
    server, who = Server.of(request), await claims(request)
    given = wire.ticket_in(await wire.body(request, dict[str, Any]), EDITABLE)
    now = server.now()
    made = ids.new_id(now)
    record = {"unit": who.unit, "requester": who.person, "occurred_at": now, "reported_via": "import", **given}
    async with _writing(server, who) as write:
        prefix = await _prefix(write.connection, record.get("type"))
        series = f"{prefix}-{await writes.own_tag(write.connection)}"
        number = await write.connection.fetchval(
            "INSERT INTO counter (name, value) VALUES ($1, 1) "
            "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value", series,
        )  # fmt: skip
        record |= {"number": f"{series}-{number:05}", "state": int(State.NEW), "created_at": now}
        await write(Write("ticket", made, record), now)
    response = _shown(await _read(request, who, made), 201)
    response.headers["Location"] = f"/v1/tickets/{UUID(bytes=made)}"
    return response


async def change_ticket(request: Request) -> Response:
    """Set fields of a ticket as it was seen (If-Match). What somebody else changed meanwhile is not written over."""
    server, who, ticket = Server.of(request), await claims(request), _id(request)
    base = _base(request)
    given = wire.ticket_in(await wire.body(request, dict[str, Any]), EDITABLE)
    if not given:
        raise Refusal(422, "malformed", "Nothing is to be changed")
    await _read(request, who, ticket)
    async with _writing(server, who) as write:
        await write(Write("ticket", ticket, given, base), server.now())
    return await _after(request, who, ticket)


async def void_ticket(request: Request) -> Response:
    """Take a ticket out of all lists, for a reason. Nothing is ever deleted."""
    server, who, ticket = Server.of(request), await claims(request), _id(request)
    reason = request.query_params.get("reason", "").strip()
    if not reason or len(reason) > 1_000:
        raise Refusal(422, "malformed", "Say why, in a reason of at most 1,000 letters")
    base = _base(request)
    await _read(request, who, ticket)
    async with _writing(server, who) as write:
        await write(Write("ticket", ticket, {"voided": reason}, base), server.now())
    return Response(status_code=204)


async def move_ticket(request: Request) -> Response:
    """Let an event happen to a ticket, by the table of its states."""
    server, who, ticket = Server.of(request), await claims(request), _id(request)
    base = _base(request)
    said = await wire.body(request, wire.TransitionBody)
    row = await _read(request, who, ticket)
    step = transition(State(row["state"]), said.event)
    if step is None or step.to is None or said.event in ("merge", "unmerge"):
        raise Refusal(409, "no such step", f"A ticket in state {row['state']} has no event “{said.event[:40]}”")
    async with server.db.reading(who) as connection:
        await _check(connection, who, row, step, said)
    waits = step.to is State.WAITING
    values = {
        "state": int(step.to),
        "state_reason": said.reason,
        "waiting_reason": said.waiting_reason if waits else None,
        "waiting_until": said.waiting_until if waits else None,
    }
    if step.to is not State.CLOSED:
        values["solution"] = said.solution if step.to is State.RESOLVED else None
    changed = {name: value for name, value in values.items() if row[name] != value}
    async with _writing(server, who) as write:
        await write(Write("ticket", ticket, changed, base, said.event), server.now())
    return await _after(request, who, ticket)


async def list_comments(request: Request) -> Response:
    """The conversation on a ticket, oldest first."""
    who, ticket = await claims(request), _id(request)
    await _read(request, who, ticket)
    async with Server.of(request).db.reading(who) as connection:
        rows = await connection.fetch(
            "SELECT * FROM comment WHERE subject = $1 AND voided IS NULL ORDER BY written_at, id", ticket
        )
    return wire.answer({"comments": [_comment(row) for row in rows]})


async def add_comment(request: Request) -> Response:
    """Add to the conversation on a ticket."""
    server, who, ticket = Server.of(request), await claims(request), _id(request)
    said = await wire.body(request, wire.CommentBody)
    row = await _read(request, who, ticket)
    now = server.now()
    made = ids.new_id(now)
    values = {
        "unit": row["unit"], "marking": row["marking"], "exercise": row["exercise"], "subject": ticket,
        "author": who.person, "body": said.body, "visibility": said.visibility, "written_at": now,
    }  # fmt: skip
    async with _writing(server, who) as write:
        await write(Write("comment", made, values), now)
    return wire.answer(_comment({"id": made, **values}), 201)


def _comment(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(UUID(bytes=row["id"])),
        "author": str(UUID(bytes=row["author"])) if row["author"] else None,
        "body": row["body"],
        "visibility": row["visibility"],
        "written_at": row["written_at"],
    }


async def _read(request: Request, who: Claims, ticket: Id) -> Mapping[str, Any]:
    async with Server.of(request).db.reading(who) as connection:
        row: Mapping[str, Any] | None = await connection.fetchrow(
            "SELECT * FROM ticket WHERE id = $1 AND voided IS NULL", ticket
        )
    if row is None:
        # Whether it is not there or not for this reader is not told.
        raise Refusal(404, "not found", "There is no such ticket")
    return row


async def _after(request: Request, who: Claims, ticket: Id) -> Response:
    """The ticket as it is now; nothing for who has just handed it to where it cannot be read."""
    try:
        return _shown(await _read(request, who, ticket))
    except Refusal:
        return Response(status_code=204)


def _shown(row: Mapping[str, Any], status: int = 200) -> Response:
    response = wire.answer(wire.ticket_out(row), status)
    response.headers["ETag"] = f'"{row["ver"]}"'
    return response


class _Door:
    """The door for one write of one person; what it lets through is told when the transaction is over."""

    def __init__(self, connection: Any, who: Claims) -> None:
        self.connection = connection
        self.places: set[bytes] = set()
        self._who = who

    async def __call__(self, asked: Write, now: int) -> None:
        """Write what was asked. Raises Refusal."""
        try:
            permit = writes.unchanged(writes.permit_of(self._who))
            self.places |= await writes.submit_in(self.connection, [asked], permit, person=self._who.person, now=now)
        except NotAccepted as error:
            if error.conflict:
                raise Refusal(409, writes.CHANGED, "Read it again: somebody else has changed it") from error
            if error.reason.startswith(("no right", "outside", "above", "speak for")):
                raise Refusal(403, "forbidden", error.reason) from error
            raise Refusal(422, "refused", error.reason) from error


@asynccontextmanager
async def _writing(server: Server, who: Claims) -> AsyncIterator[_Door]:
    async with server.db.merging() as connection:
        door = _Door(connection, who)
        yield door
    server.hints.tell(door.places)


def _id(request: Request) -> Id:
    return wire.identity(request.path_params["id"])


def _base(request: Request) -> int:
    """The version that the writer saw."""
    said = request.headers.get("if-match")
    if said is None:
        raise Refusal(428, "precondition required", "Say in If-Match which version you saw (the ETag of your reading)")
    return wire.whole(said.strip().removeprefix("W/").strip('"'), 0, 2**62, "If-Match")


def _states(text: str) -> list[int]:
    if text == "open":
        return sorted(map(int, OPEN_STATES))
    return [wire.whole(part, 0, 100, "state") for part in text.split(",")[:20]]


def _words(text: str) -> str:
    if not text.strip() or len(text) > 200 or "\0" in text:
        raise Refusal(422, "malformed", "q is words, at most 200 letters")
    return text


def _number(text: str, name: str) -> float:
    try:
        value = float(text if text.isascii() and "_" not in text else "")
    except ValueError as error:
        raise Refusal(422, "malformed", f"{name} is a number") from error
    if not abs(value) < 1e12:
        raise Refusal(422, "malformed", f"{name} is out of bounds")
    return value


async def _prefix(connection: Any, kind: Id | None) -> str:
    found = await connection.fetchval("SELECT number_prefix FROM ticket_type WHERE id = $1", kind) if kind else None
    return str(found or "T")


async def _check(
    connection: Any, who: Claims, row: Mapping[str, Any], step: Transition, said: wire.TransitionBody
) -> None:
    """Ask the guards of a step. Raises Refusal with the words of the first that does not hold."""
    for guard in step.guards:
        if guard is Guard.UNBLOCKED:
            holds = not await connection.fetchval(
                "SELECT count(*) FROM link l JOIN ticket t ON t.id = l.subject WHERE l.target = $1 "
                "AND l.kind = 'blocks' AND l.voided IS NULL AND t.voided IS NULL AND t.state = ANY ($2)",
                row["id"], sorted(map(int, OPEN_STATES)),
            )  # fmt: skip
        else:
            holds = {
                Guard.ROUTED: bool(row["assignee"] or row["group"]),
                Guard.REASON: bool(said.reason and said.reason.strip()),
                Guard.WAITING_REASON: said.waiting_reason in WAITING_REASONS,
                Guard.SOLUTION: said.solution in SOLUTIONS,
                Guard.MAY_REOPEN_CLOSED: rights.REOPEN_CLOSED in policies.rights_of(who.role),
            }[guard]
        if not holds:
            raise Refusal(403 if guard is Guard.MAY_REOPEN_CLOSED else 422, "refused", guard.value)

"""What travels over the HTTP interface: bodies of requests, refusals, and records as JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from opsdesk.models import codes
from opsdesk.models.base import Id, fields
from opsdesk.models.tickets import Ticket

BODY_LIMIT: Final = 1_048_576

Text = Annotated[str, Meta(max_length=1_000, pattern=r"^[^\x00]*$")]
"""Words without U+0000, which PostgreSQL holds in no text."""
Tag = Annotated[str, Meta(pattern=codes.TAG_PATTERN)]
Millis = int
"""UTC milliseconds since 1970."""


class Enrol(Struct, forbid_unknown_fields=True):
    """A device asks to be let in. `secret` is the first part of the code; keys and proofs are base64."""

    secret: Annotated[str, Meta(min_length=16, max_length=16)]
    dev: UUID
    key: bytes
    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    tag: Tag
    proof: bytes


class LogInBody(Struct, forbid_unknown_fields=True):
    """A person logs in at an enrolled device, which has signed the server's challenge."""

    name: Text
    password: Text
    dev: UUID
    challenge: Text
    proof: bytes


class RefreshBody(Struct, forbid_unknown_fields=True):
    """A device asks for new tokens."""

    token: Text
    proof: bytes


class Rename(Struct, forbid_unknown_fields=True):
    """A device that was found to be a copy of another asks to be known under an identity of its own."""

    dev: UUID
    tag: Tag
    proof: bytes


class TokensOut(Struct):
    """What a device is given."""

    access: str
    refresh: str
    person: UUID
    expires_in: int


class TransitionBody(Struct, forbid_unknown_fields=True):
    """An event of a ticket's life, with what its guards ask for."""

    event: Text
    reason: Text | None = None
    waiting_reason: Text | None = None
    waiting_until: Millis | None = None
    solution: Text | None = None


class CommentBody(Struct, forbid_unknown_fields=True):
    """A contribution to a ticket's conversation."""

    body: Annotated[str, Meta(min_length=1, max_length=100_000)]
    visibility: Literal["internal", "requester"] = "internal"


class Refusal(Exception):
    """A request that is not carried out: a status of HTTP, a code for programs and words for people."""

    def __init__(self, status: int, code: str, text: str = "", *, wait_s: int | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.text, self.wait_s = status, code, text, wait_s

    def response(self) -> Response:
        """The answer."""
        made = answer({"error": self.code, "text": self.text or self.code}, self.status)
        if self.status == 401:
            made.headers["WWW-Authenticate"] = "Bearer"
        if self.wait_s is not None:
            made.headers["Retry-After"] = str(self.wait_s)
        return made


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer. What it says is for who asked alone, and for now."""
    return Response(
        msgspec.json.encode(value), status, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


T = TypeVar("T")


async def content(request: Request, limit: int = BODY_LIMIT) -> bytes:
    """The body of a request as it came. Raises Refusal."""
    read = bytearray()
    async for piece in request.stream():
        read += piece
        if len(read) > limit:
            raise Refusal(413, "too large", f"A body has at most {limit} bytes")
    return bytes(read)


async def body(request: Request, kind: type[T]) -> T:
    """The body of a request, checked. Raises Refusal."""
    try:
        return msgspec.json.decode(await content(request), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(422, "malformed", str(error)) from error


def identity(text: str) -> Id:
    """An id from its usual form. Raises Refusal."""
    try:
        return UUID(text).bytes
    except ValueError as error:
        raise Refusal(422, "malformed", f"“{text[:40]}” is no id") from error


def whole(text: str, least: int, most: int, name: str) -> int:
    """A whole number within bounds. Raises Refusal."""
    if not text.removeprefix("-").isascii() or not text.removeprefix("-").isdigit() or len(text) > 20:
        raise Refusal(422, "malformed", f"{name} is a number")
    if not least <= int(text) <= most:
        raise Refusal(422, "malformed", f"{name} is between {least} and {most}")
    return int(text)


Number = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
"""A whole number that a column of the database may hold."""


def cursor(values: list[Any]) -> str:
    """Where a page ended, as one opaque word."""
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(values)).decode().rstrip("=")


def read_cursor(text: str, kinds: Any) -> Any:
    """What `cursor` wrote, checked to be of `kinds`. Raises Refusal."""
    try:
        return msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=kinds)
    except (msgspec.DecodeError, binascii.Error, ValueError, RecursionError) as error:
        raise Refusal(422, "malformed", "This cursor was not given by this server") from error


TICKET_FIELDS: Final = fields(Ticket)
_BINARY: Final = frozenset(spec.name for spec in TICKET_FIELDS if spec.binary)
_YES_NO: Final = frozenset(
    spec.name for spec in TICKET_FIELDS if Ticket.__table__.columns[spec.name].type.python_type is bool
)


def ticket_out(row: Mapping[str, Any]) -> dict[str, Any]:
    """A ticket as JSON shows it: ids in their usual form, times as UTC milliseconds, `ver` for If-Match."""
    made: dict[str, Any] = {"id": str(UUID(bytes=row["id"])), "ver": row["ver"], "updated_at": row["updated_at"]}
    for spec in TICKET_FIELDS:
        value = row[spec.name]
        if isinstance(value, bytes):
            value = str(UUID(bytes=value)) if len(value) == 16 else value.hex()
        made[spec.name] = value
    return made


def ticket_in(values: Mapping[str, Any], allowed: frozenset[str]) -> dict[str, Any]:
    """Fields of a ticket from JSON. Raises Refusal naming the first that is not to be written so."""
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name not in allowed:
            raise Refusal(422, "malformed", f"“{name[:40]}” cannot be written here")
        if isinstance(value, list | dict) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
            raise Refusal(422, "malformed", f"{name} is one text, number, true or false")
        if name in _BINARY and value is not None:
            value = identity(value if isinstance(value, str) else "")
        if value is not None and isinstance(value, bool) != (name in _YES_NO):
            # On the wire of sync yes and no are 1 and 0; here each is what it is called.
            raise Refusal(422, "malformed", f"{name} is {'true or false' if name in _YES_NO else 'not true or false'}")
        if name == "title" and isinstance(value, str) and not value.strip():
            raise Refusal(422, "malformed", "title is needed")
        made[name] = value
    for name, other in (("lat", "lon"), ("lon", "lat")):
        if name in made and (other not in made or (made[name] is not None and made[other] is None)):
            # One half together with another that was written meanwhile would be a place that nobody named.
            raise Refusal(422, "malformed", f"{other} is needed with {name}: both are given, or both are null")
    return made

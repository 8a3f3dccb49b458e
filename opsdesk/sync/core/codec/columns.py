"""Parts that all messages are made of: bounds, columns of numbers, small heads of bytes, tables of ids, values.

A column whose numbers are all the same is that one number; members at the end that say nothing are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.msgpack import Ext

from opsdesk.sync.core.messages import FIELD_LIMIT, Id, Natural, Value

CHANGES_LIMIT: Final = 10_000
"""Changes of a batch, entries of a frame."""
MEMBERS_LIMIT: Final = 400_000
"""Values of a message."""
ODD_LIMIT: Final = 512 * 1024
"""Bytes of those values of a batch that are no single number or text: each of them may fill sixty in memory."""

T = TypeVar("T")
Integer = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Column = Integer | Annotated[list[Integer], Meta(max_length=CHANGES_LIMIT)]
Sparse = Annotated[dict[Natural, T], Meta(max_length=CHANGES_LIMIT)]
"""A member that most do not have, by index."""
Plain = None | bool | int | float | str | Ext
Values = Annotated[list[Plain], Meta(max_length=MEMBERS_LIMIT)]
Shapes = Annotated[list[Natural | Annotated[list[Natural], Meta(max_length=1_000)]], Meta(max_length=CHANGES_LIMIT)]
"""Kind, entity and fields of each sort of change in the message; of a single sort without a list around it."""

encoder: Final = msgspec.msgpack.Encoder()
_anything: Final = msgspec.msgpack.Decoder()
_PLAIN: Final = frozenset({type(None), bool, int, float, str})
_BYTES, _PACKED = 0, 1


class Malformed(Exception):
    """These bytes are no message of ours. The text says where reading stopped."""


@dataclass(frozen=True, slots=True)
class Link:
    """What both ends of a session know, so that no message need say it: the device that speaks, and its person."""

    dev: Id
    person: Id | None = None


def bad(why: str) -> NoReturn:
    """Refuse a message."""
    raise Malformed(why)


def natural(number: int) -> int:
    """The number, if it can be a version, a position or a sequence."""
    return number if 0 <= number < 2**63 else bad(f"number {number}")


def trimmed(columns: Struct) -> list[Any]:
    """The members of a structure without those at the end that are as they are when nothing is said."""
    parts = list(msgspec.structs.astuple(columns))
    for default in reversed(columns.__struct_defaults__):
        if parts[-1] != default:
            break
        parts.pop()
    return parts


def column(numbers: list[int]) -> int | list[int]:
    """The numbers, or the one that they all are."""
    first = numbers[0] if numbers else 0
    return first if numbers.count(first) == len(numbers) else numbers


def spread(told: int | list[int], count: int) -> list[int]:
    """The numbers of a column of `count`."""
    if isinstance(told, int):
        return [told] * count
    return told if len(told) == count else bad("columns differ in length")


def steps(numbers: Iterable[int], start: int) -> list[int]:
    """What each number is more than the one before."""
    found = []
    for number in numbers:
        found.append(number - start)
        start = number
    return found


def sums(numbers: Iterable[int], start: int) -> list[int]:
    """What `steps` were made of."""
    found = []
    for number in numbers:
        start = natural(start + number)
        found.append(start)
    return found


def zigzag(number: int) -> int:
    """A number that may be negative as one that is not."""
    return number << 1 if number >= 0 else ((-number) << 1) - 1


def zagzig(number: int) -> int:
    """What `zigzag` was given."""
    return number >> 1 if number & 1 == 0 else -((number + 1) >> 1)


def sparse(values: Iterable[T | None]) -> dict[int, T]:
    """The values that are there, by index."""
    return {index: value for index, value in enumerate(values) if value is not None}


# Heads: the few numbers that every message has, seven bits to a byte, and what is of fixed length.


def head(numbers: Iterable[int], *rest: bytes) -> bytes:
    """Numbers, then bytes."""
    made = bytearray()
    for number in numbers:
        while number > 0x7F:
            made.append(number & 0x7F | 0x80)
            number >>= 7
        made.append(number)
    return bytes(made) + b"".join(rest)


class Head:
    """What `head` wrote, read piece by piece. Raises Malformed where it ends."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self) -> int:
        """The next number."""
        found = shift = 0
        while True:
            (byte,) = self.take(1)
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return natural(found)
            shift += 7
            if shift > 56:
                bad("a number without end")

    def take(self, count: int) -> bytes:
        """So many bytes."""
        self._at += count
        return self._data[self._at - count : self._at] if self._at <= len(self._data) else bad("a head that ends")

    @property
    def more(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def rest(self) -> bytes:
        """All that is left."""
        return self._data[self._at :]


def _told(known: Iterable[bytes | None]) -> list[bytes]:
    return list(dict.fromkeys(one for one in known if one is not None))


class Table:
    """Identities in order of first mention, behind those that both ends know."""

    def __init__(self, *known: bytes | None) -> None:
        self._places = {one: place for place, one in enumerate(_told(known))}
        self._known = len(self._places)

    def place(self, identity: bytes | None) -> int:
        """Where an identity stands; -1 for none."""
        return -1 if identity is None else self._places.setdefault(identity, len(self._places))

    def packed(self) -> bytes:
        """Those that must be said."""
        return b"".join(list(self._places)[self._known :])


def table(packed: bytes, *known: bytes | None) -> list[bytes]:
    """What a `Table` holds."""
    if len(packed) % 16:
        bad("table of ids")
    return _told(known) + [packed[at : at + 16] for at in range(0, len(packed), 16)]


def find(identities: Sequence[bytes], place: int) -> bytes:
    """The identity at a place."""
    return identities[place] if 0 <= place < len(identities) else bad("place in a table")


def find_or_none(identities: Sequence[bytes], place: int) -> bytes | None:
    """The identity at a place, None at -1."""
    return None if place == -1 else find(identities, place)


# Values: bytes are extension 0; what is no single number or text, and may be of a newer version, is packed once more as
# extension 1, so that how much of it is taken in can be bounded.


def outgoing(values: Iterable[Value]) -> list[Plain]:
    """Values as they travel."""
    found = list(values)
    return found if set(map(type, found)) <= _PLAIN else [_wrapped(value) for value in found]


def _wrapped(value: Value) -> Plain:
    if isinstance(value, bytes):
        return Ext(_BYTES, value)
    return value if type(value) in _PLAIN else Ext(_PACKED, encoder.encode(value))


def incoming(values: list[Plain], limit: int) -> list[Value]:
    """What `outgoing` was given, with at most `limit` bytes of odd ones. Raises Malformed."""
    if Ext not in set(map(type, values)):
        return values
    if sum(len(bytes(value.data)) for value in values if type(value) is Ext and value.code != _BYTES) > limit:
        bad("values of unknown kind")
    return [_unwrapped(value) if type(value) is Ext else value for value in values]


def _unwrapped(value: Ext) -> Value:
    if value.code == _BYTES:
        return bytes(value.data)
    return _anything.decode(value.data) if value.code == _PACKED else bad("a value")


class Sorter:
    """The sorts of changes in a message, and each one's values in order of its fields."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[int, ...], int] = {}
        self._orders: dict[tuple[int, ...], tuple[int, tuple[int, ...]]] = {}
        self.which: list[int] = []
        self.values: list[Value] = []

    def add(self, kind: int, entity: int, values: dict[int, Value]) -> None:
        """The next change."""
        said = (kind, entity, *values)
        known = self._orders.get(said)
        if known is None:
            order = tuple(sorted(values))
            known = self._shapes.setdefault((kind, entity, *order), len(self._shapes)), order
            self._orders[said] = known
        self.which.append(known[0])
        self.values += map(values.__getitem__, known[1])

    def shapes(self) -> list[Any]:
        """As they travel."""
        found = list(self._shapes)
        return list(found[0]) if len(found) == 1 else found


def sorted_out(
    told: list[Any], which: int | list[int], values: Sequence[Value], count: int
) -> Iterator[tuple[int, int, dict[int, Value]]]:
    """Kind, entity and values of each change; the values must hold at least as many as that takes."""
    shapes = [told] if told and isinstance(told[0], int) else told
    for shape in shapes:
        if not isinstance(shape, list) or not all(isinstance(number, int) for number in shape):
            bad("sorts of changes")
        if len(shape) < 2 or min(shape) < 0 or max(shape[1:]) > FIELD_LIMIT or len(set(shape[2:])) != len(shape) - 2:
            bad("sort of a change")
    parts = [(shape[0], shape[1], shape[2:]) for shape in shapes]
    places = spread(which, count)
    if any(not 0 <= place < len(parts) for place in places):
        bad("sort of a change")
    if sum(len(parts[place][2]) for place in places) > len(values):
        bad("too few values")
    at = 0
    for place in places:
        kind, entity, fields = parts[place]
        yield kind, entity, dict(zip(fields, values[at : at + len(fields)], strict=True))
        at += len(fields)

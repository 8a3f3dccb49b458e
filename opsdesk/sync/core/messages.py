"""What travels: changes in batches, their outcomes, frames of a feed, conflicts. Frozen values, read from strangers.

Every structure is an array on the wire, so its members are named by their place: a new member is added at the end with
a default, an old one is never taken away or moved. Fields of records are named by number.

What there are many of is kept from the sight of Python's collector (`gc=False`): a value that was read can be in no
circle, and looking through ten thousand of them takes longer than to judge a thousand.
"""

from __future__ import annotations

import enum
from hashlib import blake2b
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, Struct, UnsetType, msgpack

PROTOCOL: Final = 1
PULLS_LIMIT: Final = 64
"""Partitions that are asked for at once."""

_encoder = msgpack.Encoder()

Natural = Annotated[int, Meta(ge=0, le=2**63 - 1)]
"""A version, a position, a sequence number."""
Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
Mark = Annotated[bytes, Meta(min_length=4, max_length=4)]
"""The first bytes of a digest."""
FIELD_LIMIT: Final = 32_767
"""The highest number of an entity or a field: the server keeps it in two bytes, signed."""
Field = Annotated[int, Meta(ge=0, le=FIELD_LIMIT)]
Place = Annotated[bytes, Meta(min_length=1, max_length=32)]
"""The name of a partition."""
Line = Annotated[str, Meta(max_length=1_000)]
Value = Any
"""A field's value: null, number, text or bytes; anything else of a newer version is kept and passed on."""


class Ref(Struct, frozen=True, array_like=True, gc=False):
    """The identity of a change: the device that made it, and its gap-free number there."""

    dev: Id
    dseq: Natural


Base = Natural | Ref
"""What the person saw when the edit was begun: the server's version of the row as pulled, or a change that had no
server's version yet."""


class ChangeKind(enum.IntEnum):
    """What a change does. LEDGER and ORDER are declared, and answered `unsupported`, until an entity uses them."""

    CREATE = 0
    SET = 1
    INC = 2
    TRANSITION = 3
    RESOLVE = 4
    TEXTPATCH = 5
    WITHDRAW = 6
    LEDGER = 7
    ORDER = 8


class Change(Struct, frozen=True, array_like=True, gc=False):
    """One change: a creation with all its fields, or one field of one record."""

    dseq: Natural
    kind: Natural
    entity: Field
    record: Id
    values: dict[Field, Value]
    base: Base
    hlc: Natural
    actor: Id | None = None
    act: Natural = 0
    """Sequence of the first change of the same act on this device."""
    gid: Id | None = None
    """Changes of one group are applied together or not at all."""
    event: Line | None = None
    happened: int | None = None
    conflict: Id | None = None
    considered: tuple[Ref, ...] = ()
    """Of a resolution: the candidates that the person saw."""
    old: Value | UnsetType = UNSET
    """Value that the person saw; sent only when asked for, and no part of the change's hash."""

    @property
    def field(self) -> int:
        """The one field that is written; 0 for a creation."""
        return 0 if self.kind == ChangeKind.CREATE else next(iter(self.values), 0)


class Run(Struct, frozen=True, array_like=True):
    """A stretch of changes without a gap, and a mark of the device's chain before it."""

    first: Natural
    count: Natural
    prev: Mark


class Batch(Struct, frozen=True):
    """Changes of one device, oldest first."""

    dev: Id
    runs: tuple[Run, ...]
    changes: tuple[Change, ...]
    epoch: Natural = 0
    schema: Natural = 1
    permissions: Natural = 0
    """Epoch of the grants under which the changes were made."""
    protocol: Natural = PROTOCOL


class Code(enum.IntEnum):
    """What became of a change. Up to RETURNED the answer is final; the others leave it in the desk's queue."""

    ACCEPTED = 0
    MERGED = 1
    ABSORBED = 2
    CONFLICT = 3
    QUARANTINED = 4
    RETURNED = 5
    DEFERRED = 6
    NEED_OLD = 7
    UNSUPPORTED = 8


class FieldOutcome(Struct, frozen=True, array_like=True, gc=False):
    """What became of one field of a change."""

    field: Field
    code: Natural
    conflict: Id | None = None


class Outcome(Struct, frozen=True, array_like=True, gc=False):
    """The answer to one change. `fields` lists only what differs from plain acceptance."""

    dseq: Natural
    code: Natural
    place: bytes = b""
    """Feed that shows what became of it, once its cursor has passed `pos`; empty where none tells the asking desk."""
    pos: Natural = 0
    fields: tuple[FieldOutcome, ...] = ()
    reason: Line = ""
    """Why it was returned: a code for programs."""
    waits: Ref | None = None

    @property
    def final(self) -> bool:
        """Whether the answer will never change."""
        return self.code <= Code.RETURNED


class Answer(Struct, frozen=True, array_like=True):
    """The server's answer to a batch. `fork` > 0: from this sequence on, another device used my identity. An epoch that
    is not the batch's says that the server was restored, and nothing was judged."""

    epoch: Natural
    dev: Id
    outcomes: tuple[Outcome, ...] = ()
    fork: Natural = 0
    mark: Natural | None = None
    """To an empty batch of a device that knows another epoch: up to which of its changes the server knows all."""
    lost: tuple[tuple[Natural, Natural], ...] = ()
    """With it: stretches of versions that were given out and lost, from and to."""


class ConflictKind(enum.IntEnum):
    """Why a conflict stands."""

    VALUE = 0
    VOIDED = 1
    CYCLE = 2
    STATE = 3
    TEXT = 4


class Candidate(Struct, frozen=True, array_like=True, gc=False):
    """A value that somebody wants for a field where another one is shown."""

    change: Ref
    value: Value
    actor: Id | None = None
    hlc: Natural = 0
    since: Natural = 0
    until: Natural = 0
    """Versions during which it was the value shown; equal when it never was."""


class Conflict(Struct, frozen=True, array_like=True, gc=False):
    """An open question on one field of one record. At most one is open for each."""

    id: Id
    kind: Natural
    entity: Field
    record: Id
    field: Field
    opened: Natural
    """Version of the shown value when it was opened; with kind, record and field it gives the id."""
    ver: Natural
    candidates: tuple[Candidate, ...]
    base_value: Value = None
    resolution: Ref | None = None

    @property
    def open(self) -> bool:
        """Whether somebody still has to decide."""
        return bool(self.candidates)


class EntryKind(enum.IntEnum):
    """What one position of a feed tells."""

    EMPTY = 0
    CREATE = 1
    CHANGE = 2
    ENTER = 3
    LEAVE = 4
    CONFLICT = 5


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """One position of a feed. A desk applies it only when `ver` is above that of its row."""

    kind: Natural
    entity: Field = 0
    record: bytes = b""
    ver: Natural = 0
    values: dict[Field, Value] = {}
    change: Ref | None = None
    """The change that wrote it."""
    hlc: Natural = 0
    actor: Id | None = None
    event: Line | None = None
    happened: int | None = None
    conflict: Conflict | None = None


class Walk(Struct, frozen=True, array_like=True):
    """How far a desk has come in a walk through what stands in a partition now, instead of reading its feed from the
    begin. It keeps this for the server, which alone knows what `stage` and `after` mean.

    All that stood there when the feed was at `pos` is told by the walk, or has left since; the feed is read from there.
    """

    pos: Natural = 0
    """0 before the first page."""
    stage: Natural = 0
    after: Annotated[bytes, Meta(max_length=32)] = b""
    again: bool = False
    """Whether the desk may hold things from before, and must be told of what has left as well."""


class Pull(Struct, frozen=True, array_like=True):
    """Ask for what came after a position of one partition's feed; `room` is the frame's size in bytes.

    At position 0 the answer may be the first Page of a walk. With `walk` the next page is asked for.
    """

    epoch: Natural
    place: bytes
    cursor: Natural
    room: Natural = 65_536
    walk: Walk | None = None


class Frame(Struct, frozen=True, array_like=True):
    """A stretch of one partition's feed: `entries` fill the positions from `start` + 1 to `end`, one each.

    A desk ignores a frame whose `start` is not its cursor. An `epoch` that is not the desk's own says that the server
    was restored from a backup: the desk begins again at position 0 and keeps its queue.
    """

    epoch: Natural
    place: bytes
    start: Natural
    end: Natural
    more: bool
    entries: tuple[Entry, ...] = ()
    permissions: Natural = 0
    """Of a person's own feed: epoch of the rights under which it was told. It is silent about what is read elsewhere,
    so that a desk which knows other rights ignores it and looks again."""


class Page(Struct, frozen=True, array_like=True):
    """Some of what stands in a partition now: whole records, then open conflicts. What moves meanwhile is told by the
    feed after `walk.pos`. A desk ignores a page whose `walk` is not where it stands itself."""

    epoch: Natural
    place: bytes
    walk: Walk
    """Where the page begins."""
    next: Walk | None
    """Where the next one begins; None: this was the last."""
    entries: tuple[Entry, ...] = ()


class Pulls(Struct, frozen=True, array_like=True):
    """Ask for several partitions at once; the first one's `room` is for all of them together."""

    asked: Annotated[tuple[Pull, ...], Meta(min_length=1, max_length=PULLS_LIMIT)]


class Pulled(Struct, frozen=True, array_like=True):
    """What answers `Pulls`, in their order, as far as there was room."""

    told: tuple[Frame | Page, ...]


class Earlier(Struct, frozen=True, array_like=True):
    """Ask for the history of one record: a desk that walked into a partition has only what happened since."""

    record: Id


class History(Struct, frozen=True, array_like=True):
    """How a record came to be what it is, as far as one may read it: creations and changes, oldest first."""

    epoch: Natural
    record: Id
    entries: tuple[Entry, ...] = ()


class Look(Struct, frozen=True, array_like=True):
    """Ask what may be read and how far it goes. The server may keep the question until that is another than `seen`, at
    most `hold` seconds: so a desk learns at once of what others wrote, for a few bytes."""

    seen: bytes = b""
    """`digest_of` the last Scope; empty for an answer at once."""
    hold: Natural = 0
    room: Natural = 0
    """Bytes of what has come since `seen` that may come with the answer, as News; 0: the answer is a Scope."""


class Scope(Struct, frozen=True, array_like=True):
    """What this person may read now: the partitions and the last position of each, in the order of their names."""

    epoch: Natural
    permissions: Natural
    places: Annotated[tuple[tuple[Place, Natural], ...], Meta(max_length=100_000)] = ()


class News(Struct, frozen=True, array_like=True):
    """What answers a question that was kept: what there is now, and as far as there was room what has come since."""

    scope: Scope
    told: tuple[Frame | Page, ...] = ()


def digest_of(scope: Scope) -> bytes:
    """What tells one Scope from another, in 8 bytes."""
    return blake2b(_encoder.encode(scope), digest_size=8, person=b"opsdesk scope").digest()


Message = Batch | Answer | Pull | Frame | Page | Pulls | Pulled | Earlier | History | Look | Scope | News

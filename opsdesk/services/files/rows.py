"""The files of a record as screens show them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from opsdesk.models.base import Id
from opsdesk.services.filework import kinds
from opsdesk.services.filework.names import clean
from opsdesk.services.filework.worker import size_text
from opsdesk.store import membership
from opsdesk.store.files import copies
from opsdesk.store.work import Reader


class Whereabouts(enum.Enum):
    """Where the bytes of a file are. The value is the word for it."""

    HERE = "Here"
    SHARED = "Here and at the server"
    WAITS = "Waits to be sent"
    SENDING = "Being sent"
    AT_SOURCE = "At the server"
    COMING = "On its way here"
    NOT_YET = "Not yet at the server"
    TROUBLE = "Not sent"


@dataclass(frozen=True, slots=True)
class FileRow:
    """An attached file. `moved` of `size` bytes have travelled; `problem` says what went wrong last."""

    id: Id
    subject: Id
    name: str
    kind: kinds.Kind
    size: int
    sha256: str
    where: Whereabouts
    moved: int
    problem: str
    by: str
    at: int | None
    """When it was attached, UTC milliseconds; None when this desk does not know."""
    comment: Id | None = None
    """The comment with which it was sent."""

    @property
    def here(self) -> bool:
        """Whether it can be looked at now."""
        return self.where in _HERE

    @property
    def size_text(self) -> str:
        """Its size as people read it."""
        return size_text(self.size)

    @property
    def state_text(self) -> str:
        """Where it is, in words."""
        if self.where in (Whereabouts.SENDING, Whereabouts.COMING) and self.size:
            return f"{self.where.value}, {min(99, self.moved * 100 // self.size)} %"
        if self.where is Whereabouts.TROUBLE:
            return f"Not sent: {self.problem}"
        return str(self.where.value)


_HERE = frozenset((Whereabouts.HERE, Whereabouts.SHARED, Whereabouts.WAITS, Whereabouts.SENDING, Whereabouts.TROUBLE))
NOT_YET = "Not yet at the server"
"""The problem of a file that its author's desk has not sent yet."""

_ROWS = f"""
SELECT a.id, a.subject, a.name, a.mime, a.size, a.sha256, a.ver, coalesce(f.here, 0), coalesce({copies.HELD}, 0),
  coalesce(f.moved, 0), coalesce(f.wanted, 0), f.problem, p.name, coalesce(c.at, r.at),
  a.comment
FROM attachment a LEFT JOIN file_copy f ON f.sha256 = a.sha256
LEFT JOIN (SELECT seq, record, actor, coalesce(happened, hlc >> 16) AS at FROM change) c
  ON c.seq = (SELECT seq FROM change WHERE record = a.id AND field = 0 LIMIT 1)
LEFT JOIN (SELECT seq, record, actor, coalesce(happened, hlc >> 16) AS at FROM received_change) r
  ON r.seq = (SELECT seq FROM received_change WHERE record = a.id AND field = 0 LIMIT 1)
LEFT JOIN person p ON p.id = coalesce(c.actor, r.actor)
WHERE a.subject = ? AND a.voided IS NULL ORDER BY a.key
"""


def of(reader: Reader, subject: Id) -> tuple[FileRow, ...]:
    """The files of a record in the order in which they came."""
    joined = membership.read(reader.connection) is not None
    made = []
    for row in reader.rows(_ROWS, (subject,)):
        record, hangs_on, name, mime, size, sha256, ver, here, held, moved, wanted, problem, by, at, comment = row
        where = _where(joined, ver > 0, bool(here), bool(held), moved, bool(wanted), problem)
        name = clean(name)  # it may come from a program that is not ours
        made.append(
            FileRow(
                record, hangs_on, name, kinds.by_mime(mime, name), size, sha256, where, moved, problem or "", by or "",
                at, comment,
            )
        )  # fmt: skip
    return tuple(made)


def _where(
    joined: bool, known: bool, here: bool, held: bool, moved: int, wanted: bool, problem: str | None
) -> Whereabouts:
    if here:
        if not joined:
            return Whereabouts.HERE
        if held:
            return Whereabouts.SHARED
        if problem:
            return Whereabouts.TROUBLE
        return Whereabouts.SENDING if known and moved else Whereabouts.WAITS
    if problem == NOT_YET:
        return Whereabouts.NOT_YET
    return Whereabouts.COMING if wanted else Whereabouts.AT_SOURCE

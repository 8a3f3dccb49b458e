"""Who this folder was on the way of its changes, and how many of them wait."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from opsdesk.store import migrations
from opsdesk.store.database import Connection, Database, Identity
from opsdesk.sync.core import chain
from opsdesk.sync.core.messages import Code, Ref

_ANSWERED: Final = (
    "FROM sent_change s JOIN change c USING (seq) WHERE seq >= ?1 "
    f"AND (s.code <= {int(Code.RETURNED)} OR c.outcome < {int(Code.RETURNED)})"
)
"""What the server has answered in this life: answers that were settled may be forgotten (`Inbox.keep_to`), and what
came back in the life before was not offered again."""
_BEFORE: Final = "before "
"""Names in the state what the chain was before a stretch of changes that kept an earlier name of this folder."""
_AT: Final = f"CAST(substr(name, {len(_BEFORE) + 1}) AS INTEGER)"


@dataclass(frozen=True, slots=True)
class Past:
    """Who this folder was, and what a restored server has lost."""

    identities: list[tuple[int, bytes]]
    lost: list[tuple[int, int]]
    offered_from: int = 0
    offered_to: int = 0
    offered_before: int = 0

    def device_of(self, seq: int) -> bytes:
        """The device under which an own change is known."""
        return next(dev for since, dev in reversed(self.identities) if since <= seq)

    def may_be_lost(self, seq: int) -> bool:
        """Whether a restored server may have lost an own change. It was asked about the last device of this folder
        alone, so that any of an earlier one may be."""
        return seq > self.offered_from or seq < self.offered_before


class Identities:
    """The part of the queue that knows under which device each own change is known."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sight = Past([], [])

    @property
    def _connection(self) -> Connection:
        return self._database.connection

    def waiting(self) -> int:
        """How many own changes have no outcome yet."""
        (count,) = self._connection.execute("SELECT count(*) FROM change WHERE outcome IS NULL").fetchone()
        return int(count)

    def any_waits(self) -> bool:
        """Whether any own change has no outcome yet."""
        waits = "SELECT EXISTS (SELECT 1 FROM change INDEXED BY ix_change_waiting WHERE outcome IS NULL)"
        return bool(self._connection.execute(waits).fetchone()[0])

    def keeps_any(self) -> bool:
        """Whether any own change waits, or came back and is not settled, so that what comes in may tell of it."""
        returned = "SELECT EXISTS (SELECT 1 FROM returned_change WHERE settled_at IS NULL)"
        return self.any_waits() or bool(self._connection.execute(returned).fetchone()[0])

    def settled(self) -> int:
        """How many own changes have got their outcome: the third number of a form's base."""
        (count,) = self._connection.execute("SELECT coalesce(max(settled), 0) FROM change").fetchone()
        return int(count)

    def _newest(self) -> int:
        return int(self._connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0])

    def identities(self) -> list[tuple[int, bytes]]:
        """From which sequence on own changes are known under which device, oldest first."""
        rows = self._connection.execute("SELECT since, dev FROM sync_identity ORDER BY since").fetchall()
        first = self._connection.execute("SELECT dev FROM device ORDER BY alias LIMIT 1").fetchone()
        return [(1, first[0]), *rows]

    def device_of(self, seq: int) -> bytes:
        """The device under which an own change is known."""
        return next(dev for since, dev in reversed(self.identities()) if since <= seq)

    def mine(self, ref: Ref) -> bool:
        """Whether a change was made here."""
        newest = self._connection.execute("SELECT coalesce(max(seq), 0) FROM change").fetchone()[0]
        known = any(dev == ref.dev for _, dev in self.identities())
        return known and ref.dseq <= newest and self.device_of(ref.dseq) == ref.dev

    def _look_back(self) -> Past:
        """What must be known of the past of this folder to tell what a change was based on."""
        state = dict(self._connection.execute("SELECT name, value FROM sync_state").fetchall())
        lost = self._connection.execute("SELECT start, stop FROM lost_version ORDER BY start").fetchall()
        offered = (state.get(f"offered_{name}", 0) for name in ("from", "to", "before"))
        return Past(self.identities(), lost, *offered)

    def take_new_identity(self, since: int, dev: bytes, tag: str, now: int) -> None:
        """This folder is a copy: what waits from `since` on goes out under another device, with another tag. What the
        server has answered keeps the name that it has there."""
        connection = self._connection
        (alias,) = connection.execute("SELECT max(alias) + 1 FROM device").fetchone()
        connection.execute("INSERT INTO device (alias, dev, tag, made_at) VALUES (?, ?, ?, ?)", (alias, dev, tag, now))
        connection.execute("UPDATE capture SET dev = ?", (alias,))
        self._rename(since, dev)
        self._database.identity = Identity(dev, tag)

    def _rename(self, since: int, dev: bytes) -> None:
        """Give what was made from `since` on to a device, but for what was answered: of that the chain is kept."""
        connection, past = self._connection, self._look_back()
        held = [seq for (seq,) in connection.execute(f"SELECT seq {_ANSWERED} ORDER BY seq", (since,)).fetchall()]
        names: dict[int, bytes] = {}
        before: dict[int, int] = {}
        free = since
        for seq in held:
            if seq > free:
                names[free] = dev
            if seq > free or seq == since or past.device_of(seq) != past.device_of(seq - 1):
                names[seq] = past.device_of(seq)
                before[seq] = self._before(seq)
            free = seq + 1
        names[free] = dev
        connection.execute("DELETE FROM sync_identity WHERE since >= ?", (since,))
        connection.executemany("INSERT INTO sync_identity (since, dev) VALUES (?, ?)", names.items())
        connection.execute(f"DELETE FROM sync_state WHERE name LIKE '{_BEFORE}%' AND {_AT} >= ?", (since,))
        connection.executemany(
            "INSERT INTO sync_state VALUES (?, ?)", [(f"{_BEFORE}{seq}", mark) for seq, mark in before.items()]
        )
        connection.execute(f"DELETE FROM sent_change WHERE seq >= ?1 AND seq NOT IN (SELECT seq {_ANSWERED})", (since,))

    def _before(self, seq: int) -> int:
        """The short digest of the chain before a change that was sent, as a number."""
        since, dev = next(one for one in reversed(self.identities()) if one[0] <= seq)
        if since == seq:
            return int.from_bytes(chain.short(self._begun(since, dev)))
        (digest,) = self._connection.execute("SELECT digest FROM sent_change WHERE seq = ?", (seq - 1,)).fetchone()
        return int.from_bytes(chain.short(digest))

    def _begun(self, since: int, dev: bytes) -> bytes:
        """The chain's digest, or what is short for it, where a stretch of changes of one device begins."""
        kept = self._connection.execute(
            "SELECT value FROM sync_state WHERE name = ?", (f"{_BEFORE}{since}",)
        ).fetchone()
        return chain.genesis(dev) if kept is None else int(kept[0]).to_bytes(chain.SHORT)


def new_tag(randomness: bytes) -> str:
    """A tag for the numbers of a folder from three random bytes."""
    return "".join(migrations.TAG_LETTERS[byte % 32] for byte in randomness[:3])


def random_identity() -> tuple[bytes, str]:
    """A new device id and tag."""
    return os.urandom(16), new_tag(os.urandom(3))

"""Tables of the desk's side of sync. None of them travels."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text, text

from opsdesk.models.base import ID, INSTANT, LINE, Base

# SQLite keeps a value in a BLOB column exactly as it is given: text stays text, a number a number.
ANY_VALUE = LargeBinary()
PACKED = LargeBinary()

sent_change = Table(
    "sent_change",
    Base.metadata,
    Column("seq", Integer, primary_key=True),
    Column("digest", LargeBinary(8), nullable=False),
    Column("code", SmallInteger),
    Column("place", LargeBinary),
    Column("pos", BigInteger),
    Column("fields", PACKED),
)
"""Own changes that were sent, the chain's digest after each, and the answer as far as it is known.

A final answer waits here until the feed of `place` has passed `pos`; then the change itself gets its outcome."""
Index("ix_sent_change_place_pos", sent_change.c.place, sent_change.c.pos)

server_value = Table(
    "server_value",
    Base.metadata,
    Column("record", ID, primary_key=True),
    Column("field", SmallInteger, primary_key=True),
    Column("entity", SmallInteger, nullable=False),
    Column("value", ANY_VALUE),
    sqlite_with_rowid=False,
)
"""What the server shows for a field while own changes of it wait."""

unknown_value = Table(
    "unknown_value",
    Base.metadata,
    Column("record", ID, primary_key=True),
    Column("field", Integer, primary_key=True),
    Column("entity", Integer, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("value", PACKED, nullable=False),
    sqlite_with_rowid=False,
)
"""Fields and entities of a newer version: kept as they came (msgpack), for the day when this program knows them."""

feed_cursor = Table(
    "feed_cursor",
    Base.metadata,
    Column("place", LargeBinary, primary_key=True),
    Column("pos", BigInteger, nullable=False, server_default="0"),
    # MessagePack of a Walk while the partition is not yet read up to where its walk began.
    Column("walk", PACKED),
    # Up to here the feed told what was there before this desk read it, and nobody is told of that.
    Column("quiet", BigInteger, nullable=False, server_default="0"),
)
"""The partitions that this desk reads, and how far."""

sync_state = Table(
    "sync_state",
    Base.metadata,
    Column("name", LINE, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Numbers of the sync as a whole: `epoch`, which own changes were offered again (behind `offered_from` up to
`offered_to`, and those below `offered_before`, of earlier devices), and by `before ` and a sequence the chain before a
stretch that kept an earlier name."""

identity = Table(
    "sync_identity",
    Base.metadata,
    Column("since", Integer, primary_key=True),
    Column("dev", ID, nullable=False),
)
"""Under which device the own changes from a sequence on are known; empty while there was only one."""

leaving = Table(
    "leaving_record",
    Base.metadata,
    Column("record", ID, primary_key=True),
    Column("entity", SmallInteger, nullable=False),
    Column("ver", BigInteger, nullable=False),
)
"""Records that left what this desk reads; they go when nothing of them waits and no other feed has brought them."""

lost = Table(
    "lost_version",
    Base.metadata,
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("stop", BigInteger, nullable=False),
)
"""Stretches of versions that the server gave out and lost when it was restored."""

lost_value = Table(
    "lost_value",
    Base.metadata,
    Column("record", ID, primary_key=True),
    Column("field", SmallInteger, primary_key=True),
    Column("ver", BigInteger, primary_key=True),
    Column("value", ANY_VALUE),
    sqlite_with_rowid=False,
)
"""What a row showed at such a version, where the feeds, read anew, have put something else in its place: a form that
showed it may be saved later."""

stale = Table(
    "stale_record",
    Base.metadata,
    Column("record", ID, primary_key=True),
    Column("ver", BigInteger, nullable=False, server_default="0"),
)
"""After the server was restored: records that show what it lost. The feeds are read anew for them; `ver` is how far."""

conflict = Table(
    "conflict",
    Base.metadata,
    Column("id", ID, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("entity", SmallInteger, nullable=False),
    Column("record", ID, nullable=False, index=True),
    Column("field", SmallInteger, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("open", SmallInteger, nullable=False, index=True),
    Column("packed", PACKED, nullable=False),
    # The same as it stood when it was last open: what there was to choose from.
    Column("asked", PACKED),
    # When this desk heard of it, and that it was settled.
    Column("found_at", INSTANT),
    Column("settled_at", INSTANT),
)
"""Conflicts as the server tells them, the whole one packed (msgpack)."""
Index("ix_conflict_settled_at", conflict.c.settled_at, sqlite_where=text("settled_at IS NOT NULL"))

returned = Table(
    "returned_change",
    Base.metadata,
    Column("seq", Integer, primary_key=True),
    Column("reason", LINE, nullable=False),
    Column("returned_at", INSTANT, nullable=False),
    Column("settled_at", INSTANT),
    Column("how", LINE),
    Column("said", LINE),
    Column("settled_by", ID),
)
"""The Returned box: own changes that the server did not take. What they say stands in `change`.

A person settles each: `how` is `sent again`, `handed over` or `discarded` (or PROPOSED, by itself), `said` the reason
given, `settled_by` the act that did it. Settled ones stay."""
PROPOSED = "proposed"
"""What became of a record for all desks that its author may not make: it stays in use here, and an administrator
decides whether all get it."""
Index(
    "ix_returned_change_open",
    returned.c.seq,
    sqlite_where=returned.c.settled_at.is_(None),
)

intent = Table(
    "sync_intent",
    Base.metadata,
    Column("seq", Integer, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("conflict", ID),
    Column("considered", PACKED),
)
"""Own changes that are more than an edit: a resolution with the candidates that were seen, a withdrawal."""
Index("ix_sync_intent_conflict", intent.c.conflict, sqlite_where=text("conflict IS NOT NULL"))

membership = Table(
    "membership",
    Base.metadata,
    Column("one", SmallInteger, primary_key=True),
    Column("url", LINE, nullable=False),
    Column("post", LINE, nullable=False),
    Column("authority", Text, nullable=False),
    Column("person", ID, nullable=False),
    Column("unit", ID),
    Column("key", LargeBinary(32), nullable=False),
    Column("refresh", LINE, nullable=False),
    Column("joined_at", INSTANT, nullable=False),
    Column("dev", ID, nullable=False),
)
"""The server that this folder has joined, if any: one row with its address, the name of its organisation, the
certificate of its authority (PEM), who this desk is there, the device, its Ed25519 key, the next refresh token."""

joining = Table(
    "joining",
    Base.metadata,
    Column("one", SmallInteger, primary_key=True),
    Column("dev", ID, nullable=False),
    Column("key", LargeBinary(32), nullable=False),
    Column("made_at", INSTANT, nullable=False),
)
"""The device and its Ed25519 key with which this folder asks to join, kept before it asks: when the answer is lost, it
asks again as the same."""

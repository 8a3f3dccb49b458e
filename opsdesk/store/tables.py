"""Tables of the store itself: who this folder is, the context of the writing transaction, the change records."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table

from opsdesk.models.base import FLAG, ID, INSTANT, LINE, Base

ORIGIN_OWN = 0
"""A change made here by a person: it is recorded and waits in the outbox."""
ORIGIN_RECEIVED = 1
"""A change that came from elsewhere (or from `seed`): whoever stores it records it; it is not queued."""
ORIGIN_MIGRATION = 2
"""A change of data by a migration: in the history, never queued, since every desk migrates alike."""

OUTCOME_ALONE = 100
"""Outcome of a change made before a server was joined: history of this folder, which no server was ever told."""

RETOLD = b"opsdesk re-told\0"
"""Act of the changes by which a folder that joins a server tells what it holds, each record as one creation. They say
nothing new to whoever sees the history here."""

NO_LIMIT = 2**62
"""`seen_seq` and `seen_ver` of an edit that is based on what is current."""


# SQLite keeps a value in a BLOB column exactly as it is given: text stays text, a number a number.
ANY_VALUE = LargeBinary()

device = Table(
    "device",
    Base.metadata,
    Column("alias", SmallInteger, primary_key=True),
    Column("dev", ID, nullable=False, unique=True),
    Column("tag", LINE, nullable=False),
    Column("made_at", INSTANT, nullable=False),
)
"""The devices this folder has been: one row, unless it was found to be a copy and took a new identity."""

counter = Table(
    "counter",
    Base.metadata,
    Column("name", LINE, primary_key=True),
    Column("value", Integer, nullable=False),
)
"""Human numbers: name is prefix and tag ("T-CP1"), value the last number written. Never max()+1."""

capture = Table(
    "capture",
    Base.metadata,
    Column("one", SmallInteger, primary_key=True),
    Column("dev", SmallInteger, nullable=False),
    Column("origin", SmallInteger, nullable=False, server_default="0"),
    Column("actor", ID),
    Column("act", ID),
    Column("gid", ID),
    Column("event", LINE),
    Column("hlc", BigInteger, nullable=False, server_default="0"),
    Column("happened", INSTANT),
    Column("seen_seq", BigInteger, nullable=False, server_default=str(NO_LIMIT)),
    Column("seen_ver", BigInteger, nullable=False, server_default=str(NO_LIMIT)),
    Column("seen_settled", BigInteger, nullable=False, server_default=str(NO_LIMIT)),
    # Whether the search tables are kept at the end of the transaction instead of row by row.
    Column("search_later", SmallInteger, nullable=False, server_default="0"),
)
"""One row that the triggers read: who writes, since when, and up to what the writer had seen."""

search_due = Table(
    "search_due",
    Base.metadata,
    Column("key", Integer, primary_key=True),
    Column("what", SmallInteger, nullable=False),
)
"""Row keys of the tickets that the search tables are to be made anew for (`opsdesk.store.search`); empty between
transactions."""


def _change_columns() -> list[Column[object]]:
    return [
        Column("entity", SmallInteger, nullable=False),
        Column("record", ID, nullable=False),
        # 0 is the creation of the record; `new` then is a JSON object of field number → value.
        Column("field", SmallInteger, nullable=False),
        Column("event", LINE),
        Column("new", ANY_VALUE),
        Column("old", ANY_VALUE),
        # ≥ 0: the server's version of the row; < 0: minus the sequence of an own change that still waits.
        Column("base", BigInteger, nullable=False),
        Column("hlc", BigInteger, nullable=False),
        Column("happened", INSTANT),
        Column("actor", ID),
        Column("act", ID),
        Column("gid", ID),
    ]


change = Table(
    "change",
    Base.metadata,
    # The gap-free sequence of this device: SQLite's next row key, and rows are never deleted.
    Column("seq", Integer, primary_key=True),
    Column("dev", SmallInteger, nullable=False),
    *_change_columns(),
    # None while the change waits; sync stores here what became of it.
    Column("outcome", SmallInteger),
    # The how manieth it was to get its outcome. A form that was opened before that had its value before the eyes.
    Column("settled", Integer),
    # The same of one that a restored server had lost, and that waited again: the how manieth it was before that.
    Column("settled_before", Integer),
    # The ticket that the record is or hangs on; None for all that is about no ticket.
    Column("subject", ID),
)
Index("ix_change_record", change.c.record, change.c.field)
Index("ix_change_act", change.c.act)
Index("ix_change_settled", change.c.settled)
Index("ix_change_waiting", change.c.subject, sqlite_where=change.c.outcome.is_(None))

received_change = Table(
    "received_change",
    Base.metadata,
    Column("seq", Integer, primary_key=True),
    Column("origin", SmallInteger, nullable=False),
    Column("dev", ID),
    Column("dseq", BigInteger),
    Column("ver", BigInteger),
    *_change_columns(),
)
Index("ix_received_change_record", received_change.c.record, received_change.c.field)

stale_clock = Table(
    "stale_clock",
    Base.metadata,
    Column("key", Integer, primary_key=True),
)
"""Row keys of tickets to which something happened that their clocks do not show yet."""

file_copy = Table(
    "file_copy",
    Base.metadata,
    Column("sha256", LINE, primary_key=True),
    # Whether it is here whole.
    Column("here", FLAG, nullable=False, server_default="0"),
    # Bytes that the server has said it holds, or that have come from it.
    Column("moved", BigInteger, nullable=False, server_default="0"),
    # Whether a person has asked for it.
    Column("wanted", FLAG, nullable=False, server_default="0"),
    Column("problem", LINE),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_try", INSTANT, nullable=False, server_default="0"),
)
"""One row for each file that this desk has, wants or has asked about. It never travels."""

file_held = Table(
    "file_held",
    Base.metadata,
    Column("attachment", ID, primary_key=True),
    # Of the server that is known to hold its file whole. After a restore it is asked again.
    Column("epoch", SmallInteger, nullable=False),
)
"""Attachments whose file is at the server. Two may have the same file, and each must be told there."""

"""The tables of the server's database: one for each synced entity, from its own declaration, and what sync needs.

Ids are bytea of 16, as they travel; times are bigint, UTC milliseconds since 1970; values that only programs read are
MessagePack in bytea. What follows from these tables (triggers, policies, functions) is in `derived`.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

from opsdesk import models  # noqa: F401  (declares the entities)
from opsdesk.models.base import FLAG, ID, INSTANT, LINE, NAMING, Synced, entities, fields
from opsdesk.store.queue import shapes
from opsdesk.store.queue.shapes import EVERYWHERE

metadata = MetaData(naming_convention=NAMING)

SEARCHED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "ticket": (
        ("A", "number"), ("A", "external"), ("A", "title"), ("B", "location"), ("B", "grid"), ("B", "contact"),
        ("C", "description"),
    ),
    "comment": (("D", "body"),),
}  # fmt: skip
"""Entity → (weight, field) of the words that search finds."""

NAMING_FIELDS: Final = shapes.NAMING_FIELDS
"""Fields that name a person on a record, who may then read it."""

PASSING_FIELDS: Final = frozenset({"comment.author"})
"""Fields that hold a person and give no access: who wrote it."""

ver_sequence = Sequence("ver", metadata=metadata)
"""Gives the versions of records. A restore moves it to epoch × 2**40."""


def _synced(entity: type[Synced]) -> Table:
    declared: Table = entity.__table__  # type: ignore[attr-defined]
    name: str = entity.__tablename__
    columns: list[Any] = [Column("id", ID, primary_key=True)]
    for spec in fields(entity):
        column = declared.columns[spec.name]
        default: Any = column.server_default
        columns.append(
            Column(
                spec.name,
                column.type,
                nullable=column.nullable,
                server_default=default and default.arg,
                info=dict(column.info),
            )
        )
    columns += [
        Column("ver", BigInteger, nullable=False, server_default="0"),
        # The change that made the record: it wrote all fields that have no row in field_version.
        Column("made_ver", BigInteger, nullable=False, server_default="0"),
        Column("made_dev", ID),
        Column("made_dseq", BigInteger),
        # Which device wrote last at which version: MessagePack of device → version; empty while only its maker has.
        Column("writers", LargeBinary),
        # Fields that this version does not know: MessagePack of number → value. They are kept and passed on.
        Column("extra", LargeBinary),
        Column("updated_at", INSTANT, nullable=False, server_default="0"),
    ]
    if name in SEARCHED:
        columns.append(Column("search", TSVECTOR))
    made = Table(name, metadata, *columns, CheckConstraint("octet_length(id) = 16", name="id"))
    for constraint in declared.constraints:
        if isinstance(constraint, CheckConstraint):
            if str(constraint.name).endswith("_position"):
                continue  # latitude and longitude are two changes, which may come in two batches
            made.append_constraint(CheckConstraint(constraint.sqltext.text, name=_plain_name(constraint, name)))
    if name in SEARCHED:
        Index(f"ix_{name}_search", made.c.search, postgresql_using="gin")
    if name not in EVERYWHERE:
        Index(f"ix_{name}_place", made.c.unit, made.c.marking, made.c.id)
    if "subject" in made.c:
        Index(f"ix_{name}_subject", made.c.subject)
    return made


def _plain_name(constraint: CheckConstraint, table: str) -> str:
    return str(constraint.name).removeprefix(f"ck_{table}_")


synced: Final[dict[str, Table]] = {entity.__tablename__: _synced(entity) for entity in entities()}
"""Table name → the server's table of that entity."""

ticket = synced["ticket"]
# What the pages of the HTTP interface walk along.
Index("ix_ticket_updated_at", ticket.c.updated_at, ticket.c.id)
Index("ix_ticket_created_at", ticket.c.created_at, ticket.c.id)
Index("ix_ticket_number", ticket.c.number)
Index("ix_ticket_assignee", ticket.c.assignee, ticket.c.updated_at, ticket.c.id)
Index("ix_unit_parent", synced["unit"].c.parent)

other_record = Table(
    "other_record",
    metadata,
    Column("id", ID, primary_key=True),
    Column("entity", SmallInteger, nullable=False),
    Column("unit", ID),
    Column("marking", SmallInteger, nullable=False, server_default="1"),
    Column("ver", BigInteger, nullable=False),
    Column("made_ver", BigInteger, nullable=False),
    Column("made_dev", ID),
    Column("made_dseq", BigInteger),
    Column("writers", LargeBinary),
    Column("extra", LargeBinary),
    Index("ix_other_record_place", "unit", "marking", "id"),
)
"""Records of entities that this version does not know: kept and passed on, all their values in `extra`."""

change_log = Table(
    "change_log",
    metadata,
    Column("dev", ID, primary_key=True),
    Column("dseq", BigInteger, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("entity", SmallInteger, nullable=False),
    Column("record", ID, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("actor", ID),
    Column("hlc", BigInteger, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("change", LargeBinary, nullable=False),
    Column("outcome", LargeBinary, nullable=False),
    # What it did to each field: enough to be the base of later changes.
    Column("traces", LargeBinary, nullable=False),
    # The life of this database in which it was judged.
    Column("epoch", SmallInteger, nullable=False, server_default="0"),
    Index("ix_change_log_record", "record", "ver"),
    Index("ix_change_log_received_at", "received_at"),
)
"""Each change that has a final answer, under the identity it was given on its device. Only the compactor folds it."""

field_version = Table(
    "field_version",
    metadata,
    Column("record", ID, primary_key=True),
    Column("field", SmallInteger, primary_key=True, autoincrement=False),
    Column("ver", BigInteger, nullable=False),
    # The change that wrote the value; empty where no single change did (a merged text).
    Column("dev", ID),
    Column("dseq", BigInteger),
    # Of a state field: MessagePack of state → version at which it was last entered.
    Column("entered", LargeBinary),
)
"""Who last wrote a field, for ever; a field without a row was last written by the record's creation."""

conflict = Table(
    "conflict",
    metadata,
    Column("id", ID, primary_key=True),
    Column("entity", SmallInteger, nullable=False),
    Column("record", ID, nullable=False),
    Column("field", SmallInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("open", FLAG, nullable=False),
    # Of the record's own place, so that whoever reads the record reads its conflicts.
    Column("unit", ID),
    Column("marking", SmallInteger, nullable=False),
    Column("everywhere", FLAG, nullable=False, server_default="0"),
    Column("subject", ID, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_conflict_record", "record"),
    Index("ix_conflict_subject", "subject"),
    Index("uq_conflict_open", "record", "field", unique=True, postgresql_where=text("open")),
)
"""Open questions and settled ones. At most one is open for a field. `subject` is the record whose readers see it."""

returned = Table(
    "returned",
    metadata,
    Column("dev", ID, primary_key=True),
    Column("dseq", BigInteger, primary_key=True),
    Column("person", ID, nullable=False),
    Column("entity", SmallInteger, nullable=False),
    Column("record", ID, nullable=False),
    Column("reason", LINE, nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("returned_at", INSTANT, nullable=False),
    # None while it waits in the author's Returned box; else what became of it there.
    Column("settled", LINE),
    Column("settled_at", INSTANT),
    Column("body", LargeBinary, nullable=False),
    Index("ix_returned_person", "person", "settled"),
)
"""Edits that came back to their author, and stay until the author settles each."""

feed = Table(
    "feed",
    metadata,
    # The partition's name on the wire: unit and marking, a person, or everywhere.
    Column("place", LargeBinary, primary_key=True),
    Column("unit", ID),
    Column("marking", SmallInteger),
    Column("person", ID),
    Column("pos", BigInteger, nullable=False, server_default="0"),
    postgresql_with={"fillfactor": 10},
)
"""The counter row of each partition. Taken last in a transaction, in the order of `place`, so that positions have no
gap. Room is left in its pages, since each push writes it anew."""

feed_entry = Table(
    "feed_entry",
    metadata,
    Column("place", LargeBinary, primary_key=True),
    Column("pos", BigInteger, primary_key=True),
    Column("kind", SmallInteger, nullable=False),
    Column("entity", SmallInteger, nullable=False),
    Column("record", ID, nullable=False),
    Column("ver", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_feed_entry_record", "record"),
)
"""What a partition's readers are told, one entry at each position."""

naming = Table(
    "naming",
    metadata,
    # The record that names or shares, and its field; one row for each person named.
    Column("source", ID, primary_key=True),
    Column("field", SmallInteger, primary_key=True, autoincrement=False),
    Column("person", ID, primary_key=True),
    Column("record", ID, nullable=False),
    Index("ix_naming_person", "person", "record"),
    Index("ix_naming_record", "record"),
)
"""Who is named on which record, kept by triggers; and, with field 0, with whom a record was shared."""

counter = Table(
    "counter",
    metadata,
    Column("name", LINE, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""Human numbers of records that are made by HTTP: prefix and tag ("T-WEB"), and the last number written."""

organisation = Table(
    "organisation",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", LINE, nullable=False),
    Column("made_at", INSTANT, nullable=False),
)
"""The one organisation of this server."""

epoch = Table(
    "epoch",
    metadata,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("began_at", INSTANT, nullable=False),
    # Versions above `head` and below `floor` were given out by the life that a restore ended.
    Column("head", BigInteger, nullable=False),
    Column("floor", BigInteger, nullable=False),
    Column("reason", LINE, nullable=False),
)
"""The lives of this database: a new one begins with each restore from a backup."""

version_map = Table(
    "version_map",
    metadata,
    Column("old", BigInteger, primary_key=True, autoincrement=False),
    Column("new", BigInteger, nullable=False),
)
"""Versions lost by a restore and offered again by a desk: old version → its version in this life."""

account = Table(
    "account",
    metadata,
    Column("person", ID, primary_key=True),
    Column("name", LINE, nullable=False, unique=True),
    Column("password", LINE),
    Column("made_at", INSTANT, nullable=False),
    Column("disabled_at", INSTANT),
)
"""Who may log in. `name` is in lower case, `password` an argon2id hash or None where only devices come in."""

permission = Table(
    "permission",
    metadata,
    Column("epoch", BigInteger, Identity(always=True), primary_key=True),
    Column("person", ID, nullable=False),
    # An empty role takes all rights away.
    Column("role", LINE, nullable=False),
    Column("unit", ID),
    Column("marking", SmallInteger, nullable=False),
    Column("granted_at", INSTANT, nullable=False),
    Column("granted_by", ID),
    Index("ix_permission_person", "person", "epoch"),
)
"""The history of rights. The last row of a person rules; a batch names the epoch under which it was made."""

device = Table(
    "device",
    metadata,
    Column("alias", SmallInteger, Identity(always=False, minvalue=0, start=1), primary_key=True),
    Column("dev", ID, nullable=False, unique=True),
    Column("key", LargeBinary),
    Column("person", ID),
    Column("name", LINE, nullable=False),
    Column("tag", LINE, unique=True),
    Column("enrolled_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("seen_at", INSTANT),
    # The last change of its chain without a hole before it.
    Column("mark", BigInteger, nullable=False, server_default="0"),
)
"""Desks that were enrolled, each with its Ed25519 key. Alias 0 is the server itself, for what comes by HTTP."""

enrolment_code = Table(
    "enrolment_code",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("person", ID, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("made_by", ID),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Column("used_by", ID),
)
"""One-time codes, by their SHA-256."""

refresh_token = Table(
    "refresh_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("family", ID, nullable=False),
    Column("before", LargeBinary),
    Column("dev", ID, nullable=False),
    Column("person", ID, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Column("revoked_at", INSTANT),
    Index("ix_refresh_token_family", "family"),
    Index("ix_refresh_token_dev", "dev"),
    Index("ix_refresh_token_before", "before"),
)
"""Tokens by their SHA-256. Each is used once and gives its successor, which names it in `before`."""

throttle = Table(
    "throttle",
    metadata,
    Column("subject", LINE, primary_key=True),
    Column("failures", SmallInteger, nullable=False),
    Column("last_at", INSTANT, nullable=False),
)
"""Failed log-ins by account and by address; they slow the next one down."""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", INSTANT, nullable=False),
    Column("act", LINE, nullable=False),
    Column("person", ID),
    Column("dev", ID),
    Column("subject", LINE),
    Column("detail", Text),
    Column("address", LINE),
    Index("ix_audit_at", "at"),
)
"""What was done to accounts, devices and rights, and who tried to come in. Rows are never changed."""

SYNC: Final = (
    change_log,
    field_version,
    conflict,
    returned,
    feed,
    feed_entry,
    naming,
    other_record,
    version_map,
    counter,
)
ACCOUNTS: Final = (account, permission, device, enrolment_code, refresh_token, throttle, audit)
FINAL: Final = (permission, audit, epoch)
"""Tables whose rows nobody changes."""

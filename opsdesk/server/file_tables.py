"""Tables of the bytes of attachments. They lie in the database, in pieces, so that a backup holds them, several
servers may serve one address, and row-level security guards them like the records that name them.

A file lies there once, however many attachments name it. Who only knows a hash gets nothing by it: the bytes belong to
an attachment when its desk has sent them whole, or its sender could read another attachment that has them.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, text

from opsdesk.models.base import FLAG, ID, INSTANT, LINE
from opsdesk.server.tables import metadata

stored_file = Table(
    "stored_file",
    metadata,
    Column("id", ID, primary_key=True),
    Column("sha256", LINE, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False, server_default="0"),
    # Whether all has come and its hash was checked.
    Column("whole", FLAG, nullable=False, server_default="0"),
    Column("touched_at", INSTANT, nullable=False),
    Index("uq_stored_file_whole", "sha256", unique=True, postgresql_where=text("whole")),
)
"""A file, whole or on its way."""

file_piece = Table(
    "file_piece",
    metadata,
    Column("file", ID, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
"""The bytes of a file from `at` on, in pieces as they came."""

file_of = Table(
    "file_of",
    metadata,
    Column("attachment", ID, primary_key=True),
    Column("file", ID, nullable=False),
    Index("ix_file_of_file", "file"),
)
"""Which file an attachment has."""

FILES: Final = (stored_file, file_piece, file_of)

PREDICATES: Final = {
    # The policy of each applies in the sub-select of the next: who reads the record reads its file.
    "file_of": "EXISTS (SELECT FROM attachment a WHERE a.id = file_of.attachment)",
    "stored_file": "EXISTS (SELECT FROM file_of f WHERE f.file = stored_file.id)",
    "file_piece": "EXISTS (SELECT FROM file_of f WHERE f.file = file_piece.file)",
}
"""What a row must fulfil to be read, as SQL."""

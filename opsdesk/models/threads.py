"""What hangs on a record: comments, links, tags, watchers, answers, care for conflicts, metadata of attachments.

`subject` is the record it hangs on. These rows take `unit`, `marking` and `exercise` from it.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped

from opsdesk.models.base import ID, INSTANT, JSON_TEXT, LINE, LONG, Base, Kind, Synced, field, reference

LINK_KINDS: dict[str, tuple[str, str]] = {
    "relates": ("related to", "related to"),
    "duplicates": ("duplicate of", "duplicated by"),
    "blocks": ("blocks", "blocked by"),
    "parent": ("parent of", "part of"),
    "caused": ("caused", "caused by"),
}
"""Kind of link → its words seen from the subject and from the target."""


class Comment(Synced, Base):
    """One contribution to a conversation, with at most one level of replies."""

    __tablename__ = "comment"
    entity = 11

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    author: Mapped[bytes | None] = reference(11, "person")
    body: Mapped[str] = field(12, Kind.TEXT, LONG, nullable=False)
    visibility: Mapped[str] = field(
        13, Kind.SCALAR, LINE, nullable=False, default="internal", server_default="internal"
    )
    """`internal` or `requester`."""
    reply_to: Mapped[bytes | None] = reference(14, "comment")
    written_at: Mapped[int] = field(15, Kind.SCALAR, INSTANT, nullable=False)

    __table_args__ = (Index(None, "subject", "written_at"),)


class Link(Synced, Base):
    """A typed link between two records; `kind` is one of `LINK_KINDS`."""

    __tablename__ = "link"
    entity = 12

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    kind: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    target: Mapped[bytes] = reference(12, "*", nullable=False)

    __table_args__ = (Index(None, "subject"), Index(None, "target"))


class Tag(Synced, Base):
    """A word on a record. Equal words from two desks are two rows and show once."""

    __tablename__ = "tag"
    entity = 13

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    word: Mapped[str] = field(11, Kind.SET, LINE, nullable=False)

    __table_args__ = (Index(None, "subject"), Index(None, "word"))


class Watcher(Synced, Base):
    """A person who follows a record."""

    __tablename__ = "watcher"
    entity = 14

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    person: Mapped[bytes] = field(11, Kind.SET, ID, target="person", nullable=False)

    __table_args__ = (Index(None, "subject"), Index(None, "person"))


class Attachment(Synced, Base):
    """What is known of a file: its name, size and hash. The bytes travel on their own."""

    __tablename__ = "attachment"
    entity = 15

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    name: Mapped[str] = field(11, Kind.SCALAR, LINE, nullable=False)
    mime: Mapped[str] = field(12, Kind.SCALAR, LINE, nullable=False)
    size: Mapped[int] = field(13, Kind.SCALAR, BigInteger, nullable=False)
    sha256: Mapped[str] = field(14, Kind.SCALAR, LINE, nullable=False)
    comment: Mapped[bytes | None] = reference(15, "comment")
    """The comment on the subject with which it was sent; None when it was attached by itself."""

    __table_args__ = (Index(None, "subject"), Index(None, "sha256"))


class Answer(Synced, Base):
    """The answer to one question of a form. Its id is derived from record and question (`ids.derived`), so that two
    desks that answer the same question write the same record and a difference becomes a conflict on `value`."""

    __tablename__ = "answer"
    entity = 16

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    question: Mapped[str] = field(11, Kind.APPEND_ONLY, LINE, nullable=False)
    value: Mapped[str | None] = field(12, Kind.SCALAR, JSON_TEXT)
    """JSON of the answer; None when it was taken back."""

    __table_args__ = (Index(None, "subject"),)


class ConflictCare(Synced, Base):
    """Who looks after an open conflict, until when, and why it was settled so. Its id is derived from the conflict's
    (`ids.derived`), and it is made only when somebody says one of these."""

    __tablename__ = "conflict_care"
    entity = 18

    subject: Mapped[bytes] = reference(10, "*", nullable=False)
    """The record on which the conflict hangs: a ticket also for its comments and answers."""
    conflict: Mapped[bytes] = field(11, Kind.APPEND_ONLY, ID, nullable=False)
    owner: Mapped[bytes | None] = reference(12, "person")
    due_at: Mapped[int | None] = field(13, Kind.SCALAR, INSTANT)
    note: Mapped[str | None] = field(14, Kind.TEXT, LONG)

    __table_args__ = (Index(None, "subject"),)

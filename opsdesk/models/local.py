"""What stays on this machine: drafts, notifications, read marks, settings and the acts that can be undone."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from opsdesk.models.base import ID, INSTANT, JSON_TEXT, LINE, Base


class Draft(Base):
    """Text that was typed and not yet sent. `place` names the editor and record it belongs to."""

    __tablename__ = "draft"

    id: Mapped[bytes] = mapped_column(ID, primary_key=True)
    place: Mapped[str] = mapped_column(LINE, nullable=False, index=True)
    content: Mapped[str] = mapped_column(JSON_TEXT, nullable=False)
    saved_at: Mapped[int] = mapped_column(INSTANT, nullable=False)


class Notification(Base):
    """Something that a person here should know. Its words are made when it is shown, of what the ticket says then, so
    that it holds nothing which the ticket would not show."""

    __tablename__ = "notification"

    key: Mapped[int] = mapped_column(Integer, primary_key=True)
    # Follows from the event, so that none is noted twice.
    id: Mapped[bytes] = mapped_column(ID, nullable=False, unique=True)
    person: Mapped[bytes] = mapped_column(ID, nullable=False)
    kind: Mapped[str] = mapped_column(LINE, nullable=False)
    """One of the kinds of `store.notices`."""
    subject: Mapped[bytes] = mapped_column(ID, nullable=False)
    """The ticket."""
    record: Mapped[bytes] = mapped_column(ID, nullable=False)
    """What it is about: the comment, else the ticket."""
    actor: Mapped[bytes | None] = mapped_column(ID)
    value: Mapped[int | None] = mapped_column(BigInteger)
    """The state that was reached, or when it is due (UTC milliseconds)."""
    happened_at: Mapped[int] = mapped_column(INSTANT, nullable=False)
    raised_at: Mapped[int] = mapped_column(INSTANT, nullable=False)
    read_at: Mapped[int | None] = mapped_column(INSTANT)
    snoozed_until: Mapped[int | None] = mapped_column(INSTANT)

    __table_args__ = (
        Index(None, "person", "key"),
        Index("ix_notification_unread", "person", "subject", sqlite_where=text("read_at IS NULL")),
    )


class Seen(Base):
    """Up to when a person on this machine has read a record; newer activity shows the unread mark."""

    __tablename__ = "seen"

    person: Mapped[bytes] = mapped_column(ID, primary_key=True)
    subject: Mapped[bytes] = mapped_column(ID, primary_key=True)
    seen_at: Mapped[int] = mapped_column(INSTANT, nullable=False)

    __table_args__ = {"sqlite_with_rowid": False}


class Setting(Base):
    """A preference of this data folder: JSON under a dotted name."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(LINE, primary_key=True)
    value: Mapped[str] = mapped_column(JSON_TEXT, nullable=False)


class Act(Base):
    """One unit of work that a person did, so that it can be undone as a whole."""

    __tablename__ = "act"

    id: Mapped[bytes] = mapped_column(ID, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, nullable=False, unique=True)
    label: Mapped[str] = mapped_column(LINE, nullable=False)
    actor: Mapped[bytes | None] = mapped_column(ID)
    done_at: Mapped[int] = mapped_column(INSTANT, nullable=False)
    undoes: Mapped[bytes | None] = mapped_column(ID)
    undone_by: Mapped[bytes | None] = mapped_column(ID)

    __table_args__ = (Index(None, "actor", "number"),)

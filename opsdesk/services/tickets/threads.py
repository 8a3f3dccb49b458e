"""What hangs on a ticket: comments, tags, watchers and links. Each command is one unit of work."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.threads import Comment, Tag, Watcher
from opsdesk.services import access, forms
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.filework import attaching
from opsdesk.services.filework.worker import Prepared
from opsdesk.services.tickets.commands import number_of, of, text, touch
from opsdesk.services.tickets.rows import Base
from opsdesk.store.work import Work

VISIBILITIES: Final = ("internal", "requester")
TAG_LIMIT: Final = 40
TAGS_LIMIT: Final = 50
"""Tags that one ticket may have; two desks that were apart may bring it above that."""


def comment(
    work: Work,
    ticket: Id,
    body: str,
    *,
    visibility: str = "internal",
    reply_to: Id | None = None,
    files: Sequence[Prepared] = (),
    draft: str = "",
) -> Changes:
    """Add to the conversation. A reply to a reply joins the same thread: there is one level.

    `files` hang on the ticket and stand below the comment; with them it may be without words of its own. `draft` is
    the place of the draft that it was written from, which goes in the same transaction.
    """
    access.require(work, rights.COMMENT, ticket)
    if files:
        access.require(work, rights.EDIT, ticket)
    said = text("body", body).strip() or _sent(len(files))
    if not said:
        raise Refused("Write something first", field="body")
    if visibility not in VISIBILITIES:
        raise Refused(f"A comment is {' or '.join(VISIBILITIES)}", field="visibility")
    if reply_to is not None:
        parent = work.row("SELECT subject, coalesce(reply_to, id) FROM comment WHERE id = ?", (reply_to,))
        if parent is None or parent[0] != ticket:
            raise NotFound("The comment that this answers is not here")
        reply_to = parent[1]
    shared = of(work, ticket)
    made = work.value_out = work.insert(
        Comment,
        shared
        | {
            "author": work.person,
            "body": said,
            "visibility": visibility,
            "reply_to": reply_to,
            "written_at": work.happened or work.now,
        },
    )
    attaching.put(work, shared, files, made)
    dropped = forms.drop_draft(work, draft) if draft else Changes()
    return _done(work, ticket, "Comment on") | dropped | Changes(files=frozenset({ticket} if files else ()))


def _sent(files: int) -> str:
    """The words of a comment that has none of its own: programs that know no files of comments show them alone."""
    return "" if not files else "Sent a file" if files == 1 else f"Sent {files} files"


def edit_comment(
    work: Work,
    comment_id: Id,
    body: str,
    *,
    seen: Base | None = None,
    files: Sequence[Prepared] = (),
    without: Sequence[Id] = (),
    draft: str = "",
) -> Changes:
    """Change the text of an own comment; the history keeps what it said before. `draft` goes as in `comment`.

    `files` are added to those that stand below it, and the attachments `without` are taken off it, in the same act.
    """
    row = work.row("SELECT subject, author FROM comment WHERE id = ? AND voided IS NULL", (comment_id,))
    if row is None:
        raise NotFound("This comment is not here")
    access.require(work, rights.COMMENT, row[0])
    if row[1] != work.person:
        raise Refused("Only its author can change a comment")
    if files or without:
        access.require(work, rights.EDIT, row[0])
    for attachment in without:
        work.execute(
            "UPDATE attachment SET voided = 'removed' WHERE id = ? AND comment = ? AND voided IS NULL",
            (attachment, comment_id),
        )
    attaching.put(work, of(work, row[0]), files, comment_id)
    left = work.value("SELECT count(*) FROM attachment WHERE comment = ? AND voided IS NULL", (comment_id,))
    said = text("body", body).strip() or _sent(int(left or 0))
    if not said:
        raise Refused("Write something first", field="body")
    work.update(Comment, comment_id, {"body": said}, seen=seen)
    dropped = forms.drop_draft(work, draft) if draft else Changes()
    moved = Changes(files=frozenset({row[0]} if files or without else ()))
    return _done(work, row[0], "Edit comment on") | dropped | moved


def tag(work: Work, ticket: Id, word: str) -> Changes:
    """Put a word on a ticket; one that is there already stays."""
    access.require(work, rights.EDIT, ticket)
    said = tag_word(word)
    there = {one for (one,) in work.rows("SELECT word FROM tag WHERE subject = ? AND voided IS NULL", (ticket,))}
    if said not in there:
        require_room(there, (said,))
        work.insert(Tag, of(work, ticket) | {"word": said})
    return _done(work, ticket, f"Tag “{said}” on")


def untag(work: Work, ticket: Id, word: str) -> Changes:
    """Take a word off a ticket."""
    access.require(work, rights.EDIT, ticket)
    said = _plain_tag(word)
    if not _void(work, Tag.__tablename__, "subject = ? AND word = ?", (ticket, said)):
        return Changes()
    return _done(work, ticket, f"Remove tag “{said}” from")


def watch(work: Work, ticket: Id, person: Id | None = None) -> Changes:
    """Let a person (by default the one at the desk) follow a ticket."""
    access.require(work, rights.READ if person in (None, work.person) else rights.EDIT, ticket)
    who = person or work.person
    if work.value("SELECT 1 FROM watcher WHERE subject = ? AND person = ? AND voided IS NULL", (ticket, who)) is None:
        work.insert(Watcher, of(work, ticket) | {"person": who})
    return _done(work, ticket, "Watch")


def unwatch(work: Work, ticket: Id, person: Id | None = None) -> Changes:
    """Let a person (by default the one at the desk) no longer follow a ticket."""
    access.require(work, rights.READ if person in (None, work.person) else rights.EDIT, ticket)
    if not _void(work, Watcher.__tablename__, "subject = ? AND person = ?", (ticket, person or work.person)):
        return Changes()
    return _done(work, ticket, "Unwatch")


def _void(work: Work, table: str, where: str, parameters: tuple[Any, ...]) -> bool:
    """Void what is there; False when nothing was."""
    return bool(work.execute(f"UPDATE \"{table}\" SET voided = 'removed' WHERE {where} AND voided IS NULL", parameters))


def tag_word(word: str) -> str:
    """A tag as it is stored. Raises Refused for what can be none."""
    said = _plain_tag(word)
    if not said or len(said) > TAG_LIMIT or set(said) & set(',"'):
        raise Refused(f"A tag is a word of at most {TAG_LIMIT} letters, without comma or quote", field="tag")
    return said


def require_room(there: Collection[str], more: Collection[str]) -> None:
    """Raise Refused where a ticket with the tags `there` would get more of them than a ticket may have."""
    if len({*there, *more}) > TAGS_LIMIT:
        raise Refused(f"A ticket has at most {TAGS_LIMIT} tags", field="tag")


def _plain_tag(word: str) -> str:
    return " ".join(text("tag", word).lower().split())


def _done(work: Work, ticket: Id, label: str) -> Changes:
    touch(work, ticket)
    work.label = f"{label} {number_of(work, ticket)}"
    return Changes(tickets=frozenset({ticket}))

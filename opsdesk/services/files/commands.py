"""What a person does with the files of a ticket. Each command is one unit of work; the bytes are safe before it."""

from __future__ import annotations

from collections.abc import Sequence

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.services import access
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound
from opsdesk.services.filework import attaching
from opsdesk.services.filework.worker import Prepared
from opsdesk.services.tickets.commands import number_of, of, touch
from opsdesk.store.files import copies
from opsdesk.store.work import Work


def attach(work: Work, ticket: Id, files: Sequence[Prepared]) -> Changes:
    """Attach files whose bytes are in the store. One that hangs on the ticket already, by name and bytes, stays."""
    access.require(work, rights.EDIT, ticket)
    made = attaching.put(work, of(work, ticket), files)
    work.value_out = tuple(made)
    if not made:
        return Changes()
    touch(work, ticket)
    what = f"“{files[0].name}”" if len(files) == 1 else f"{len(made)} files"
    work.label = f"Attach {what} to {number_of(work, ticket)}"
    return Changes(tickets=frozenset({ticket}), files=frozenset({ticket}))


def remove(work: Work, attachment: Id) -> Changes:
    """Take a file off its ticket. Its bytes stay, so that it can be undone."""
    row = work.row("SELECT subject, name FROM attachment WHERE id = ? AND voided IS NULL", (attachment,))
    if row is None:
        raise NotFound("This file is not attached any more")
    access.require(work, rights.EDIT, row[0])
    work.execute("UPDATE attachment SET voided = 'removed' WHERE id = ?", (attachment,))
    touch(work, row[0])
    work.label = f"Remove “{row[1]}” from {number_of(work, row[0])}"
    return Changes(tickets=frozenset({row[0]}), files=frozenset({row[0]}))


def ask_for(work: Work, attachment: Id) -> Changes:
    """Let the bytes of a file come here as soon as there is a link."""
    row = work.row("SELECT subject, sha256 FROM attachment WHERE id = ? AND voided IS NULL", (attachment,))
    if row is None:
        raise NotFound("This file is not attached any more")
    copies.wanted(work.connection, row[1])
    return Changes(files=frozenset({row[0]}))


def try_again(work: Work, attachment: Id) -> Changes:
    """Send a file at once that the server did not take before."""
    row = work.row("SELECT subject, sha256 FROM attachment WHERE id = ? AND voided IS NULL", (attachment,))
    if row is None:
        raise NotFound("This file is not attached any more")
    copies.at_once(work.connection, row[1])
    return Changes(files=frozenset({row[0]}))


def was_damaged(work: Work, attachment: Id) -> Changes:
    """The bytes here are not good any more: ask the server for them again."""
    row = work.row("SELECT subject, sha256 FROM attachment WHERE id = ?", (attachment,))
    if row is None:
        return Changes()
    copies.lost(work.connection, row[1], wanted=True)
    return Changes(files=copies.subjects(work.connection, row[1]))

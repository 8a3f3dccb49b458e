"""What a printed ticket says, as plain texts in their order. nothing hidden or internal gets into it
unasked: how it looks on paper is decided elsewhere, and cannot add anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from opsdesk.models.base import Id, Marking
from opsdesk.models.tickets import SOLUTIONS, WAITING_REASONS
from opsdesk.services import mentions, times
from opsdesk.services.positions import source_words
from opsdesk.services.tickets import CommentRow, TicketCard, card, conversation, history, position_text
from opsdesk.services.tickets.marks import Mark
from opsdesk.services.tickets.rows import HistoryRow, LinkRow, Named
from opsdesk.store import membership
from opsdesk.store.work import Reader

INTERNAL: Final = "internal"
KINDS_OF_COMMENTS: Final = frozenset({"comment"})


@dataclass(frozen=True, slots=True)
class PrintOptions:
    """`internal`: with internal notes, else only what the requester may read. `history`: with changes."""

    internal: bool = True
    history: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """A field and what stands in it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """A comment. `reply` stands under the one before it."""

    author: str
    when: str
    body: str
    reply: bool
    internal: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A ticket as it is printed. `sync` says in words how it stands with the other stations."""

    number: str
    title: str
    marking: str
    state: str
    exercise: bool
    voided: str
    facts: tuple[Fact, ...]
    description: str
    answers: tuple[Fact, ...]
    said: tuple[Said, ...]
    internal: bool
    left_out: int
    """Comments that were left out because they are internal."""
    links: tuple[str, ...]
    files: tuple[str, ...]
    history: tuple[tuple[str, str, str], ...]
    """When, who, and what was changed; empty unless asked for."""
    as_of: str
    printed_by: str
    sync: str


def sheet(reader: Reader, ticket: Id, options: PrintOptions | None = None) -> Sheet:
    """Collect what is printed of a ticket. Raises NotFound."""
    options = options or PrintOptions()
    found = card(reader, ticket)
    row = found.row
    comments = conversation(reader, ticket)
    said, left_out = _said(comments, options.internal)
    person = reader.value("SELECT name FROM person WHERE id = ?", (reader.person,)) or "somebody"
    unit = reader.value("SELECT name FROM unit WHERE id = ?", (reader.unit,))
    return Sheet(
        number=row.number,
        title=row.title,
        marking=Marking(row.marking).label.upper(),
        state=row.state.label,
        exercise=row.exercise,
        voided=found.voided or "",
        facts=tuple(_facts(found, options.internal)),
        description=_plain(reader, found.description),
        answers=tuple(Fact(answer.label, answer.text) for answer in found.answers),
        said=tuple(said),
        internal=options.internal,
        left_out=left_out,
        links=tuple(map(_link, found.links)),
        files=tuple(_files(reader, ticket, options.internal)),
        history=tuple(_changes(history(reader, ticket), options)) if options.history else (),
        as_of=times.dtg(reader.now),
        printed_by=f"{person}, {unit}" if unit else str(person),
        sync=_sync(reader, ticket, row.mark),
    )


def _link(link: LinkRow) -> str:
    return f"{link.words} {link.number}  {link.title}" + (f" ({link.state.label})" if link.state else "")


def _facts(found: TicketCard, internal: bool) -> Iterable[Fact]:
    row = found.row
    waiting = WAITING_REASONS.get(row.waiting_reason or "", row.waiting_reason or "")
    until = f" until {times.dtg(found.waiting_until)}" if found.waiting_until is not None else ""
    reason = found.priority_reason if internal else None
    where = [found.place.name if found.place else "", found.location or ""]
    priority = f"{'Major, ' if row.major else ''}{row.priority.label}{f' ({reason})' if reason else ''}"
    source = f", {source_words(found.position_source)}" if found.position_source else ""
    doubt = f"{source} ({found.position_doubt})" if found.position_doubt else source
    told = {
        "State": row.state.label + (f", waits for {waiting}{until}" if waiting else ""),
        "Reason": (found.state_reason or "") if internal else "",
        "Solution": SOLUTIONS.get(found.solution or "", found.solution or ""),
        "Priority": priority,
        "Type": row.type,
        "Category": row.category,
        "Assignee": _name(row.assignee),
        "Unit": _name(row.unit),
        "Group": _name(found.group),
        "Requester": _name(row.requester) or (found.contact or ""),
        "For": found.on_behalf_of or "",
        "Where": ", ".join(dict.fromkeys(part for part in where if part)),
        "Position": position_text(row) + doubt if row.position is not None else (found.grid or ""),
        "Happened": times.dtg(row.occurred_at),
        "Recorded": times.dtg(row.created_at),
        "Changed": times.dtg(row.updated_at),
        "Due": times.dtg(row.due_at) if row.due_at is not None else "",
        "Part of": _name(found.parent),
        "External number": row.external or "",
        "Tags": ", ".join(row.tags),
    }
    return (Fact(label, text) for label, text in told.items() if text)


def _name(named: Named | None) -> str:
    return named.name if named else ""


def _plain(reader: Reader, text: str) -> str:
    return mentions.plain(text, mentions.names(reader, [text]))


def _said(comments: Iterable[CommentRow], internal: bool) -> tuple[list[Said], int]:
    said: list[Said] = []
    left_out = 0
    for comment in comments:
        for place, one in enumerate((comment, *comment.replies)):
            if one.visibility == INTERNAL and not internal:
                left_out += 1
                continue
            names: Mapping[str, str] = dict(one.names)
            edited = f", edited {times.dtg(one.edited_at)}" if one.edited_at is not None else ""
            said.append(
                Said(
                    author=one.author.name if one.author else "Somebody",
                    when=times.dtg(one.written_at) + edited,
                    body=mentions.plain(one.body, names),
                    reply=place > 0,
                    internal=one.visibility == INTERNAL,
                )
            )
    return said, left_out


def _files(reader: Reader, ticket: Id, internal: bool) -> Iterable[str]:
    rows = reader.rows(
        "SELECT a.name, a.size FROM attachment a LEFT JOIN comment c ON c.id = a.comment "
        f"WHERE a.subject = ?1 AND a.voided IS NULL AND (?2 OR coalesce(c.visibility, '') <> '{INTERNAL}') "
        "ORDER BY a.key LIMIT 1000",
        (ticket, internal),
    )
    return (f"{name} ({_size(size)})" for name, size in rows)


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} B"
    return f"{count / 1_000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def _changes(rows: Iterable[HistoryRow], options: PrintOptions) -> Iterable[tuple[str, str, str]]:
    """Oldest first. Without internal notes no comment is told again by its history, and no reason."""
    for row in reversed(list(rows)):
        if not options.internal and (row.kind in KINDS_OF_COMMENTS or row.field.endswith("reason")):
            continue
        what = f"{row.label}: {row.before} → {row.after}" if row.before else f"{row.label}: {row.after or 'removed'}"
        yield times.dtg(row.happened_at), row.actor or "Somebody", what


def _sync(reader: Reader, ticket: Id, mark: Mark) -> str:
    waiting = int(
        reader.value(
            "SELECT count(*) FROM change c INDEXED BY ix_change_waiting WHERE c.outcome IS NULL AND c.subject = ?",
            (ticket,),
        )
    )
    if membership.read(reader.connection) is None:
        return "kept at this station alone"
    if mark in (Mark.CONFLICT, Mark.RETURNED):
        return mark.words[0].lower() + mark.words[1:] + (f"; {_shared(waiting)}" if waiting else "")
    return _shared(waiting)


def _shared(waiting: int) -> str:
    if not waiting:
        return "all changes shared"
    return "1 change not shared" if waiting == 1 else f"{waiting:,} changes not shared"

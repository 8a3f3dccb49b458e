"""What a text mentions: whom, by which name they go now, and who of them cannot read the ticket it hangs on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from markdown_it import MarkdownIt

from opsdesk.models import rights
from opsdesk.models.base import Id
from opsdesk.models.mentions import PERSON, TICKET, UNIT, Mention, mention, mentions, pieces, plain
from opsdesk.services import access
from opsdesk.store.queue.lookup import looked_up
from opsdesk.store.work import Reader

__all__ = [
    "PERSON", "TICKET", "UNIT", "Blind", "Mention", "blind", "mention", "mentions", "names", "pieces", "plain", "words",
]  # fmt: skip

_NAMES = {
    PERSON: "SELECT id, name FROM person WHERE id IN ({0})",
    UNIT: "SELECT id, coalesce(code, name) FROM unit WHERE id IN ({0})",
    TICKET: "SELECT id, number FROM ticket WHERE id IN ({0})",
}
_ABOVE = (
    "WITH RECURSIVE above (id, parent, depth) AS (SELECT id, parent, 0 FROM unit WHERE id = ? "
    "UNION SELECT u.id, u.parent, a.depth + 1 FROM unit u JOIN above a ON u.id = a.parent WHERE a.depth < 20) "
    "SELECT id FROM above"
)


def names(reader: Reader, texts: Iterable[str]) -> dict[str, str]:
    """The present label of everything that the texts mention, by target; what is not here is left out."""
    wanted: dict[str, set[Id]] = {}
    for text in texts:
        for found in mentions(text):
            wanted.setdefault(found.kind, set()).add(found.record)
    return {
        made.target: made.label
        for kind, records in wanted.items()
        for record, name in looked_up(reader.connection, _NAMES[kind], records)
        for made in (mention(kind, record, name),)
    }


def words(text: str) -> str:
    """What a Markdown text says, without its marks, on one line."""
    if not text:
        return ""
    lines = []
    for token in _markdown().parse(text):
        inside = token.children or ([token] if token.content else [])
        lines.append("".join(child.content or (" " if child.type.endswith("break") else "") for child in inside))
    return " ".join(" ".join(lines).split())


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("js-default", {"html": False, "linkify": False})


@dataclass(frozen=True, slots=True)
class Blind:
    """Somebody mentioned who cannot read the ticket. `why` says it in one sentence; `person` is who would be named as
    a watcher to be given access, None where nothing that can be done here would give it."""

    mention: Mention
    why: str
    person: Id | None = None


def blind(reader: Reader, ticket: Id, text: str) -> tuple[Blind, ...]:
    """Who is mentioned in `text` and cannot read `ticket`, as far as this desk knows.

    Read is what stands in the own unit tree, or names the reader (requester, assignee, watcher), each below the
    reader's marking; that last one only the server knows, so that a marked ticket is told as it is.
    """
    row = reader.row("SELECT unit, marking, requester, assignee FROM ticket WHERE id = ?", (ticket,))
    if row is None:
        return ()
    unit, marking, *named = row
    above = {found for (found,) in reader.rows(_ABOVE, (unit,))} if unit is not None else set()
    watchers = reader.rows("SELECT person FROM watcher WHERE subject = ? AND voided IS NULL", (ticket,))
    named += [person for (person,) in watchers]
    told = names(reader, (text,))
    return tuple(
        found
        for one in mentions(text)
        if one.kind != TICKET and one.record != reader.person
        for found in (_blind(reader, one, told.get(one.target), above, named, marking),)
        if found is not None
    )


def _blind(
    reader: Reader, one: Mention, label: str | None, above: set[Id], named: list[Id | None], marking: int
) -> Blind | None:
    if label is None:
        return Blind(one, f"{one.label[1:]} is not known here")
    name = label[1:]
    if one.kind == UNIT:
        if one.record in above:
            return None
        return Blind(one, f"{name} cannot read this ticket. Only persons can be given access")
    unit, unit_name = reader.row(
        "SELECT p.unit, coalesce(u.code, u.name, '') FROM person p LEFT JOIN unit u ON u.id = p.unit WHERE p.id = ?",
        (one.record,),
    ) or (None, "")
    if one.record in named or unit in above:
        return None
    where = f"{name} is in {unit_name} and" if unit_name else f"{name} is in no unit and"
    ceiling = " up to the own marking" if marking > 1 else ""
    if not access.may(reader, rights.EDIT):
        return Blind(one, f"{where} cannot read this ticket. Your role may not give access")
    return Blind(one, f"{where} cannot read this ticket. As a watcher {name} can{ceiling}", one.record)

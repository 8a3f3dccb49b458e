"""`opsdesk conflicts …`: the words of the command line. It runs without Qt and without a link.

The services are imported only when a command runs, so that every other command starts as fast as before.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from opsdesk.services.command_line import Answer
from opsdesk.services.errors import OpsDeskError, Refused

if TYPE_CHECKING:
    from opsdesk.services.conflicts import Conflict, Line, Record, Settlement, Version
    from opsdesk.services.desk import Desk


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the commands below `conflicts`."""
    commands = parser.add_subparsers(dest="conflicts_command", required=True, metavar="COMMAND")
    listing = commands.add_parser(
        "list", help="what was changed in two places and waits for a choice", parents=[common]
    )
    listing.set_defaults(act=_list, reads=True)
    listing.add_argument("--settled", action="store_true", help="what was settled, newest first")
    settling = commands.add_parser(
        "resolve", help="settle a conflict with one version or another value", parents=[common]
    )
    settling.set_defaults(act=_resolve, reads=False)
    settling.add_argument("id", metavar="ID", help="the conflict's id, or its beginning")
    which = settling.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--take", metavar="mine|theirs|base|both|N", help="a version by its side or number; both joined for a text"
    )
    which.add_argument("--value", metavar="V", help="another value, as it would be typed; empty for none")
    settling.add_argument("--note", default="", metavar="WHY", help="why; it goes to the others with the result")


def _list(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import conflicts

    found = desk.ask(conflicts.lists).result()
    lines = found.settled if options.settled else found.unit
    told: list[dict[str, Any]] = []
    words: list[str] = []
    for line in lines:
        record = desk.ask(conflicts.record, line.record).result()
        for conflict in record.conflicts:
            if conflict.id in line.conflicts:
                told.append(_plain(line, record, conflict))
                words += _words(line, conflict)
    figures = {
        "count": len(told),
        "mine": sum(len(line.conflicts) for line in found.mine),
        "settled": found.settled_count,
        "conflicts": told,
    }
    return figures, "\n".join(words) or ("Nothing was settled yet" if options.settled else "Nothing is in conflict")


def _resolve(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import conflicts

    conflict_id, record_id = desk.ask(conflicts.by_id, options.id).result()
    record: Record = desk.ask(conflicts.record, record_id).result()
    found = next((one for one in record.open if one.id == conflict_id), None)
    if found is None:
        raise Refused("This conflict is settled already")
    if options.take is not None:
        value = conflicts.take(found, options.take)
    else:
        value = desk.ask(conflicts.parse, conflict_id, options.value).result()
    desk.do(conflicts.settle, [conflicts.Choice(found.seen, value)], note=options.note).result()
    record = desk.ask(conflicts.record, record_id).result()
    settled = next((one for one in record.conflicts if one.id == conflict_id), None)
    if settled is None or settled.settlement is None:
        raise OpsDeskError("The choice is kept, but it cannot be shown")
    where = record.number or record.title
    figures = {"id": conflict_id.hex(), "number": record.number, "field": found.field} | _settled(settled.settlement)
    return figures, f"{where}: {found.label} is {settled.settlement.text or 'none'}"


def _plain(line: Line, record: Record, conflict: Conflict) -> dict[str, Any]:
    from opsdesk.services import times

    told: dict[str, Any] = {
        "id": conflict.id.hex(),
        "record": record.id.hex(),
        "kind_of_record": record.kind,
        "number": record.number,
        "title": record.title,
        "kind": conflict.kind,
        "field": conflict.field,
        "mine": record.mine,
        "owner": line.care.name,
        "due_at": times.iso(line.care.due_at),
        "found_at": times.iso(conflict.found_at),
        "versions": [
            {
                "n": one.number,
                "side": one.side,
                "value": one.text,
                "author": one.author.name if one.author else None,
                "where": one.where,
                "at": None if one.at is None else times.iso(one.at),
                "shown": one.shown,
            }
            for one in conflict.versions
        ],
        "joined": conflict.joined,
    }
    return told | (_settled(conflict.settlement) if conflict.settlement else {})


def _settled(settlement: Settlement) -> dict[str, Any]:
    from opsdesk.services import times

    return {
        "settled": settlement.how,
        "value": settlement.text,
        "by": settlement.by.name if settlement.by else None,
        "at": times.iso(settlement.at),
        "waits": settlement.waits,
        "note": settlement.note,
    }


def _words(line: Line, conflict: Conflict) -> list[str]:
    from opsdesk.services import times

    head = f"{conflict.id.hex()[:8]}  {line.number or line.kind}  {conflict.label}: {line.title}"
    if conflict.settlement is not None:
        return [f"{head}\n          {conflict.settlement.how}: {_short(conflict.settlement.text)}"]
    return [
        f"{head}  ({line.care.name}, by {times.dtg(line.care.due_at, short=True)})",
        *(
            f"       {one.number}  {one.label:<9} {_short(one.text):<40} {_who(one)}{', shown' if one.shown else ''}"
            for one in conflict.versions
        ),
    ]


def _who(version: Version) -> str:
    from opsdesk.services import times

    parts = [version.author.name if version.author else "", version.where]
    at = times.dtg(version.at, short=True) if version.at is not None else ""
    return " · ".join(part for part in (*parts, at) if part)


def _short(text: str) -> str:
    said = " ".join(text.split()) or "none"
    return said if len(said) <= 60 else said[:59] + "…"

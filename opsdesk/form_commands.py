"""`opsdesk forms …`: the words of the command line for forms. It runs without Qt.

The services are imported only when a command runs, so that every other command starts as fast as before.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opsdesk.services.command_line import Answer

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the commands below `forms`."""
    commands = parser.add_subparsers(dest="forms_command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="the forms and their versions", parents=[common])
    listing.set_defaults(act=_list, reads=True)
    listing.add_argument("--all", action="store_true", help="older versions as well")
    showing = commands.add_parser("show", help="a form as a file that can be imported", parents=[common])
    showing.set_defaults(act=_show, reads=True)
    showing.add_argument("code")
    showing.add_argument("--version", type=int, metavar="N", help="the newest when left out")
    telling = commands.add_parser("diff", help="what is different between two versions, or a file", parents=[common])
    telling.set_defaults(act=_diff, reads=True)
    telling.add_argument("code", help="a form's code, or a FILE to compare with what is in force")
    telling.add_argument("old", type=int, nargs="?", metavar="OLD", help="the version before the newest when left out")
    telling.add_argument("new", type=int, nargs="?", metavar="NEW", help="the newest when left out")
    importing = commands.add_parser(
        "import", help="take over the forms of a file or folder: what changed becomes a new version", parents=[common]
    )
    importing.set_defaults(act=_import, reads=False)
    importing.add_argument("path", type=Path, metavar="FILE|DIR")
    importing.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")


def _list(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services.forms import importing

    rows = [row for row in desk.ask(importing.versions).result() if row.newest or options.all]
    told = [
        {
            "code": row.code, "title": row.title, "version": row.version, "newest": row.newest,
            "questions": row.questions, "rules": row.rules, "tickets": row.tickets,
            **({"wrong": row.wrong} if row.wrong else {}),
        }
        for row in rows
    ]  # fmt: skip
    words = [
        f"{row.code:<20} v{row.version:<4} {row.questions:>3} questions {row.rules:>3} rules {row.tickets:>6} tickets"
        f"  {row.wrong or row.title}"
        for row in rows
    ]
    return {"forms": told}, "\n".join(words) or "No forms"


def _show(desk: Desk, options: argparse.Namespace) -> Answer:
    import json

    from opsdesk.services.forms import importing

    text = importing.exported(desk.ask(importing.one, options.code, options.version).result())
    return {"form": json.loads(text)}, text.rstrip("\n")


def _diff(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services.forms import difference, importing

    path = Path(options.code)
    if path.suffix == ".json":
        outcomes = desk.ask(importing.survey, importing.files(path)).result()
        return _told(outcomes, "would become")
    new = desk.ask(importing.one, options.code, options.new).result()
    old = desk.ask(importing.one, options.code, new.version - 1 if options.old is None else options.old).result()
    lines = difference.differences(old, new)
    figures = {"code": new.code, "old": old.version, "new": new.version, "diff": list(lines)}
    return figures, "\n".join([f"{new.code}: version {old.version} → {new.version}", *(lines or ("no difference",))])


def _import(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services.forms import importing

    found = importing.files(options.path)
    if options.dry_run:
        return _told(desk.ask(importing.survey, found).result(), "would become")
    return _told(desk.do(importing.import_forms, found).result().value, "is")


def _told(outcomes: Any, verb: str) -> Answer:
    figures: dict[str, Any] = {
        "read": len(outcomes),
        "imported": sum(one.result != "same" for one in outcomes),
        "unchanged": sum(one.result == "same" for one in outcomes),
        "forms": [
            {
                "code": one.code, "title": one.title, "result": one.result, "version": one.version,
                "asked_by": list(one.asked_by), "diff": list(one.lines),
            }
            for one in outcomes
        ],
    }  # fmt: skip
    words: list[str] = []
    for one in outcomes:
        state = "unchanged, version" if one.result == "same" else f"{one.result}, {verb} version"
        words.append(f"{one.code}: {state} {one.version}{'' if one.asked_by else ' (no ticket type asks it)'}")
        words += [f"  {line}" for line in one.lines]
    return figures, "\n".join(words)

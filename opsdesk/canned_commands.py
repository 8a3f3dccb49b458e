"""`opsdesk texts …`: the words of the command line for texts that are often written. It runs without Qt."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from opsdesk.services.command_line import Answer

if TYPE_CHECKING:
    from opsdesk.services.canned import CannedRow
    from opsdesk.services.desk import Desk


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the commands below `texts`."""
    commands = parser.add_subparsers(dest="texts_command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="the texts that :: offers", parents=[common])
    listing.set_defaults(act=_list, reads=True)
    setting = commands.add_parser("set", help="write a text, or write it anew", parents=[common])
    setting.set_defaults(act=_set, reads=False)
    setting.add_argument("name")
    setting.add_argument("file", type=Path, metavar="FILE", help="the Markdown; - reads it from the input")
    setting.add_argument("--shortcut", metavar="WORD", help="by which it is found first")
    setting.add_argument("--for", dest="scope", choices=("mine", "unit"), default="unit", help="unit when left out")
    dropping = commands.add_parser("drop", help="offer a text no longer", parents=[common])
    dropping.set_defaults(act=_drop, reads=False)
    dropping.add_argument("name")
    dropping.add_argument("--for", dest="scope", choices=("mine", "unit"), default="unit", help="unit when left out")


def _list(desk: Desk, _options: argparse.Namespace) -> Answer:
    from opsdesk.services import canned

    rows = desk.ask(canned.texts).result()
    told = [{"name": row.name, "shortcut": row.shortcut, "for": row.scope, "body": row.body} for row in rows]
    words = [f"{row.shortcut:<12} {row.scope:<5} {row.name}: {' '.join(row.body.split())[:60]}" for row in rows]
    return {"texts": told}, "\n".join(words) or "No texts"


def _set(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import canned

    body = _read(options.file)
    row = _found(desk, options)
    shortcut = options.shortcut if options.shortcut is not None else row.shortcut if row else ""
    desk.do(
        canned.save, name=options.name, body=body, shortcut=shortcut, scope=options.scope, id=row.id if row else None,
        seen=row.base if row else None,
    ).result()  # fmt: skip
    return _list(desk, options)


def _drop(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import canned
    from opsdesk.services.errors import NotFound

    row = _found(desk, options)
    if row is None:
        raise NotFound(f"There is no text “{options.name}” for {options.scope}")
    desk.do(canned.remove, row.id).result()
    return _list(desk, options)


def _found(desk: Desk, options: argparse.Namespace) -> CannedRow | None:
    from opsdesk.services import canned

    rows = desk.ask(canned.texts).result()
    wanted = options.name.casefold()
    return next((row for row in rows if row.name.casefold() == wanted and row.scope == options.scope), None)


def _read(path: Path) -> str:
    from opsdesk.services.canned import BODY_LIMIT
    from opsdesk.services.errors import Refused

    most = BODY_LIMIT * 4  # letters: blank ones around it do not count
    try:
        if str(path) == "-":
            return sys.stdin.read(most)
        with path.open(encoding="utf-8-sig") as source:
            return source.read(most)
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {getattr(error, 'strerror', None) or 'it is no UTF-8 text'}") from error

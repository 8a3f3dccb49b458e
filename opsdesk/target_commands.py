"""`opsdesk targets …`: the words of the command line for targets of service. It runs without Qt."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from opsdesk.services.command_line import Answer

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk
    from opsdesk.services.targets import TargetRow


def add(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the commands below `targets`."""
    commands = parser.add_subparsers(dest="targets_command", required=True, metavar="COMMAND")
    listing = commands.add_parser("list", help="what holds now", parents=[common])
    listing.set_defaults(act=_list, reads=True)
    setting = commands.add_parser("set", help="let other targets hold from now on", parents=[common])
    setting.set_defaults(act=_set, reads=False)
    setting.add_argument("--type", metavar="CODE", help="a ticket type; all without their own when left out")
    setting.add_argument("--response", metavar="P=TIME,…", help="until the first answer: urgent=30m,high=2h or none")
    setting.add_argument("--resolution", metavar="P=TIME,…", help="until it is resolved: urgent=8h,high=1d or none")
    setting.add_argument("--pauses", metavar="REASON,…", help="waiting reasons that stop the clocks, or none")
    setting.add_argument("--from", dest="begins", choices=("recorded", "occurred"), help="when the clocks begin")
    setting.add_argument("--work-answers", choices=("yes", "no"), help="whether starting to work is an answer")
    dropping = commands.add_parser("drop", help="let a type follow the targets of all others", parents=[common])
    dropping.set_defaults(act=_drop, reads=False)
    dropping.add_argument("--type", metavar="CODE", required=True)


def _list(desk: Desk, _options: argparse.Namespace) -> Answer:
    from opsdesk.services import targets

    rows = desk.ask(targets.rows).result()
    return {"targets": [_plain(row) for row in rows]}, "\n".join(_words(row) for row in rows)


def _set(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import targets

    said = options.pauses
    desk.do(
        targets.rule,
        type_code=options.type,
        response=None if options.response is None else targets.read_minutes(options.response),
        resolution=None if options.resolution is None else targets.read_minutes(options.resolution),
        pauses=None if said is None else [] if said == "none" else [one.strip() for one in said.split(",")],
        from_occurred=None if options.begins is None else options.begins == "occurred",
        work_answers=None if options.work_answers is None else options.work_answers == "yes",
    ).result()
    return _list(desk, options)


def _drop(desk: Desk, options: argparse.Namespace) -> Answer:
    from opsdesk.services import targets

    desk.do(targets.drop, options.type).result()
    return _list(desk, options)


def _plain(row: TargetRow) -> dict[str, Any]:
    return {
        "type": row.type, "response": row.response, "resolution": row.resolution, "pauses": list(row.pauses),
        "from": "occurred" if row.from_occurred else "recorded", "work_answers": row.work_answers,
        "shipped": row.shipped,
    }  # fmt: skip


def _words(row: TargetRow) -> str:
    lines = [row.name + (" (as shipped)" if row.shipped else ""), *(f"  {line}" for line in row.words())]
    lines.append(f"  Pauses while it waits for: {', '.join(row.pauses) or 'nothing'}")
    lines.append(f"  Begins when {'it happened' if row.from_occurred else 'it is recorded'}")
    lines.append(f"  Starting to work {'counts as' if row.work_answers else 'is not'} the first answer")
    return "\n".join(lines)

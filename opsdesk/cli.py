"""The headless commands. They run without Qt, except those that draw (`tour`, parts of `bench`)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from opsdesk import (
    canned_commands,
    conflict_commands,
    drawing_commands,
    enrol_commands,
    form_commands,
    target_commands,
)
from opsdesk.server import commands as server_commands
from opsdesk.services import command_line
from opsdesk.services.errors import OpsDeskError, QueryError
from opsdesk.services.folder import data_folder
from opsdesk.simulator import commands as simulator_commands

DONE, REFUSED = 0, 1


def main(arguments: list[str]) -> int:
    """Run one command and return its exit status: 0 done, 1 refused or failed (why is on stderr), 2 wrong usage."""
    options = parser().parse_args(_joined(arguments), argparse.Namespace(data=None, json=False))
    options.data = options.data or data_folder()
    try:
        return int(options.run(options) or DONE)
    except QueryError as error:
        print(f"{options.query}\n{' ' * error.start}{'^' * max(1, error.end - error.start)}", file=sys.stderr)
        print(f"At {error.start + 1}: {error}", file=sys.stderr)
    except OpsDeskError as error:
        print(error, file=sys.stderr)
    except BrokenPipeError:
        # The reader of a pipe has seen enough (`opsdesk tickets list | head`); nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return REFUSED


def _joined(arguments: list[str]) -> list[str]:
    """The arguments with a query tied to its option: one that begins with a minus is a query all the same."""
    words = iter(arguments)
    return [f"{word}={next(words, '')}" if word == "--query" else word for word in words]


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="the data folder")
    common.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object")
    top = argparse.ArgumentParser(
        prog="opsdesk",
        description="The operations desk of a command post. Without a command it opens the desktop program.",
        parents=[common],
    )
    top.add_argument("--version", action="version", version=_version())
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], help_text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_text, description=help_text, parents=[common])
        made.set_defaults(run=run)
        return made

    command("demo", _demo, "open the desktop program on a temporary copy of the sample data")
    tour = command("tour", _tour, "save a picture of every page, drawn offscreen")
    tour.add_argument("--out", type=Path, required=True, metavar="DIR")
    tour.add_argument("--theme", choices=("light", "dark", "red"), action="append", help="all three by default")
    tour.add_argument("--size", action="append", metavar="WxH", help="1440x900 and 1180x760 by default")
    tour.add_argument("--scene", action="append", metavar="NAME", help="a picture by its name; all by default")

    imports = command("import", _import, "import tickets, or drawings from GeoJSON, from a file")
    imports.add_argument("what", choices=("tickets", "drawings"))
    imports.add_argument("file", type=Path)
    imports.add_argument("--map", type=Path, metavar="FILE.toml", help="which column is which field")
    imports.add_argument("--dry-run", action="store_true", help="say what would happen and write nothing")

    exports = command(
        "export", _export, "export tickets to CSV, XLSX, JSON or GeoJSON, drawings to GeoJSON, one ticket to PDF"
    )
    exports.add_argument("what", choices=("tickets", "ticket", "drawings"))
    exports.add_argument("number", nargs="?", help="of the one ticket that is written as PDF")
    exports.add_argument("file", type=Path)
    exports.add_argument("--for-requester", action="store_true", help="a ticket without internal notes")
    exports.add_argument("--history", action="store_true", help="a ticket with its changes")
    exports.add_argument("--query", default="", metavar="Q")
    exports.add_argument(
        "--answers", action="store_true", help="tickets with a column for each question of their forms"
    )

    lists = command("tickets", _tickets, "list the tickets that a query finds")
    lists.add_argument("what", choices=("list",))
    lists.add_argument("--query", default="", metavar="Q")
    lists.add_argument("--limit", type=_positive, default=50, metavar="N")

    seed = command("seed", _seed, "fill an empty data folder with made-up tickets, for measuring")
    seed.add_argument("--tickets", type=_positive, required=True, metavar="N")
    seed.add_argument("--seed", type=int, default=1, metavar="S")

    bench = command("bench", _bench, "measure, with the raw limit beside each figure")
    bench.add_argument("what", choices=("list", "start", "edit", "sync", "map"))
    bench.add_argument("--rows", type=_positive, default=100_000, metavar="N")

    enrol_commands.add_arguments(command("enrol", _enrol, "join this data folder to a server"))
    backup = command("backup", _backup, "write a copy of the database while the program may be open")
    backup.add_argument("file", type=Path)
    command("doctor", _doctor, "check the database: integrity, references, search, triggers, sequence")
    conflict_commands.add(command("conflicts", _below, "what was changed in two places, and settling it"), common)
    form_commands.add(command("forms", _below, "the forms that ticket types ask, and importing others"), common)
    canned_commands.add(command("texts", _below, "texts that are often written, put in behind ::"), common)
    target_commands.add(command("targets", _below, "how soon tickets must be answered and resolved"), common)
    simulator_commands.add_arguments(
        command("simulate", simulator_commands.run, "prove on made-up stories that sync loses nothing")
    )
    sync = command("sync", _sync, "exchange with the server that this data folder has joined")
    sync.add_argument("--once", action="store_true", help="one round, then end; the same as without")
    server_commands.add(command("server", _server, "the central server, which desks synchronise with"), common)
    return top


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _version() -> str:
    from importlib.metadata import version

    return f"opsdesk {version('opsdesk')}"


def _demo(_options: argparse.Namespace) -> int:
    from opsdesk import desktop

    return desktop.main(["demo"])


def _tour(options: argparse.Namespace) -> int:
    from opsdesk import tour

    def told(path: Path, number: int, total: int) -> None:
        print(f"{number:>3} of {total}  {path}", flush=True)

    shown = None if options.json else told
    pictures = tour.make(options.out, options.theme, options.size, options.scene or (), shown)
    _say(options, {"pictures": [str(path) for path in pictures]}, f"{len(pictures)} pictures in {options.out}")
    return DONE


def _import(options: argparse.Namespace) -> int:
    if options.what == "drawings":
        return _answer(options, partial(drawing_commands.bring_in, progress=_progress(options)), read_only=False)
    from opsdesk.services.importing import run as importing

    with _desk(options) as desk:
        report = importing.run(
            desk, options.file, mapping=options.map, dry_run=options.dry_run, progress=_progress(options)
        ).result()
    figures = {
        "read": report.read,
        "imported": report.imported,
        "rejected": report.rejected,
        "duplicates": report.duplicates,
    }
    words = [", ".join(f"{number} {name}" for name, number in figures.items())]
    words += [f"rejected: {reason.text} ({reason.count}, first in row {reason.first_row})" for reason in report.reasons]
    words += [f"The rejected rows are in {report.rejects}"] if report.rejects else []
    _say(options, figures, "\n".join([*words, *report.notes]))
    return DONE


def _export(options: argparse.Namespace) -> int:
    _refuse_what_says_nothing(options)
    if options.what == "ticket":
        return _export_ticket(options)
    if options.what == "drawings":
        return _answer(options, partial(drawing_commands.take_out, progress=_progress(options)), read_only=True)
    from opsdesk.services import exporting
    from opsdesk.services.errors import Refused
    from opsdesk.services.tickets import lists

    if options.number is not None:
        raise Refused(f"Tickets go to one file; choose them by --query, not by “{options.number}”")
    with _desk(options, read_only=True) as desk:
        written = exporting.export(
            desk,
            lists.ListQuery(options.query),
            None,
            options.file,
            progress=_progress(options),
            answers=options.answers,
        ).result()
    _say(options, {"exported": written}, f"{written} tickets in {options.file}")
    return DONE


def _refuse_what_says_nothing(options: argparse.Namespace) -> None:
    """Raise Refused for a choice of `export` that would make no difference: whoever makes it expects one."""
    from opsdesk.services import exporting
    from opsdesk.services.errors import Refused

    meant = {"--query": "tickets", "--answers": "tickets", "--history": "ticket", "--for-requester": "ticket"}
    for name, what in meant.items():
        if getattr(options, name[2:].replace("-", "_")) and options.what != what:
            words = f"“{name}” belongs to “opsdesk export {what}” and says nothing of {_EXPORTED[options.what]}"
            raise Refused(words)
    ending = options.file.suffix.lower()
    if options.answers and ending in exporting.FORMATS and ending not in exporting.ANSWERED:
        columns = " and ".join(one[1:].upper() for one in exporting.ANSWERED)
        said = f"{ending[1:].upper()} has the answers of each ticket anyway"
        raise Refused(f"“--answers” adds columns to {columns}; {said}: leave it out")


_EXPORTED = {"tickets": "a list of tickets", "ticket": "one ticket on paper", "drawings": "drawings"}


def _answer(
    options: argparse.Namespace,
    perform: Callable[[Any, argparse.Namespace], tuple[dict[str, Any], str]],
    *,
    read_only: bool,
) -> int:
    with _desk(options, read_only=read_only) as desk:
        figures, words = perform(desk, options)
    _say(options, figures, words)
    return DONE


def _export_ticket(options: argparse.Namespace) -> int:
    from opsdesk.services import printing
    from opsdesk.services.errors import Refused
    from opsdesk.services.tickets import by_number

    if options.number is None:
        raise Refused("Say which ticket: opsdesk export ticket NUMBER FILE.pdf")
    with _desk(options, read_only=True) as desk:
        ticket = desk.ask(by_number, options.number).result()
        if ticket is None:
            raise Refused(f"There is no ticket {options.number} here")
        chosen = printing.PrintOptions(internal=not options.for_requester, history=options.history)
        made = printing.save(desk, ticket, options.file, chosen).result()
    _say(options, {"exported": 1}, f"{options.number} in {made}")
    return DONE


def _tickets(options: argparse.Namespace) -> int:
    from opsdesk.services import exporting
    from opsdesk.services.tickets import lists

    with _desk(options, read_only=True) as desk:
        query = lists.ListQuery(options.query)
        page = desk.ask(lists.first_page, query, size=options.limit).result()
        count = desk.ask(lists.count, query).result()
    rows = page.rows[: options.limit]
    lines = [f"{row.number}  {row.state.label:<12} {row.priority.label:<7} {row.title}" for row in rows]
    _say(
        options,
        {"count": count, "tickets": [exporting.plain(row) for row in rows]},
        "\n".join([*lines, f"{len(rows)} of {count}"]),
    )
    return DONE


def _seed(options: argparse.Namespace) -> int:
    from opsdesk.services import seeding
    from opsdesk.store.database import Database

    database = Database.open(options.data, program="opsdesk seed")
    try:
        figures = seeding.seed(database, tickets=options.tickets, seed=options.seed, progress=_progress(options))
    finally:
        database.close()
    _say(options, figures, f"{figures['tickets']} tickets in {options.data}")
    return DONE


def _bench(options: argparse.Namespace) -> int:
    from opsdesk import bench

    figures = bench.run(options.what, rows=options.rows, progress=_progress(options))
    _say(options, figures, json.dumps(figures, indent=1))
    return DONE


def _backup(options: argparse.Namespace) -> int:
    from opsdesk.store import backup

    size = backup.write(options.data, options.file)
    _say(options, {"file": str(options.file), "bytes": size}, f"{size} bytes in {options.file}")
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from opsdesk.store import database

    connection = database.open_reader(options.data)
    try:
        found = database.problems(connection)
    finally:
        connection.close()
    _say(options, {"problems": found}, "\n".join(found) or "Everything is in order.")
    return REFUSED if found else DONE


def _below(options: argparse.Namespace) -> int:
    """A command with commands below it."""
    return _answer(options, command_line.perform, read_only=options.reads)


def _sync(options: argparse.Namespace) -> int:
    from opsdesk.services import link

    with _desk(options) as desk:
        figures = link.once(desk)
    words = ", ".join(f"{number} {name}" for name, number in figures.items())
    _say(options, figures, words)
    return DONE


def _enrol(options: argparse.Namespace) -> int:
    return _answer(options, enrol_commands.perform, read_only=False)


def _server(options: argparse.Namespace) -> int:
    figures, words = server_commands.perform(options)
    _say(options, figures, words)
    return DONE


@contextmanager
def _desk(options: argparse.Namespace, *, read_only: bool = False) -> Iterator[Any]:
    from opsdesk.services.desk import Desk

    # A question beside an open program reads; only where there is nothing yet is a folder made, by whoever asks.
    desk = Desk.open(options.data, program=f"opsdesk {options.command}", read_only=read_only)
    try:
        yield desk
    finally:
        desk.close()


def _progress(options: argparse.Namespace) -> Callable[[int, int | None], None] | None:
    """A line on stderr that counts, where a person looks on."""
    if options.json or not sys.stderr.isatty():
        return None

    def show(done: int, total: int | None) -> None:
        of = f" of {total}" if total else ""
        print(f"\r{done}{of} ", end="" if done != total else "\n", file=sys.stderr, flush=True)

    return show


def _say(options: argparse.Namespace, figures: dict[str, Any], words: str) -> None:
    print(json.dumps(figures, ensure_ascii=False, default=str) if options.json else words)

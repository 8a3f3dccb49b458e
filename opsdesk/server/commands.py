"""`opsdesk server …`: the words of the command line. The server's own needs are imported only when a command runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from opsdesk.services.command_line import Answer
from opsdesk.services.errors import OpsDeskError


def add(server: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """Add the commands below `server`. Each sets `act`, which takes the options and returns an `Answer`."""
    commands = server.add_subparsers(dest="server_command", required=True, metavar="COMMAND")

    def command(name: str, act: Callable[[Any, Any], Answer], help_text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help_text, description=help_text, parents=[common])
        made.set_defaults(act=act)
        return made

    init = command("init", _init, "make a server: keys, database, organisation and its first administrator")
    init.add_argument("--organisation", default="OpsDesk", metavar="NAME")
    init.add_argument("--unit", default="Headquarters", metavar="NAME", help="the top unit")
    init.add_argument("--admin", default="admin", metavar="ACCOUNT")
    init.add_argument("--name", default="Administrator", help="the administrator's name")
    init.add_argument("--with-password", action="store_true", help="read a password for the administrator")
    init.add_argument("--url", metavar="URL", help="a PostgreSQL elsewhere, by its owner, with an empty database")
    init.add_argument("--host", default="0.0.0.0", metavar="ADDRESS", help="where to listen; all addresses by default")
    init.add_argument("--port", type=_between(1, 65_535), metavar="NUMBER")
    init.add_argument("--server-name", action="append", default=[], metavar="NAME", help="a name that desks use")

    run = command("run", _run, "serve until told to stop")
    run.add_argument("--host", metavar="ADDRESS")
    run.add_argument("--port", type=_between(1, 65_535), metavar="NUMBER")
    run.add_argument("--server-name", action="append", default=[], metavar="NAME", help="one more name that desks use")
    run.add_argument(
        "--workers",
        type=_between(1, 64),
        default=1,
        metavar="N",
        help="processes; each takes up to eleven database connections",
    )
    run.add_argument("--largest-file", type=float, metavar="MB", help="of an attachment; kept for later starts")
    run.add_argument("--all-files", type=float, metavar="GB", help="room for all attachments; kept for later starts")

    user = command("user", _user, "people who may log in, and their rights")
    user.add_argument("what", choices=("add", "list", "grant", "password", "lock", "open", "code"))
    user.add_argument("account", nargs="?")
    user.add_argument("--name", help="the person's name")
    user.add_argument("--unit", metavar="NAME", help="the person's unit; made below the top unit if it is new")
    user.add_argument("--role", help="watch officer for a new account; of one that is there it stays unless named")
    user.add_argument(
        "--marking", help="the highest that the person may see: RESTRICTED for a new account, or it stays"
    )
    user.add_argument("--with-password", action="store_true", help="read a password")

    unit = command("unit", _unit, "the tree of units, down which rights reach")
    unit.add_argument("what", choices=("list", "add", "change"))
    unit.add_argument("unit", nargs="?", metavar="NAME")
    unit.add_argument("--below", metavar="UNIT", help="the unit above it; the top unit for a new one unless named")
    unit.add_argument("--name", help="another name")

    device = command("device", _device, "desks that have joined")
    device.add_argument("what", choices=("list", "revoke"))
    device.add_argument("device", nargs="?")

    audit = command("audit", _audit, "the last lines of the audit trail: who came in or was refused, what was decided")
    audit.add_argument("--limit", type=_between(1, 1_000_000), default=100, metavar="N")

    proposal = command("proposal", _proposal, "what desks would add for all: categories, people, units")
    proposal.add_argument("what", choices=("list", "accept"))
    proposal.add_argument("proposal", nargs="?")

    backup = command("backup", _backup, "write a copy of the database while it is in use")
    backup.add_argument("file", type=Path)
    restore = command("restore", _restore, "put a copy in place of the database and begin a new epoch")
    restore.add_argument("file", type=Path)
    restore.add_argument("--url", metavar="URL", help="an empty PostgreSQL elsewhere, to move there")


def _between(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number of the command line."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"a number from {least} to {most} is needed")
        return int(text)

    return read


def perform(options: argparse.Namespace) -> Answer:
    """Carry out the command of `options`. Raises OpsDeskError."""
    try:
        import asyncpg
        from sqlalchemy.exc import DBAPIError

        from opsdesk.server import admin
    except ModuleNotFoundError as error:
        raise OpsDeskError(
            f"The server needs packages that are not installed ({error.name}): extra `server`"
        ) from error
    try:
        answer: Answer = options.act(admin, options)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise OpsDeskError(f"The database or the folder refused: {error}") from error
    except DBAPIError as error:
        # Of a migration: what it was that failed, without the statement, which may be a page long.
        raise OpsDeskError(f"The database refused: {error.orig}") from error
    return answer


def _init(admin: Any, options: argparse.Namespace) -> Answer:
    folder = admin.folder_for(options.data)
    first = admin.First(
        organisation=options.organisation,
        unit=options.unit,
        person=options.name,
        account=options.admin,
        password=admin.password_from() if options.with_password else None,
    )
    port = {} if options.port is None else {"port": options.port}
    done = admin.init(folder, first, url=options.url, names=options.server_name, host=options.host, **port)
    return done, (
        f"A server stands in {done['folder']}. Start it with: opsdesk server run\n"
        f"{_invitation(done)}\n"
        "An administrator makes accounts and writes no tickets. Whoever does gets an account and a code with:\n"
        '  opsdesk server user add NAME --unit UNIT --role "watch officer"'
    )


def _run(admin: Any, options: argparse.Namespace) -> Answer:
    from opsdesk.server import running

    folder = admin.folder_for(options.data)
    running.run(
        folder, host=options.host, port=options.port, names=options.server_name, workers=options.workers,
        limits=_limits(options, folder.settings),
    )  # fmt: skip
    return {"stopped": True}, "stopped"


def _limits(options: argparse.Namespace, settings: Any) -> Any:
    from opsdesk.server.limits import Limits

    if options.largest_file is None and options.all_files is None:
        return None
    largest = settings.largest_file if options.largest_file is None else int(options.largest_file * 1_000_000)
    total = settings.all_files if options.all_files is None else int(options.all_files * 1_000_000_000)
    if largest < 1 or (total is not None and total < 1):
        raise OpsDeskError("Room for files is more than nothing")
    return Limits(largest, total)


def _user(admin: Any, options: argparse.Namespace) -> Answer:
    folder = admin.folder_for(options.data)
    if options.what == "list":
        done = admin.users(folder)
        return done, "\n".join(map(_user_line, done["users"]))
    if not options.account:
        raise OpsDeskError("Name an account")
    if options.what == "add":
        if not options.unit:
            raise OpsDeskError("Name a unit with --unit")
        done = admin.add_user(
            folder,
            account=options.account,
            name=options.name or options.account,
            unit=options.unit,
            role="watch officer" if options.role is None else options.role,
            marking=options.marking or "RESTRICTED",
            password=admin.password_from() if options.with_password else None,
        )
        return done, _invitation(done)
    if options.what == "code":
        done = admin.make_code(folder, account=options.account)
        return done, _invitation(done)
    if options.what == "grant":
        done = admin.grant(
            folder, account=options.account, unit=options.unit, role=options.role, marking=options.marking
        )
        return done, f"{done['account']}: {done['role'] or 'no rights'}, up to {done['marking']}"
    elif options.what == "password":
        done = admin.set_password(folder, account=options.account, password=admin.password_from())
        return (
            done,
            f"done; each desk of “{options.account}” needs a new code: opsdesk server user code {options.account}",
        )
    else:
        done = admin.set_enabled(folder, account=options.account, enabled=options.what == "open")
    return done, "done"


def _unit(admin: Any, options: argparse.Namespace) -> Answer:
    from opsdesk.server import units

    folder, name = admin.folder_for(options.data), options.unit
    if options.what == "list":
        lines = admin.with_database(folder, units.tree)
        done = [{"unit": one.name, "below": one.above, "accounts": one.accounts} for one in lines]
        return {"units": done}, "\n".join(_printable(f"{'  ' * one.depth}{one.name} ({one.accounts})") for one in lines)
    if not name:
        raise OpsDeskError("Name a unit")
    told: dict[str, Any] = {"below": options.below, "note": admin.NOTE, "now": admin.now_ms()}
    if options.what == "add":
        admin.with_database(folder, lambda db: units.add(db, name, **told))
    else:
        admin.with_database(folder, lambda db: units.change(db, name, to=options.name, **told))
    return {"unit": options.name or name}, "done"


def _invitation(done: dict[str, Any]) -> str:
    """What whoever sets up a desk needs, to be read aloud or written on a slip."""
    return (
        f"A desk of “{done['account']}” joins with these two lines; the code is good once, within a week:\n"
        f"  address  {done['address']}\n"
        f"  code     {done['code']}"
    )


def _proposal(admin: Any, options: argparse.Namespace) -> Answer:
    folder = admin.folder_for(options.data)
    if options.what == "accept":
        if not options.proposal:
            raise OpsDeskError("Name a proposal")
        done = admin.accept(folder, proposal=options.proposal)
        return done, f"“{done['name']}” is there for all desks"
    done = admin.proposed(folder)
    return done, "\n".join(map(_proposal_line, done["proposals"])) or "Nothing is proposed."


def _proposal_line(one: dict[str, Any]) -> str:
    return _printable(f"{one['proposal']}  {one['kind']:<16} {one['name']:<30} {one['by']} ({one['tag']})")


def _device(admin: Any, options: argparse.Namespace) -> Answer:
    folder = admin.folder_for(options.data)
    if options.what == "revoke":
        if not options.device:
            raise OpsDeskError("Name a device")
        return admin.revoke(folder, device=options.device), "shut out"
    done = admin.devices(folder)
    return done, "\n".join(map(_device_line, done["devices"]))


def _audit(admin: Any, options: argparse.Namespace) -> Answer:
    done = admin.trail(admin.folder_for(options.data), most=options.limit)
    return done, "\n".join(map(_trail_line, done["trail"]))


def _trail_line(one: dict[str, Any]) -> str:
    at = datetime.fromtimestamp(one["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    by = f"{one['account'] or ''}{' at ' + one['tag'] if one['tag'] else ''}"
    detail = ", ".join(f"{name} {value}" for name, value in one["detail"].items())
    line = f"{at}  {one['act']:<24} {one['subject']:<20} {by:<24} {one['address'] or '':<15} {detail}"
    return _printable(line.rstrip())


def _printable(line: str) -> str:
    """A line for a terminal. Names come from whoever asks, and could hold what a terminal takes for an order."""
    return "".join(letter if letter.isprintable() else "�" for letter in line)


def _user_line(one: dict[str, Any]) -> str:
    role, marking = one["role"] or "no rights", one["marking"] or ""
    return _printable(f"{one['account']:<20} {role:<15} {marking:<13}{'' if one['open'] else 'locked'}")


def _device_line(one: dict[str, Any]) -> str:
    revoked = " (revoked)" if one["revoked"] else ""
    return _printable(f"{one['device']}  {one['tag']:<6} {one['account'] or '':<20} {one['name']}{revoked}")


def _backup(admin: Any, options: argparse.Namespace) -> Answer:
    done = admin.back_up(admin.folder_for(options.data), options.file)
    return done, f"{done['bytes']} bytes in {done['file']}"


def _restore(admin: Any, options: argparse.Namespace) -> Answer:
    done = admin.restore(admin.folder_for(options.data), options.file, url=options.url)
    kept = f"\nThe database before is kept in the cluster as {done['before']}." if done["before"] else ""
    return done, (
        f"{done['file']} is in place; epoch {done['epoch']} begins.{kept}\n"
        "Desks go on by themselves. What was decided after the copy is as it was before: shut devices out again, lock\n"
        "accounts and give rights anew; a desk that joined since needs a code."
    )

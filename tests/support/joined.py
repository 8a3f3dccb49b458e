"""Desks that have joined a server in this process, and wait for each other without a clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from opsdesk.server import accounts, certificates
from opsdesk.server.accounts import Joining, Tokens
from opsdesk.services.desk import Desk
from opsdesk.store import membership
from opsdesk.store.database import Database
from opsdesk.sync.transports import proofs
from tests.server.world import NOTE, World
from tests.support.desks import new_folder
from tests.support.patience import PATIENCE_S


async def join(world: World, folder: Path, account: str, tag: str) -> Desk:
    """Open a fresh folder as a desk of an account, with a first round done. What the folder brought along by itself is
    not sent."""
    Desk.open(new_folder(folder)).close()
    database = Database.open(folder)
    person, unit = await _who(world, account)
    dev, key = database.identity.dev, proofs.DeviceKey.make()
    refresh = await enrol(world, account, dev, key, tag)
    with database.transaction() as local:
        local.execute("UPDATE change SET outcome = 0, settled = seq")
        membership.write(
            local,
            membership.Membership(
                "https://post", "Relief Command", _authority(), person, unit, key.private, refresh, 0, dev
            ),
        )
    database.close()
    desk = Desk.open(folder)
    await desk.link.once(world.transport)
    return desk


async def _who(world: World, account: str) -> tuple[bytes, bytes]:
    row = await world.owner.fetchrow(
        "SELECT p.person, p.unit FROM permission p JOIN account a USING (person) WHERE a.name = $1 "
        "ORDER BY p.epoch DESC LIMIT 1", account,
    )  # fmt: skip
    return row["person"], row["unit"]


async def enrol(world: World, account: str, dev: bytes, key: proofs.DeviceKey, tag: str) -> str:
    """Let a device in by a new code; its refresh token."""
    async with world.db.accounts() as connection:
        secret = await accounts.make_code(connection, name=account, note=NOTE, now=world.now)
        proof = key.sign(proofs.ENROL, secret.encode(), dev, key.public)
        joining = Joining(secret, dev, key.public, tag, tag, proof)
        given = await accounts.enrol(connection, joining, key=world.key, note=NOTE, now=world.now)
    assert isinstance(given, Tokens), given
    return given.refresh


@cache
def _authority() -> str:
    with TemporaryDirectory() as folder:
        certificates.make_authority(Path(folder), "Relief Command", datetime.now(UTC))
        return (Path(folder) / certificates.AUTHORITY).read_text()


async def until(happened: Callable[[], bool], what: str) -> None:
    """Wait until something has happened. Raises AssertionError when it does not."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not happened():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"it never came: {what}") from None


def ask(desk: Desk, sql: str, *parameters: Any) -> Any:
    """One value from a desk's database."""
    return desk.ask(lambda reader: reader.value(sql, parameters)).result(PATIENCE_S)


def waiting(desk: Desk) -> int:
    """How many own changes wait."""
    return int(ask(desk, "SELECT count(*) FROM change WHERE outcome IS NULL"))

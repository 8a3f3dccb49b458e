"""A restored database has lost the tokens that were given since its backup: desks go on with them, thieves do not."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from opsdesk.server import accounts
from opsdesk.server.accounts import Denied, Tokens
from opsdesk.server.database import Database
from opsdesk.server.tokens import TokenKey
from tests.server.test_accounts import NOW, Desk, account, acts, enrolled, key, refresh

__all__ = ["account", "key"]  # fixtures

pytestmark = pytest.mark.anyio


async def lose(owner: Any, *, from_now_on: int) -> None:
    """What a restore does to all tokens that were given since the backup."""
    await owner.execute("DELETE FROM refresh_token")
    await owner.execute("INSERT INTO epoch VALUES ($1, 0, 0, 0, 'restored')", from_now_on)


async def test_a_desk_goes_on_with_a_token_that_a_restore_has_lost(
    account: Database, key: TokenKey, owner: Any
) -> None:
    desk = Desk()
    first = await enrolled(account, desk, key)
    await lose(owner, from_now_on=1)
    second = await refresh(account, desk, first.refresh, key)
    assert isinstance(second, Tokens)
    assert isinstance(await refresh(account, desk, first.refresh, key), Tokens), "the answer may be lost as ever"
    assert isinstance(third := await refresh(account, desk, first.refresh, key), Tokens)
    assert isinstance(await refresh(account, desk, third.refresh, key), Tokens)
    assert await refresh(account, desk, first.refresh, key) == Denied("token used twice")
    assert "token of an earlier life" in await acts(owner)


@pytest.mark.parametrize("how", ["no restore", "revoked", "locked", "another key", "forged", "over", "elsewhere"])
async def test_a_token_that_is_not_known_lets_nobody_in_otherwise(
    account: Database, key: TokenKey, owner: Any, how: str
) -> None:
    desk = Desk()
    given = (await enrolled(account, desk, key)).refresh
    await lose(owner, from_now_on=0 if how == "no restore" else 1)
    now = NOW + accounts.REFRESH_MS + 1000 if how == "over" else NOW
    if how == "revoked":
        await owner.execute("UPDATE device SET revoked_at = 1")
    elif how == "locked":
        await owner.execute("UPDATE account SET disabled_at = 1")
    elif how == "another key":
        desk = Desk()
    elif how == "forged":
        given = given[:4] + ("A" if given[4] != "A" else "B") + given[5:]
    elif how == "elsewhere":
        key = TokenKey(Ed25519PrivateKey.generate())
    assert await refresh(account, desk, given, key, now) == Denied("token refused")

"""People and devices come in by what they know and hold, and are shut out at once."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from opsdesk.models import codes
from opsdesk.server import accounts, tokens
from opsdesk.server.accounts import Denied, Joining, LogIn, Note, Tokens
from opsdesk.server.database import Database
from opsdesk.server.tokens import Bearer, TokenKey
from opsdesk.services.errors import Refused
from opsdesk.sync.transports import proofs

pytestmark = pytest.mark.anyio

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
NOW = 1_800_000_000_000
PERSON, UNIT, DEV = b"p" * 16, b"u" * 16, b"d" * 16
HERE = Note(address="10.0.0.7")
PASSWORD = "correct horse"


class Desk:
    """A device with its key."""

    def __init__(self, dev: bytes = DEV, tag: str = "CP1") -> None:
        self.dev, self.tag = dev, tag
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()

    def sign(self, purpose: bytes, *parts: bytes) -> bytes:
        return self.key.sign(proofs.said(purpose, *parts))

    def joining(self, secret: str) -> Joining:
        proof = self.sign(proofs.ENROL, secret.encode(), self.dev, self.public)
        return Joining(secret, self.dev, self.public, "Laptop 1", self.tag, proof)

    def log_in(self, challenge: str, name: str = "Keller", password: str = PASSWORD) -> LogIn:
        proof = self.sign(proofs.LOG_IN, challenge.encode(), name.strip().lower().encode())
        return LogIn(name, password, self.dev, challenge, proof)


@pytest.fixture
def key() -> TokenKey:
    return TokenKey(Ed25519PrivateKey.generate())


@pytest.fixture
async def account(db: Database) -> Database:
    async with db.accounts() as connection:
        await accounts.add_account(
            connection, person=PERSON, name="Keller", password=PASSWORD, hasher=CHEAP, note=HERE, now=NOW
        )
        await accounts.grant(connection, person=PERSON, role="watch officer", unit=UNIT, marking=2, note=HERE, now=NOW)
    return db


async def secret_for(db: Database, name: str = "keller", now: int = NOW) -> str:
    async with db.accounts() as connection:
        return await accounts.make_code(connection, name=name, note=HERE, now=now)


async def enrol(db: Database, joining: Joining, key: TokenKey, now: int = NOW) -> Tokens | Denied:
    async with db.accounts() as connection:
        return await accounts.enrol(connection, joining, key=key, note=HERE, now=now)


async def enrolled(db: Database, desk: Desk, key: TokenKey) -> Tokens:
    made = await enrol(db, desk.joining(await secret_for(db)), key)
    assert isinstance(made, Tokens)
    return made


async def refresh(db: Database, desk: Desk, token: str, key: TokenKey, now: int = NOW) -> Tokens | Denied:
    proof = desk.sign(proofs.REFRESH, token.encode())
    async with db.accounts() as connection:
        return await accounts.refresh(connection, token=token, proof=proof, key=key, note=HERE, now=now)


async def log_in(db: Database, asked: LogIn, key: TokenKey, now: int = NOW) -> Tokens | Denied:
    return await accounts.log_in(db, asked, key=key, hasher=CHEAP, note=HERE, now=now)


async def acts(owner: Any) -> list[str]:
    return [row["act"] for row in await owner.fetch("SELECT act FROM audit ORDER BY id")]


# Codes


def test_a_code_is_read_as_a_person_types_it() -> None:
    code = codes.Code(codes.new_secret(), codes.fingerprint(hashlib.sha256(b"x").digest()))
    said = str(code)
    assert len(said.split("-")) == 9
    assert codes.read(said) == code
    assert codes.read(said.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == code
    with pytest.raises(codes.BadCode):
        codes.read(said[:-1])


# Enrolment


async def test_a_code_lets_one_device_in(account: Database, key: TokenKey, owner: Any) -> None:
    secret = await secret_for(account)
    desk = Desk()
    made = await enrol(account, desk.joining(secret), key)
    assert isinstance(made, Tokens)
    assert key.bearer(made.access, NOW) == Bearer(PERSON, DEV)
    assert await enrol(account, Desk(b"e" * 16, "CP2").joining(secret), key) == Denied("code refused")
    assert (await acts(owner))[-2:] == ["device enrolled", "code refused"]
    stored = await owner.fetchval("SELECT hash FROM enrolment_code")
    assert secret.encode() not in stored


async def test_a_device_whose_answer_was_lost_asks_again(account: Database, key: TokenKey) -> None:
    secret, desk = await secret_for(account), Desk()
    await enrol(account, desk.joining(secret), key)
    assert isinstance(await enrol(account, desk.joining(secret), key), Tokens)


async def test_a_code_ends_after_a_week(account: Database, key: TokenKey) -> None:
    secret = await secret_for(account)
    assert await enrol(account, Desk().joining(secret), key, NOW + accounts.CODE_MS) == Denied("code refused")


async def test_a_device_must_hold_the_key_it_names(account: Database, key: TokenKey) -> None:
    joining = replace(Desk().joining(await secret_for(account)), key=Desk().public)
    assert await enrol(account, joining, key) == Denied("proof refused")


async def test_a_taken_tag_or_identity_is_told_and_the_code_stays_good(account: Database, key: TokenKey) -> None:
    await enrolled(account, Desk(), key)
    secret = await secret_for(account)
    assert await enrol(account, Desk(b"e" * 16, "CP1").joining(secret), key) == Denied("tag taken")
    assert await enrol(account, Desk(DEV, "CP9").joining(secret), key) == Denied("device taken")
    assert isinstance(await enrol(account, Desk(b"e" * 16, "CP2").joining(secret), key), Tokens)


async def test_nobody_is_enrolled_as_the_server_which_has_no_key(account: Database, key: TokenKey, owner: Any) -> None:
    await owner.execute(
        "INSERT INTO device (alias, dev, name, tag, enrolled_at) VALUES (0, $1, 'server', 'WEB', 0)", DEV
    )
    desk = Desk()
    assert await enrol(account, desk.joining(await secret_for(account)), key) == Denied("device taken")
    assert await owner.fetchval("SELECT tag FROM device WHERE dev = $1", DEV) == "WEB"


async def test_guessing_codes_is_slowed_down(account: Database, key: TokenKey) -> None:
    for _ in range(accounts.FREE_FAILURES):
        assert await enrol(account, Desk().joining("0" * 16), key) == Denied("code refused")
    refused = await enrol(account, Desk().joining(await secret_for(account)), key)
    assert refused == Denied("wait", 1000)
    assert isinstance(await enrol(account, Desk().joining(await secret_for(account)), key, NOW + 1000), Tokens)


# Refreshing


async def test_each_refresh_gives_the_next_token(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    for _ in range(3):
        following = await refresh(account, desk, made.refresh, key)
        assert isinstance(following, Tokens)
        assert following.refresh != made.refresh
        made = following


async def test_a_lost_answer_does_not_shut_a_desk_out(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    await refresh(account, desk, made.refresh, key)
    again = await refresh(account, desk, made.refresh, key)
    assert isinstance(again, Tokens)
    assert isinstance(await refresh(account, desk, again.refresh, key), Tokens)


async def test_a_token_used_twice_ends_its_family(account: Database, key: TokenKey, owner: Any) -> None:
    desk = Desk()
    first = await enrolled(account, desk, key)
    second = await refresh(account, desk, first.refresh, key)
    assert isinstance(second, Tokens)
    third = await refresh(account, desk, second.refresh, key)
    assert isinstance(third, Tokens)
    assert await refresh(account, desk, first.refresh, key) == Denied("token used twice")
    assert await refresh(account, desk, third.refresh, key) == Denied("token used twice")
    assert "token used twice" in await acts(owner)


async def test_two_holders_of_one_token_are_noticed(account: Database, key: TokenKey) -> None:
    """A copied disk: both refresh with the same token; the one who comes first with the loser's successor tells."""
    desk = Desk()
    made = await enrolled(account, desk, key)
    one = await refresh(account, desk, made.refresh, key)
    two = await refresh(account, desk, made.refresh, key)
    assert isinstance(one, Tokens)
    assert isinstance(two, Tokens)
    assert await refresh(account, desk, one.refresh, key) == Denied("token used twice")
    assert await refresh(account, desk, two.refresh, key) == Denied("token used twice")


async def test_a_stolen_token_is_worth_nothing_without_the_device_key(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    assert await refresh(account, Desk(), made.refresh, key) == Denied("token refused")
    assert isinstance(await refresh(account, desk, made.refresh, key), Tokens)


async def test_a_refresh_token_ends(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    assert await refresh(account, desk, made.refresh, key, NOW + accounts.REFRESH_MS) == Denied("token refused")


async def test_no_secret_is_kept_in_the_database(account: Database, key: TokenKey, owner: Any) -> None:
    made = await enrolled(account, Desk(), key)
    for table in ("refresh_token", "enrolment_code", "account", "audit", "device"):
        said = str(await owner.fetch(f"SELECT {table}::text FROM {table}"))
        assert made.refresh not in said
        assert made.access not in said
        assert PASSWORD not in said


# Shutting out


async def bearer_claims(db: Database, dev: bytes = DEV) -> Any:
    async with db.accounts() as connection:
        return await accounts.claims_of(connection, Bearer(PERSON, dev))


async def test_claims_follow_the_last_grant(account: Database, key: TokenKey, owner: Any) -> None:
    await enrolled(account, Desk(), key)
    below = b"b" * 16
    await owner.execute("INSERT INTO unit (id, name, parent) VALUES ($1, 'A', NULL), ($2, 'B', $1)", UNIT, below)
    claims = await bearer_claims(account)
    assert (claims.role, claims.unit, set(claims.units), claims.marking) == ("watch officer", UNIT, {UNIT, below}, 2)
    async with account.accounts() as connection:
        epoch = await accounts.grant(
            connection, person=PERSON, role="reader", unit=below, marking=1, note=HERE, now=NOW
        )
    after = await bearer_claims(account)
    assert (after.role, after.units, after.epoch) == ("reader", (below,), epoch)
    assert epoch > claims.epoch


async def test_units_in_a_circle_end(account: Database, key: TokenKey, owner: Any) -> None:
    await enrolled(account, Desk(), key)
    below = b"b" * 16
    await owner.execute("INSERT INTO unit (id, name, parent) VALUES ($1, 'A', $2), ($2, 'B', $1)", UNIT, below)
    assert set((await bearer_claims(account)).units) == {UNIT, below}


async def test_a_revoked_device_is_out_at_once(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    async with account.accounts() as connection:
        assert await accounts.revoke_device(connection, dev=DEV, note=HERE, now=NOW)
    assert await bearer_claims(account) is None
    assert await refresh(account, desk, made.refresh, key) == Denied("token refused")
    challenge = key.challenge(NOW)
    assert await log_in(account, desk.log_in(challenge), key) == Denied("log-in refused")


@pytest.mark.parametrize("how", ["lock", "take rights"])
async def test_a_person_without_rights_is_out_at_once(account: Database, key: TokenKey, how: str) -> None:
    await enrolled(account, Desk(), key)
    async with account.accounts() as connection:
        if how == "lock":
            await accounts.set_enabled(connection, name="keller", enabled=False, note=HERE, now=NOW)
        else:
            await accounts.grant(connection, person=PERSON, role="", unit=None, marking=0, note=HERE, now=NOW)
    assert await bearer_claims(account) is None


# Logging in


async def test_a_person_logs_in_at_an_enrolled_device(account: Database, key: TokenKey, owner: Any) -> None:
    desk = Desk()
    await enrolled(account, desk, key)
    made = await log_in(account, desk.log_in(key.challenge(NOW), " KELLER "), key)
    assert isinstance(made, Tokens)
    assert key.bearer(made.access, NOW) == Bearer(PERSON, DEV)
    assert (await acts(owner))[-1] == "logged in"


@pytest.mark.parametrize("wrong", ["password", "name", "device", "proof", "challenge", "old challenge"])
async def test_a_wrong_log_in_tells_nobody_what_was_wrong(account: Database, key: TokenKey, wrong: str) -> None:
    desk = Desk()
    await enrolled(account, desk, key)
    challenge = key.challenge(NOW - (tokens.CHALLENGE_MS if wrong == "old challenge" else 0))
    asked = desk.log_in("made up" if wrong == "challenge" else challenge)
    if wrong == "password":
        asked = replace(asked, password="wrong horse")
    if wrong == "name":
        asked = desk.log_in(challenge, name="nobody")
    if wrong == "device":
        asked = Desk(b"x" * 16).log_in(challenge)
    if wrong == "proof":
        asked = replace(asked, proof=b"x" * 64)
    assert await log_in(account, asked, key) == Denied("log-in refused")


async def test_wrong_passwords_are_slowed_down_and_a_right_one_forgives(account: Database, key: TokenKey) -> None:
    desk = Desk()
    await enrolled(account, desk, key)
    wrong = replace(desk.log_in(key.challenge(NOW)), password="wrong horse")
    for _ in range(accounts.FREE_FAILURES):
        assert await log_in(account, wrong, key) == Denied("log-in refused")
    assert await log_in(account, desk.log_in(key.challenge(NOW)), key) == Denied("wait", 1000)
    assert await log_in(account, wrong, key, NOW + 1000) == Denied("log-in refused")
    assert await log_in(account, wrong, key, NOW + 1000) == Denied("wait", 2000)
    assert isinstance(await log_in(account, desk.log_in(key.challenge(NOW)), key, NOW + 3000), Tokens)
    assert await log_in(account, wrong, key, NOW + 3000) == Denied("log-in refused")


async def test_a_stranger_without_a_device_keeps_nobody_out(account: Database, key: TokenKey) -> None:
    desk, stranger = Desk(), Desk(b"x" * 16)
    await enrolled(account, desk, key)
    there = Note(address="203.0.113.9")
    for count in range(accounts.FREE_FAILURES + 1):
        asked = stranger.log_in(key.challenge(NOW), password="wrong horse")
        told = await accounts.log_in(account, asked, key=key, hasher=CHEAP, note=there, now=NOW)
        assert told == (Denied("log-in refused") if count < accounts.FREE_FAILURES else Denied("wait", 1000))
    assert isinstance(await log_in(account, desk.log_in(key.challenge(NOW)), key), Tokens)


async def test_a_new_password_ends_every_session(account: Database, key: TokenKey) -> None:
    desk = Desk()
    made = await enrolled(account, desk, key)
    async with account.accounts() as connection:
        await accounts.set_password(
            connection, name="keller", password="another horse", hasher=CHEAP, note=HERE, now=NOW
        )
    assert isinstance(await refresh(account, desk, made.refresh, key), Denied)
    assert await log_in(account, desk.log_in(key.challenge(NOW)), key) == Denied("log-in refused")
    assert isinstance(await log_in(account, desk.log_in(key.challenge(NOW), password="another horse"), key), Tokens)


async def test_a_dearer_hash_replaces_a_cheap_one_when_the_password_is_said(
    account: Database, key: TokenKey, owner: Any
) -> None:
    desk = Desk()
    await enrolled(account, desk, key)
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    asked = desk.log_in(key.challenge(NOW))
    made = await accounts.log_in(account, asked, key=key, hasher=dearer, note=HERE, now=NOW)
    assert isinstance(made, Tokens)
    assert "m=16,t=2" in await owner.fetchval("SELECT password FROM account")


async def test_names_and_short_passwords_are_refused(account: Database) -> None:
    async with account.accounts() as connection:
        for name, password in (("KELLER", PASSWORD), ("", PASSWORD), ("other", "short")):
            with pytest.raises(Refused):
                await accounts.add_account(
                    connection, person=b"q" * 16, name=name, password=password, hasher=CHEAP, note=HERE, now=NOW
                )
        with pytest.raises(Refused, match="no role"):
            await accounts.grant(connection, person=PERSON, role="king", unit=UNIT, marking=1, note=HERE, now=NOW)


async def test_what_is_long_over_is_forgotten(account: Database, key: TokenKey, owner: Any) -> None:
    await enrolled(account, Desk(), key)
    async with account.accounts() as connection:
        await accounts.tidy(connection, NOW + 2 * accounts.REFRESH_MS)
    assert (
        await owner.fetchval("SELECT (SELECT count(*) FROM refresh_token) + (SELECT count(*) FROM enrolment_code)") == 0
    )


# Access tokens


def test_an_access_token_ends_after_ten_minutes_and_cannot_be_made_elsewhere(key: TokenKey) -> None:
    token = key.access(Bearer(PERSON, DEV), NOW)
    assert key.bearer(token, NOW + tokens.ACCESS_MS - 1000) == Bearer(PERSON, DEV)
    assert key.bearer(token, NOW + tokens.ACCESS_MS) is None
    assert TokenKey(Ed25519PrivateKey.generate()).bearer(token, NOW) is None
    assert key.bearer(key.challenge(NOW), NOW) is None
    assert not key.is_challenge(token, NOW)
    assert key.bearer("", NOW) is None


def test_a_key_comes_back_from_its_file(tmp_path: Any) -> None:
    made = TokenKey.make(tmp_path / "token.pem")
    assert (tmp_path / "token.pem").stat().st_mode & 0o077 == 0
    token = made.access(Bearer(PERSON, DEV), NOW)
    assert TokenKey.load(tmp_path / "token.pem").bearer(token, NOW) == Bearer(PERSON, DEV)

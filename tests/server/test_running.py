"""Two commands make and run a server; it is reached over TLS, survives its database, ends gracefully, comes back."""

import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from opsdesk.models import codes
from tests.server.running import Running, free_port, opsdesk
from tests.server.test_accounts import Desk

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="opsdesk-server-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_server_lives_through_its_days(data: Path) -> None:
    """Init, run, a desk joins, a ticket, the database dies, a backup, the end, a restore, and all again."""
    port = free_port()
    made = opsdesk(
        data, "server", "init", "--organisation", "Relief", "--unit", "HQ", "--port", str(port), "--host", "127.0.0.1",
        "--with-password", give="correct horse\n",
    )  # fmt: skip
    running = Running(data, port)
    try:
        assert running.healthy(), running.log.read_text()
        access = join(running, made["code"])
        added = opsdesk(data, "server", "user", "add", "officer", "--unit", "A", "--role", "watch officer")
        officer = join(running, added["code"], b"o" * 16, "AP1")
        headers = {"Authorization": f"Bearer {officer}"}
        with running.client() as client:
            assert client.get("/v1/me", headers={"Authorization": f"Bearer {access}"}).json()["role"] == "administrator"
            ticket = client.post("/v1/tickets", json={"title": "Pump"}, headers=headers)
            assert ticket.status_code == 201, ticket.text
        os.kill(int((data / "server/postgres/data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        assert running.healthy(), "its database was started again"
        size = opsdesk(data, "server", "backup", str(data / "copy"))["bytes"]
        assert size == (data / "copy").stat().st_size > 10_000
        assert (data / "copy").stat().st_mode & 0o077 == 0
        with running.client() as client:
            read = client.get(f"/v1/tickets/{ticket.json()['id']}", headers=headers)
            assert read.json() == ticket.json()
        with pytest.raises(RuntimeError, match="Stop the server first"):
            opsdesk(data, "server", "restore", str(data / "copy"))
        assert running.end() == 0, running.log.read_text()
    finally:
        if running.process.poll() is None:
            running.process.kill()
    assert not (data / "server/postgres/data/postmaster.pid").exists(), "it stopped what it had started"
    lines = [json.loads(line) for line in running.log.read_text().splitlines()]
    assert [line["level"] for line in lines if line.get("path") == "/v1/tickets"] == ["info"]

    assert opsdesk(data, "server", "restore", str(data / "copy"))["epoch"] == 1
    devices = opsdesk(data, "server", "device", "list")["devices"]
    assert [one["tag"] for one in devices] == ["CP1", "AP1"]
    opsdesk(data, "server", "device", "revoke", devices[1]["device"])
    third = opsdesk(data, "server", "user", "code", "officer")["code"]

    again = Running(data, port)
    try:
        assert again.healthy(), again.log.read_text()
        with again.client() as client:
            assert client.get("/health").json()["epoch"] == 1
            assert client.get("/v1/me", headers=headers).status_code == 401
        headers = {"Authorization": f"Bearer {join(again, third, b'x' * 16, 'CP9')}"}
        with again.client() as client:
            number = client.post("/v1/tickets", json={"title": "Well"}, headers=headers).json()["number"]
            assert number == "T-WEB1-00001", "a number of the life before is not given again"
        assert again.end() == 0
    finally:
        if again.process.poll() is None:
            again.process.kill()


def join(running: Running, text: str, dev: bytes = b"d" * 16, tag: str = "CP1") -> str:
    """Come in as a desk does: know the server by the code's fingerprint, then be let in by its secret."""
    code = codes.read(text)
    pem = httpx.get(f"{running.url}/v1/authority", verify=False, trust_env=False).text
    known = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).digest()
    assert codes.fingerprint(known) == code.fingerprint
    desk = Desk(dev, tag)
    said = {"secret": code.secret, "dev": str(UUID(bytes=dev)), "key": b64encode(desk.public).decode(), "tag": tag,
            "name": "Laptop", "proof": b64encode(desk.joining(code.secret).proof).decode()}  # fmt: skip
    with running.client() as client:
        made = client.post("/v1/enrol", json=said)
        assert made.status_code == 200, made.text
        return str(made.json()["access"])


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["user", "list"], "There is no server"),
        (["run"], "There is no server"),
        (["backup", "x"], "There is no server"),
    ],
)
def test_what_cannot_be_done_says_why(tmp_path: Path, words: list[str], reason: str) -> None:
    with pytest.raises(RuntimeError, match=reason):
        opsdesk(tmp_path, "server", *words)


def test_the_command_line_does_not_need_the_servers_packages(tmp_path: Path) -> None:
    script = (
        "import sys\nfor name in ('asyncpg', 'starlette', 'uvicorn', 'argon2', 'cryptography', 'jwt'): "
        "sys.modules[name] = None\nfrom opsdesk.cli import main\nsys.exit(main(sys.argv[1:]))\n"
    )
    command = [sys.executable, "-c", script, "--data", str(tmp_path), "server", "user", "list"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert (done.returncode, done.stderr.strip()) == (
        1, "The server needs packages that are not installed (asyncpg): extra `server`",
    )  # fmt: skip


def test_a_server_waits_for_a_database_that_comes_up_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from opsdesk.server import database, running
    from opsdesk.server.folder import ServerFolder, Settings

    tries: list[int] = []
    migrate = database.migrate

    async def comes_up(owner: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            await migrate(owner)

    monkeypatch.setattr(database, "migrate", comes_up)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    url = f"postgresql://elsewhere@127.0.0.1:{free_port()}/opsdesk"
    assert (
        running._bring_up(ServerFolder(tmp_path), Settings(login="x", password="x", names=["post"], url=url)) is False
    )
    assert len(tries) == 3


def test_a_database_that_refuses_is_told_in_one_line(tmp_path: Path) -> None:
    for url in ("postgresql://owner@127.0.0.1:1/opsdesk", "mysql://owner@127.0.0.1/opsdesk"):
        with pytest.raises(RuntimeError, match="The database or the folder refused: ") as told:
            opsdesk(tmp_path, "server", "init", "--url", url)
        assert str(told.value).count("\n") == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_port_that_is_taken_is_a_refusal_like_others(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import uvicorn

    from opsdesk.server import running

    async def nothing(_scope: Any, _receive: Any, _send: Any) -> None:
        raise NotImplementedError

    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        if workers > 1:
            # It leaves its socket open when it ends the process.
            monkeypatch.setattr(uvicorn.Config, "bind_socket", lambda _self: sys.exit(1))
        said = uvicorn.Config(nothing, host="127.0.0.1", port=port, log_config=None, lifespan="off", workers=workers)
        with pytest.raises(running.NotStarted, match="did not start"):
            running._serve(said)
    for one, handler in before.items():
        signal.signal(one, handler)

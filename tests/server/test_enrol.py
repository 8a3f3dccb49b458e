"""As a newcomer does it: two commands make and run a server, and desks join it from the command line, over TLS."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from opsdesk import cli
from opsdesk.services import joining
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import commands
from tests.server.running import Running, free_port, opsdesk


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="opsdesk-enrol-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def words(data: Path, *said: str) -> str:
    """What a command says to a person."""
    out, wrong = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(wrong):
        cli.main(["--data", str(data), *said])
    return out.getvalue() + wrong.getvalue()


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    desk = Desk.open(folder, read_only=True)
    try:
        return desk.ask(lambda reader: reader.rows(sql)).result()
    finally:
        desk.close()


def test_two_commands_and_the_lines_that_they_print_join_two_desks(data: Path, tmp_path: Path) -> None:
    port = free_port()
    said = words(data, "server", "init", "--organisation", "Relief", "--host", "127.0.0.1", "--port", str(port))
    assert f"address  https://127.0.0.1:{port}\n" in said
    said = words(data, "server", "user", "add", "eva", "--name", "Eva Keller", "--unit", "CP Main")
    address, code = (line.split(maxsplit=1)[1] for line in said.splitlines() if line.startswith("  "))
    running = Running(data, port)
    try:
        assert running.healthy(), running.log.read_text()
        desk = Desk.open(tmp_path / "first")
        desk.do(commands.create, title="Made alone").result()
        desk.close()
        done = opsdesk(tmp_path / "first", "enrol", address, "--code", code.replace("-", " ").lower(), "--tag", "cp1")
        assert done == {
            "post": "Relief", "url": address, "person": "Eva Keller", "unit": "CP Main", "role": "watch officer",
            "tag": "CP1", "waiting": 1, "tickets": 0,
        }  # fmt: skip
        assert ask(tmp_path / "first", "SELECT title FROM ticket") == [("Made alone",)]

        second = opsdesk(data, "server", "user", "code", "eva")["code"]
        with pytest.raises(RuntimeError, match="Another station has the tag CP1"):
            opsdesk(tmp_path / "second", "enrol", address, "--code", second, "--tag", "CP1")
        said = words(tmp_path / "second", "enrol", f"localhost:{port}", "--code", second)
        assert said.startswith("This desk has joined Relief as Eva Keller, CP Main.\nIts new tickets are T-")
        listed = opsdesk(data, "server", "device", "list")["devices"]
        assert (listed[0]["account"], listed[0]["tag"]) == ("eva", "CP1")
        assert len(listed) == 2

        with pytest.raises(RuntimeError, match="does not know this code"):
            opsdesk(tmp_path / "third", "enrol", address, "--code", code)
        assert running.end() == 0, running.log.read_text()
        with pytest.raises(RuntimeError, match=r"cannot be reached.*Nothing has changed here"):
            opsdesk(tmp_path / "third", "enrol", address, "--code", code)
        assert Desk.open(tmp_path / "third", read_only=True).ask(joining.standing).result() is None
    finally:
        if running.process.poll() is None:
            running.process.kill()

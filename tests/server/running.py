"""A server as a process of its own, and commands as they are typed."""

import io
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import httpx

from opsdesk import cli
from opsdesk.server import certificates
from tests.support.patience import PATIENCE_S


def opsdesk(data: Path, *words: str, give: str = "") -> Any:
    """Run one command and return what it prints as JSON."""
    out, wrong, before = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(give)
    try:
        with redirect_stdout(out), redirect_stderr(wrong):
            status = cli.main(["--data", str(data), *words, "--json"])
    finally:
        sys.stdin = before
    if status:
        raise RuntimeError(wrong.getvalue())
    return json.loads(out.getvalue())


_held: list[socket.socket] = []


def free_port() -> int:
    """A port of the loopback for a server that is started later, and again. It stays bound here, which does not keep
    that server from listening there, and nobody else is given it meanwhile."""
    port = socket.socket()
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port.bind(("127.0.0.1", 0))
    _held.append(port)
    return int(port.getsockname()[1])


class Running:
    """`opsdesk server run` as a process of its own."""

    def __init__(self, data: Path, port: int) -> None:
        self.url = f"https://127.0.0.1:{port}"
        self.trust = ssl.create_default_context(cafile=data / "server/keys" / certificates.AUTHORITY)
        self.log = data / "run.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "opsdesk", "--data", str(data), "server", "run"], stderr=log, stdout=log
            )

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, verify=self.trust, trust_env=False, timeout=60)

    def healthy(self) -> bool:
        """Wait until it answers that all is well."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with self.client() as client:
                    if client.get("/health").status_code == 200:
                        return True
            except httpx.TransportError:
                pass
        return False

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)

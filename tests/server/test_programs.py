"""A program is let in and asks as the guide says; the guide's own words are what is run here."""

import re
import subprocess
import sys
from pathlib import Path

import httpx

from opsdesk.server import certificates, openapi
from tests.server.running import Running, free_port, opsdesk
from tests.server.test_enrol import data

__all__ = ["data"]  # a fixture

GUIDE = (Path(__file__).parents[2] / "docs/guide/programs.md").read_text(encoding="utf-8")


def test_a_program_comes_in_by_what_the_guide_says_and_asks_for_tickets(data: Path, tmp_path: Path) -> None:
    script = re.search(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    assert script is not None
    (tmp_path / "access.py").write_text(script[1])
    port = free_port()
    opsdesk(data, "server", "init", "--unit", "CP Main", "--host", "127.0.0.1", "--port", str(port))
    made = opsdesk(data, "server", "user", "add", "alarms", "--unit", "CP Main", "--role", "field user")
    (tmp_path / "ca.pem").write_bytes((data / "server/keys" / certificates.AUTHORITY).read_bytes())

    def token(*words: str) -> str:
        command = [sys.executable, "access.py", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    running = Running(data, port)
    try:
        assert running.healthy(), running.log.read_text()
        token(made["address"], made["code"])
        assert (tmp_path / "device.json").stat().st_mode & 0o077 == 0
        with running.client() as client:

            def ask(method: str, path: str, **said: object) -> httpx.Response:
                client.headers["Authorization"] = f"Bearer {token()}"
                return client.request(method, path, **said)  # type: ignore[arg-type]

            one = ask("POST", "/v1/tickets", content=b'{"title": "Water alarm, pump 3", "priority": 4}')
            assert one.status_code == 201, one.text
            path, seen = f"/v1/tickets/{one.json()['id']}", {"If-Match": one.headers["etag"]}
            changed = ask("PATCH", path, json={"priority": 2}, headers=seen)
            assert changed.status_code == 200, changed.text
            said = ask("POST", f"{path}/comments", json={"body": "The level falls again."})
            assert said.status_code == 201, said.text
            found = ask("GET", "/v1/tickets?state=open&q=pump").json()["tickets"]
            assert [ticket["id"] for ticket in found] == [one.json()["id"]]
            step = {"event": "decline", "reason": "false alarm"}
            moved = ask("POST", f"{path}/transitions", json=step, headers={"If-Match": changed.headers["etag"]})
            assert moved.status_code == 200, moved.text
        assert running.end() == 0
    finally:
        if running.process.poll() is None:
            running.process.kill()


def test_the_guide_names_only_addresses_that_there_are() -> None:
    named = {re.sub(r"\$ID", "{id}", path) for path in re.findall(r"/v1/[a-z/$IDnear.]+[a-zD]", GUIDE)}
    assert named >= {"/v1/tickets", "/v1/tickets/{id}", "/v1/tickets/near", "/v1/enrol", "/v1/token"}
    assert named <= set(openapi.document()["paths"])

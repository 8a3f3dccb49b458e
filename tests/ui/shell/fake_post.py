"""A post that answers what a desk asks to join it, without a server: for the screen alone."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from opsdesk.models import codes
from opsdesk.server import certificates
from opsdesk.sync.transports import http

PERSON, UNIT = b"p" * 16, b"u" * 16
RIGHTS = ["read", "create", "comment", "edit", "transition", "assign", "hand over", "void", "bulk", "merge"]


class FakePost:
    """Its answers may be changed by a test. `asked` are the paths that were asked."""

    def __init__(self, folder: Path) -> None:
        certificates.make_authority(folder, "CP Main", datetime(2026, 1, 1, tzinfo=UTC))
        self._authority = (folder / certificates.AUTHORITY).read_bytes()
        self.code = str(codes.Code("K7QD4M2X9TB0ZW31", codes.fingerprint(certificates.digest(folder))))
        self.asked: list[str] = []
        self.taken: set[str] = set()
        self.refuses: dict[str, tuple[int, str]] = {}
        self.down = False
        self.hold: asyncio.Event | None = None
        """While set and not yet fired, letting a device in takes as long."""
        self.tickets = 3_214
        self.rights = RIGHTS
        self.clock_off = 0

    def client(self, url: str, _authority: str | None, _transport: Any = None) -> httpx.AsyncClient:
        """Takes the place of `http.open_client`."""
        return httpx.AsyncClient(base_url=url, transport=httpx.MockTransport(self._answer))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        self.asked.append(path)
        if self.down:
            raise httpx.ConnectError("no route")
        if path in self.refuses:
            status, code = self.refuses[path]
            headers = {"retry-after": "90"} if status == 429 else {}
            return _json({"error": code, "text": code}, status, headers)
        if path == "/v1/authority":
            return httpx.Response(200, stream=httpx.ByteStream(self._authority))
        said = json.loads(request.content)
        if path == "/v1/code":
            free = said["tag"] if said["tag"] not in self.taken else "CP4"
            return _json(
                {
                    "organisation": "CP Main", "person": "Eva Keller", "unit": "Watch", "role": "watch officer",
                    "rights": self.rights, "marking": 2, "tickets": self.tickets, "tag": free,
                    "now": int(time.time() * 1000) - self.clock_off, "protocol": 1,
                }
            )  # fmt: skip
        if path == "/v1/enrol":
            if self.hold is not None:
                await self.hold.wait()
            if said["tag"] in self.taken:
                return _json({"error": "tag taken", "text": ""}, 409)
            return _json({"access": "a", "refresh": "r", "person": str(UUID(bytes=PERSON)), "expires_in": 600})
        if path == "/v1/meet":
            person = {"1": UNIT.hex(), "10": "Eva Keller"}
            unit = {"1": UNIT.hex(), "10": "Watch"}
            return _json(
                {
                    "person": str(UUID(bytes=PERSON)), "unit": str(UUID(bytes=UNIT)), "rights": self.rights, "epoch": 0,
                    "records": [
                        {"table": "unit", "id": str(UUID(bytes=UNIT)), "values": unit},
                        {"table": "person", "id": str(UUID(bytes=PERSON)), "values": person},
                    ],
                }
            )  # fmt: skip
        return _json({"error": "unauthorised", "text": ""}, 401)


def install(post: FakePost, monkeypatch: Any) -> None:
    """Let all that goes to a server go to `post`."""
    monkeypatch.setattr(http, "open_client", post.client)


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> httpx.Response:
    return httpx.Response(status, stream=httpx.ByteStream(json.dumps(value).encode()), headers=headers)

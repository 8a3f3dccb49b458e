"""Messages over HTTPS: one client to one server, trusted by the authority that the enrolment code named.

`Post` is a server that is known only by its address. `Line` is the way of an enrolled device: it keeps an access token,
renews it with the device's signature, and hands every new refresh token out to be kept before it is used.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from opsdesk.sync.transports import LinkDown, ServerRefused
from opsdesk.sync.transports.proofs import REFRESH, RENAME, DeviceKey

ANSWER_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of an answer; a longer one is cut off and counts as a failure."""
CONNECT_S: Final = 15.0
ANSWER_S: Final = 60.0
_RENEW_BEFORE_S: Final = 30.0


class BadAddress(ValueError):
    """A text that is no address of a server."""


def address(text: str) -> str:
    """The address of a server from what a person typed (`post.example:8471`). Raises BadAddress."""
    given = text.strip().rstrip("/")
    parts = urlsplit(given if "://" in given else f"https://{given}")
    try:
        port = parts.port or 8471
    except ValueError as error:
        raise BadAddress("The port of an address is a number up to 65535") from error
    if parts.scheme != "https" or not parts.hostname or parts.path or parts.query or parts.username:
        raise BadAddress("An address is a name or number with a port, such as post.example:8471")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"https://{host}:{port}"


def trusting(authority: str) -> ssl.SSLContext:
    """A context that trusts the servers of one authority (PEM) and nobody else. Raises ssl.SSLError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority)
    return context


def open_client(
    url: str, authority: str | None, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client of one server. Without an authority its certificate is not looked at: only to fetch the authority
    itself, which is then compared with the fingerprint in the code. `transport` is another way there, for tests."""
    if authority is not None:
        verify = trusting(authority)
    else:
        verify = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        verify.check_hostname = False
        verify.verify_mode = ssl.CERT_NONE
    return httpx.AsyncClient(
        base_url=url,
        verify=verify,
        transport=transport,
        trust_env=False,
        timeout=httpx.Timeout(ANSWER_S, connect=CONNECT_S),
        headers={"user-agent": "opsdesk"},
        limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=600),
    )


async def ask(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
    timeout: float | None = None,
) -> bytes:
    """One request; the body of a good answer. Raises LinkDown, ServerRefused."""
    try:
        async with client.stream(
            method, path, content=content, headers=headers,
            timeout=httpx.USE_CLIENT_DEFAULT if timeout is None else httpx.Timeout(timeout, connect=CONNECT_S),
        ) as answer:  # fmt: skip
            read = bytearray()
            async for piece in answer.aiter_raw():
                read += piece
                if len(read) > ANSWER_LIMIT:
                    raise LinkDown("The answer is longer than any of ours")
    except (httpx.HTTPError, httpx.StreamError, ssl.SSLError) as error:
        raise LinkDown(_words(error)) from error
    if answer.is_success:
        return bytes(read)
    raise _refusal(answer, bytes(read))


async def ask_json(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    body: Any = None,
    kind: type[Any] = dict,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """One request in JSON. Raises LinkDown, ServerRefused."""
    content = None if body is None else msgspec.json.encode(body)
    sent = {"content-type": "application/json", **(headers or {})}
    read = await ask(client, method, path, content=content, headers=sent)
    try:
        return msgspec.json.decode(read, type=kind)
    except msgspec.DecodeError as error:
        raise LinkDown("The answer is none of ours; something stands between this desk and its server") from error


class _Refusal(msgspec.Struct):
    error: str = ""
    text: str = ""


def _refusal(answer: httpx.Response, body: bytes) -> Exception:
    try:
        said = msgspec.json.decode(body, type=_Refusal)
    except msgspec.DecodeError:
        # A log-in page of a hotel, or a proxy's own error: not the server's word.
        return LinkDown(f"Something else answers in the server's place (status {answer.status_code})")
    if answer.status_code == 503 and said.text:
        return LinkDown(said.text)
    if answer.status_code >= 500 or not said.error:
        return LinkDown(f"The server has a problem (status {answer.status_code})")
    wait = answer.headers.get("retry-after", "")
    return ServerRefused(answer.status_code, said.error, said.text, int(wait) if wait.isdigit() else None)


def _words(error: Exception) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return "The server does not answer"
    if isinstance(error, httpx.TimeoutException):
        return "The answer did not come in time"
    if isinstance(error, httpx.ConnectError) and "mismatch" in str(error):
        return (
            "The server does not know itself by this address; whoever runs it adds it with "
            "`opsdesk server run --server-name ADDRESS`"
        )
    if isinstance(error, httpx.ConnectError) and ("not yet valid" in str(error) or "expired" in str(error)):
        return "The server's certificate is not good at the time of this machine's clock; set the clock right"
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error):
        return "Another server answers at this address; its certificate is not the one that was joined"
    if isinstance(error, httpx.ConnectError):
        return "The server cannot be reached"
    return "The link broke off"


class TokensIn(msgspec.Struct):
    """What the server gives a device that it lets in."""

    access: str
    refresh: str
    person: str
    expires_in: int


class Line:
    """An enrolled device's way to its server. `keep` makes a new refresh token durable; `clock` counts seconds."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        key: DeviceKey,
        refresh: str,
        keep: Callable[[str], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._client, self._key, self._refresh = client, key, refresh
        self._keep, self._clock = keep, clock
        self._access, self._until = "", 0.0
        self._renewing = asyncio.Lock()

    async def carry(self, route: str, message: bytes, *, timeout: float | None = None) -> bytes:
        """Carry one message to a route of sync and its answer back, waiting `timeout` seconds at the most. Raises
        LinkDown, ServerRefused."""
        return await self._with_token(
            lambda token: ask(
                self._client, "POST", f"/v1/sync/{route}", content=message, timeout=timeout,
                headers={**token, "content-type": "application/octet-stream"},
            )
        )  # fmt: skip

    async def fetch(
        self, method: str, path: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """One request to another route, such as those of files. Raises LinkDown, ServerRefused."""
        return await self._with_token(
            lambda token: ask(self._client, method, path, content=content, headers={**(headers or {}), **token})
        )

    async def rename(self, dev: bytes, tag: str) -> None:
        """Go on as another device under the same key (a copied disk). Raises LinkDown, ServerRefused."""
        await self._fresh()
        body = {"dev": str(UUID(bytes=dev)), "tag": tag, "proof": self._key.sign(RENAME, dev)}
        headers = {"authorization": f"Bearer {self._access}"}
        await self._take(await ask_json(self._client, "POST", "/v1/device", body, TokensIn, headers))

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _with_token(self, send: Callable[[dict[str, str]], Awaitable[bytes]]) -> bytes:
        await self._fresh()
        used = self._access
        try:
            return await send({"authorization": f"Bearer {used}"})
        except ServerRefused as refusal:
            if refusal.status != 401:
                raise
        # The token was good by our clock and is not by the server's: once with a new one.
        await self._fresh(instead_of=used)
        return await send({"authorization": f"Bearer {self._access}"})

    async def _fresh(self, instead_of: str | None = None) -> None:
        """Have a token that is good by our clock, and another than `instead_of`. Sync and files ask at the same time,
        and a refresh token that is used twice is one that the server takes for stolen."""
        async with self._renewing:
            if self._clock() > self._until or self._access == instead_of:
                await self._renew()

    async def _renew(self) -> None:
        proof = self._key.sign(REFRESH, self._refresh.encode())
        body = {"token": self._refresh, "proof": proof}
        await self._take(await ask_json(self._client, "POST", "/v1/token", body, TokensIn))

    async def _take(self, given: TokensIn) -> None:
        # Durable before it is used: a token that is lost here would be one that the server takes for stolen later.
        await self._keep(given.refresh)
        self._refresh, self._access = given.refresh, given.access
        self._until = self._clock() + given.expires_in - _RENEW_BEFORE_S

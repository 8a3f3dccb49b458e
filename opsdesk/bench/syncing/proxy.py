"""A way to the server that counts the bytes on the real connection, TLS and all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_PIECE = 65_536


class Proxy:
    """Bytes that went through, to the server and back; without the headers of TCP and IP."""

    def __init__(self) -> None:
        self.port = 0
        self.there = 0
        self.back = 0

    @property
    def bytes(self) -> int:
        """Both ways together."""
        return self.there + self.back


@asynccontextmanager
async def counting(server_port: int) -> AsyncIterator[Proxy]:
    """A port of the loopback that leads to another one."""
    proxy = Proxy()
    tasks: set[asyncio.Task[None]] = set()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", server_port)
        tasks.add(asyncio.create_task(_copy(reader, to_server, proxy, there=True)))
        tasks.add(asyncio.create_task(_copy(from_server, writer, proxy, there=False)))

    server = await asyncio.start_server(lead, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, proxy: Proxy, *, there: bool) -> None:
    with suppress(ConnectionError):
        while piece := await source.read(_PIECE):
            if there:
                proxy.there += len(piece)
            else:
                proxy.back += len(piece)
            sink.write(piece)
            await sink.drain()
    sink.close()

"""Joining a server: what a code stands for, then one step that loses nothing of what was made alone.

`find` asks and changes nothing; `join` takes the code. Both run on the caller's loop; the disk is the writer's. What
they need of the network is imported when they are called: who works alone should not pay for it at the start.
"""

from __future__ import annotations

from typing import Any

from opsdesk.models.codes import CODE_LETTERS
from opsdesk.services.joining.found import Found, Joined, Progress, plain_code, read_tag
from opsdesk.services.joining.standing import Alone, Standing, alone, choose_tag, standing
from opsdesk.services.joining.words import ADDRESS, CODE, TAG, NotJoined


async def find(desk: Any, address: str, code: str, *, tag: str | None = None, transport: Any = None) -> Found:
    """Ask the server at `address` what a code stands for. Raises NotJoined, Refused.

    `tag` is what this desk's numbers should carry, by default what they carry now. `transport` is another way to the
    server than the network (httpx), for tests.
    """
    from opsdesk.services.joining import asking

    return await asking.find(desk, address, code, tag=tag, transport=transport)


async def join(desk: Any, found: Found, tag: str, *, progress: Progress | None = None, transport: Any = None) -> Joined:
    """Join the server that was found, under a tag. Raises NotJoined, Refused, StorageError; then nothing has changed.

    It may be cancelled until the folder itself is changed; after that it comes to its end.
    """
    from opsdesk.services.joining import bringing

    return await bringing.join(desk, found, tag, progress=progress or _silent, transport=transport)


def _silent(_words: str, _done: int, _of: int) -> None:
    pass


__all__ = [
    "ADDRESS",
    "CODE",
    "CODE_LETTERS",
    "TAG",
    "Alone",
    "Found",
    "Joined",
    "NotJoined",
    "Standing",
    "alone",
    "choose_tag",
    "find",
    "join",
    "plain_code",
    "read_tag",
    "standing",
]

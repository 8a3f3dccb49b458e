"""A desk that only keeps in step, in a process of its own, until it is killed: `python -m tests.journeys.file_desk
FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from opsdesk.services.desk import Desk


async def live(folder: Path) -> None:
    """Keep in step."""
    desk = Desk.open(folder)
    desk.link.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1])))

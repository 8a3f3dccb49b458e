"""`opsdesk enrol`: joins a data folder to a server from the command line."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opsdesk.services.joining import Found, Joined


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `opsdesk enrol` takes."""
    parser.add_argument("url", metavar="URL", help="address of the server, such as post.example:8471")
    parser.add_argument("--code", required=True, metavar="CODE", help="nine groups of four, from the server's keeper")
    parser.add_argument("--tag", metavar="TAG", help="what this station's numbers carry; by default what they do now")


def perform(desk: Any, options: argparse.Namespace) -> tuple[dict[str, Any], str]:
    """Join; figures for programs and words for people. Raises OpsDeskError."""
    found, joined = asyncio.run(_join(desk, options))
    figures = {
        "post": joined.post,
        "url": found.url,
        "person": joined.person,
        "unit": joined.unit,
        "role": found.role,
        "tag": joined.tag,
        "waiting": joined.waiting,
        "tickets": found.tickets,
    }
    return figures, _words(found, joined)


async def _join(desk: Any, options: argparse.Namespace) -> tuple[Found, Joined]:
    from opsdesk.services import joining

    found = await joining.find(desk, options.url, options.code, tag=options.tag)
    # A tag that was asked for is had or refused; the present one may give way to another.
    return found, await joining.join(desk, found, options.tag or found.tag)


def _words(found: Found, joined: Joined) -> str:
    lines = [
        f"This desk has joined {joined.post} as {joined.person}, {joined.unit}.",
        f"Its new tickets are T-{joined.tag}-… and on; numbers written so far stay.",
    ]
    if joined.waiting:
        lines.append(f"{joined.waiting:,} records made here wait to be sent.")
    if found.clock_off_ms:
        way = "ahead of" if found.clock_off_ms > 0 else "behind"
        lines.append(f"This machine's clock is {abs(found.clock_off_ms) // 60_000} minutes {way} the post's.")
    if found.withheld:
        lines.append("Marking a ticket as major is not among your rights there; those tickets arrive without it.")
    return "\n".join([*lines, "Send and fetch with: opsdesk sync --once, or open the program."])

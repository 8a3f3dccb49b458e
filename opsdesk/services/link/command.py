"""One round with the server, for the command line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from opsdesk.services.errors import OpsDeskError
from opsdesk.store.queue.tables import PROPOSED
from opsdesk.store.work import Reader
from opsdesk.sync.transports import LinkDown, ServerRefused

if TYPE_CHECKING:
    from opsdesk.services.desk import Desk


class NotInStep(OpsDeskError):
    """The round could not be finished; what waits stays in the queue."""


def once(desk: Desk, transport: Any = None) -> dict[str, int]:
    """Push all, pull all, and count: `pushed` and `pulled` changes, open `conflicts`, `returned` ones that nobody has
    settled, those `proposed` to an administrator, and `queued` ones.

    Raises NotInStep in the words of what went wrong.
    """
    if not desk.link.joined:
        raise NotInStep("This data folder works alone. Join a server first: opsdesk enrol URL --code CODE")
    before = desk.ask(_count).result()
    try:
        asyncio.run(desk.link.once(transport))
    except ServerRefused as refusal:
        raise NotInStep(f"The server refuses: {refusal}") from refusal
    except LinkDown as problem:
        raise NotInStep(str(problem)) from problem
    after = desk.ask(_count).result()
    return {
        "pushed": after["settled"] - before["settled"],
        "pulled": after["received"] - before["received"],
        "conflicts": after["conflicts"],
        "returned": after["returned"],
        "proposed": after["proposed"],
        "queued": after["queued"],
    }


def _count(reader: Reader) -> dict[str, int]:
    return {
        "settled": reader.value("SELECT count(*) FROM change WHERE outcome IS NOT NULL"),
        "received": reader.value("SELECT coalesce(sum(pos), 0) FROM feed_cursor"),
        "conflicts": reader.value("SELECT count(*) FROM conflict WHERE open = 1"),
        "returned": reader.value("SELECT count(*) FROM returned_change WHERE settled_at IS NULL"),
        "proposed": reader.value("SELECT count(*) FROM returned_change WHERE how = ?", (PROPOSED,)),
        "queued": reader.value("SELECT count(*) FROM change WHERE outcome IS NULL"),
    }

"""How many bytes an edit takes on the wire."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.store.database import Database
from opsdesk.store.queue.outbox import Outbox
from opsdesk.sync.core import codec

_SAMPLES: Final = {1: 200, 10: 50, 100: 20, 10_000: 1}
_NAMES: Final = {1: "alone", 10: "tens", 100: "hundreds", 10_000: "ten_thousand"}


def per_change(folder: Path, person: Id) -> dict[str, Any]:
    """Bytes of one waiting edit, framed and packed, alone and in batches; without HTTP and signature."""
    database = Database.open(folder, program="opsdesk bench")
    outbox, link = Outbox(database), codec.Link(database.identity.dev, person)
    found: dict[str, Any] = {}
    for count, samples in _SAMPLES.items():
        size = told = 0
        after = 0
        for _ in range(samples):
            with database.transaction(now=1):
                batch = outbox.batch(0, after=after, limit=count, room=1 << 40)
            if batch is None:
                break
            size += len(codec.encode(batch, link))
            told += len(batch.changes)
            after = batch.changes[-1].dseq
        found[_NAMES[count]] = round(size / max(1, told), 1)
    database.close()
    return found

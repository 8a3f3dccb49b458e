"""What waits: change rows into batches, answers into outcomes.

An own change leaves the queue only when its answer is final and what became of it is shown here. Until then it counts
as waiting for the capture triggers too, so that later edits name it as their base.
"""

from __future__ import annotations

from opsdesk.store.queue.outbox.identity import new_tag, random_identity
from opsdesk.store.queue.outbox.settling import Settling


class Outbox(Settling):
    """The queue of own changes in one database. Its methods run inside a transaction of the caller.

    Each part stands in a module of its own and on the one before: identity, beneath, writing, sending, settling.
    """


__all__ = ["Outbox", "new_tag", "random_identity"]

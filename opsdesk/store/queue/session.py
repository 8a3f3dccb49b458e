"""One desk talking to its server: what to send next, and what to do with what comes back. No network, no clock.

A round pushes all that waits, then pulls each partition up to its end. Whatever arrives is taken at any time, twice or
late: answers name their changes and frames their place, so nothing depends on what was asked last. Whoever carries the
bytes calls `next`, hands over what comes in, and says when an attempt failed; time and randomness are arguments.
"""

from __future__ import annotations

from collections.abc import Callable

from opsdesk.store.database import Database
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.inbox import Inbox
from opsdesk.store.queue.outbox import Outbox, new_tag
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import Answer, Frame, Pull
from opsdesk.sync.core.pacing import Pace

Randomness = Callable[[int], bytes]
"""So many random bytes."""


class Session:
    """The state of one round. All that must last stands in the database."""

    def __init__(self, database: Database, randomness: Randomness) -> None:
        self.database = database
        self.outbox = Outbox(database)
        self.inbox = Inbox(database, self.outbox)
        self.pace = Pace()
        self._randomness = randomness
        self._pushed = 0
        self._pushing = True
        self._to_pull: list[bytes] | None = None
        self._restored = False

    def begin(self) -> None:
        """Begin a round."""
        self._pushed, self._pushing, self._to_pull = 0, True, None

    def next(self, now: int) -> bytes | None:
        """The next message of the round; None when it is over. Raises StorageError."""
        if self._restored:
            return codec.encode(self.outbox.question(self.inbox.epoch()))
        if self._pushing:
            with self.database.transaction(origin=ORIGIN_RECEIVED, now=now):
                batch = self.outbox.batch(self.inbox.epoch(), after=self._pushed, room=self.pace.room)
            if batch is not None:
                return codec.encode(batch)
            self._pushing = False
        if self._to_pull is None:
            self._to_pull = list(self.inbox.cursors())
        if not self._to_pull:
            return None
        place = self._to_pull[0]
        return codec.encode(Pull(self.inbox.epoch(), place, self.inbox.cursors()[place], self.pace.room))

    def receive(self, data: bytes, now: int) -> Applied:
        """Take what came from the server. Raises codec.Malformed, StorageError."""
        message = codec.decode(data)
        with self.database.transaction(origin=ORIGIN_RECEIVED, now=now):
            if isinstance(message, Answer):
                self._answer(message, now)
                return Applied()
            if isinstance(message, Frame):
                return self._frame(message)
        raise codec.Malformed("a question, not an answer")

    def _answer(self, answer: Answer, now: int) -> None:
        if answer.epoch != self.inbox.epoch():
            self._restart(answer.epoch, answer)
            return
        self.outbox.take(answer, now)
        if answer.outcomes:
            self._pushed = max(self._pushed, answer.outcomes[-1].dseq)
        if answer.fork and self.outbox.device_of(answer.fork) == answer.dev:
            self.outbox.take_new_identity(answer.fork, self._randomness(16), new_tag(self._randomness(3)), now)

    def _frame(self, frame: Frame) -> Applied:
        if frame.epoch != self.inbox.epoch():
            self._restart(frame.epoch)
            return Applied()
        applied = self.inbox.apply(frame)
        if applied is None:
            return Applied()
        if self._to_pull and self._to_pull[0] == frame.place and not frame.more:
            self._to_pull.pop(0)
            if not self._to_pull:
                applied.gone = self.inbox.purge()
        return applied

    def _restart(self, epoch: int, answer: Answer | None = None) -> None:
        """Another epoch: the server was restored. Only a newer one counts; an old message may come late."""
        if epoch <= self.inbox.epoch():
            return
        self.begin()
        if answer is None or answer.mark is None:
            self._restored = True  # what it lost must be asked first
            return
        self._restored = False
        self.inbox.restart(answer)
        self.outbox.offer_again(answer)

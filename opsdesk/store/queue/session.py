"""One desk talking to its server: what to send next, and what to do with what comes back. No network, no clock.

A round pushes all that waits, then pulls each partition up to its end; those of which a Scope says that nothing is new
are left out. Whatever arrives is taken at any time, twice or late: answers name their changes and frames their place,
so nothing depends on what was asked last. Whoever carries the bytes calls `next`, hands over what comes in, and says
when an attempt failed; time and randomness are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from opsdesk.models.base import Id
from opsdesk.store import notices, search
from opsdesk.store.database import Database
from opsdesk.store.queue import earlier
from opsdesk.store.queue.applied import Applied
from opsdesk.store.queue.inbox import Inbox
from opsdesk.store.queue.outbox import Outbox, new_tag
from opsdesk.store.tables import ORIGIN_RECEIVED
from opsdesk.sync.core import codec
from opsdesk.sync.core.messages import (
    PULLS_LIMIT,
    Answer,
    Code,
    Earlier,
    Frame,
    History,
    Look,
    Message,
    News,
    Page,
    Pull,
    Pulled,
    Pulls,
    Scope,
    Walk,
    digest_of,
)
from opsdesk.sync.core.pacing import FIRST_PIECE, Pace
from opsdesk.sync.core.state import PERSON

Randomness = Callable[[int], bytes]
"""So many random bytes."""


@dataclass(frozen=True, slots=True)
class _Packed:
    """A batch as it goes out: what waits above `after`, up to `last`."""

    dev: bytes
    after: int
    last: int
    message: bytes


class Session:
    """The state of one round. All that must last stands in the database. `link`: what the server knows of this desk."""

    def __init__(self, database: Database, randomness: Randomness, link: codec.Link) -> None:
        self.database = database
        self.link = link
        self.outbox = Outbox(database)
        self.inbox = Inbox(database, self.outbox)
        self.pace = Pace()
        self._randomness = randomness
        self._pushed = 0
        self._pushing = True
        self._sent: _Packed | None = None
        """The batch whose answer is waited for,"""
        self._behind_it: _Packed | None = None
        """and the one after it, if it is made already."""
        self._to_pull: list[bytes] | None = None
        self._restored = False
        self._scope: Scope | None = None
        self._heads: dict[bytes, int] = {}
        """How far each partition goes, as far as the server has said; one that is not named is asked."""
        self.piece = FIRST_PIECE
        """How many entries are taken at once; whoever calls knows the time that it took."""
        self.most = 0
        """How many entries one transaction may hold; of a piece that is larger, that piece."""
        self._look_again = False
        """Whether a person's feed was told under other rights than this desk knows."""
        self._rest: list[Frame | Page] = []
        self._now: Scope | None = None
        """What there is by the word of what came last, to be taken before the rest of it."""
        self._walked: dict[bytes, int] = {}
        """How many records the walk through a partition has told since the program began."""

    def begin(self) -> None:
        """Begin a round."""
        self._rest, self._now = [], None
        self._sent = self._behind_it = None
        self._pushed, self._pushing, self._to_pull = 0, True, None

    def next(self, now: int) -> bytes | None:
        """The next message of the round; None when it is over. Raises StorageError."""
        if self._restored:
            return codec.encode(self.outbox.question(self.inbox.epoch()), self.link)
        if self._pushing:
            made, self._behind_it = self._behind_it, None
            self._sent = made if made is not None and made.after == self._pushed else self._packed(self._pushed, now)
            if self._sent is not None:
                return self._sent.message
        self._pushing = False
        if self._look_again:
            return codec.encode(Look(), self.link)
        if self._to_pull is None:
            heads = self._heads
            # A person's own feed last: it tells what has left a partition and is still to be read here.
            cursors, _ = self.inbox.standing()
            self._to_pull = sorted(
                (place for place, cursor in cursors.items() if cursor < heads.get(place, cursor + 1)),
                key=lambda place: (len(place) == PERSON, place),
            )
        if not self._to_pull:
            return None
        return self._question(self._to_pull, *self.inbox.standing())

    def _packed(self, after: int, now: int) -> _Packed | None:
        """What waits above a sequence, as far as it goes into one batch; None where nothing does."""
        # A transaction that finds nothing would wait for the disk all the same, and whoever waits for news with it.
        if not self.outbox.waits(after):
            return None
        with self.database.transaction(origin=ORIGIN_RECEIVED, now=now):
            batch = self.outbox.batch(self.inbox.epoch(), after=after, room=self.pace.room)
        if batch is None:
            return None
        return _Packed(batch.dev, after, batch.changes[-1].dseq, codec.encode(batch, self.link))

    def beforehand(self, now: int) -> bool:
        """Make the next batch while the answer to the one that was sent is waited for; whether there is one. Raises
        StorageError."""
        if self._sent is not None and self._behind_it is None:
            self._behind_it = self._packed(self._sent.last, now)
        return self._behind_it is not None

    def ahead(self, message: Message | None = None) -> bytes | None:
        """What `next` will say once all that is held, or an answer, is taken as it tells; None where that is not known
        yet. Whoever asks it already has the answer sooner; it is thrown away when something else is asked in the
        end."""
        if isinstance(message, Answer):
            sent, made = self._sent, self._behind_it
            # Behind a fork comes what is to go out under another name, and after a restore what is to be offered again.
            if sent is None or made is None or message.fork or message.epoch != self.inbox.epoch():
                return None
            told = (message.dev, message.outcomes[-1].dseq if message.outcomes else 0)
            return made.message if told == (sent.dev, sent.last) else None
        if self._restored or self._pushing or self._look_again or not self._to_pull:
            return None
        left, (cursors, walks) = list(self._to_pull), self.inbox.standing()
        for message in self._rest:
            place, over = message.place, False
            if isinstance(message, Frame):
                cursors[place], over = message.end, not message.more
                walks.pop(place, None)
            elif message.next is not None:
                walks[place] = message.next
            else:
                cursors[place] = message.walk.pos
                walks.pop(place, None)
            if over and place in left:
                left.remove(place)
        return self._question(left, cursors, walks) if left else None

    def _question(self, places: Sequence[bytes], cursors: Mapping[bytes, int], walks: Mapping[bytes, Walk]) -> bytes:
        """Ask for the next of some partitions; persons' own feeds come when nothing else is left."""
        epoch, room = self.inbox.epoch(), self.pace.room
        first = [place for place in places if len(place) != PERSON] or places
        asked = tuple(Pull(epoch, place, cursors[place], room, walks.get(place)) for place in first[:PULLS_LIMIT])
        return codec.encode(asked[0] if len(asked) == 1 else Pulls(asked), self.link)

    def end(self, now: int) -> Applied:
        """The round is over: drop what has left what this desk reads. Raises StorageError."""
        if not self.inbox.leaving.any():
            return Applied()
        with self.database.transaction(origin=ORIGIN_RECEIVED, now=now):
            return Applied(gone=self.inbox.leaving.purge())

    def earlier(self, record: Id) -> bytes:
        """The question for the history of a record from before this desk read it."""
        return codec.encode(Earlier(record), self.link)

    def look(self, hold: int) -> bytes:
        """The question what there is; the server may keep it for `hold` seconds while nothing is new."""
        seen = b"" if self._scope is None else digest_of(self._scope)
        return codec.encode(Look(seen, hold, self.pace.room if hold else 0), self.link)

    @property
    def behind(self) -> int:
        """How many entries wait at the server, as far as it has said. On a walk each record counts for one, though
        the feed has told of many more than once."""
        cursors, walked = self.inbox.cursors(), self._walked
        return sum(max(0, head - cursors.get(place, 0) - walked.get(place, 0)) for place, head in self._heads.items())

    def receive(self, data: bytes, now: int) -> Applied:
        """Take what came from the server, of feeds the first piece. Raises codec.Malformed, StorageError."""
        message = codec.decode(data, self.link)
        return self.go_on(now) if self.hold(message) else self.take(message, now)

    def hold(self, message: Message) -> bool:
        """Hold what came of feeds, to be taken by `go_on`; False when it is something else, for `take`."""
        if isinstance(message, News) and message.told:
            self._now = message.scope
        elif not isinstance(message, Frame | Page | Pulled):
            return False
        self._rest = [message] if isinstance(message, Frame | Page) else list(message.told)
        return True

    def take(self, message: Message, now: int) -> Applied:
        """Take an answer that tells of no feed. Raises codec.Malformed, StorageError."""
        if isinstance(message, News):
            message = message.scope
        # A scope that is lost is asked for again.
        durable = not isinstance(message, Scope)
        with self.database.transaction(origin=ORIGIN_RECEIVED, now=now, durable=durable):
            if isinstance(message, Answer):
                return self._answer(message, now)
            if isinstance(message, Scope):
                return self._scoped(message)
            if isinstance(message, History):
                return self._earlier(message)
        raise codec.Malformed("a question, not an answer")

    @property
    def unfinished(self) -> bool:
        """Whether more of what came is still to be taken, by `go_on`. The next message may be asked for after that."""
        return bool(self._rest)

    def go_on(self, now: int, more: Callable[[int], bool] = lambda _taken: False) -> Applied:
        """Take more of what came, in one transaction: a piece, and further ones up to `most` entries as long as `more`
        says so. It is asked after each piece, and told how many entries were taken. Raises StorageError."""
        # What is taken goes to the disk with the place up to which it was: it can only be lost together, and is asked
        # for again. So only the last of it waits for the disk, and pages of a walk never do.
        last = sum(len(one.entries) for one in self._rest) <= max(self.piece, self.most)
        durable = last and not any(isinstance(one, Page) for one in self._rest)
        applied, taken = Applied(), 0
        writing = self.database.transaction(origin=ORIGIN_RECEIVED, now=now, durable=durable)
        with writing as connection, search.together(connection):
            if self._now is not None:
                told_with, self._now = self._now, None
                self._scoped(told_with)
            quiet = notices.quiet(connection)
            while True:
                end = taken + self.piece if not taken else min(taken + self.piece, self.most)
                while self._rest and taken < end:
                    told = self._together(end - taken, quiet)
                    taken += sum(max(1, len(one.entries)) for one in told)
                    applied.add(self._told(told, now, quiet))
                if not more(taken) or not self._rest or taken >= self.most:
                    return applied

    def _earlier(self, history: History) -> Applied:
        applied = Applied()
        if history.epoch == self.inbox.epoch() and earlier.keep(self.database.connection, self.outbox, history):
            applied.touch(history.entries[0].entity, history.record)
        return applied

    def _scoped(self, scope: Scope) -> Applied:
        """Read what may be read now, and no longer what may not: that goes once nothing of it waits here."""
        if scope.epoch != self.inbox.epoch():
            self._restart(scope.epoch)
            return Applied()
        self._scope, self._heads, self._look_again = scope, dict(scope.places), False
        held, known = self.inbox.cursors(), self.inbox.permissions()
        self.inbox.keep_to(self._heads.keys(), scope.permissions)
        if not held or known != scope.permissions:
            notices.keep_quiet(self.database.connection, held, self._heads)
        self._to_pull = None
        return Applied()

    def _answer(self, answer: Answer, now: int) -> Applied:
        if answer.epoch != self.inbox.epoch():
            self._restart(answer.epoch, answer)
            return Applied()
        for outcome in answer.outcomes:
            if outcome.place in self._heads:
                self._heads[outcome.place] = max(self._heads[outcome.place], outcome.pos)
        self.outbox.take(answer, now)
        applied = Applied(queue=bool(answer.outcomes))
        # What is not simply taken may show the server's value again.
        for outcome in answer.outcomes:
            if outcome.code not in (Code.ACCEPTED, Code.MERGED):
                self.outbox.note(outcome.dseq, applied.records)
        if answer.outcomes:
            # What comes behind a fork goes out in the same round, under the new name.
            last = answer.outcomes[-1].dseq
            self._pushed = max(self._pushed, min(last, answer.fork - 1) if answer.fork else last)
        if answer.fork and self.outbox.device_of(answer.fork) == answer.dev:
            self._behind_it = None
            self.outbox.take_new_identity(answer.fork, self._randomness(16), new_tag(self._randomness(3)), now)
        return applied

    def _together(self, room: int, quiet: Mapping[bytes, int]) -> list[Frame | Page]:
        """The next `room` entries of what came, as far as they can be taken together: frames of one epoch, all of which
        are old to the reader or none, or pages."""
        told: list[Frame | Page] = []
        sort: tuple[object, ...] = ()
        while self._rest and room > 0:
            message = self._rest[0]
            old = quiet.get(message.place, 0) - message.start if isinstance(message, Frame) else 0
            this = (isinstance(message, Frame), message.epoch, old > 0)
            if told and (this != sort or any(one.place == message.place for one in told)):
                break
            sort = this
            first, rest = _cut(message, min(room, old) if old > 0 else room)
            self._rest[:1] = [] if rest is None else [rest]
            told.append(first)
            room -= max(1, len(first.entries))
        return told

    def _told(self, told: Sequence[Frame | Page], now: int, quiet: Mapping[bytes, int]) -> Applied:
        """Take frames or pages that go together."""
        if told[0].epoch != self.inbox.epoch():
            self._restart(told[0].epoch)
            return Applied()
        pages = [one for one in told if isinstance(one, Page)]
        frames = [one for one in told if isinstance(one, Frame) and not self._other_rights(one)]
        kept = self.outbox.keeps_any()
        applied, fit = self.inbox.take_pages(pages) if pages else self._apply(frames, now, quiet)
        applied.queue |= kept and any(one.entries for one in fit)
        for one in fit:
            self._took(one, applied)
        if self._rest and told[-1] not in fit and self._rest[0].place == told[-1].place:
            self._rest.pop(0)
        return applied

    def _other_rights(self, frame: Frame) -> bool:
        """Whether it is a person's feed that was told under other rights than this desk knows: it looks again."""
        other = len(frame.place) == PERSON and frame.permissions != self.inbox.permissions()
        self._look_again |= other
        return other

    def _apply(
        self, frames: Sequence[Frame], now: int, quiet: Mapping[bytes, int]
    ) -> tuple[Applied, Sequence[Frame | Page]]:
        """Apply frames, and raise what their reader should know of them; of what is old he knows."""
        connection, me = self.database.connection, self.link.person
        if me is None or not any(one.entries and one.start >= quiet.get(one.place, 0) for one in frames):
            return self.inbox.apply(frames)
        before = notices.mark(connection, frames)
        applied, fit = self.inbox.apply(frames)
        if fit:
            applied.notices = notices.take(connection, me, before, now)
        return applied, fit

    def _took(self, one: Frame | Page, applied: Applied) -> None:
        """Note what has been taken: how far a walk is, and which partition has no more."""
        if isinstance(one, Page):
            # Behind the last page comes what the feed has told since the first.
            self._walked[one.place] = self._walked.get(one.place, 0) + len(one.entries)
            if one.next is None:
                del self._walked[one.place]
        elif not one.more and self._to_pull and one.place in self._to_pull:
            self._to_pull.remove(one.place)
            if not self._to_pull:
                applied.gone |= self.inbox.leaving.purge()

    def _restart(self, epoch: int, answer: Answer | None = None) -> None:
        """Another epoch: the server was restored. Only a newer one counts; an old message may come late."""
        if epoch <= self.inbox.epoch():
            return
        self.begin()
        self._walked.clear()
        if answer is None or answer.mark is None:
            self._restored = True  # what it lost must be asked first
            return
        self._restored = False
        self.inbox.restart(answer)
        self.outbox.offer_again(answer)


def _cut(message: Frame | Page, count: int) -> tuple[Frame | Page, Frame | Page | None]:
    """The first entries of a message as one of their own, and the rest; None when that is all."""
    entries = message.entries
    if len(entries) <= count:
        return message, None
    if isinstance(message, Page):
        # Up to the last piece the walk has not gone on: rows know their version, and may come twice.
        return replace(message, next=message.walk, entries=entries[:count]), replace(message, entries=entries[count:])
    middle = message.start + count
    return (
        replace(message, end=middle, more=True, entries=entries[:count]),
        replace(message, start=middle, entries=entries[count:]),
    )

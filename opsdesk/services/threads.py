"""The threads under the desk: one that writes, by urgency, and some that read and can be interrupted."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from opsdesk.services.errors import Superseded

T = TypeVar("T")

PERSON, BACKGROUND, LAST = range(3)
"""Urgency of a command: what a person waits for, a part of a longer job, the end."""


class Writer:
    """The writing thread: commands in order, those of a person before background ones."""

    def __init__(self) -> None:
        self._queue: list[tuple[int, int, Callable[[], Any] | None, Future[Any]]] = []
        self._count = itertools.count()
        self._ready = threading.Condition()
        self._running = False
        self._thread = threading.Thread(target=self._serve, name="opsdesk-writer", daemon=True)
        self._thread.start()

    def put(self, run: Callable[[], T], urgency: int) -> Future[T]:
        """Queue a command and return the future of its result."""
        return self._push(run, urgency)

    @property
    def busy(self) -> bool:
        """True while a command waits or runs."""
        with self._ready:
            return bool(self._queue) or self._running

    @property
    def person_waits(self) -> bool:
        """True while a command of a person waits for what runs."""
        with self._ready:
            return bool(self._queue) and self._queue[0][0] == PERSON

    def close(self) -> None:
        """Finish what is queued, then end the thread."""
        self._push(None, LAST)
        self._thread.join()

    def _push(self, run: Callable[[], Any] | None, urgency: int) -> Future[Any]:
        future: Future[Any] = Future()
        with self._ready:
            heapq.heappush(self._queue, (urgency, next(self._count), run, future))
            self._ready.notify()
        return future

    def _serve(self) -> None:
        while True:
            with self._ready:
                self._running = False
                while not self._queue:
                    self._ready.wait()
                _, _, run, future = heapq.heappop(self._queue)
                self._running = True
            if run is None:
                return
            if future.set_running_or_notify_cancel():
                _settle(future, run)


class Question(Generic[T]):
    """A question to run on a reading connection; `run` gets the connection and a check that raises Superseded."""

    def __init__(self, run: Callable[[Any, Callable[[], None]], T], channel: str | None) -> None:
        self.run = run
        self.channel = channel
        self.future: Future[T] = Future()
        self.superseded = False

    def stop(self) -> None:
        """Raise Superseded when a newer question has taken the channel."""
        if self.superseded:
            raise Superseded("A newer question took its place")


class Questions:
    """Reading threads, each with a connection of its own that it opens when it is first needed. A newer question on a
    channel interrupts the older one."""

    def __init__(self, connect: Callable[[], Any], count: int) -> None:
        self._connect = connect
        self._queue: deque[Question[Any]] = deque()
        self._running: dict[Any, Question[Any]] = {}
        self._lock = threading.Lock()
        self._ready = threading.Condition(self._lock)
        self._idle = 0
        """Threads with a connection and without a question."""
        self._unopened = threading.Condition(self._lock)
        self._closed = False
        self._threads = [
            threading.Thread(target=self._serve, name=f"opsdesk-reader-{number}", daemon=True)
            for number in range(count)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, question: Question[T]) -> Future[T]:
        """Queue a question and return the future of its answer."""
        with self._lock:
            if question.channel is not None:
                self._supersede(question.channel)
            self._queue.append(question)
            # To open a connection takes a fiftieth of a second: one that is open and free goes first.
            (self._ready if len(self._queue) <= self._idle else self._unopened).notify()
        return question.future

    @property
    def busy(self) -> bool:
        """True while a question waits or runs."""
        with self._lock:
            return bool(self._queue or self._running)

    def close(self) -> None:
        """Drop what is queued, interrupt what runs, end the threads and close their connections."""
        with self._lock:
            self._closed = True
            for question in self._queue:
                question.future.cancel()
            self._queue.clear()
            for connection, question in self._running.items():
                question.superseded = True
                connection.interrupt()
            self._ready.notify_all()
            self._unopened.notify_all()
        for thread in self._threads:
            thread.join()

    def _supersede(self, channel: str) -> None:
        # Called under the lock, under which a thread also takes up and puts down its question: so the statement that
        # is interrupted is one of that question and of no other.
        for question in [queued for queued in self._queue if queued.channel == channel]:
            self._queue.remove(question)
            if question.future.set_running_or_notify_cancel():
                question.future.set_exception(Superseded("A newer question took its place"))
        for connection, question in self._running.items():
            if question.channel == channel and not question.superseded:
                question.superseded = True
                connection.interrupt()

    def _serve(self) -> None:
        connection = self._opened()
        if connection is None:
            return
        while True:
            with self._lock:
                while not self._queue and not self._closed:
                    self._ready.wait()
                if self._closed:
                    break
                question = self._queue.popleft()
                if not question.future.set_running_or_notify_cancel():
                    continue
                self._idle -= 1
                self._running[connection] = question
            self._answer(question, connection)
        connection.close()

    def _opened(self) -> Any:
        """A connection, as soon as a question waits for one; None when there will be no more questions."""
        while True:
            with self._lock:
                while not self._queue and not self._closed:
                    self._unopened.wait()
                if self._closed:
                    return None
            # The question stays in the queue meanwhile: it may be superseded, or answered by another thread.
            try:
                connection = self._connect()
            except BaseException as error:  # noqa: BLE001  (it is handed to whoever asked)
                with self._lock:
                    question = self._queue.popleft() if self._queue else None
                if question is not None and question.future.set_running_or_notify_cancel():
                    question.future.set_exception(error)
            else:
                with self._lock:
                    self._idle += 1
                return connection

    def _answer(self, question: Question[Any], connection: Any) -> None:
        try:
            result = question.run(connection, question.stop)
            failure: BaseException | None = None
        except BaseException as error:  # noqa: BLE001  (it is handed to whoever asked)
            result, failure = None, error
        with self._lock:
            del self._running[connection]
            # Before the answer is given: who asks again upon it needs no further connection.
            self._idle += 1
        if question.superseded:
            question.future.set_exception(Superseded("A newer question took its place"))
        elif failure is not None:
            question.future.set_exception(failure)
        else:
            question.future.set_result(result)


def _settle(future: Future[Any], run: Callable[[], Any]) -> None:
    try:
        result = run()
    except BaseException as error:  # noqa: BLE001  (it is handed to whoever gave the command)
        future.set_exception(error)
    else:
        future.set_result(result)

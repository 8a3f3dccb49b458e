"""Random days at a desk against a plain dictionary: it says what was done, and undo goes all the way back."""

import copy
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from opsdesk.models.tickets import State, transition
from opsdesk.services import search, tickets, undo
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused

WORDS = st.sampled_from(["bridge", "pump", "convoy", "generator", "écluse", "40%", "O'Brien", '"quoted"'])
TITLES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
TAGS = st.sampled_from(["fuel", "power", "route"])
EVENTS = st.sampled_from(["accept", "start", "wait", "resume", "resolve", "confirm", "reopen", "cancel", "decline"])
SAID: dict[str, Any] = {"reason": "as ordered", "waiting_reason": "parts", "solution": "fixed"}


class TicketMachine(RuleBasedStateMachine):
    """A desk, and a dictionary that shares no code with it."""

    made_folder: Path
    made = Bundle("made")

    @initialize()
    def open_desk(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.desk = Desk.open(Path(shutil.copytree(self.made_folder, self.home / "data")))
        self.expected: dict[bytes, dict[str, Any]] = {}
        self.past: list[tuple[bytes, dict[bytes, dict[str, Any]]]] = []

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            assert self.desk._database.problems() == []
            self.desk.close()
            shutil.rmtree(self.home)

    def act(self, command: Any, *arguments: Any, **named: Any) -> Any:
        """Do something and remember how things stood before."""
        before = copy.deepcopy(self.expected)
        outcome = self.desk.do(command, *arguments, **named).result()
        if outcome.act is not None:
            self.past.append((outcome.act, before))
        return outcome.value

    @rule(target=made, title=TITLES)
    def create(self, title: str) -> bytes:
        record: bytes = self.act(tickets.create, title=title, values={"assignee": self.desk.person})
        self.expected[record] = {"title": title, "state": State.NEW, "tags": set(), "comments": [], "void": False}
        return record

    @rule(ticket=made, title=TITLES)
    def rename(self, ticket: bytes, title: str) -> None:
        if self.here(ticket):
            self.act(tickets.edit, ticket, {"title": title})
            self.expected[ticket]["title"] = title

    @rule(ticket=made, event=EVENTS)
    def move(self, ticket: bytes, event: str) -> None:
        if not self.here(ticket):
            return
        row = transition(self.expected[ticket]["state"], event)
        if row is None:
            with pytest.raises(Refused):
                self.desk.do(tickets.transition, ticket, event, **SAID).result()
        else:
            self.act(tickets.transition, ticket, event, **SAID)
            self.expected[ticket]["state"] = row.to

    @rule(ticket=made, word=TAGS)
    def tag(self, ticket: bytes, word: str) -> None:
        if self.here(ticket):
            self.act(tickets.tag, ticket, word)
            self.expected[ticket]["tags"].add(word)

    @rule(ticket=made, word=TAGS)
    def untag(self, ticket: bytes, word: str) -> None:
        if self.here(ticket):
            self.act(tickets.untag, ticket, word)
            self.expected[ticket]["tags"].discard(word)

    @rule(ticket=made, body=TITLES)
    def comment(self, ticket: bytes, body: str) -> None:
        if self.here(ticket):
            self.act(tickets.comment, ticket, body)
            self.expected[ticket]["comments"].append(body)

    @rule(ticket=made)
    def void(self, ticket: bytes) -> None:
        if self.here(ticket):
            self.act(tickets.void, ticket, "twice")
            self.expected[ticket]["void"] = True

    @rule(steps=st.integers(1, 4))
    def undo_the_latest(self, steps: int) -> None:
        for act, before in reversed(self.past[-steps:]):
            self.desk.do(undo.undo, act).result()
            gone = self.expected.keys() - before.keys()
            self.expected = before | {ticket: {**self.expected[ticket], "void": True} for ticket in gone}
        del self.past[-steps:]

    def here(self, ticket: bytes) -> bool:
        """True while commands on the ticket are allowed."""
        return not self.expected[ticket]["void"]

    @invariant()
    def the_desk_says_what_was_done(self) -> None:
        for ticket, wanted in getattr(self, "expected", {}).items():
            card = self.desk.ask(tickets.card, ticket).result()
            said = [row.body for row in self.desk.ask(tickets.conversation, ticket).result()]
            assert (card.row.title, card.row.state, set(card.row.tags), said, card.voided is not None) == (
                wanted["title"], wanted["state"], wanted["tags"], wanted["comments"], wanted["void"]
            )  # fmt: skip

    @invariant()
    def a_word_of_a_title_finds_its_ticket(self) -> None:
        for ticket, wanted in getattr(self, "expected", {}).items():
            if not wanted["void"]:
                found = self.desk.ask(search.palette, wanted["title"], limit=50).result()
                assert ticket in {hit.id for hit in found}


def test_random_days_agree_with_a_dictionary(made_folder: Path) -> None:
    TicketMachine.made_folder = made_folder
    machine = TicketMachine.TestCase
    machine.settings = settings(
        max_examples=15, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    machine().runTest()

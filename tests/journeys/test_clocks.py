"""Clocks that are stopped and paused where the link is cut are the same on both desks when they meet again."""

from __future__ import annotations

from typing import Any

import pytest

from opsdesk.services import tickets
from opsdesk.services.tickets import Clocks, Standing
from tests.journeys.hands import Hand, Post, written

pytestmark = pytest.mark.timeout(300)


def clocks(hand: Hand, ticket: bytes) -> Clocks:
    found = hand.ask(tickets.card, ticket).row.clocks
    assert isinstance(found, Clocks)
    return found


def standings(hand: Hand, ticket: bytes) -> tuple[Standing, Standing]:
    """How the first answer and the solution stand at a desk."""
    found = clocks(hand, ticket)
    return found.response.standing, found.resolution.standing


def stand(hand: Hand, ticket: bytes, answer: Standing, solution: Standing) -> None:
    hand.wait(lambda: standings(hand, ticket) == (answer, solution), f"the clocks at {answer} and {solution}")


def stepped(hand: Hand, ticket: bytes, event: str, **said: Any) -> None:
    hand.do(tickets.transition, ticket, event, **said)


def test_a_target_that_was_met_and_a_pause_made_offline_are_right_on_the_other_desk(post: Post) -> None:
    anna, ben = post.both
    bridge, pump, radio = (written(anna, title) for title in ("Bridge closed", "Pump broken", "Radio down"))
    for ticket in (bridge, pump, radio):
        anna.do(tickets.assign, ticket, anna.desk.person)
        stepped(anna, ticket, "accept")
    post.come_to_rest()
    for hand in post.both:
        for ticket in (bridge, pump, radio):
            stand(hand, ticket, Standing.RUNNING, Standing.RUNNING)

    post.cut()
    # Anna answers one by keys; Ben begins with another and waits for parts, and for the link with the third.
    anna.show_list(bridge)
    anna.insist("Return", lambda: anna.tickets.stack.currentWidget() is not anna.tickets.list, "the ticket")
    anna.wait(lambda: anna.tickets.detail.loaded is not None, "the ticket")
    anna.insist("Ctrl+R", lambda: standings(anna, bridge)[0] is Standing.MET, "the step")
    for ticket, why in ((pump, "parts"), (radio, "no communications")):
        stepped(ben, ticket, "start")
        stepped(ben, ticket, "wait", waiting_reason=why)
    stand(anna, bridge, Standing.MET, Standing.RUNNING)
    stand(ben, pump, Standing.MET, Standing.PAUSED)
    stand(ben, radio, Standing.MET, Standing.RUNNING)
    assert standings(ben, bridge) == standings(anna, pump) == (Standing.RUNNING, Standing.RUNNING), "each knows its own"

    post.mend()
    for hand in post.both:
        stand(hand, bridge, Standing.MET, Standing.RUNNING)
        stand(hand, pump, Standing.MET, Standing.PAUSED)
        stand(hand, radio, Standing.MET, Standing.RUNNING)
    for ticket in (bridge, pump, radio):
        here, there = clocks(anna, ticket), clocks(ben, ticket)
        assert (here.response, here.resolution) == (there.response, there.resolution)
    # What goes on after the pause is right on both as well.
    stepped(anna, pump, "resume")
    for hand in post.both:
        stand(hand, pump, Standing.MET, Standing.RUNNING)
    spent = clocks(anna, pump).resolution.spent
    assert clocks(ben, pump).resolution.spent == spent

"""Every role × every entity × every verb × every place where a record may stand, over sync and over HTTP.

What is right is told by `oracle`; what is tried by `matrix`. A right that is given or withheld elsewhere shows here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from opsdesk.models import rights
from opsdesk.models.base import entities, fields
from opsdesk.models.tickets import Ticket
from opsdesk.server import policies
from opsdesk.sync.core import walk
from tests.server import matrix, oracle
from tests.server.matrix import ENTRIES, OTHER
from tests.server.stage import Stage, ask, ask_to_read, pull, push, read
from tests.server.world import World

pytestmark = pytest.mark.anyio

# Nothing is left out


def test_every_role_stands_in_the_oracle() -> None:
    missing = rights.ROLES.keys() - oracle.RIGHTS.keys()
    assert not missing, f"say in tests/server/oracle.py what these roles may do: {sorted(missing)}"
    assert not oracle.RIGHTS.keys() - rights.ROLES.keys()


def test_every_entity_stands_in_the_matrix() -> None:
    missing = {entity.__tablename__ for entity in entities()} - ENTRIES.keys()
    assert not missing, f"say in tests/server/matrix.py (ENTRIES) what may be done to these: {sorted(missing)}"


def test_every_field_of_a_ticket_stands_in_the_matrix() -> None:
    missing = {spec.name for spec in fields(Ticket)} - matrix.TICKET_FIELDS.keys()
    assert not missing, f"say in tests/server/matrix.py (TICKET_FIELDS) what setting these takes: {sorted(missing)}"


def test_every_verb_is_tried() -> None:
    tried = {verb for entry in ENTRIES.values() for act in entry.acts(OTHER) for verb in act.verbs}
    left = {right for _, given in rights.ROLES.values() for right in given} - tried - {"read"}
    assert left == oracle.WITHOUT_ACT.keys(), "say in tests/server/matrix.py which act takes these, or why none does"


@pytest.fixture(scope="module")
async def stage(common_world: World) -> Stage:
    return await Stage.set(common_world, tuple(rights.ROLES))


# Over sync


@pytest.mark.parametrize("role", rights.ROLES)
async def test_a_person_of_a_role_reads_this_and_nothing_else(stage: Stage, role: str) -> None:
    assert await read(stage, role) == []


@pytest.mark.parametrize("worth_walking", [1, 1_000_000], ids=["by a walk", "by frames"])
@pytest.mark.parametrize("role", rights.ROLES)
async def test_the_feeds_bring_a_person_this_and_nothing_else(
    stage: Stage, role: str, worth_walking: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "WORTH_IT", worth_walking)
    assert await pull(stage, role) == []


@pytest.mark.parametrize("role", rights.ROLES)
async def test_a_person_of_a_role_writes_this_and_nothing_else(stage: Stage, role: str) -> None:
    assert await push(stage, role, exact=True) == []


# Over HTTP


async def test_over_http_the_same_is_allowed(world: World) -> None:
    stage = await Stage.set(world, tuple(rights.ROLES), frozenset({"ticket", "comment"}))
    assert [line for role in rights.ROLES for line in await ask_to_read(stage, role)] == []
    assert [line for role in rights.ROLES for line in await ask(stage, role)] == []


# A fault would be seen


Way = Callable[[Stage, str], Awaitable[list[str]]]


def drop(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    """One of the questions of the policies is not asked any more."""
    return lambda patch: patch.setattr(policies, name, lambda _claims, _act: None)


def give(role: str, *more: str, less: str = "") -> Callable[[pytest.MonkeyPatch], None]:
    """A role has other rights."""
    name, given = rights.ROLES[role]
    changed = tuple(right for right in (*given, *more) if right != less)

    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(rights.ROLES, role, (name, changed))
        # What was asked before is remembered.
        patch.setattr(policies, "rights_of", policies.rights_of.__wrapped__)

    return plant


def replaced(name: str, value: Any) -> Callable[[pytest.MonkeyPatch], None]:
    """A part of the policies is another."""
    return lambda patch: patch.setattr(policies, name, value)


FAULTS: list[tuple[str, Callable[[pytest.MonkeyPatch], None] | str, str, tuple[Way, ...]]] = [
    ("no marking is asked for", drop("_wrong_marking"), "watch officer", (push, ask)),
    ("no unit is asked for", drop("_out_of_scope"), "field user", (push, ask)),
    ("no right is asked for", drop("_missing_right"), "field user", (push, ask)),
    ("a reader edits", give("reader", "edit"), "reader", (push, ask)),
    ("an analyst voids", give("analyst", "void"), "analyst", (push, ask)),
    ("a quartermaster reopens", give("quartermaster", "reopen closed"), "quartermaster", (push, ask)),
    ("a commander declares nothing major", give("commander", less="major"), "commander", (push, ask)),
    ("all work in the tree", replaced("_WIDE", frozenset({"read"})), "field user", (push, ask)),
    ("nobody is named", replaced("_follows_it_oneself", lambda _claims, _act: False), "reader", (push,)),
    ("anybody speaks for anybody", replaced("_comment_verbs", lambda _claims, _act: iter(["comment"])), "field user",
     (push,)),
    ("a hand-over is an edit", replaced("_TICKET_VERBS", {"voided": "void", "merged_into": "merge"}), "field user",
     (push, ask)),
    ("tickets have no policy", "ALTER TABLE ticket DISABLE ROW LEVEL SECURITY", "reader",
     (read, pull, ask_to_read, ask)),
    ("the marking hides nothing of a ticket",
     "CREATE POLICY hole ON ticket FOR SELECT TO opsdesk_reader USING (unit IN (SELECT unnest(request_units())))",
     "reader", (read, ask_to_read)),
    ("comments hide from those who are named",
     "CREATE POLICY wall ON comment AS RESTRICTIVE FOR SELECT TO opsdesk_reader "
     "USING (unit IN (SELECT unnest(request_units())))", "reader", (read,)),
    ("feeds are for all", "ALTER TABLE feed DISABLE ROW LEVEL SECURITY; ALTER TABLE ticket DISABLE ROW LEVEL SECURITY; "
     "ALTER TABLE feed_entry DISABLE ROW LEVEL SECURITY", "reader", (pull,)),
]  # fmt: skip


@pytest.mark.parametrize(("fault", "role", "ways"), [pytest.param(*rest, id=name) for name, *rest in FAULTS])
async def test_a_planted_fault_is_seen(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[pytest.MonkeyPatch], None] | str,
    role: str,
    ways: tuple[Way, ...],
) -> None:
    stage = await Stage.set(world, (role,), frozenset({"ticket", "comment", "watcher"}), each_field=False)
    if isinstance(fault, str):
        await world.owner.execute(fault)
    else:
        fault(monkeypatch)
    for way in reversed(ways):
        assert await way(stage, role), f"{way.__name__} does not see it"

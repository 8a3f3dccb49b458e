"""An administrator makes the tree of units and changes it, and rights follow at once."""

from pathlib import Path

import pytest

from opsdesk.server import units
from opsdesk.services.errors import Refused
from tests.server.running import opsdesk
from tests.server.test_enrol import data
from tests.server.world import NOTE, NOW, World

__all__ = ["data"]  # a fixture

pytestmark = pytest.mark.anyio


async def lines(world: World) -> list[str]:
    return [f"{'  ' * one.depth}{one.name}" for one in await units.tree(world.db)]


async def test_units_stand_below_each_other_and_move_with_all_below(world: World) -> None:
    await units.add(world.db, "A1", "A", note=NOTE, now=NOW)
    await units.add(world.db, "C", None, note=NOTE, now=NOW)
    assert await lines(world) == ["HQ", "  A", "    A1", "  B", "  C"]
    await units.change(world.db, "A1", to="Water Section", below="B", note=NOTE, now=NOW)
    assert await lines(world) == ["HQ", "  A", "  B", "    Water Section", "  C"]
    await units.change(world.db, "B", to=None, below="C", note=NOTE, now=NOW)
    assert await lines(world) == ["HQ", "  A", "  C", "    B", "      Water Section"]
    acts = await world.owner.fetch("SELECT act, subject, detail FROM audit ORDER BY id DESC LIMIT 2")
    assert [tuple(row) for row in acts] == [
        ("unit changed", "B", '{"below":"C"}'),
        ("unit changed", "A1", '{"name":"Water Section","below":"B"}'),
    ]


async def test_who_works_in_a_tree_reads_what_comes_below_it(world: World) -> None:
    officer = await world.as_("watch officer")
    before = (await officer.get("/v1/me")).json()["units"]
    await units.change(world.db, "B", to=None, below="A", note=NOTE, now=NOW)
    after = (await officer.get("/v1/me")).json()["units"]
    assert len(after) == len(before) + 1


@pytest.mark.parametrize(
    ("name", "to", "below", "why"),
    [
        ("HQ", None, "B", "cannot stand there"),
        ("A", None, "A", "cannot stand there"),
        ("A", "B", None, "already"),
        ("A", " ", None, "needs a name"),
        ("A", None, "Z", "There is no unit"),
        ("Z", "Y", None, "There is no unit"),
        ("A", None, None, "Say what is to change"),
    ],
)
async def test_what_makes_no_tree_is_refused(
    common_world: World, name: str, to: str | None, below: str | None, why: str
) -> None:
    before = await lines(common_world)
    with pytest.raises(Refused, match=why):
        await units.change(common_world.db, name, to=to, below=below, note=NOTE, now=NOW)
    assert await lines(common_world) == before


def test_the_tree_is_made_by_commands(data: Path) -> None:
    opsdesk(data, "server", "init", "--unit", "HQ")
    opsdesk(data, "server", "unit", "add", "A")
    opsdesk(data, "server", "unit", "add", "A1", "--below", "A")
    opsdesk(data, "server", "user", "add", "eva", "--unit", "A1")
    with pytest.raises(RuntimeError, match="There is a unit “A” already"):
        opsdesk(data, "server", "unit", "add", "A")
    assert opsdesk(data, "server", "unit", "list")["units"] == [
        {"unit": "HQ", "below": None, "accounts": 1},
        {"unit": "A", "below": "HQ", "accounts": 0},
        {"unit": "A1", "below": "A", "accounts": 1},
    ]

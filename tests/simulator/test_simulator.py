"""Stories of many desks end with nothing lost, and the oracle that says so finds what is planted."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from opsdesk.simulator.mutants import FOUND_AT, MUTANTS
from opsdesk.simulator.planting import INVARIANTS, Mutant
from opsdesk.simulator.run import tell
from opsdesk.simulator.world import LATER, World

CORPUS = [
    pytest.param(int(line.split()[0]), line.split()[1], id=line.split()[0])
    for line in Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]

LATER_TOLD = [seed for seed in range(20) if World(seed).faults >= LATER][:3]

ROOT = Path(__file__).parents[2]
SEEDS = int(os.environ.get("OPSDESK_SEEDS", "300" if os.environ.get("CI") else "40"))
"""Stories that a run of the tests tells beside the corpus: 300 where submissions are checked."""

SAMPLE = {
    "the last writer wins",
    "a pull writes over waiting edits",
    "a base counts as current after its text was merged",
    "one base for all fields of a record",
    "the base is taken when the form is saved",
    "an answer raises the version of the row",
    "a resolution ignores the value shown",
    "the less severe value is forgotten",
    "a feed tells of what has left it",
    "unknown fields are dropped",
    "the cursor jumps ahead",
    "what came back is not put into the box",
    "a person's feed tells what a partition tells",
    "a change is told twice in one feed",
}
"""Planted bugs that every run of the tests looks for; `make mutants` looks for all."""


@pytest.mark.parametrize(("seed", "told"), CORPUS)
def test_a_seed_that_once_failed_ends_well(seed: int, told: str) -> None:
    assert tell(seed, apart=told == "apart", before=told == "before").problems == []


@pytest.mark.timeout(900)
def test_nothing_is_lost_in_many_stories() -> None:
    command = [sys.executable, "-m", "opsdesk", "simulate", "--seeds", f"0:{SEEDS}", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    totals = json.loads(done.stdout)
    assert totals.pop("edits") >= SEEDS * 150, done.stderr
    assert totals == {"seeds": SEEDS, "lost": 0, "diverged": 0, "false_conflicts": 0, "stalls": 0}, done.stderr


def test_a_seed_tells_the_same_story_each_time() -> None:
    stories = []
    for _ in range(2):
        world = World(5, edits=60)
        world.run()
        held = world.server.held
        stories.append((held.feeds, held.changes, world.now, world.story.faults))
    assert stories[0] == stories[1]


def test_what_came_later_leaves_the_other_stories_as_they_were() -> None:
    for seed in range(20):
        now, before = World(seed), World(seed, without=LATER)
        assert now.faults - LATER == before.faults
        assert now.rng.getstate() == before.rng.getstate()


def test_positions_are_written_whole_and_by_halves_and_what_is_new_is_told_to_who_waits() -> None:
    met = Counter[str]()
    for seed in LATER_TOLD:
        met += tell(seed, edits=80).seen
    assert min(met["position"], met["half of a position"], met["news"]) > 0


def test_there_are_enough_planted_bugs() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 30
    assert {mutant.name for mutant in MUTANTS} >= SAMPLE


def test_each_invariant_has_a_planted_bug_that_it_must_see() -> None:
    assert {mutant.breaks for mutant in MUTANTS} - {""} == set(INVARIANTS)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=mutant.name)
        for mutant in MUTANTS
        if mutant.name in SAMPLE or os.environ.get("OPSDESK_MUTANTS") == "all"
    ],
)
def test_a_planted_bug_is_found(mutant: Mutant) -> None:
    assert mutant.caught(FOUND_AT.get(mutant.name)) is not None

"""`opsdesk targets`: what holds, said in words and for programs, and changed from now on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk.cli import main


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["targets", *words, "--data", str(folder), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_targets_are_listed_set_for_a_type_and_dropped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shipped,) = told(folder, capsys, "list")["targets"]
    assert shipped["shipped"]
    assert shipped["response"] == {"urgent": 30, "high": 120, "normal": 480}
    said = ("set", "--type", "incident", "--response", "urgent=5m, high=1h", "--pauses", "parts,requester")
    common, own = told(folder, capsys, *said)["targets"]
    assert common == shipped
    assert (own["type"], own["response"], own["pauses"]) == (
        "incident", {"urgent": 5, "high": 60}, ["parts", "requester"]
    )  # fmt: skip
    assert own["resolution"] == shipped["resolution"], "what is not said stays"
    assert told(folder, capsys, "drop", "--type", "incident")["targets"] == [shipped]


def test_targets_read_as_words(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["targets", "set", "--resolution", "none", "--from", "occurred", "--data", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == [
        "all types", "  Answer: urgent 30 min, high 2 h, normal 8 h", "  Resolution: none"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--response", "urgent"), "“urgent” is no target"),
        (("--response", "soon=2h"), "no priority “soon”"),
        (("--response", "urgent=0m"), "between a minute and a year"),
        (("--resolution", "low=999999d"), "between a minute and a year"),
        (("--pauses", "lunch"), "no waiting reason “lunch”"),
        (("--type", "x"), "no ticket type “x”"),
    ],
)
def test_wrong_targets_are_refused_with_what_is_known(
    folder: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], why: str
) -> None:
    assert main(["targets", "set", *words, "--data", str(folder)]) == 1
    assert why in capsys.readouterr().err

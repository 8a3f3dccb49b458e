"""`opsdesk conflicts`: what scripts and people at a terminal see of conflicts, and how they settle one."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk import cli
from tests.support.posts import Post


@pytest.fixture
def ticket(post: Post) -> bytes:
    """A ticket whose title and priority Anna and Ben changed apart."""
    made = post.ticket()
    post.apart(made, title=("Anna's words", "Ben's words"), priority=(3, 1))
    return made


@pytest.fixture
def folder(post: Post, ticket: bytes) -> Path:
    """Anna's folder, in the state that `ticket` left it in, with her program closed."""
    post.anna.desk.close()
    return post.anna.desk.folder


@pytest.fixture(autouse=True)
def closed_once(monkeypatch: pytest.MonkeyPatch, post: Post) -> None:
    """The fixture of the desks closes Anna's again at the end."""
    monkeypatch.setattr(post.anna.desk, "close", _once(post.anna.desk.close))


def _once(close: Any) -> Any:
    done: list[bool] = []

    def run() -> None:
        if not done:
            done.append(True)
            close()

    return run


def run(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of one command."""
    status = cli.main(["--data", str(folder), "conflicts", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def listed(folder: Path, capsys: pytest.CaptureFixture[str], *more: str) -> dict[str, Any]:
    """What `list --json` prints."""
    status, out, err = run(folder, capsys, "list", "--json", *more)
    assert (status, err) == (0, "")
    return json.loads(out)


def test_list_names_every_version_and_resolve_takes_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = listed(folder, capsys)
    assert (found["count"], found["settled"]) == (2, 0)
    title = next(one for one in found["conflicts"] if one["field"] == "title")
    assert title["number"] == "T-ANN-00001"
    assert [(one["n"], one["side"], one["value"], one["shown"]) for one in title["versions"]] == [
        (1, "base", "Road blocked at Kemp Bridge", False), (2, "mine", "Anna's words", False),
        (3, "theirs", "Ben's words", True),
    ]  # fmt: skip
    status, out, _ = run(folder, capsys, "resolve", title["id"][:6], "--take", "mine", "--note", "saw it", "--json")
    assert status == 0
    told = json.loads(out)
    assert (told["id"], told["field"], told["settled"]) == (title["id"], "title", "mine")
    assert (told["value"], told["waits"]) == ("Anna's words", True)
    assert listed(folder, capsys)["count"] == 1
    assert [one["settled"] for one in listed(folder, capsys, "--settled")["conflicts"]] == ["mine"]


def test_another_value_is_typed_as_people_say_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    priority = next(one for one in listed(folder, capsys)["conflicts"] if one["field"] == "priority")
    assert run(folder, capsys, "resolve", priority["id"], "--value", "urgent")[:2] == (
        0,
        "T-ANN-00001: Priority is Urgent\n",
    )


@pytest.mark.parametrize(
    ("arguments", "status", "why"),
    [
        (("resolve", "ffffffff", "--take", "mine"), 1, "No conflict here is called"),
        (("resolve", "%", "--take", "mine"), 1, "No conflict here is called"),
        (("resolve", "ID", "--take", "9"), 1, "has no version"),
        (("resolve", "ID", "--take", "both"), 1, "cannot be joined"),
        (("resolve", "ID", "--value", ""), 1, "needed"),
    ],
)
def test_what_cannot_be_is_refused_on_stderr(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], status: int, why: str
) -> None:
    title = next(one for one in listed(folder, capsys)["conflicts"] if one["field"] == "title")
    given = [title["id"] if word == "ID" else word for word in arguments]
    found, out, err = run(folder, capsys, *given)
    assert (found, out) == (status, "")
    assert why in err
    assert listed(folder, capsys)["count"] == 2


def test_resolve_without_a_choice_is_wrong_usage(folder: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--data", str(folder), "conflicts", "resolve", "00"])
    assert ended.value.code == 2


def test_a_person_reads_the_versions_below_each_conflict(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(folder, capsys, "list")
    assert status == 0
    assert "Title: " in out
    assert "2  Mine      Anna's words" in out
    assert "Ben Ferreira · CP Main" in out

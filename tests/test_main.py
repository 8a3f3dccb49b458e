"""No command opens the window; a command goes to the command line, whatever options stand before it."""

from pathlib import Path

import pytest

from opsdesk import cli
from opsdesk.__main__ import command_of


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("", None),
        ("--data /tmp/desk", None),
        ("--data=/tmp/desk", None),
        ("demo", "demo"),
        ("--data demo", None),
        ("--data /tmp/desk tickets list --json", "tickets"),
        ("import tickets demo", "import"),
        ("--help", "--help"),
        ("--version", "--version"),
        ("--data", None),
    ],
)
def test_the_command_is_the_first_word_that_belongs_to_no_option(line: str, command: str | None) -> None:
    assert command_of(line.split()) == command


@pytest.mark.parametrize("place", [0, 1])
def test_the_data_folder_is_taken_before_and_after_the_command(
    place: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPSDESK_DATA", str(tmp_path / "not this one"))
    words = ["doctor", "--json"]
    words[place:place] = ["--data", str(tmp_path / "this one")]
    assert cli.main(words) == 1
    assert str(tmp_path / "this one") in capsys.readouterr().err

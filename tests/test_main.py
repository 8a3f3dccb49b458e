"""No command opens the window; a command goes to the command line, whatever options stand before it."""

import pytest

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

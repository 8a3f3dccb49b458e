"""Chooses between the desktop program and a headless command, and nothing else."""

import sys


def main() -> int:
    """Run what the command line asks for and return its exit status.

    No command opens the desktop program; a command goes to the command line, which runs without Qt where it can.
    """
    arguments = sys.argv[1:]
    if command_of(arguments) is None:
        from opsdesk import desktop

        return desktop.main(arguments)
    from opsdesk import cli

    return cli.main(arguments)


def command_of(arguments: list[str]) -> str | None:
    """Return the first word that is neither an option nor the folder after `--data`; None if there is none.

    `--help` and `--version` count as commands: answering them needs no window.
    """
    words = iter(arguments)
    for word in words:
        if word == "--data":
            next(words, None)
        elif word in ("-h", "--help", "--version") or not word.startswith("-"):
            return word
    return None


if __name__ == "__main__":
    sys.exit(main())

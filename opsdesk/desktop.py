"""Composition root of the desktop program: which data folder, the desk on it, and the window."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsdesk.services.desk import Desk
from opsdesk.services.errors import OpsDeskError
from opsdesk.services.folder import data_folder


def main(arguments: list[str]) -> int:
    """Open the desktop program and return its exit status when the window is closed."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    from opsdesk.ui.shell import start

    with _folder(options) as folder:
        try:
            desk = Desk.open(folder)
        except OpsDeskError as error:
            print(error, file=sys.stderr)
            return start.refuse(str(error))
        try:
            return start.run(desk)
        finally:
            desk.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opsdesk", description="The desktop program.")
    parser.add_argument("command", nargs="?", choices=("demo",), help="open a temporary copy of the sample data")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the data folder")
    return parser


@contextmanager
def _folder(options: argparse.Namespace) -> Iterator[Path]:
    """The data folder to open; for a demo a copy of the sample that goes when the window is closed."""
    if options.command == "demo":
        with sample_copy() as folder:
            yield folder
    else:
        yield options.data or data_folder()


@contextmanager
def sample_copy() -> Iterator[Path]:
    """A temporary copy of the sample data, to do anything with."""
    from opsdesk.services import sample

    with tempfile.TemporaryDirectory(prefix="opsdesk-demo-") as name:
        yield Path(shutil.copytree(sample.ready(), Path(name) / "data"))

"""Composition root of the tour: every page on the sample data, offscreen, in each theme and size, as pictures.

The pictures are for looking at after each change of a screen, and for the README and the guide. What is on them is in
`scenes`, by subject.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from opsdesk.desktop import sample_copy
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.tour import bell, partner, queue
from opsdesk.tour.scenes import SCENES
from opsdesk.tour.stage import Stage

THEMES = ("light", "dark", "red")
SIZES = ("1440x900", "1180x760")
_FRESH = {"tickets.view": "open", "tickets.left": "views", "tickets.group.open": "", "tickets.folded.open.state": []}
"""What a scene may have left otherwise in the ticket list."""


def make(
    out: Path, themes: Sequence[str] | None = None, sizes: Sequence[str] | None = None, only: Sequence[str] = ()
) -> list[Path]:
    """Draw the scenes into `out` as NAME-THEME-SIZE.png and return the files. Raises Refused for a wrong size."""
    wanted = [_size(text) for text in sizes or SIZES]
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out.mkdir(parents=True, exist_ok=True)
    with sample_copy() as folder:
        desk = Desk.open(folder)
        try:
            split = partner.disagree(desk)
            queue.fill(desk)
            bell.fill(desk)
            return list(_draw(desk, split, out, themes or THEMES, wanted, only))
        finally:
            desk.close()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise Refused(f"“{text}” is no size; write for instance {SIZES[0]}")
    return int(width), int(height)


def _draw(
    desk: Desk, split: bytes, out: Path, themes: Sequence[str], sizes: Sequence[tuple[int, int]], only: Sequence[str]
) -> Iterator[Path]:
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.shell import start
    from opsdesk.ui.shell.window import MainWindow
    from opsdesk.ui.widgets.map_view.engine import close_engine

    application = QApplication.instance() or start.make_application(["opsdesk"], desk.settings)
    for width, height in sizes:
        for theme in themes:
            for scene in SCENES:
                if only and scene.name not in only:
                    continue
                desk.settings.set("look.theme", theme)
                for name, value in _FRESH.items():
                    desk.settings.set(name, value)
                desk.link._put(queue.online(desk.now()))
                window = MainWindow(desk)
                window.resize(width, height)
                window.show()
                window.activateWindow()
                QTest.qWaitForWindowActive(window, 2000)
                stage = Stage(desk, window, split)
                scene.play(stage)
                stage.settle()
                path = out / f"{scene.name}-{theme}-{width}x{height}.png"
                if not window.grab().save(str(path)):
                    raise Refused(f"{path} could not be written")
                window.close()
                window.dispose()
                application.processEvents()
                yield path
    close_engine()

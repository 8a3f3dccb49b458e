"""Composition root of the tour: every page on the sample data, offscreen, in each theme and size, as pictures.

The pictures are for looking at after each change of a screen, and for the README and the guide. What is on them is in
`scenes`, by subject.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from opsdesk.desktop import sample_copy
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.tour import bell, partner, queue
from opsdesk.tour.scenes import SCENES
from opsdesk.tour.stage import Scene, Stage

THEMES = ("light", "dark", "red")
SIZES = ("1440x900", "1180x760")
_FRESH = {
    "tickets.view": "open",
    "tickets.left": "views",
    "tickets.group.open": "",
    "tickets.folded.open.state": [],
    "map.file": "",
}
"""What a scene may have left otherwise."""


Progress = Callable[[Path, int, int], None]
"""Told of each picture when it is there: its file, its number, and how many there will be."""


def make(
    out: Path,
    themes: Sequence[str] | None = None,
    sizes: Sequence[str] | None = None,
    only: Sequence[str] = (),
    progress: Progress | None = None,
) -> list[Path]:
    """Draw the scenes into `out` as NAME-THEME-SIZE.png and return the files; `only` names the scenes, else all.

    Raises Refused for a wrong size and for a scene that there is not.
    """
    themes = themes or THEMES
    wanted = [_size(text) for text in sizes or SIZES]
    scenes = _scenes(only)
    total = len(wanted) * len(themes) * len(scenes)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    out.mkdir(parents=True, exist_ok=True)
    with sample_copy() as folder:
        desk = Desk.open(folder)
        try:
            split = partner.disagree(desk)
            queue.fill(desk)
            bell.fill(desk)
            made = []
            for path in _draw(desk, split, out, themes, wanted, scenes):
                made.append(path)
                if progress is not None:
                    progress(path, len(made), total)
            return made
        finally:
            desk.close()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and 200 <= int(width) <= 8000 and 200 <= int(height) <= 8000):
        raise Refused(f"“{text}” is no size; write for instance {SIZES[0]}")
    return int(width), int(height)


def _scenes(only: Sequence[str]) -> list[Scene]:
    known = [scene.name for scene in SCENES]
    unknown = [name for name in only if name not in known]
    if unknown:
        raise Refused(f"There is no scene “{unknown[0]}”; there are {', '.join(known)}")
    return [scene for scene in SCENES if not only or scene.name in only]


def _draw(
    desk: Desk,
    split: bytes,
    out: Path,
    themes: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    scenes: Sequence[Scene],
) -> Iterator[Path]:
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from opsdesk.ui.shell import start
    from opsdesk.ui.shell.window import MainWindow
    from opsdesk.ui.widgets.map_view.engine import close_engine

    application = QApplication.instance() or start.make_application(["opsdesk"], desk.settings)
    for width, height in sizes:
        for theme in themes:
            for scene in scenes:
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

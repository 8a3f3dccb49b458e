"""What is around the pages, and the pages with no subject of their own below."""

from __future__ import annotations

from opsdesk.services.link import LinkState
from opsdesk.tour.scenes import texts
from opsdesk.tour.stage import Scene, Stage


def _first_run(stage: Stage) -> None:
    # Nobody has joined anything before the first look.
    stage.desk.link._put(LinkState())
    stage.window.show_first_look()
    stage.settle()
    stage.press("Right")


def _home(stage: Stage) -> None:
    stage.window.go("home")


def _palette(stage: Stage) -> None:
    stage.go_to_list()
    stage.window.open_palette("bur")


def _keys(stage: Stage) -> None:
    stage.go_to_list()
    stage.window.shortcut_sheet.open()


def _analytics(stage: Stage) -> None:
    stage.window.go("analytics")
    stage.settle()


def _import(stage: Stage) -> None:
    from opsdesk import RESOURCES

    stage.window.go("import")
    stage.settle()
    stage.window.page("import").open_file(sorted((RESOURCES / "samples").glob("*.csv*"))[0])


def _import_mapping(stage: Stage) -> None:
    """Columns mapped by hand: one gave way to another, and one answers a question of the chosen form."""
    _import(stage)
    stage.settle()
    page = stage.window.page("import")
    columns = page._work.columns
    offered = list(columns._combos)
    for column, target in ((offered[0], "category"), (offered[-1], "answer.quantity")):
        combo = columns._combos[column]
        combo.set_value(target)
        combo.activated.emit(combo.currentIndex())
    stage.settle()
    page._work.ensureWidgetVisible(columns, 0, 400)


def _settings(stage: Stage) -> None:
    stage.window.go("settings")


FIRST = Scene("first-run", _first_run)
"""Before all others: nobody has done anything yet."""
SCENES = (
    Scene("home", _home),
    Scene("palette", _palette),
    Scene("keys", _keys),
    Scene("analytics", _analytics),
    Scene("import", _import),
    Scene("import-mapping", _import_mapping),
    Scene("settings", _settings),
    *texts.OF_THE_SETTINGS,
)

from __future__ import annotations

import csv
from pathlib import Path

from opsdesk.ui.tickets.export_panel import ExportPanel
from tests.support.ticket_list import ListBench


def panel(bench: ListBench) -> ExportPanel:
    found = [part for part in bench.window.findChildren(ExportPanel) if part.isVisible()]
    assert len(found) == 1
    return found[0]


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_ctrl_shift_e_exports_what_the_list_shows_in_its_order(bench: ListBench, tmp_path: Path) -> None:
    bench.query("state:waiting")
    bench.page.sort(("title",))
    bench.settle()
    bench.page.focus_list()
    bench.press("Ctrl+Shift+E")
    shown = panel(bench)
    target = tmp_path / "waiting.csv"
    shown.path.setText(str(target))
    bench.press("Return", on=shown.path)
    bench.wait(target.exists)
    rows = rows_of(target)
    assert len(rows) == bench.count("state:waiting") + 1
    assert rows[0][:3] == ["Sync", "Priority", "Number"]
    titles = [row[rows[0].index("Title")].lower() for row in rows[1:]]
    assert titles == sorted(titles)
    bench.wait(lambda: bench.toast == f"Exported {len(titles)} tickets to waiting.csv")
    assert bench.page.table.hasFocus()


def test_e_with_marks_exports_the_marked_ones(bench: ListBench, tmp_path: Path) -> None:
    bench.press("X")
    bench.press("JX")
    numbers = [bench.page.table.rows.row(number).number for number in (0, 1)]  # type: ignore[union-attr]
    bench.press("E")
    shown = panel(bench)
    target = tmp_path / "two.csv"
    shown.path.setText(str(target))
    bench.press("Return", on=shown.path)
    bench.wait(target.exists)
    rows = rows_of(target)
    assert [row[rows[0].index("Number")] for row in rows[1:]] == numbers


def test_a_file_that_cannot_be_written_is_told_in_place_and_the_path_stays(bench: ListBench, tmp_path: Path) -> None:
    bench.press("Ctrl+Shift+E")
    shown = panel(bench)
    target = str(tmp_path / "no such folder" / "list.csv")
    shown.path.setText(target)
    bench.press("Return", on=shown.path)
    bench.wait(lambda: "cannot be written to" in shown.note.text())
    assert shown.path.text() == target
    assert shown.isVisible()
    shown.leave()
    assert bench.page.table.hasFocus()

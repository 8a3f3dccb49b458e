"""The window's thread runs no query: it asks, and paints what has come."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from opsdesk.store.work import Reader
from tests.support.ticket_list import ListBench


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many statements ran, by the name of their thread."""
    counted: Counter[str] = Counter()
    for name in ("rows", "row", "value"):
        whole = getattr(Reader, name)

        def counting(self: Any, *args: Any, whole: Any = whole, **kw: Any) -> Any:
            counted[threading.current_thread().name] += 1
            return whole(self, *args, **kw)

        monkeypatch.setattr(Reader, name, counting)
    return counted


def test_painting_and_scrolling_run_no_query_in_the_window(bench: ListBench, queries: Counter[str]) -> None:
    bench.query("")
    bench.page.focus_list()
    queries.clear()
    for place in (400, 3, 250, 100):
        bench.page.table.go(place)
        bench.page.table.grab()
    for _ in range(30):
        bench.press("J")
    bench.wait(lambda: "…" not in bench.numbers)
    assert queries[threading.main_thread().name] == 0
    assert sum(queries.values()) > 0


def test_rows_that_are_here_are_painted_without_any_question(bench: ListBench, queries: Counter[str]) -> None:
    bench.page.sides.show_preview(False)
    bench.wait(lambda: "…" not in bench.numbers)
    bench.rest()
    QApplication.processEvents()
    bench.rest()
    queries.clear()
    for _ in range(5):
        bench.page.table.grab()
    bench.press("JJKK")
    QApplication.processEvents()
    assert sum(queries.values()) == 0


def test_a_query_asks_once_for_each_of_its_parts(bench: ListBench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.query("state:waiting")
    asked: Counter[str] = Counter()
    ask = bench.desk.ask

    def counting(function: Any, *args: Any, **kw: Any) -> Any:
        asked[str(kw.get("channel", function.__name__))] += 1
        return ask(function, *args, **kw)

    monkeypatch.setattr(bench.desk, "ask", counting)
    bench.query("")
    bench.wait(lambda: "…" not in bench.numbers)
    assert (asked["tickets.page"], asked["tickets.count"]) == (1, 1)
    assert asked["tickets.keys"] == 2, "one that interrupts the query before, one that reads"
    assert asked["rows"] <= 1, "the first page brings its rows along"

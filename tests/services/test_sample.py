"""The sample data folder: real incidents, told apart from the real thing, with a shift that works on them."""

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import home, sample, views
from opsdesk.services.desk import Desk
from opsdesk.services.importing import read_plan
from opsdesk.services.sample.organisation import VIEWS
from opsdesk.services.sample.sets import MAPPINGS, SETS, City, direction
from opsdesk.services.tickets import lists
from opsdesk.services.times import HOUR
from opsdesk.store.clock import now_ms
from opsdesk.store.database import open_reader, problems
from opsdesk.store.work import Reader


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, built once."""
    return sample.ready(tmp_path_factory.mktemp("sample") / "data")


@pytest.fixture(scope="module")
def desk(folder: Path) -> Any:
    """A desk that reads the sample."""
    opened = Desk.open(folder, read_only=True)
    yield opened
    opened.close()


def told(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a question in SQL."""

    def ask(reader: Reader) -> list[tuple[Any, ...]]:
        return reader.rows(sql)

    return desk.ask(ask).result()


def test_it_holds_thousands_of_incidents_all_marked_as_exercise(desk: Desk) -> None:
    assert told(desk, "SELECT count(*) > 5000 FROM ticket WHERE source IS NOT NULL") == [(1,)]
    for table in ("ticket", "comment", "link", "tag", "watcher", "answer", "unit", "person", "place", "saved_view"):
        assert told(desk, f"SELECT count(*) FROM {table} WHERE NOT exercise") == [(0,)], table
        assert told(desk, f"SELECT count(*) > 0 FROM {table}") == [(1,)], table
    assert desk.settings.get("sample.note", "") == sample.NOTE


def test_the_database_is_whole(folder: Path) -> None:
    connection = open_reader(folder)
    try:
        assert problems(connection) == []
    finally:
        connection.close()


def test_incidents_keep_their_order_and_their_original_time(desk: Desk) -> None:
    rows = told(
        desk,
        "SELECT t.occurred_at, a.value FROM ticket t JOIN answer a ON a.subject = t.id AND a.question = 'imported' "
        "WHERE t.source = 'San Francisco PD' ORDER BY t.occurred_at",
    )
    originals = [json.loads(value)["date_time"] for _, value in rows]
    assert len(originals) == 951
    assert originals == sorted(originals)
    newest = told(desk, "SELECT max(occurred_at), min(occurred_at) FROM ticket")[0]
    assert 0 < now_ms() - newest[0] < HOUR
    assert newest[1] > now_ms() - 200 * 24 * HOUR


def test_nothing_is_recorded_before_it_happened_or_after_now(desk: Desk) -> None:
    assert told(desk, "SELECT count(*) FROM ticket WHERE created_at < occurred_at AND source IS NOT NULL") == [(0,)]
    assert told(
        desk, "SELECT count(*) FROM change c JOIN ticket t ON t.id = c.record WHERE c.hlc >> 16 < t.occurred_at"
    ) == [(0,)]
    assert told(desk, f"SELECT count(*) FROM change WHERE hlc >> 16 > {now_ms()}") == [(0,)]


def test_home_has_something_to_say(desk: Desk) -> None:
    figures = desk.ask(home.summary).result()
    assert 5 <= figures.my_open <= 40
    assert 1 <= figures.overdue <= 60  # by a due time that a person set, or by a target
    assert figures.waiting_for_me > 0
    assert len(figures.changed_rows) == home.ROWS
    assert len({row.actor for row in figures.changed_rows}) > 1
    assert all(count > 0 for _, count in figures.by_priority)
    assert sum(figures.opened_by_hour) > 50
    assert sum(figures.closed_by_hour) > 50


def test_each_view_finds_tickets(desk: Desk) -> None:
    shown = desk.ask(views.views).result()
    assert {name for name, *_ in VIEWS} <= {view.name for view in shown}
    for view in shown:
        assert desk.ask(lists.count, lists.ListQuery(view.query, view.order)).result() > 0, view.name


def test_the_categories_that_the_mapping_files_name_ship(desk: Desk) -> None:
    known = {row[0] for row in told(desk, "SELECT code FROM category")}
    for path in MAPPINGS.glob("*.toml"):
        assert set(read_plan(path).values["category"].values()) <= known, path.name
    assert told(desk, "SELECT count(*) FROM category WHERE code LIKE 'imported.%'") == [(0,)]


def test_a_built_sample_is_used_again_until_it_is_old(folder: Path) -> None:
    mark = folder / "sample.json"
    before = mark.stat().st_mtime_ns
    assert sample.ready(folder) == folder
    assert mark.stat().st_mtime_ns == before
    assert not sample.is_fresh(folder, now_ms() + 7 * HOUR)
    assert not sample.is_fresh(folder.parent / "other", now_ms())


def test_no_report_names_a_reporter() -> None:
    for item in SETS:
        for row in item.rows:
            assert "contact" not in row.values
            assert not {"Reported By", "Contact", "Comments"} & row.rest.keys()


def test_distances_are_told_in_words() -> None:
    city = City("Town", 10.0, 20.0)
    assert direction(city, 10.001, 20.0) == "in the centre"
    assert direction(city, 10.09, 20.0) == "10 km N of centre"
    assert direction(city, 9.98, 19.98) == "3 km SW of centre"

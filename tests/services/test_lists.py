from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.errors import Refused
from opsdesk.services.query import compile_query, parse
from opsdesk.services.tickets import lists
from opsdesk.services.tickets.lists import ListQuery, orders, plan
from opsdesk.services.tickets.lists.plan import Plan
from opsdesk.services.tickets.lists.roads import Sql
from tests.support.list_oracle import NOW, SYNC, Listed, Oracle

ORDERS = sorted(orders.SORTABLE)

# Each condition of the language that the planner treats in its own way, and what it means.
CONDITIONS: dict[str, Any] = {
    "": lambda o, t: True,
    "is:open": lambda o, t: t["state"] < 50,
    "state:open,waiting": lambda o, t: t["state"] in (20, 40),
    "state:closed": lambda o, t: t["state"] == 60,
    "priority>=high": lambda o, t: t["priority"] >= 3,
    "assignee:none": lambda o, t: t["assignee"] is None,
    "assignee:me,none": lambda o, t: t["assignee"] in (o.me, None),
    'unit:"Bravo 0"': lambda o, t: t["unit"] in o.units_below[_id(o, "Bravo 0")],
    "-unit:alpha": lambda o, t: t["unit"] not in o.units_below[_id(o, "alpha 1")],
    "place:kemp": lambda o, t: o.names.get(t["place"], ("",))[0] == "Kemp Bridge",
    "due:none": lambda o, t: t["due_at"] is None,
    "is:overdue": lambda o, t: t["state"] < 50 and t["due_at"] is not None and t["due_at"] < NOW,
    "updated<2h": lambda o, t: t["updated_at"] > NOW - 7_200_000,
    "created>20h": lambda o, t: t["created_at"] < NOW - 20 * 3_600_000,
    "tag:convoy": lambda o, t: "convoy" in t["tags"],
    "-tag:none": lambda o, t: bool(t["tags"]),
    "has:comment": lambda o, t: bool(t["comments"]),
    "is:queued": lambda o, t: "queued" in t["sync"],
    "-is:queued": lambda o, t: "queued" not in t["sync"],
    "sync:conflict,returned": lambda o, t: bool(t["sync"] & {"conflict", "returned"}),
    "sync:draft": lambda o, t: "draft" in t["sync"],
    "-sync:new": lambda o, t: "new" not in t["sync"],
    "sync:in-step": lambda o, t: not t["sync"],
    "external:none": lambda o, t: t["external"] is None,
    "via:radio OR marking:secret": lambda o, t: t["reported_via"] == "radio" or t["marking"] == 4,
    "(state:new OR priority:urgent)": lambda o, t: t["state"] == 10 or t["priority"] == 4,
}
SEARCHES: dict[str, Any] = {
    "": lambda o, t: True,
    "generator": lambda o, t: o.has_word(t, "generator", beginning=True),
    "bri": lambda o, t: o.has_word(t, "bri", beginning=True),
    "alpha": lambda o, t: o.has_word(t, "alpha", beginning=True),
    "000": lambda o, t: o.has_word(t, "000", beginning=True),
    "water 42": lambda o, t: o.has_word(t, "water", beginning=False) and o.has_word(t, "42", beginning=True),
    "cp1 alpha": lambda o, t: o.has_word(t, "cp1", beginning=False) and o.has_word(t, "alpha", beginning=True),
    "-generator": lambda o, t: not o.has_word(t, "generator", beginning=True),
}


def _id(oracle: Oracle, name: str) -> bytes:
    return next(id_ for id_, (called, _) in oracle.names.items() if called == name)


def all_keys(listed: Listed, query: ListQuery) -> list[int]:
    pieces: list[lists.Keys] = []
    total = lists.keys(listed.reader, query, pieces.append)
    found = [int(key) for piece in pieces for key in piece]
    assert total == len(found)
    assert all(piece.dtype == np.int32 for piece in pieces)
    return found


@pytest.fixture
def thresholds(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the planner take, on few rows, each road that it takes on a million."""

    def set_to(few: int, budget: int, many: int) -> None:
        monkeypatch.setattr(plan, "FEW", few)
        monkeypatch.setattr(plan, "BUDGET", budget)
        monkeypatch.setattr(plan, "MANY", many)

    return set_to


columns = st.sampled_from(ORDERS).flatmap(lambda name: st.sampled_from((name, f"-{name}")))


@given(
    wanted=st.sets(st.sampled_from(sorted(CONDITIONS)), max_size=3),
    words=st.sampled_from(sorted(SEARCHES)),
    order=st.lists(columns, max_size=3),
    size=st.sampled_from((1, 7, 60, 500)),
    limits=st.sampled_from(((0, 5, 0), (0, 40, 0), (30, 9, 60), (5_000, 20_000, 200_000), (0, 20_000, 200_000))),
)
@settings(max_examples=400)
def test_a_list_is_what_filtering_and_sorting_all_rows_gives(
    listed: Listed,
    thresholds: Any,
    wanted: set[str],
    words: str,
    order: list[str],
    size: int,
    limits: tuple[int, int, int],
) -> None:
    thresholds(*limits)
    said = [f"({one})" if " OR " in one and not one.startswith("(") else one for one in sorted(wanted)]
    query = ListQuery(" ".join((*said, words)).strip(), tuple(order))
    page = lists.first_page(listed.reader, query, size)
    names = tuple("occurred" if name.removeprefix("-") == "age" else name.removeprefix("-") for name in page.order)
    assert len(set(names)) == len(names)
    expected = listed.oracle.keys(
        lambda ticket: (
            SEARCHES[words](listed.oracle, ticket) and all(CONDITIONS[one](listed.oracle, ticket) for one in wanted)
        ),
        page.order,
    )
    assert all_keys(listed, query) == expected
    assert page.keys.tolist() == expected[:size]
    assert [row.key for row in page.rows] == expected[:size]
    by_key = {ticket["key"]: ticket for ticket in listed.oracle.tickets}
    assert [row.mark.value for row in page.rows] == [
        next((word for word in SYNC if word in by_key[key]["sync"]), "in step") for key in expected[:size]
    ]
    assert page.complete == (len(expected) < size)
    assert lists.count(listed.reader, query) == len(expected)


def test_no_order_means_the_latest_change_first_and_for_words_the_latest_received(listed: Listed) -> None:
    assert lists.first_page(listed.reader, ListQuery("is:open")).order == ("-updated",)
    assert lists.first_page(listed.reader, ListQuery("is:open generator")).order == ("-received",)
    assert lists.first_page(listed.reader, ListQuery("-generator")).order == ("-updated",)


def test_equals_in_a_group_stand_by_their_latest_change(listed: Listed) -> None:
    assert orders.effective(("priority",), searched=False) == ("priority", "-updated")
    assert orders.effective(("priority", "updated"), searched=False) == ("priority", "updated")
    assert orders.effective(("-place",), searched=False) == ("-place", "-received")
    assert orders.effective(("title",), searched=False) == ("title",)
    assert orders.effective(("age", "-occurred"), searched=False) == ("age",)


def test_an_unknown_column_is_refused(listed: Listed) -> None:
    with pytest.raises(Refused, match="sorted by “colour”"):
        lists.first_page(listed.reader, ListQuery("", ("colour",)))


def test_every_column_of_the_list_can_be_sorted() -> None:
    assert {name for name, column in lists.COLUMNS.items() if column.sortable} <= set(orders.SORTABLE)


def test_numbers_sort_as_people_count(listed: Listed) -> None:
    page = lists.first_page(listed.reader, ListQuery("", ("number",)), 500)
    serials = [int(row.number.rsplit("-", 1)[1]) for row in page.rows if row.number.startswith("T-CP1")]
    assert serials == sorted(serials)
    assert serials[0] < 100 < 100_000 < serials[-1]


def test_a_ticket_is_found_at_its_row(listed: Listed) -> None:
    query = ListQuery("is:open", ("title",))
    keys = all_keys(listed, query)
    assert lists.position(listed.reader, query, keys[17]) == 17
    assert lists.position(listed.reader, query, 10**8) is None


def test_keys_come_in_pieces_of_at_most_20_000() -> None:
    class Million:
        def value(self, _sql: str, _parameters: object = ()) -> bytes:
            return ",".join(map(str, range(1, 100_001))).encode()

    class OneRoad:
        def all(self) -> list[Sql]:
            return [Sql("")]

    pieces: list[lists.Keys] = []
    total = lists._joined(Million(), OneRoad().all(), pieces.append)  # type: ignore[arg-type]
    assert total == 100_000
    assert max(len(piece) for piece in pieces) <= 20_000
    assert np.concatenate(pieces).tolist() == list(range(1, 100_001))


# ----- what is promised of the engine's plans


def explained(listed: Listed, query: ListQuery) -> str:
    """The engine's words for the road along which all keys come."""
    compiled = compile_query(listed.reader, parse(query.text))
    order = orders.effective(query.order, searched=compiled.search is not None)
    planned = Plan(listed.reader, compiled, orders.steps(order))
    words = []
    for sql in planned.all():
        words += [row[3] for row in listed.reader.rows(f"EXPLAIN QUERY PLAN {sql.text}", sql.parameters)]
    return "\n".join(words)


@pytest.mark.parametrize("text", ["", "is:open"])
@pytest.mark.parametrize("name", sorted(orders.SORTABLE - {"tags", "sync"}))
@pytest.mark.parametrize("minus", ["", "-"])
def test_sorting_by_one_column_sorts_nothing(listed: Listed, thresholds: Any, text: str, name: str, minus: str) -> None:
    thresholds(0, 20_000, 0)
    words = explained(listed, ListQuery(text, (minus + name,)))
    assert "TEMP B-TREE" not in words
    by_key = name in ("received", "external", "place")  # the tickets that have no value stand by their arrival
    assert by_key or not re.search(r"SCAN t$", words, re.M)


@pytest.mark.parametrize(
    "text",
    [
        "state:waiting",
        "is:open state:open,waiting",
        'unit:"Bravo 0"',
        'is:open unit:"Bravo 0" priority>=high',
        "assignee:me is:open",
        "category:fire",
        "type:incident priority:urgent,high",
        "assignee:none",
        "priority>=high",
        "updated<2h is:open",
    ],
)
def test_a_filter_on_a_group_by_latest_change_reads_its_index_alone(listed: Listed, thresholds: Any, text: str) -> None:
    thresholds(0, 20_000, 0)
    words = explained(listed, ListQuery(text))
    assert "TEMP B-TREE" not in words
    assert re.search(r"USING (COVERING )?INDEX list_ticket", words)
    assert not re.search(r"SCAN t$", words, re.M)


@pytest.mark.parametrize("text", ["generator", "generator fail", "alpha", "000"])
def test_a_search_by_arrival_follows_the_index_of_words(listed: Listed, text: str) -> None:
    words = explained(listed, ListQuery(text))
    assert "TEMP B-TREE" not in words
    assert "VIRTUAL TABLE" in words


@pytest.mark.parametrize("text", ["tag:convoy,night", "watcher:me", "-tag:convoy"])
def test_what_hangs_on_a_ticket_is_looked_up_by_the_ticket(listed: Listed, thresholds: Any, text: str) -> None:
    thresholds(0, 20_000, 0)
    words = explained(listed, ListQuery(f"{text} is:open"))
    assert re.search(r"SEARCH h .*USING .*INDEX ix_\w+_subject \(subject=\?\)", words)

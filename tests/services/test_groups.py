"""Groups and facets of lists: their numbers are those of the rows, whatever the query and whichever road counts."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.errors import Refused
from opsdesk.services.tickets import facets, lists
from opsdesk.services.tickets.lists import GROUPINGS, ListQuery, plan
from opsdesk.services.tickets.rows import TicketRow
from tests.services.test_lists import CONDITIONS, ORDERS, SEARCHES, all_keys
from tests.support.list_oracle import Listed

LIMITS = ((0, 5, 0), (30, 9, 60), (5_000, 20_000, 200_000))


@pytest.fixture
def thresholds(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_to(few: int, budget: int, many: int) -> None:
        monkeypatch.setattr(plan, "FEW", few)
        monkeypatch.setattr(plan, "BUDGET", budget)
        monkeypatch.setattr(plan, "MANY", many)

    return set_to


queries = st.builds(
    lambda wanted, words: " ".join(
        [f"({one})" if " OR " in one and not one.startswith("(") else one for one in sorted(wanted)] + [words]
    ).strip(),
    st.sets(st.sampled_from(sorted(CONDITIONS)), max_size=2),
    st.sampled_from(sorted(SEARCHES)),
)


def said(name: str, row: TicketRow) -> object:
    """What a row says that it is grouped by; for what its group must call it the row itself is asked."""
    match name:
        case "state":
            return row.state.label
        case "priority":
            return "Major" if row.major else row.priority.label
        case "assignee" | "unit" | "requester":
            value = getattr(row, name)
            return value.id if value is not None else None
        case "sync":
            return row.mark.value
        case "tags":
            return min(row.tags, default=None)
        case _:
            return None


@given(text=queries, name=st.sampled_from(sorted(GROUPINGS)), limits=st.sampled_from(LIMITS), data=st.data())
@settings(max_examples=60)
def test_groups_are_the_runs_of_the_rows_in_their_order(
    listed: Listed, thresholds: Any, text: str, name: str, limits: tuple[int, int, int], data: st.DataObject
) -> None:
    thresholds(*limits)
    order = data.draw(
        st.lists(st.sampled_from(ORDERS).flatmap(lambda one: st.sampled_from((one, f"-{one}"))), max_size=2)
    )
    query = ListQuery(text, tuple(order), name)
    page = lists.first_page(listed.reader, query, 60)
    keys = all_keys(listed, query)
    assert page.keys.tolist() == keys[:60]
    assert page.groups == lists.groups(listed.reader, query)
    assert sum(group.count for group in page.groups) == len(keys)
    assert all(group.count for group in page.groups)
    assert len({group.value for group in page.groups}) == len(page.groups)
    assert sorted(keys) == sorted(all_keys(listed, ListQuery(text)))
    if name in ("state", "priority", "assignee", "unit", "requester", "sync", "tags"):
        rows = lists.rows(listed.reader, keys)
        runs = [len(list(run)) for _, run in groupby(rows, lambda row: said(name, row))]
        # A name that has not arrived is none to the row; the groups know it apart.
        nameless = groupby(page.groups, lambda group: group.value if group.value != "unknown" else "none")
        assert runs == [sum(group.count for group in run) for _, run in nameless]


def test_a_list_in_no_groups_has_none_and_an_unknown_field_is_refused(listed: Listed) -> None:
    assert lists.first_page(listed.reader, ListQuery("")).groups == ()
    assert lists.groups(listed.reader, ListQuery("")) == ()
    with pytest.raises(Refused, match="grouped"):
        lists.first_page(listed.reader, ListQuery("", (), "title"))


def test_sorting_by_the_grouped_column_turns_the_groups(listed: Listed) -> None:
    up = lists.groups(listed.reader, ListQuery("", ("state",), "state"))
    down = lists.groups(listed.reader, ListQuery("", ("-state",), "state"))
    assert len(up) > 3
    assert down == up[::-1]


@given(text=queries, name=st.sampled_from(sorted(facets.LABELS)), limits=st.sampled_from(LIMITS))
@settings(max_examples=50)
def test_choosing_a_value_leaves_as_many_tickets_as_its_facet_says(
    listed: Listed, thresholds: Any, text: str, name: str, limits: tuple[int, int, int]
) -> None:
    thresholds(*limits)
    told = facets.facet(listed.reader, text, name)
    for value in told.values[:6]:
        alone = facets.toggled(facets.cleared(text, name), name, value if not value.chosen else plainly(value))
        assert lists.count(listed.reader, ListQuery(alone)) == value.count
        then = facets.facet(listed.reader, alone, name)
        assert [one.label for one in then.values if one.chosen] == [value.label]
        assert then.values == () or {one.label: one.count for one in then.values if one.count} == {
            one.label: one.count for one in told.values if one.count
        }
        # Taking it off again leads back.
        chosen = next(one for one in then.values if one.chosen)
        assert facets.toggled(alone, name, chosen) == facets.cleared(text, name)


def plainly(value: facets.FacetValue) -> facets.FacetValue:
    return facets.FacetValue(value.text, value.label, value.count)


def test_several_values_of_a_field_stand_together_in_the_query(listed: Listed) -> None:
    text = "is:open generator"
    for label in ("Open", "In progress"):
        value = next(one for one in facets.facet(listed.reader, text, "state").values if one.label == label)
        text = facets.toggled(text, "state", value)
    assert text == "is:open generator state:open,in-progress"
    chosen = {one.label for one in facets.facet(listed.reader, text, "state").values if one.chosen}
    assert chosen == {"Open", "In progress"}


def test_words_that_the_query_says_in_its_own_way_are_seen_as_chosen(listed: Listed) -> None:
    told = facets.facet(listed.reader, "assignee:me,none", "assignee")
    chosen = [value for value in told.values if value.chosen]
    assert {value.chosen for value in chosen} == {("me",), ("none",)}
    me = next(value for value in chosen if value.chosen == ("me",))
    assert facets.toggled("assignee:me,none", "assignee", me) == "assignee:none"

from __future__ import annotations

from typing import Any

import pytest

from opsdesk.models import ids
from opsdesk.models.base import Id
from opsdesk.models.views import SavedView
from opsdesk.services import undo, views
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.errors import NotFound, QueryError, Refused
from opsdesk.services.tickets import lists
from opsdesk.services.views import ViewRow
from opsdesk.store.work import Work
from tests.support.list_oracle import Listed


def save(desk: Desk, name: str = "B Coy, all", query: str = "is:open", **more: Any) -> Id:
    value = desk.do(views.save, name=name, query=query, **more).result().value
    assert isinstance(value, bytes)
    return value


def own(desk: Desk) -> list[ViewRow]:
    return [view for view in desk.ask(views.views).result() if view.id is not None]


@pytest.mark.parametrize("view", views.BUILT_IN, ids=lambda view: view.code)
def test_a_built_in_view_can_be_listed_and_counted(listed: Listed, view: ViewRow) -> None:
    query = lists.ListQuery(view.query, view.order)
    page = lists.first_page(listed.reader, query, 500)
    assert lists.count(listed.reader, query) == len(page.rows)


def test_built_in_views_have_codes_of_their_own() -> None:
    assert len({view.code for view in views.BUILT_IN}) == len(views.BUILT_IN)


def test_an_own_view_comes_back_as_it_was_saved(desk: Desk) -> None:
    id_ = save(desk, query="state:waiting", columns=(("title", 300), ("state", 90)), order=("-priority", "due"))
    (view,) = own(desk)
    assert view == ViewRow(
        id_, f"view.{id_.hex()}", "B Coy, all", views.ICON, "state:waiting", (("title", 300), ("state", 90)),
        ("-priority", "due"), views.OWN, mine=True,
    )  # fmt: skip


def test_an_own_view_can_be_saved_over_renamed_moved_and_deleted(desk: Desk) -> None:
    first, second = save(desk, "First"), save(desk, "Second")
    save(desk, "First", "is:overdue", id=first, icon="fire")
    desk.do(views.rename, second, " The  other ").result()
    desk.do(views.reorder, [second, first]).result()
    assert [(view.name, view.query, view.icon) for view in own(desk)] == [
        ("The other", "is:open", views.ICON),
        ("First", "is:overdue", "fire"),
    ]
    done = desk.do(views.delete, first).result()
    assert done.changes.views == {first}
    assert [view.name for view in own(desk)] == ["The other"]
    assert done.act is not None
    desk.do(undo.undo, done.act).result()
    assert [view.name for view in own(desk)] == ["The other", "First"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "my OPEN", "taken"])
def test_a_name_that_is_empty_long_or_taken_is_refused(desk: Desk, name: str) -> None:
    save(desk, "Taken")
    with pytest.raises(Refused) as caught:
        save(desk, name)
    assert caught.value.field == "name"
    assert len(own(desk)) == 1


def test_a_view_keeps_its_own_name_when_it_is_saved_again(desk: Desk) -> None:
    id_ = save(desk, "Mine")
    save(desk, "mine", "is:overdue", id=id_)
    assert [view.name for view in own(desk)] == ["mine"]


def test_a_query_that_cannot_be_read_is_not_saved(desk: Desk) -> None:
    with pytest.raises(QueryError):
        save(desk, query="state:opne")
    with pytest.raises(Refused):
        save(desk, order=("colour",))
    assert own(desk) == []


def test_a_view_of_somebody_else_cannot_be_changed(desk: Desk) -> None:
    other = ids.new_id(1)

    def theirs(work: Work) -> Changes:
        values = {"area": "tickets", "name": "Theirs", "query": "is:open", "owner": other, "shared": 1}
        work.value_out = work.insert(SavedView, values)
        return Changes(views=frozenset())

    id_ = desk.do(theirs).result().value
    assert [view.name for view in own(desk)] == ["Theirs"]  # shared, so it shows
    for command in (views.delete, lambda work, view: views.rename(work, view, "Mine")):
        with pytest.raises(Refused, match="somebody else"):
            desk.do(command, id_).result()
    with pytest.raises(NotFound):
        desk.do(views.delete, other).result()


def test_columns_that_another_version_saved_otherwise_count_as_none(desk: Desk) -> None:
    id_ = save(desk, columns=(("title", 300),), order=("title",))

    def spoil(work: Work) -> Changes:
        work.update(SavedView, id_, {"columns": '[["title", 300], "x", ["a", "b"]]', "order": '["colour", 3, "-due"]'})
        return Changes(views=frozenset({id_}))

    desk.do(spoil).result()
    assert own(desk)[0].columns == (("title", 300),)
    assert own(desk)[0].order == ("-due",)


def test_a_shared_view_is_seen_by_others_and_kept_as_a_copy_when_it_is_shared_no_longer(desk: Desk) -> None:
    mine = save(desk, "Routes", "type:obstruction", order=("due",))
    desk.do(views.share, mine).result()
    me, desk.person = desk.person, ids.new_id(5)
    (seen,) = own(desk)
    assert (seen.name, seen.section, seen.mine, seen.shared) == ("Routes", views.SHARED, False, True)
    with pytest.raises(Refused, match="somebody else"):
        desk.do(views.share, mine, on=False).result()
    desk.person = me
    outcome = desk.do(views.share, mine, on=False).result()
    (kept,) = own(desk)
    assert kept.id == outcome.value != mine
    assert (kept.query, kept.order, kept.section, kept.shared) == ("type:obstruction", ("due",), views.OWN, False)
    desk.person = ids.new_id(6)
    assert own(desk) == []
    desk.person = me
    assert outcome.act is not None
    desk.do(undo.undo, outcome.act).result()
    assert [(view.id, view.shared) for view in own(desk)] == [(mine, True)]

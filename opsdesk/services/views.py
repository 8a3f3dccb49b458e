"""Views of the ticket list: those that come with the program, and each person's own with their columns and order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.views import SavedView
from opsdesk.services.changes import Changes
from opsdesk.services.errors import NotFound, Refused
from opsdesk.services.query import parse
from opsdesk.services.tickets.lists import GROUPINGS, orders
from opsdesk.store.work import Reader, Work

AREA: Final = "tickets"
NAME_LIMIT: Final = 60
ICON: Final = "bookmark-simple"
"""Icon of an own view that has none."""

Columns = tuple[tuple[str, int], ...]
"""Names of the columns from left to right, with their widths in pixels."""


@dataclass(frozen=True, slots=True)
class ViewRow:
    """A view; `id` is None for one that comes with the program. `code` names it in settings and channels.

    No columns and no order mean the usual ones.
    """

    id: Id | None
    code: str
    name: str
    icon: str
    query: str
    columns: Columns
    order: tuple[str, ...]
    section: str
    mine: bool = False
    """True for the person's own, which may be changed here."""
    shared: bool = False
    """True while all of the unit see it."""
    group: str = ""
    """The column by which its tickets stand in groups, empty for none."""


MINE: Final = "My work"
ALL: Final = "Tickets"
OWN: Final = "Own views"
SHARED: Final = "Shared views"
SHARED_ICON: Final = "users-three"
"""Icon of a shared view that has none."""
CLOSED: Final = "Closed"


def _built_in(code: str, name: str, icon: str, query: str, section: str, *order: str) -> ViewRow:
    return ViewRow(None, code, name, icon, query, (), order, section)


BUILT_IN: Final = (
    _built_in("my_open", "My open", "user", "is:open assignee:me", MINE),
    _built_in("unassigned", "Unassigned", "tray", "is:open assignee:none", MINE),
    _built_in("waiting", "Waiting", "hourglass", "state:waiting", MINE),
    _built_in("overdue", "Overdue", "alarm", "is:overdue", MINE, "due"),
    _built_in("watching", "Watching", "eye", "watcher:me", MINE),
    _built_in("open", "All open", "circle-dashed", "is:open", ALL),
    _built_in("urgent", "High and urgent", "fire", "is:open priority>=high", ALL, "-priority"),
    _built_in("changed_today", "Changed today", "clock-clockwise", "updated:today", ALL),
    _built_in("closed_today", "Closed today", "check-circle", "is:closed updated:today", CLOSED),
    _built_in("all", "All", "archive", "", CLOSED),
)
"""The views that come with the program, in their order."""


def views(reader: Reader) -> tuple[ViewRow, ...]:
    """All views for the person at this desk: built-in ones; after those of one's own work the own ones in their order,
    then those that others share."""
    rows = reader.rows(
        'SELECT id, name, icon, query, columns, "order", owner IS ?1, shared, grouping FROM saved_view '
        "WHERE area = ?2 AND voided IS NULL AND (owner = ?1 OR shared = 1) "
        "ORDER BY owner IS NOT ?1, CASE WHEN owner IS ?1 THEN position END, name COLLATE NOCASE, key",
        (reader.person, AREA),
    )
    own = tuple(_own(*row) for row in rows)
    mine = tuple(view for view in BUILT_IN if view.section == MINE)
    return mine + own + BUILT_IN[len(mine) :]


def save(
    work: Work,
    *,
    name: str,
    query: str,
    columns: Sequence[tuple[str, int]] = (),
    order: Sequence[str] = (),
    group: str = "",
    icon: str | None = None,
    id: Id | None = None,
) -> Changes:
    """Save a new view, or over the own view `id`. The outcome's value is the id.

    Raises Refused for a name that is missing, too long or taken, QueryError for a query that cannot be read.
    """
    called = _name(work, name, id)
    parse(query)
    orders.effective(order, searched=False)
    if group and group not in GROUPINGS:
        raise Refused(f"The list cannot be grouped by “{group}”", field="group")
    values: dict[str, Any] = {
        "name": called,
        "query": query,
        "columns": json.dumps([list(column) for column in columns]) if columns else None,
        "order": json.dumps(list(order)) if order else None,
        "grouping": group or None,
    }
    if icon is not None:
        values["icon"] = icon
    if id is None:
        position = work.value("SELECT coalesce(max(position), 0) + 1 FROM saved_view WHERE owner = ?", (work.person,))
        id = work.insert(SavedView, {"area": AREA, "owner": work.person, "position": position, **values})  # noqa: A001
    else:
        _refuse_others(work, id)
        work.update(SavedView, id, values)
    work.value_out = id
    work.label = f"Save the view “{called}”"
    return _changed(id)


def rename(work: Work, view: Id, name: str) -> Changes:
    """Give an own view another name. Raises Refused as `save` does."""
    _refuse_others(work, view)
    called = _name(work, name, view)
    work.update(SavedView, view, {"name": called})
    work.label = f"Call the view “{called}”"
    return _changed(view)


def delete(work: Work, view: Id) -> Changes:
    """Take an own view away; undo brings it back."""
    name = _refuse_others(work, view)
    work.update(SavedView, view, {"voided": "deleted"})
    work.label = f"Delete the view “{name}”"
    return _changed(view)


def share(work: Work, view: Id, *, on: bool = True) -> Changes:
    """Let all of the unit see an own view, or no longer.

    Who may not read a record any more is not told that it has changed. So a view that is shared no longer is taken
    away for all, and its owner goes on with a copy: the outcome's value is the id of what the owner has then.
    """
    name = _refuse_others(work, view)
    work.value_out = view
    work.label = f"Share the view “{name}”" if on else f"Share the view “{name}” no longer"
    (shared,) = work.row("SELECT shared FROM saved_view WHERE id = ?", (view,)) or (0,)
    if bool(shared) == on:
        return Changes()
    if on:
        work.update(SavedView, view, {"shared": True})
        return _changed(view)
    kept = ("unit", "area", "name", "icon", "owner", "query", "columns", "order", "position", "grouping")
    columns = ", ".join(f'"{column}"' for column in kept)
    values = work.row(f"SELECT {columns} FROM saved_view WHERE id = ?", (view,))
    assert values is not None
    copy = work.insert(SavedView, dict(zip(kept, values, strict=True)))
    work.update(SavedView, view, {"voided": "shared no longer"})
    work.value_out = copy
    return Changes(views=frozenset({view, copy}))


def reorder(work: Work, views: Sequence[Id]) -> Changes:
    """Put own views into this order."""
    for position, view in enumerate(views, 1):
        _refuse_others(work, view)
        work.update(SavedView, view, {"position": position})
    work.label = "Put the views in order"
    return Changes(views=frozenset(views))


def _own(
    record: Id,
    name: str,
    icon: str | None,
    query: str,
    columns: str | None,
    order: str | None,
    mine: int,
    shared: int,
    group: str | None,
) -> ViewRow:
    return ViewRow(
        id=record,
        code=f"view.{record.hex()}",
        name=name,
        icon=icon or (SHARED_ICON if shared else ICON),
        query=query,
        columns=_columns(columns),
        order=_order(order),
        section=OWN if mine else SHARED,
        mine=bool(mine),
        shared=bool(shared),
        group=group if group in GROUPINGS else "",
    )


def _columns(text: str | None) -> Columns:
    """Saved columns; what another version wrote and this one cannot read counts as none."""
    found = _read_list(text)
    return tuple(
        (entry[0], entry[1])
        for entry in found
        if isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str) and type(entry[1]) is int
    )


def _order(text: str | None) -> tuple[str, ...]:
    return tuple(
        name for name in _read_list(text) if isinstance(name, str) and name.removeprefix("-") in orders.SORTABLE
    )


def _read_list(text: str | None) -> list[Any]:
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else []


def _name(work: Work, name: str, view: Id | None) -> str:
    called = " ".join(name.split())
    if not called:
        raise Refused("Give the view a name", field="name")
    if len(called) > NAME_LIMIT:
        raise Refused(f"The name of a view has at most {NAME_LIMIT} letters", field="name")
    known = {built_in.name.casefold() for built_in in BUILT_IN}
    rows = work.rows(
        "SELECT id, name FROM saved_view WHERE area = ? AND owner = ? AND voided IS NULL", (AREA, work.person)
    )
    known |= {taken.casefold() for record, taken in rows if record != view}
    if called.casefold() in known:
        raise Refused(f"There is a view “{called}” already", field="name")
    return called


def _refuse_others(work: Work, view: Id) -> str:
    """The name of an own view; raises for one that is not there or somebody else's."""
    row = work.row("SELECT name, owner FROM saved_view WHERE id = ? AND voided IS NULL", (view,))
    if row is None:
        raise NotFound("This view is not here")
    if row[1] != work.person:
        raise Refused("This view belongs to somebody else")
    return str(row[0])


def _changed(view: Id) -> Changes:
    return Changes(views=frozenset({view}))

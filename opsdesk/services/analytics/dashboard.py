"""The ticket dashboard as of one moment: its figures, and the tables behind its charts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from opsdesk.analysis import calendar
from opsdesk.services import times
from opsdesk.services.analytics import counting
from opsdesk.services.analytics.counting import Scope
from opsdesk.services.analytics.table import Line, Table, narrowed
from opsdesk.services.query import Term, Value, fields, names
from opsdesk.services.query.nodes import quoted
from opsdesk.store.work import Reader

WINDOWS: Final = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "1 year"}
"""Days of a window, as text → its name."""
_WEEKLY_FROM: Final = 200
"""From so many days on, a bar stands for a week."""
MOST_UNITS: Final = 9

_BANDS: Final = (
    ("under 1 h", "<1 h", times.HOUR),
    ("1–4 h", "1–4 h", 4 * times.HOUR),
    ("4–24 h", "4–24 h", times.DAY),
    ("1–3 days", "1–3 d", 3 * times.DAY),
    ("3–7 days", "3–7 d", 7 * times.DAY),
    ("1–4 weeks", "1–4 wk", 28 * times.DAY),
    ("over 4 weeks", ">4 wk", 0),
)
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Figures:
    """A count with the query of the tickets that it counts."""

    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the page shows. Times are UTC milliseconds."""

    as_of_ms: int
    window: str
    """The days of the window in words: "28 OCT – 26 NOV 26"."""
    opened: Figures
    closed: Figures
    open: Figures
    overdue: Figures
    in_time: Figures
    late: Figures
    closed_unknown: Figures
    """Happened in the window, and closed at a time that this desk does not know."""
    flow: Table
    due: Table
    response: Table
    """First answers by the day of the event; a ticket that still waits for its own is in no bar."""
    age: Table
    units: Table
    hours: Table
    """A line for each weekday with 24 series."""

    @property
    def empty(self) -> bool:
        """True when there is nothing to draw."""
        return not (self.open.count or self.opened.count or self.closed.count)


def dashboard(reader: Reader, text: str = "", days: int = 30) -> Dashboard:
    """Count the tickets that a query finds, over a window of so many days up to today. Raises QueryError."""
    scope = Scope.of(reader, text)
    today = times.to_datetime(reader.now, None).date()
    step = 7 if days >= _WEEKLY_FROM else 1
    # Weeks are those of the calendar, so that their bars end on Sundays; the last one is under way.
    last = today + timedelta(days=6 - today.weekday()) if step == 7 else today
    spans = -(-days // step)
    first = last - timedelta(days=spans * step - 1)
    edges = calendar.day_edges(first, spans * step, step)
    start, end = int(edges[0]), int(edges[-1])
    minute = reader.now // times.MINUTE * times.MINUTE
    opened = counting.opened(reader, scope, start, end)
    closed, in_time, late = counting.closed(reader, scope, start, end)
    window = _days(first, last)
    closing = f"closed:{window}"
    ages = _ages(reader, scope, text, minute)
    in_open, overdue = (sum(line.values[at] for line in ages.lines) for at in (0, 1))
    return Dashboard(
        as_of_ms=reader.now,
        window=f"{_day(first)} – {_day(last)} {last:%y}",
        opened=Figures(sum(opened[1]), narrowed(text, f"occurred:{window}")),
        closed=Figures(sum(closed[1]), narrowed(text, closing)),
        open=Figures(in_open + overdue, narrowed(text, "is:open")),
        overdue=Figures(overdue, narrowed(text, "is:open", _overdue(minute))),
        in_time=Figures(sum(in_time[1]), narrowed(text, closing, "is:timely")),
        late=Figures(sum(late[1]), narrowed(text, closing, "is:late")),
        closed_unknown=Figures(
            counting.closed_unknown(reader, scope, start, end), narrowed(text, f"occurred:{window}", "closed:none")
        ),
        flow=_spans(
            text, first, step, ("Opened", "Closed"), ("occurred:{}", "closed:{}"),
            [calendar.per_span(*slots, edges) for slots in (opened, closed)],
        ),
        due=_spans(
            text, first, step, ("In time", "Late"), ("closed:{} is:timely", "closed:{} is:late"),
            [calendar.per_span(*slots, edges) for slots in (in_time, late)],
        ),
        response=_spans(
            text, first, step, ("In time", "Late"), ("occurred:{} response:met", "occurred:{} response:missed"),
            [calendar.per_span(*slots, edges) for slots in counting.answered(reader, scope, start, end)],
        ),
        age=ages,
        units=_units(reader, scope, text, minute),
        hours=_hours(text, f"occurred:{window}", opened),
    )  # fmt: skip


def _day(day: date) -> str:
    return f"{day.day} {times.MONTHS[day.month - 1]}"


def _days(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()}..{last.isoformat()}"


def _moment(ms: int) -> str:
    """A whole minute as a query takes it: `221432ZNOV26`."""
    return times.dtg(ms).replace(" ", "")


def _overdue(minute: int) -> str:
    """Past its due time as of the counting, which `is:overdue` would ask as of later."""
    return f"due<{_moment(minute)}"


def _spans(
    text: str, first: date, step: int, series: tuple[str, ...], asked: tuple[str, ...], counts: Iterable[Iterable[int]]
) -> Table:
    lines = []
    for number, values in enumerate(zip(*counts, strict=True)):
        begin = first + timedelta(days=number * step)
        end = begin + timedelta(days=step - 1)
        name = f"{_day(begin)} {begin:%y}" if step == 1 else f"{_day(begin)} – {_day(end)} {end:%y}"
        queries = tuple(narrowed(text, part.format(_days(begin, end))) for part in asked)
        lines.append(Line(name, _day(begin), tuple(map(int, values)), queries))
    return Table("Day" if step == 1 else "Week", series, tuple(lines))


def _ages(reader: Reader, scope: Scope, text: str, minute: int) -> Table:
    bounds = tuple(minute - length for _, _, length in _BANDS[:-1])
    counts = counting.open_by_age(reader, scope, bounds, minute)
    lines = []
    for number, ((name, short, _), values) in enumerate(zip(_BANDS, counts, strict=True)):
        since = f"occurred>={_moment(bounds[number])}" if number < len(bounds) else ""
        before = f"occurred<{_moment(bounds[number - 1])}" if number else ""
        late = _overdue(minute)
        queries = tuple(narrowed(text, "is:open", since, before, part) for part in (f"-{late}", late))
        lines.append(Line(name, short, values, queries))
    return Table("Age", ("In time", "Overdue"), tuple(lines))


def _units(reader: Reader, scope: Scope, text: str, minute: int) -> Table:
    """By the names of units, since a query asks by names; those with the most open tickets, then the others."""
    counts = counting.open_by_unit(reader, scope, minute)
    known: dict[bytes, str] = dict(reader.rows("SELECT id, name FROM unit WHERE voided IS NULL"))
    late = _overdue(minute)
    field = fields.find("unit")
    assert field is not None
    lines: list[Line] = []
    left = dict(counts)
    ranked = sorted((unit for unit in counts if unit in known), key=lambda unit: (-sum(counts[unit]), known[unit]))
    shown: list[str] = []
    for unit in ranked:
        if len(lines) >= MOST_UNITS or unit not in left:
            continue
        name = known[unit]
        ids = names.resolve(reader, field, Term("unit", ":=", (Value(name, quoted=True),))).ids
        if any(other not in left for other in ids if other in counts):
            continue  # its name is the code of one that stands here already: it goes to the others
        parts = [left.pop(other) for other in ids if other in left]
        shown.append(quoted(name))
        asked = f"unit:={quoted(name)}"
        lines.append(_unit(name, parts, text, asked, late))
    if None in left:
        lines.append(_unit("No unit", [left.pop(None)], text, "unit:none", late))
        shown.append("none")
    if left:
        asked = f"-unit:={','.join(shown)}" if shown else ""
        lines.append(_unit("Other units", list(left.values()), text, asked, late))
    return Table("Unit", ("In time", "Overdue"), tuple(lines))


def _unit(name: str, parts: list[tuple[int, int]], text: str, asked: str, late: str) -> Line:
    values = (sum(part[0] for part in parts), sum(part[1] for part in parts))
    queries = tuple(narrowed(text, "is:open", asked, part) for part in (f"-{late}", late))
    return Line(name, name, values, queries)


def _hours(text: str, window: str, opened: counting.Slots) -> Table:
    table = calendar.per_week_hour(*opened)
    lines = tuple(
        Line(
            day,
            day[:3],
            tuple(map(int, table[number])),
            tuple(narrowed(text, window, f"weekday:{day.lower()}", f"hour:{hour:02}") for hour in range(24)),
        )
        for number, day in enumerate(_DAYS)
    )
    return Table("Weekday", tuple(f"{hour:02}" for hour in range(24)), lines)

"""What people do all day in the ticket list, step by step, each measured in the window and beside its limit."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from opsdesk.bench import figures
from opsdesk.bench.bare import Bare, measured
from opsdesk.bench.gauge import Gauge, Moment
from opsdesk.models import ids
from opsdesk.services import tickets
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import facets, lists
from opsdesk.services.tickets.lists.groups import GROUPINGS
from opsdesk.services.views import BUILT_IN
from opsdesk.store.database import FILE_NAME, connect, open_reader

VIEWS = {view.code: view for view in BUILT_IN}
ON_VIEW = 60
"""Rows that a jump may have to fetch."""
BULK = 1_000
STEP_S = 0.2
"""Between two steps down the list: somebody who reads, not who runs through."""
SETTLE_S = 2.0
"""The page builds the rest of itself when it is first idle: not part of any step, its stall is told by itself."""


class Steps:
    """The steps in one window, which shows the list. `look` only reads, `write` writes too."""

    def __init__(self, desk: Desk, window: Any, times: int) -> None:
        self.desk, self.window, self.times = desk, window, times
        self.page = window.page("tickets").list
        self.table, self.rows = self.page.table, self.page.table.rows
        self.gauge = Gauge(self.table)
        self.arrived, self.fetched = Moment(), Moment()
        self.rows.modelReset.connect(self.arrived)
        self.rows.rows_arrived.connect(self.fetched)
        self.bare = Bare(open_reader(desk.folder))
        self.steps: dict[str, Any] = {}
        self._rest(SETTLE_S)
        self.settling_stall_ms, self.gauge.stall_ms = self.gauge.stall_ms, 0.0
        self.repaints: list[float] = []
        self.first_repaints: list[float] = []
        self._repaint()

    def look(self) -> None:
        """Open, sort, filter, search, jump, select and preview."""
        self._open("open", "all", self.bare.where("1").replace("AND 1 ", ""))
        self._open("open_open", "open", self.bare.where("state < 50"))
        for name in lists.COLUMNS:
            self._sort(name)
        unit = self.bare.in_units("B Coy")
        me = f"x'{self.desk.person.hex()}'"
        self._filter("filter_unit", 'unit:"B Coy"', self.bare.where(unit))
        self._filter("filter_state", "state:waiting", self.bare.where("state = 40"))
        self._filter("filter_mine", "is:open assignee:me", self.bare.where(f"state < 50 AND assignee = {me}"))
        three = f"state IN (20, 40) AND priority IN (3, 4) AND {unit}"
        self._filter("filter3", 'state:open,waiting priority>=high unit:"B Coy"', self.bare.where(three))
        self._filter("search1", "antenna", self.bare.searched('"antenna" *'))
        self._filter("search2", "generator fail", self.bare.searched('("generator") AND ("fail" *)'))
        self._groups()
        self._facets()
        self._jump()
        self._preview()

    def write(self) -> None:
        """Create, and edit in bulk."""
        self._create()
        self._bulk()

    def found(self) -> dict[str, Any]:
        """All figures."""
        self._repaint()
        worst = max(self.steps, key=lambda name: self.steps[name]["stall_ms"])
        return {
            "steps": self.steps,
            "empty_repaint_ms": round(statistics.median(self.repaints), 2),
            "first_repaint_ms": round(statistics.median(self.first_repaints), 2),
            "settling_stall_ms": round(self.settling_stall_ms, 2),
            "longest_stall_ms": self.steps[worst]["stall_ms"],
            "longest_stall_in": worst,
        }

    # ----- reading

    def _open(self, name: str, code: str, limit: str) -> None:
        samples = []
        for _ in range(self.times):
            self._arrival(lambda: self.page.show_view(VIEWS["waiting"]))
            samples.append(self._arrival(lambda: self.page.show_view(VIEWS[code])))
        self._keep(name, samples, self.bare.measured(limit, self.times))

    def _sort(self, name: str) -> None:
        """Down and up, each from another order."""
        samples = []
        for _ in range(max(2, self.times // 4)):
            for order in (f"-{name}", name):
                self._arrival(lambda: self.page.sort(("title",) if name == "updated" else ("-updated",)))
                samples.append(self._arrival(partial(self.page.sort, (order,))))
        self._keep(f"sort_{name}", samples, self.bare.measured(self.bare.sorted_by(name), 5))

    def _filter(self, name: str, text: str, limit: str) -> None:
        samples = []
        for _ in range(self.times):
            self._arrival(lambda: self.page.show_query("is:overdue"))
            samples.append(self._arrival(lambda: self.page.show_query(text)))
        self._keep(name, samples, self.bare.measured(limit, self.times))

    def _groups(self) -> None:
        """All tickets by each grouping, until the first page is painted; its limit counts the same groups bare."""
        self._arrival(lambda: self.page.show_view(VIEWS["all"]))
        plain = lists.ListQuery("")
        for name in GROUPINGS:
            samples = []
            for _ in range(max(2, self.times // 4)):
                self._asked(lists.first_page, plain)
                samples.append(self._asked(lists.first_page, lists.ListQuery("", group=name)))
            self._keep(f"group_{name}", samples, self.bare.measured(self.bare.counted_by(name), 5))

    def _facets(self) -> None:
        """The values of each field with their numbers, over all tickets, as the pane of facets asks for them."""
        for name in facets.LABELS:
            samples = [self._asked(facets.facet, "", name) for _ in range(max(2, self.times // 4))]
            self._keep(f"facet_{name}", samples, self.bare.measured(self.bare.counted_by(name), 5))

    def _asked(self, question: Callable[..., Any], *arguments: Any) -> float:
        """Milliseconds until a question to a reader thread is answered, the window going on meanwhile."""
        answered = Moment()
        began = time.perf_counter()
        future = self.desk.ask(question, *arguments, channel="bench")
        future.add_done_callback(lambda _future: answered())
        self.gauge.until(lambda: None, lambda: answered.at > 0)
        future.result()
        return (time.perf_counter() - began) * figures.MILLI

    def _jump(self) -> None:
        """To a row anywhere, until all rows around it are painted."""
        self._arrival(lambda: self.page.show_view(VIEWS["all"]))
        chance = random.Random(1)
        samples = []
        for _ in range(self.times * 2):
            number = chance.randrange(self.rows.total)
            self.fetched.forget()
            go, painted = partial(self.table.go, number, middle=True), partial(self._is_painted, number)
            samples.append(self.gauge.until(go, painted))
            self._rest(0.02)
        keys = ", ".join(str(chance.randrange(1, self.rows.total)) for _ in range(ON_VIEW))
        self._keep("jump", samples, self.bare.measured(f"SELECT * FROM ticket WHERE key IN ({keys})", self.times))

    def _is_painted(self, number: int) -> bool:
        first, last = self.table.on_view()
        if not first <= number <= last or any(self.rows.row(one) is None for one in range(first, last + 1)):
            return False
        return self.gauge.painted.at > self.fetched.at

    def _preview(self) -> None:
        """One row down: `select` until the row is marked, `preview` until description and comments are painted too."""
        preview, shown = self.page.preview, Moment()
        show_rest = preview._show_rest

        def show_and_tell(*arguments: Any) -> None:
            show_rest(*arguments)
            shown()

        preview._show_rest = show_and_tell
        selected, shown_too = [], []
        for _ in range(self.times * 2):
            self._rest(STEP_S)
            began = time.perf_counter()
            shown.forget()
            self.gauge.painted.forget()
            selected.append(self.gauge.until(lambda: self.table.step(1), lambda: self.gauge.painted.at > 0))
            self.gauge.until(lambda: None, lambda: shown.at > 0)
            preview.repaint()
            shown_too.append((time.perf_counter() - began) * figures.MILLI)
        preview._show_rest = show_rest
        key = self.table.current_row.key

        def limit() -> None:
            ((_, ticket, *_),) = self.bare.rows("SELECT key, id, * FROM ticket WHERE key = ?", (key,))
            self.bare.rows("SELECT * FROM comment WHERE subject = ? ORDER BY written_at", (ticket,))

        limits = measured(limit, self.times)
        stall = self.gauge.stall_ms
        self._keep("select", selected, limits)
        self.gauge.stall_ms = stall
        self._keep("preview", shown_too, limits)

    # ----- writing

    def _create(self) -> None:
        """A new ticket, until it is durable, announced, and the list painted after it."""
        samples, told = [], Moment()

        def done(_outcome: Any) -> None:
            told()
            self.table.viewport().update()

        for number in range(self.times):
            self._rest(0.05)
            told.forget()
            create = partial(
                self.window.operations.run, tickets.create, title=f"Made while measuring {number}", ok=done
            )
            samples.append(self.gauge.until(create, lambda: self.gauge.painted.at > told.at > 0))
        self._rest()
        self._keep("create", samples, self._bare_creations())

    def _bare_creations(self) -> list[float]:
        """The bare INSERT of such a row with its triggers, durable, on a connection of its own."""
        connection = connect(self.desk.folder / FILE_NAME)
        connection.execute("PRAGMA synchronous=FULL")
        columns = [column[1] for column in connection.execute("PRAGMA table_info(ticket)").fetchall()][1:]
        names = ", ".join(f'"{column}"' for column in columns)
        row = list(connection.execute(f"SELECT {names} FROM ticket ORDER BY key DESC LIMIT 1").fetchone())
        sql = f"INSERT INTO ticket ({names}) VALUES ({', '.join('?' * len(columns))})"
        samples = []
        for number in range(self.times):
            row[columns.index("id")] = ids.new_id(int(time.time() * 1000))
            row[columns.index("number")] = f"T-BENCH-{number:05d}"
            connection.execute("BEGIN IMMEDIATE")
            began = time.perf_counter()
            connection.execute(sql, row)
            connection.execute("COMMIT")
            samples.append((time.perf_counter() - began) * figures.MILLI)
        connection.close()
        return samples

    def _bulk(self) -> None:
        """A field of a thousand tickets. Whoever started this process measures the limit, on a copy of its own."""
        samples, done = [], Moment()

        def change(keys: Sequence[int], value: str) -> None:
            future = tickets.set_many(self.desk, keys, {"reported_via": value}, label="Measure")
            future.add_done_callback(done)

        for at in range(5):
            keys = self.rows.keys.slice(BULK * at, BULK * (at + 1) - 1).tolist()
            done.forget()
            began = time.perf_counter()
            self.gauge.until(partial(change, keys, ("radio", "phone")[at % 2]), lambda: done.at > 0)
            samples.append((done.at - began) * figures.MILLI)
            self._rest()
        self.steps["bulk1000"] = {"samples_ms": samples, "stall_ms": round(self.gauge.stall_ms, 2)}

    # ----- how

    def _arrival(self, act: Callable[[], object]) -> float:
        """Milliseconds until the first page of another query or order is painted; then lets all its keys come."""
        self._rest(0.03)
        self.arrived.forget()
        took = self.gauge.until(act, lambda: self.gauge.painted.at > self.arrived.at > 0)
        self._rest(0.0)
        return took

    def _repaint(self) -> None:
        self.repaints += self.gauge.repaints(40)
        self.first_repaints += self.gauge.repaints(20, anew=True)

    def _rest(self, seconds: float = 0.25) -> None:
        self.gauge.rest(lambda: not self.desk.busy and not self.rows.is_busy and self.rows.keys.complete, seconds)

    def _keep(self, name: str, samples: Sequence[float], bare: Sequence[float]) -> None:
        """The limit is the bare statement and a repaint with nothing to fetch, its words laid out as for new rows."""
        repaint = statistics.median(self.first_repaints)
        stall = round(self.gauge.stall_ms, 2)
        self.steps[name] = figures.step(samples, [one + repaint for one in bare], stall_ms=stall)
        self.gauge.stall_ms = 0.0

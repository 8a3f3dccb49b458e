"""When a ticket was closed: the time of its last move into a state of closed ones, from the change records.

Known only of what was moved where this desk could see it: a ticket that came here closed has no such time.
"""

from __future__ import annotations

from typing import Any, Final

from opsdesk.models.clocks import Standing
from opsdesk.models.tickets import State
from opsdesk.services.query.conditions import Condition, Lead
from opsdesk.store.list_indexes import CLOSING, MOVED_AT

_IS_CLOSED: Final = f"t.state >= {State.RESOLVED:d}"
_LATEST: Final = "coalesce((SELECT max({at}) FROM {table} c WHERE c.record = t.id AND {closing}), 0)"

CLOSED_AT: Final = "nullif(max({}), 0)".format(
    ", ".join(_LATEST.format(at=MOVED_AT, table=table, closing=CLOSING) for table in ("change", "received_change"))
)
"""UTC milliseconds of the last closing of `ticket t`, or NULL; that it is closed now is another condition."""


def between(comparisons: str, parameters: tuple[Any, ...]) -> Condition:
    """It is closed, and was so at a time: `comparisons` are of `{at}`, such as `{at} >= ? AND {at} < ?`."""
    select = " UNION ALL ".join(
        f"SELECT c.record FROM {table} c INDEXED BY list_{table}_closed "
        f"WHERE {CLOSING} AND {comparisons.format(at=MOVED_AT)}"
        for table in ("change", "received_change")
    )
    sql = f"({_IS_CLOSED} AND {comparisons.format(at=CLOSED_AT)})"
    return Condition(sql, parameters, narrow=True, lead=Lead("id", select, (*parameters, *parameters)))


UNKNOWN: Final = Condition(f"({_IS_CLOSED} AND {CLOSED_AT} IS NULL)")
"""It is closed, and since when is not known here."""

_DONE: Final = f"t.state IN ({State.RESOLVED:d}, {State.CLOSED:d})"
_MISSED: Final = f"t.resolution = {Standing.MISSED:d}"
_JUDGED: Final = f"(t.due_at IS NOT NULL OR t.resolution IN ({Standing.MET:d}, {Standing.MISSED:d}))"
TIMELY_AT: Final = f"({_DONE} AND {_JUDGED} AND (t.due_at IS NULL OR {{at}} <= t.due_at) AND NOT {_MISSED})"
"""Work on `ticket t` was done by `{at}`, and that was by its due time and by its target, as far as it has these."""
LATE_AT: Final = f"({_DONE} AND (coalesce({{at}} > t.due_at, 0) OR {_MISSED}))"
TIMELY: Final = Condition(TIMELY_AT.format(at=CLOSED_AT))
LATE: Final = Condition(LATE_AT.format(at=CLOSED_AT))

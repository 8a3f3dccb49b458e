"""Signs that turn the direction of what follows make a name say something else: no place is shown with them."""

from __future__ import annotations

from pathlib import Path

from opsdesk.models.places import Place
from opsdesk.services import directory, search, tickets
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.tickets import facets, fetch
from opsdesk.store.work import Work
from tests.support.clock import Clock

TURNED, SHOWN = "Camp \u202egnidart\u202c east", "Camp gnidart east"


def _from_elsewhere(work: Work) -> Changes:
    """What a desk of another version may send."""
    work.insert(Place, {"name": TURNED, "lat": 5.0, "lon": 5.0})
    return Changes(everything=True)


def test_a_place_whose_name_turns_what_follows_is_shown_without_that_everywhere(folder: Path) -> None:
    clock = Clock()
    clock.at(0)
    desk = Desk.open(folder, now=clock)
    try:
        desk.do(_from_elsewhere).result()
        (place,) = desk.ask(directory.places, "camp").result()
        made = desk.do(tickets.create, title="At the camp", values={"place": place.id}).result().value
        key = desk.ask(lambda reader: reader.value("SELECT key FROM ticket WHERE id = ?", (made,))).result()
        (row,) = desk.ask(fetch.rows, [key]).result()
        card = desk.ask(tickets.card, made).result()
        assert card is not None
        assert card.place is not None
        shown = {
            row.place,
            card.place.name,
            *(hit.label for hit in desk.ask(search.palette, "camp gnidart").result() if hit.kind == "place"),
            *(value.label for value in desk.ask(facets.facet, "", "place").result().values),
        }
        assert shown == {SHOWN}
        kept = desk.ask(lambda reader: reader.value("SELECT name FROM place")).result()
        assert kept == TURNED, "what somebody wrote stays as it is"
    finally:
        desk.close()

"""The nearest tickets of a query are those that a plain sort by distance gives."""

from __future__ import annotations

from random import Random

import pytest

from opsdesk.services import maps, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.positions import distance_m


@pytest.mark.parametrize(("lat", "lon"), [(5.0, 5.0), (0.0, 179.99), (-60.0, -179.99), (89.9, 0.0)])
def test_the_nearest_are_those_of_a_plain_sort(desk: Desk, lat: float, lon: float) -> None:
    rng = Random(7)
    placed = {}
    for number in range(24):
        reach = rng.choice([0.001, 0.5, 40])
        north = max(-90.0, min(90.0, lat + rng.uniform(-reach, reach)))
        east = (lon + rng.uniform(-reach, reach) + 180) % 360 - 180
        title = f"{'Pump' if number % 3 else 'Road'} {number}"
        desk.do(tickets.create, title=title, values={"lat": north, "lon": east}).result()
        placed[title] = distance_m(lat, lon, north, east)
    for query, kind in (("", ""), ("road", "Road")):
        right = sorted(metres for title, metres in placed.items() if title.startswith(kind))
        for count in (1, 5, 50):
            found = desk.ask(maps.nearest, query, lat, lon, count).result()
            assert [one.metres for one in found] == pytest.approx(right[:count], abs=1e-3)
            assert all(placed[one.title] == pytest.approx(one.metres, abs=1e-3) for one in found)
            assert all(one.title.startswith(kind) for one in found)
    assert desk.ask(maps.nearest, "is:closed", lat, lon).result() == ()

"""The made-up station that works on the sample: its units, people, places and views. All of it is marked exercise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.models.organisation import Person, Role, Unit
from opsdesk.models.places import Place
from opsdesk.models.views import SavedView
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.importing.mapper import Mapped
from opsdesk.services.sample.sets import CAPITALS
from opsdesk.store.work import Work

# Code, name, callsign, code of the unit above. The first is the local one.
UNITS: Final = (
    ("CP Main", "Command Post Main", "ZERO", ""),
    ("Bangui", "Desk Bangui", "BRAVO", "CP Main"),
    ("1 Plt", "1 Platoon", "BRAVO 10", "Bangui"),
    ("2 Plt", "2 Platoon", "BRAVO 20", "Bangui"),
    ("Dili", "Desk Dili", "DELTA", "CP Main"),
    ("Eng Sqn", "Engineer Squadron", "DELTA 30", "Dili"),
    ("Cincinnati", "Desk Cincinnati", "CHARLIE", "CP Main"),
    ("Patrol", "Night Patrol", "CHARLIE 10", "Cincinnati"),
    ("San Francisco", "Desk San Francisco", "SIERRA", "CP Main"),
    ("Street", "Street Team", "SIERRA 10", "San Francisco"),
    ("Signals", "Signals Section", "FOXTROT", "CP Main"),
    ("Medical", "Medical Section", "MIKE", "CP Main"),
    ("Depot East", "Depot East", "QUEBEC", "CP Main"),
)

WATCH, FIELD, STORES = "watch officer", "field user", "quartermaster"

# Name, rank, callsign, unit, role. The first is the person at this station. None of them exists.
PEOPLE: Final = (
    ("E. Harrow", "Capt", "ZERO 1", "CP Main", "commander"),
    ("N. Haddad", "Lt", "BRAVO 1", "Bangui", WATCH),
    ("J. Halloran", "Sgt", "BRAVO 11", "1 Plt", FIELD),
    ("A. Brandt", "Sgt", "BRAVO 21", "2 Plt", FIELD),
    ("D. Novak", "Cpl", "BRAVO 12", "1 Plt", FIELD),
    ("F. Achterberg", "Cpl", "BRAVO 22", "2 Plt", FIELD),
    ("I. Sato", "Lt", "DELTA 1", "Dili", WATCH),
    ("M. Okafor", "WO2", "DELTA 31", "Eng Sqn", FIELD),
    ("T. Weiss", "Cpl", "DELTA 32", "Eng Sqn", FIELD),
    ("K. Lindqvist", "Lt", "CHARLIE 1", "Cincinnati", WATCH),
    ("J. Vance", "Sgt", "CHARLIE 11", "Patrol", FIELD),
    ("B. Castellan", "Cpl", "CHARLIE 12", "Patrol", FIELD),
    ("H. Oduya", "Cpl", "SIERRA 12", "Street", FIELD),
    ("R. Delgado", "Sgt", "SIERRA 11", "Street", FIELD),
    ("O. Marsh", "Lt", "SIERRA 1", "San Francisco", WATCH),
    ("S. Ferreira", "Sgt", "FOXTROT 1", "Signals", WATCH),
    ("C. Moreau", "Capt", "MIKE 1", "Medical", WATCH),
    ("L. Nyberg", "SSgt", "QUEBEC 1", "Depot East", STORES),
    ("P. Kaminski", "Cpl", "QUEBEC 2", "Depot East", STORES),
)

# Name, icon, query, shown to the whole unit.
VIEWS: Final = (
    ("Desk Bangui", "crosshair", "is:open unit:Bangui", True),
    ("Desk Dili", "waves", "is:open unit:Dili", True),
    ("Power and stores", "lightning", "is:open type:power,supply,communications", True),
    ("Cities", "buildings", 'is:open unit:Cincinnati,"San Francisco"', False),
)

_MOST_PLACES: Final = 80


@dataclass(frozen=True, slots=True)
class Station:
    """Ids of what was made: units by code, people by name, places by the name that the data uses."""

    units: Mapping[str, Id]
    people: Mapping[str, Id]
    members: Mapping[str, tuple[Id, ...]]
    """People by the code of their unit."""
    places: Mapping[str, Id]


def found_station(work: Work, rows: Iterable[Mapped]) -> Changes:
    """Make units, people, places and views; the outcome's value is the Station."""
    work.label = "Set the station up"
    units: dict[str, Id] = {}
    for code, name, callsign, above in UNITS:
        values = {"name": name, "code": code, "callsign": callsign, "parent": units.get(above), "exercise": True}
        if code == UNITS[0][0]:
            work.update(Unit, work.unit, values)
            units[code] = work.unit
        else:
            units[code] = work.insert(Unit, values)
    people: dict[str, Id] = {}
    members: dict[str, tuple[Id, ...]] = {}
    for name, rank, callsign, unit, role in PEOPLE:
        values = {
            "name": name,
            "short_name": name,
            "rank": rank,
            "callsign": callsign,
            "unit": units[unit],
            "role": shipped_id(Role, role),
            "exercise": True,
        }
        if name == PEOPLE[0][0]:
            work.update(Person, work.person, values)
            people[name] = work.person
        else:
            people[name] = work.insert(Person, values)
        members[unit] = (*members.get(unit, ()), people[name])
    for position, (name, icon, query, shared) in enumerate(VIEWS):
        view: dict[str, Any] = {
            "area": "tickets",
            "name": name,
            "icon": icon,
            "query": query,
            "owner": work.person,
            "shared": shared,
            "position": position,
            "exercise": True,
        }
        work.insert(SavedView, view)
    work.value_out = Station(units, people, members, _places(work, rows))
    return Changes(everything=True)


def _places(work: Work, rows: Iterable[Mapped]) -> dict[str, Id]:
    """The towns that the data names most often, under their provinces and country, and the two cities."""
    places: dict[str, Id] = {}
    for city in CAPITALS:
        places[city.name] = work.insert(
            Place, {"name": city.name, "sort": "city", "lat": city.lat, "lon": city.lon, "exercise": True}
        )
    points: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in rows:
        told = row.rest
        if told.get("where_prec") in ("1", "2") and told.get("adm_1"):
            key = (told["where_coordinates"], told["adm_1"], told["country"])
            points.setdefault(key, []).append((row.values["lat"], row.values["lon"]))
    above: dict[str, Id] = {}

    def area(name: str, sort: str, parent: Id | None) -> Id:
        if name not in above:
            above[name] = work.insert(Place, {"name": name, "sort": sort, "parent": parent, "exercise": True})
        return above[name]

    most = sorted(points.items(), key=lambda item: -len(item[1]))[:_MOST_PLACES]
    for (name, province, country), found in most:
        values: dict[str, Any] = {
            "name": name,
            "sort": name.rsplit(" ", 1)[-1] if name.endswith((" town", " city", " village")) else "place",
            "parent": area(province, "province", area(country, "country", None)),
            "lat": sum(lat for lat, _ in found) / len(found),
            "lon": sum(lon for _, lon in found) / len(found),
            "exercise": True,
        }
        places[name] = work.insert(Place, values)
    return places

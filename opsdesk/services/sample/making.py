"""Builds the sample data folder: imports the real incidents as a person would, and plays a shift that works on them."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from platformdirs import user_cache_path

from opsdesk import RESOURCES
from opsdesk.models.base import Id
from opsdesk.models.tickets import SOLUTIONS, State
from opsdesk.services.desk import Desk
from opsdesk.services.importing import run
from opsdesk.services.importing.mapper import Mapped
from opsdesk.services.importing.template import sentence
from opsdesk.services.sample import organisation, words
from opsdesk.services.sample.sets import SETS, City, SampleSet, direction, fingerprint, slices
from opsdesk.services.sample.story import Clock, Story
from opsdesk.services.times import HOUR, MINUTE
from opsdesk.store import clock as store_clock
from opsdesk.store.work import Reader

NOTE: Final = "Sample data: real incidents, moved forward in time"
"""Stands in the setting `sample.note`, which the status bar shows."""
FRESH_HOURS: Final = 6
_MARK: Final = "sample.json"
_SHIFT_HOURS: Final = 48
"""How far back the played time goes; what is older was closed before, most of it."""
_LEFT_OPEN: Final = 0.03


def ready(folder: Path | None = None, *, now: int | None = None) -> Path:
    """The sample data folder, built when it is not there, out of date or too old to look alive. Takes some seconds.

    It is only to be copied: who writes to it changes what the next one sees.
    """
    folder = folder or default_folder()
    now = store_clock.now_ms() if now is None else now
    if not is_fresh(folder, now):
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".sample-", dir=folder.parent))
        try:
            build(made, now=now)
            if folder.exists():
                shutil.rmtree(folder)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return folder


def default_folder() -> Path:
    """`build/sample` in a checkout, else the user's cache."""
    checkout = RESOURCES.parent
    return (
        checkout / "build" / "sample"
        if (checkout / "pyproject.toml").exists()
        else user_cache_path("opsdesk") / "sample"
    )


def is_fresh(folder: Path, now: int) -> bool:
    """True when the folder holds a sample as this program makes it, not too old to look alive."""
    try:
        mark = json.loads((folder / _MARK).read_text())
    except (OSError, ValueError):
        return False
    age = now - int(mark.get("built_at", 0))
    return mark.get("fingerprint") == fingerprint() and 0 <= age < FRESH_HOURS * HOUR


def build(folder: Path, *, now: int | None = None, seed: int = 7) -> None:
    """Make a sample data folder as of `now` (UTC milliseconds). The folder must be empty or absent."""
    end = store_clock.now_ms() if now is None else now
    clock = Clock(end - _SHIFT_HOURS * HOUR)
    desk = Desk.open(folder, program="opsdesk sample", now=clock)
    try:
        with tempfile.TemporaryDirectory(prefix="opsdesk-sample-") as name:
            _Builder(desk, clock, end, random.Random(seed), Path(name)).run()
        desk.settings.set("sample.note", NOTE)
    finally:
        desk.close()
    mark = {"fingerprint": fingerprint(), "built_at": end}
    (folder / _MARK).write_text(json.dumps(mark))


class _Builder:
    def __init__(self, desk: Desk, clock: Clock, end: int, chance: random.Random, work_folder: Path) -> None:
        self._desk = desk
        self._clock = clock
        self._begin = clock.now
        self._end = end
        self._chance = chance
        self._folder = work_folder
        rows = [row for item in SETS for row in item.rows]
        made = desk.do(organisation.found_station, rows).result().value
        assert isinstance(made, organisation.Station)
        self._station = made
        self._story = Story(desk, clock, made, end, chance)

    def run(self) -> None:
        """Import what is older, plan the rest, play it."""
        for item in SETS:
            self._plan(item)
        for own in words.OWN:
            self._story.work_at_home(own)
        self._story.at(self._end - 210 * MINUTE, self._relate)
        self._story.play()
        recent = self._desk.ask(_recent, self._begin).result()
        self._story.read_most(recent)

    def _plan(self, item: SampleSet) -> None:
        moved = item.moved(self._end)
        hours: dict[int, list[Mapped]] = {}
        for row in item.rows:
            hour = max(0, -((self._begin - moved[row.digest]) // HOUR))
            hours.setdefault(hour, []).append(row)
        order = sorted(hours)
        files = slices(item, [hours[hour] for hour in order], self._folder / item.desk / item.file)
        change = self._change(item, moved)
        for hour, path in zip(order, files, strict=True):
            if hour == 0:
                self._import(item, path, change)
            else:
                when = min(self._begin + hour * HOUR, self._end - MINUTE)
                self._story.at(when, lambda path=path: self._import(item, path, change))  # type: ignore[misc]

    def _import(self, item: SampleSet, path: Path, change: Callable[[Mapped], Mapped]) -> None:
        # What is older was brought in by whoever set the station up, what is new by the officer of the area.
        setting_up = self._clock.now <= self._begin
        me = self._station.people[organisation.PEOPLE[0][0]]
        self._desk.person = me if setting_up else self._station.members[item.desk][0]
        report = run.run(self._desk, path, mapping=item.plan, exercise=True, change=change).result()
        assert report.imported == report.read - report.duplicates
        for ticket in self._desk.ask(_new_in, report.act).result():
            self._story.work_on(ticket, item, self._clock.now)

    def _change(self, item: SampleSet, moved: dict[bytes, int]) -> Callable[[Mapped], Mapped]:
        """What the sample makes of a mapped row: other times, a place of the station, an end for what is old."""
        units = [self._station.units[code] for code in (item.desk, *item.teams)]

        def change(row: Mapped) -> Mapped:
            chance = random.Random(row.digest)
            values: dict[str, Any] = dict(row.values)
            happened = moved[row.digest]
            values["occurred_at"] = happened
            values["created_at"] = values["updated_at"] = min(happened + chance.randint(2, 11) * MINUTE, self._end)
            values["unit"] = chance.choice(units)
            town = item.city.name if item.city is not None else row.rest.get("where_coordinates", "")
            values["place"] = self._station.places.get(town)
            if item.city is not None:
                values |= _told(item.city, row)
            if happened < self._begin - HOUR and chance.random() >= _LEFT_OPEN:
                values["state"] = int(State.CLOSED)
                values["solution"] = chance.choice(list(SOLUTIONS))
                values["updated_at"] = min(happened + chance.randint(2, 40) * HOUR, self._begin)
            return replace(row, values=values)

        return change

    def _relate(self) -> None:
        """Link tickets that carry one number of the source, and some that lie side by side."""
        rows = self._desk.ask(_recent_places, self._begin).result()
        self._chance.shuffle(rows)
        pairs: list[tuple[Id, Id, str]] = []
        used: set[Id] = set()
        for one, (ticket, source, external, lat, lon) in enumerate(rows):
            for other, source2, external2, lat2, lon2 in rows[one + 1 :]:
                if source != source2 or {ticket, other} & used:
                    continue
                same = external is not None and external == external2
                near = None not in (lat, lat2) and abs(lat - lat2) + abs(lon - lon2) < 0.02
                if same or near:
                    pairs.append((ticket, other, "duplicates" if same and near else "relates"))
                    used |= {ticket, other}
                    break
        self._story.relate(pairs[:25])


def _told(city: City, row: Mapped) -> dict[str, Any]:
    """Title and place in words of an incident in a city: "Burglary, 3 km NW of centre"."""
    offence = sentence((row.rest.get("offense") or row.rest["offense_type"]).lower())
    if "lat" not in row.values:
        return {"title": f"{offence}, place not given"}
    where = direction(city, row.values["lat"], row.values["lon"])
    return {"title": f"{offence}, {where}", "location": where}


def _new_in(reader: Reader, act: Id | None) -> list[Id]:
    """Tickets that an import made and left open."""
    rows = reader.rows(
        "SELECT t.id FROM change c JOIN ticket t ON t.id = c.record WHERE c.act = ? AND c.field = 0 AND t.state < ?",
        (act, int(State.RESOLVED)),
    )
    return [row[0] for row in rows]


def _recent(reader: Reader, since: int) -> list[tuple[Any, ...]]:
    return reader.rows("SELECT id, updated_at FROM ticket WHERE updated_at >= ? ORDER BY key", (since,))


def _recent_places(reader: Reader, since: int) -> list[tuple[Any, ...]]:
    return reader.rows(
        "SELECT id, source, external, lat, lon FROM ticket WHERE created_at >= ? AND state < ? AND source IS NOT NULL "
        "ORDER BY key",
        (since, int(State.RESOLVED)),
    )

"""The real incidents of the sample: which files, how their times are moved, and where they happened in words."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from opsdesk import RESOURCES
from opsdesk.services.importing.mapper import Mapped, Mapper
from opsdesk.services.importing.plan import Plan, read_plan
from opsdesk.services.importing.survey import open_table, survey, table_name
from opsdesk.services.times import DAY, MINUTE
from opsdesk.store import migrations

SAMPLES: Final = RESOURCES / "samples"
MAPPINGS: Final = RESOURCES / "mappings"


@dataclass(frozen=True, slots=True)
class City:
    """A city and its middle, from which distances are told."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True)
class SampleSet:
    """One file of real incidents. They are spread over `days`, the newest `newest` minutes ago."""

    file: str
    mapping: str
    desk: str
    """Code of the unit that looks after them."""
    teams: tuple[str, ...]
    """Codes of the units whose people go out."""
    days: int
    newest: int
    city: City | None = None

    @property
    def path(self) -> Path:
        """The file that ships."""
        return SAMPLES / self.file

    @cached_property
    def plan(self) -> Plan:
        """How its columns are mapped."""
        return read_plan(MAPPINGS / self.mapping)

    @cached_property
    def rows(self) -> tuple[Mapped, ...]:
        """Its rows as they are mapped, each once, in the order of the file."""
        found = survey(self.path, self.plan.dialect)
        mapper = Mapper(self.plan, found.names(), self.plan.dialect.over(found.dialect), table_name(self.path))
        table = open_table(self.path, self.plan.dialect.over(found.dialect))
        try:
            return tuple({row.digest: row for row in map(mapper.row, table.rows())}.values())
        finally:
            table.close()

    def moved(self, now: int) -> dict[bytes, int]:
        """When each row happens in the sample, by its digest: in the same order, forward in time and closer together.

        Rows of the same time (many tell only the day) are spread evenly up to the next one.
        """
        end = now - self.newest * MINUTE
        rows = sorted(self.rows, key=_occurred)
        first, last = _occurred(rows[0]), _occurred(rows[-1])
        scale = self.days * DAY / max(1, last - first + DAY)
        groups = [(when, list(group)) for when, group in groupby(rows, _occurred)]
        moved: dict[bytes, int] = {}
        for position, (when, group) in enumerate(groups):
            after = groups[position + 1][0] if position + 1 < len(groups) else last + DAY
            for place, row in enumerate(group, 1):
                original = when + (after - when) * place / (len(group) + 1)
                moved[row.digest] = end - round((last + DAY - original) * scale)
        shift = end - max(moved.values())
        return {digest: when + shift for digest, when in moved.items()}


def _occurred(row: Mapped) -> int:
    return int(row.values["occurred_at"])


CAPITALS: Final = (City("Cincinnati", 39.1016, -84.5125), City("San Francisco", 37.7793, -122.4193))

SETS: Final = (
    SampleSet(
        "ucdp_ged_central_african_republic.geojson.gz", "ucdp_ged.toml", "Bangui", ("1 Plt", "2 Plt"), 95, 21
    ),
    SampleSet(
        "cincinnati_burglary_2018.csv.gz", "cincinnati_burglary.toml", "Cincinnati", ("Patrol",), 120, 8, CAPITALS[0]
    ),
    SampleSet(
        "san_francisco_robbery_2019.csv.gz", "san_francisco_robbery.toml", "San Francisco", ("Street",), 55, 34,
        CAPITALS[1],
    ),
    SampleSet("timor_leste_reports_2012.csv.gz", "sahana_incident_report.toml", "Dili", ("Eng Sqn",), 5, 14),
    SampleSet("bhutan_reports_2021.csv.gz", "sahana_incident_report.toml", "Dili", ("Eng Sqn",), 2, 47),
)  # fmt: skip

_WINDS: Final = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def direction(city: City, lat: float, lon: float) -> str:
    """Where a point lies seen from the middle of a city: "3 km NW of centre"."""
    north = (lat - city.lat) * 111.2
    east = (lon - city.lon) * 111.2 * math.cos(math.radians(city.lat))
    distance = math.hypot(north, east)
    if distance < 0.75:
        return "in the centre"
    wind = _WINDS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
    return f"{distance:.0f} km {wind} of centre"


def slices(item: SampleSet, rows: Sequence[Sequence[Mapped]], folder: Path) -> list[Path]:
    """Files like the set's own that hold only some of its rows each, in folders of their own under `folder`."""
    raw = gzip.decompress(item.path.read_bytes()).decode()
    made = []
    for number, wanted in enumerate(rows):
        path = folder / str(number) / item.file
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = {row.number for row in wanted}
        text = _features(raw, numbers) if "geojson" in item.file else _lines(raw, numbers)
        path.write_bytes(gzip.compress(text.encode(), 1))
        made.append(path)
    return made


def _lines(raw: str, numbers: set[int]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    lines = csv.reader(io.StringIO(raw))
    writer.writerow(next(lines))
    writer.writerows(line for number, line in enumerate(lines, 2) if number in numbers)
    return text.getvalue()


def _features(raw: str, numbers: set[int]) -> str:
    content: dict[str, Any] = json.loads(raw)
    content["features"] = [one for number, one in enumerate(content["features"], 1) if number in numbers]
    return json.dumps(content, ensure_ascii=False)


def fingerprint() -> str:
    """Changes whenever the sample would come out another way."""
    digest = hashlib.blake2b(digest_size=8)
    schema = Path(migrations.__file__).parent / "versions"
    for folder, kind in ((SAMPLES, "*.gz"), (MAPPINGS, "*.toml"), (Path(__file__).parent, "*.py"), (schema, "*.py")):
        for path in sorted(folder.glob(kind)):
            digest.update(path.read_bytes())
    return digest.hexdigest()

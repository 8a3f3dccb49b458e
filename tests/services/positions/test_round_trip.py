"""A hundred thousand random positions, written in every notation and precision, are read back within what is said."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from opsdesk.services import positions

POINTS = 100_000
FLATTENING, RADIUS = 1 / 298.257223563, 6_378_137.0
"""WGS 84."""

Vector = NDArray[np.float64]


def in_space(lat: Vector, lon: Vector) -> NDArray[np.float64]:
    """Earth-centred coordinates in metres: the chord between two near points is their distance, at the poles too."""
    phi, lam = np.radians(lat), np.radians(lon)
    squared = FLATTENING * (2 - FLATTENING)
    normal = RADIUS / np.sqrt(1 - squared * np.sin(phi) ** 2)
    return np.stack(
        (normal * np.cos(phi) * np.cos(lam), normal * np.cos(phi) * np.sin(lam), normal * (1 - squared) * np.sin(phi))
    )


def test_what_is_written_lies_within_its_own_accuracy_of_what_was_meant() -> None:
    random = np.random.default_rng(20261126)
    # Even over the sphere, so that the poles have their share and no more; every tenth is beside the date line.
    lat = np.degrees(np.arcsin(random.uniform(-1, 1, POINTS)))
    lon = random.uniform(-180, 180, POINTS)
    lon[::10] = np.copysign(180 - random.uniform(0, 1e-3, POINTS // 10), lon[::10])
    lat[5::50] = np.copysign(random.uniform(80, 90, POINTS // 50), lat[5::50])
    writers = (
        *(lambda a, o, n=n: positions.mgrs(a, o, n) for n in (1, 2, 3, 4, 5) * 4),
        *(lambda a, o, n=n: positions.latlon(a, o, n) for n in (1, 3, 5)),
        *(lambda a, o, n=n: positions.degrees_minutes(a, o, n) for n in (0, 3)),
        *(lambda a, o, n=n: positions.degrees_minutes_seconds(a, o, n) for n in (0, 1)),
    )
    read = [positions.parse(writers[at % len(writers)](lat[at], lon[at])) for at in range(POINTS)]
    apart = np.linalg.norm(
        in_space(lat, lon) - in_space(np.array([one.lat for one in read]), np.array([one.lon for one in read])), axis=0
    )
    said = np.array([one.accuracy_m for one in read], dtype=np.float64)
    beyond = np.flatnonzero(apart > said)
    assert beyond.size == 0, [(lat[at], lon[at], read[at], apart[at]) for at in beyond[:5]]
    # And the circles are not larger than they must be: somewhere the cell's corner is nearly reached.
    for kind in range(len(writers)):
        part = slice(kind, None, len(writers))
        assert (apart[part] / said[part]).max() > 0.85 or said[part].max() <= 1.2  # where the metre is the floor

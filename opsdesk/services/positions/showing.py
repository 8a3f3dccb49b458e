"""Positions as people read them: degrees in three writings, MGRS, and as exactly as they are known."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services.positions.grids import mgrs
from opsdesk.services.positions.position import UTM_SCALE, degrees_radius_m, square_radius_m


@dataclass(frozen=True, slots=True)
class Notation:
    """A position in one writing, which `key` and `name` name."""

    key: str
    name: str
    text: str


def latlon(lat: float, lon: float, decimals: int = 5) -> str:
    """Decimal degrees, by default to about a metre: `5.36000° N, 4.01000° W`."""
    return ", ".join(f"{abs(value):.{decimals}f}° {side}" for value, side in _sides(lat, lon))


def degrees_minutes(lat: float, lon: float, decimals: int = 3) -> str:
    """Degrees and minutes, as pilots and sailors write them: `5° 21.600′ N, 4° 00.600′ W`."""
    said = []
    for value, side in _sides(lat, lon):
        whole, minutes = divmod(round(abs(value) * 60 * 10**decimals), 60 * 10**decimals)
        said.append(f"{whole}° {_padded(minutes, decimals)}′ {side}")
    return ", ".join(said)


def degrees_minutes_seconds(lat: float, lon: float, decimals: int = 1) -> str:
    """Degrees, minutes and seconds: `5° 21′ 36.0″ N, 4° 00′ 36.0″ W`."""
    said = []
    for value, side in _sides(lat, lon):
        minutes, seconds = divmod(round(abs(value) * 3600 * 10**decimals), 60 * 10**decimals)
        said.append(f"{minutes // 60}° {minutes % 60:02d}′ {_padded(seconds, decimals)}″ {side}")
    return ", ".join(said)


def _sides(lat: float, lon: float) -> tuple[tuple[float, str], tuple[float, str]]:
    return (lat, "N" if lat >= 0 else "S"), (lon, "E" if lon >= 0 else "W")


def _padded(units: int, decimals: int) -> str:
    """Units of the last place as a number with two digits before the point: 600, 3 → `00.600`."""
    return f"{units / 10**decimals:0{3 + decimals if decimals else 2}.{decimals}f}"


def show(lat: float, lon: float, style: str = "mgrs") -> str:
    """A position in the style that the person prefers: `mgrs` or `latlon`."""
    return mgrs(lat, lon) if style == "mgrs" else latlon(lat, lon)


def notations(lat: float, lon: float, accuracy_m: float | None = None) -> tuple[Notation, ...]:
    """The position in all writings, each with as many digits as the position is known to: the fewest that add less
    than its own error. Without one, to some ten metres."""
    wanted = accuracy_m if accuracy_m else 10.0
    grid = next((n for n in range(1, 6) if square_radius_m(10 ** (5 - n), UTM_SCALE) <= wanted), 5)

    def digits(unit: float, most: int) -> int:
        return next((n for n in range(most) if degrees_radius_m(lat, *(unit / 10**n,) * 2) <= wanted), most)

    return (
        Notation("mgrs", "MGRS", mgrs(lat, lon, grid)),
        Notation("latlon", "Degrees", latlon(lat, lon, digits(1, 6))),
        Notation("dm", "Minutes", degrees_minutes(lat, lon, digits(1 / 60, 4))),
        Notation("dms", "Seconds", degrees_minutes_seconds(lat, lon, digits(1 / 3600, 2))),
    )

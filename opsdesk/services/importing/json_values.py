"""JSON values as the text of cells: objects become columns, numbers keep their digits, shapes give a position."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

# How deep an object's members become columns of their own.
_COLUMN_DEPTH: Final = 3

LATITUDE: Final = "geometry.latitude"
LONGITUDE: Final = "geometry.longitude"
GEOMETRY: Final = "geometry"
"""Columns that a feature's geometry becomes. A shape that is no point keeps its JSON in the third."""


class _Figure(float):
    """A number with decimals that remembers the digits it was written with."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str) -> _Figure:
        figure = super().__new__(cls, text)
        figure.text = text
        return figure


# "NaN" and "Infinity" are no JSON, but programs write them: they become text and are judged where they are used.
DECODER = json.JSONDecoder(parse_float=_Figure, parse_constant=str)


def flatten(record: dict[str, Any], values: dict[str, str], path: str = "", depth: int = 0) -> None:
    """Put the members of an object into `values` by the names of their columns; inner objects become "outer.inner"."""
    for name, value in record.items():
        if isinstance(value, dict) and value and depth < _COLUMN_DEPTH:
            flatten(value, values, f"{path}{name}.", depth + 1)
        else:
            values[path + name] = _text(value)


def _text(value: Any) -> str:
    """A JSON value as the text of a cell. Numbers keep the digits they are written with."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, _Figure):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and all(isinstance(part, str) and "," not in part for part in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def flatten_feature(feature: dict[str, Any], values: dict[str, str]) -> None:
    """Put the properties of a GeoJSON feature and its position into `values`."""
    geometry = feature.get("geometry")
    properties = feature.get("properties")
    if isinstance(properties, dict):
        flatten(properties, values)
    for name, value in feature.items():
        if name not in ("type", "geometry", "properties", "bbox"):
            flatten({name: value}, values, "" if name not in values else "feature.")
    if not isinstance(geometry, dict):
        return
    coordinates = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(coordinates, list) and len(coordinates) >= 2:
        values[LONGITUDE], values[LATITUDE] = _text(coordinates[0]), _text(coordinates[1])
        if len(coordinates) > 2:
            values["geometry.altitude"] = _text(coordinates[2])
        return
    values[GEOMETRY] = json.dumps(geometry, ensure_ascii=False)
    corners = list(_corners(coordinates))
    if corners:
        middle = [(min(axis) + max(axis)) / 2 for axis in zip(*corners, strict=True)]
        values[LONGITUDE], values[LATITUDE] = f"{middle[0]:.6f}", f"{middle[1]:.6f}"


def _corners(coordinates: Any) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list):
        return
    if len(coordinates) >= 2 and all(isinstance(part, (int, float)) for part in coordinates[:2]):
        yield float(coordinates[0]), float(coordinates[1])
    else:
        for part in coordinates:
            yield from _corners(part)

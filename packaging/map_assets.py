"""Makes what the map draws: land and countries from `world-atlas`, the layers of resources/map, the folium page.

Polygons of that atlas cross the antimeridian (Russia, Fiji, Antarctica) and would be drawn as bars across the whole
world; here they are cut at it. This takes seconds, so it is done once when the program is set up.
"""

import gzip
import json
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import antimeridian
from map_ground import packed
from map_page import render
from shapely.geometry import mapping, shape

SAID = {"places": ("n", "p", "k", "z"), "airports": ("n", "z"), "ports": ("n", "z"), "countries": ("n", "s")}
"""Layers that are points with words, and which properties of theirs the page reads."""

GROUND = ("land", "lakes", "rivers", "borders")
"""Layers that are lines and areas."""

ATLAS = "world-atlas/countries-50m.json"
DIGITS = 3
"""Places after the point of what the map draws: about 100 m, finer than the 1:50 million sheets."""


def make(fetched: Path, drawn: Path, target: Path) -> None:
    """Write into `target` all that the map's page asks for. `fetched` is node_modules, `drawn` is resources/map."""
    target.mkdir(parents=True, exist_ok=True)
    layers = _atlas(fetched)
    for path in sorted(drawn.glob("*.geojson.gz")):
        layers[path.name.removesuffix(".geojson.gz")] = json.loads(gzip.decompress(path.read_bytes()))["features"]
    for layer, features in layers.items():
        if layer in GROUND:
            (target / f"{layer}.bin").write_bytes(packed(features))
        else:
            _write(target / f"{layer}.json", _named(features, SAID[layer]))
    (target / "map.html").write_text(render(), encoding="utf-8")


def _atlas(fetched: Path) -> dict[str, list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as name:
        command = [fetched / ".bin/topo2geo", f"countries={name}/countries", f"land={name}/land"]
        with (fetched / ATLAS).open("rb") as atlas:
            subprocess.run(command, stdin=atlas, check=True)
        read = {layer: json.loads((Path(name) / layer).read_text(encoding="utf-8")) for layer in ("countries", "land")}
    return {
        "land": [
            _feature({}, mapping(part))
            for feature in read["land"]["features"]
            for whole in [shape(antimeridian.fix_shape(feature["geometry"], fix_winding=True))]
            for part in _parts(whole)
        ],
        "countries": [
            _feature({"n": feature["properties"]["name"], "s": round(largest.area, 1)}, mapping(at))
            for feature in read["countries"]["features"]
            if feature["geometry"]
            for largest in [max(_parts(shape(feature["geometry"])), key=lambda part: part.area)]
            for at in [largest.representative_point()]
        ],
    }


def _parts(whole: Any) -> Iterator[Any]:
    """The single polygons of a shape: those outside the view are then left out of a drawing one by one."""
    yield from getattr(whole, "geoms", (whole,))


def _feature(properties: dict[str, Any], geometry: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": geometry["type"], "coordinates": _rounded(geometry["coordinates"])},
    }


def _named(features: Iterable[dict[str, Any]], names: Iterable[str]) -> list[dict[str, Any]]:
    """The points of a layer as the page reads them: their words, `lat` and `lon`."""
    return [
        {name: feature["properties"][name] for name in names} | {"lat": lat, "lon": lon}
        for feature in features
        if feature["geometry"]["type"] == "Point"
        for lon, lat in [feature["geometry"]["coordinates"]]
    ]


def _rounded(value: Any) -> Any:
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else round(value, DIGITS)


def _write(path: Path, points: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps(points, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")

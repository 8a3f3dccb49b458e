"""Makes the map layers here from the Natural Earth files in a folder: `python resources/map/prepare.py FOLDER`.

Natural Earth is in the public domain; ATTRIBUTION.md says which edition. Kept is what the map draws and names:
rounded to about 100 m (lines) or 10 m (points), which is finer than the 1:50 million sheets are.
"""

import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

Properties = dict[str, Any]


def _rounded(value: Any, digits: int) -> Any:
    return [_rounded(one, digits) for one in value] if isinstance(value, list) else round(value, digits)


def _name(found: Properties, *keys: str) -> str:
    said = next((str(found[key]) for key in keys if found.get(key)), "")
    return " ".join(said.split())


def _water(found: Properties) -> Properties:
    return {"n": _name(found, "name_en", "name"), "z": found["min_zoom"]}


def _border(found: Properties) -> Properties:
    """`d` marks a line that is disputed or stands for no agreed border."""
    settled = found["featurecla"] == "International boundary (verify)"
    return {"z": found["min_zoom"], **({} if settled else {"d": 1})}


def _place(found: Properties) -> Properties:
    """Name, country, first administrative level, inhabitants, capital or not, smallest zoom, plain spelling."""
    return {
        "n": _name(found, "name"),
        "a": _name(found, "nameascii"),
        "c": _name(found, "adm0name"),
        "r": _name(found, "adm1name"),
        "p": int(found["pop_max"] or 0),
        "k": int(found["adm0cap"] or 0),
        "z": found["min_zoom"],
    }


def _airport(found: Properties) -> Properties:
    return {"n": _name(found, "name"), "a": _name(found, "iata_code", "gps_code"), "z": found["scalerank"]}


def _port(found: Properties) -> Properties:
    return {"n": _name(found, "name"), "z": found["scalerank"]}


# Layer here → (file there, digits after the point, what is kept of each feature's properties).
LAYERS: dict[str, tuple[str, int, Callable[[Properties], Properties]]] = {
    "lakes": ("ne_50m_lakes", 3, _water),
    "rivers": ("ne_50m_rivers_lake_centerlines", 3, _water),
    "borders": ("ne_50m_admin_0_boundary_lines_land", 3, _border),
    "places": ("ne_50m_populated_places_simple", 4, _place),
    "airports": ("ne_10m_airports", 4, _airport),
    "ports": ("ne_10m_ports", 4, _port),
}


def main(folder: Path) -> None:
    for layer, (source, digits, keep) in LAYERS.items():
        read = json.loads((folder / f"{source}.json").read_text(encoding="utf-8"))
        features = [
            {
                "type": "Feature",
                "properties": keep(feature["properties"]),
                "geometry": {
                    "type": feature["geometry"]["type"],
                    "coordinates": _rounded(feature["geometry"]["coordinates"], digits),
                },
            }
            for feature in read["features"]
            if feature["geometry"]
        ]
        said = json.dumps(
            {"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":")
        )
        # No time in the file, so that the same data makes the same bytes.
        (HERE / f"{layer}.geojson.gz").write_bytes(gzip.compress(said.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

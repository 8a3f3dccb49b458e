"""The ground of the map as it is packed when the program is set up, and that setting up leaves nothing old behind."""

import importlib
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
HALF = 2**29


@pytest.fixture
def packing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of the folder `packaging` by its name."""
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    return importlib.import_module


def feature(kind: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def unpacked(data: bytes) -> list[tuple[bool, list[tuple[int, int]]]]:
    """Lines of a packed layer, each with whether it is dashed, read as the docstring of the packing tells it."""
    numbers = struct.unpack(f"<{len(data) // 4 - 1}i", data[4:])
    version, lines, points = numbers[:3]
    assert (data[:4], version) == (b"ODGD", 1)
    assert len(numbers) == 3 + 2 * lines + 2 * points
    lengths, dashed, rest = numbers[3 : 3 + lines], numbers[3 + lines : 3 + 2 * lines], iter(numbers[3 + 2 * lines :])
    return [
        (bool(dash), [(next(rest), next(rest)) for _ in range(length)])
        for length, dash in zip(lengths, dashed, strict=True)
    ]


def turn(ring: list[tuple[int, int]]) -> int:
    """Twice the area of a ring, below nothing for one that turns the other way."""
    return sum(x * y1 - x1 * y for (x, y), (x1, y1) in pairwise(ring))


def test_a_line_is_packed_in_web_mercator_with_whether_it_is_dashed(packing: Any) -> None:
    plain = feature("LineString", [[0, 0], [90, 0], [90, 66.5132604431]])
    disputed = feature("MultiLineString", [[[0, 0], [-180, -86]], [[180, 90], [180, -90]]], d=1)
    assert unpacked(packing("map_ground").packed([plain, disputed])) == [
        (False, [(HALF, HALF), (HALF + HALF // 2, HALF), (HALF + HALF // 2, HALF // 2)]),
        (True, [(HALF, HALF), (0, 2 * HALF)]),
        (True, [(2 * HALF, 0), (2 * HALF, 2 * HALF)]),
    ]


@pytest.mark.parametrize("step", [1, -1])
def test_outer_rings_turn_one_way_and_holes_the_other_however_they_were_drawn(packing: Any, step: int) -> None:
    outer = [[0, 0], [8, 0], [8, 8], [0, 8], [0, 0]][::step]
    hole = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]
    (_, one), (_, two) = unpacked(packing("map_ground").packed([feature("Polygon", [outer, hole])]))
    assert one[0] == one[-1]
    assert two[0] == two[-1]
    assert turn(one) < 0 < turn(two)


def test_points_that_fall_together_are_packed_once_and_a_line_of_one_place_not_at_all(packing: Any) -> None:
    short = feature("LineString", [[1, 1], [1, 1.00000001], [2, 2]])
    none = feature("LineString", [[1, 1], [1, 1.00000001]])
    ((_, line),) = unpacked(packing("map_ground").packed([short, none]))
    assert len(line) == 2


def test_another_geometry_is_refused(packing: Any) -> None:
    with pytest.raises(ValueError, match="Point is neither a line nor an area"):
        packing("map_ground").packed([feature("Point", [1, 1])])


def test_the_ground_that_was_set_up_is_packed_and_crosses_no_date_line() -> None:
    for name, lines in (("land", 1431), ("lakes", 457), ("rivers", 895), ("borders", 363)):
        found = unpacked((ROOT / "resources/assets/map" / f"{name}.bin").read_bytes())
        assert len(found) == lines
        assert any(dash for dash, _line in found) == (name == "borders")
        for _dash, line in found:
            for (x, _), (x1, y1) in pairwise(line):
                # Only Antarctica, closed at the pole, goes along the whole edge of the map.
                assert abs(x - x1) < HALF or y1 == 2 * HALF


def test_setting_up_anew_takes_away_what_is_no_longer_made(
    packing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assets = packing("assets")
    old = tmp_path / "map" / "land.json"
    old.parent.mkdir()
    old.write_text("{}")
    monkeypatch.setattr(assets, "ASSETS", tmp_path)
    monkeypatch.setattr(assets, "COPIES", ())
    monkeypatch.setattr(assets.map_assets, "make", lambda _fetched, _drawn, target: target.mkdir(parents=True))
    assets.main()
    assert not old.exists()
    assert old.parent.exists()

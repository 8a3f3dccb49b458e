"""Grid references against points that others have published: each with where it was found."""

from __future__ import annotations

import pytest

from opsdesk.services import positions
from opsdesk.services.errors import Refused

TENTH_OF_SECOND = 1 / 36_000
"""What GEOTRANS' own comparison of MGRS allows."""

FORWARD = (
    # NGA's mgrs-java, MGRSTest.
    ("35V PL 01156 97387", 63.98863, 29.06757),
    ("39P YP 72906 72069", 12.40, 53.51),
    ("04Q FJ 12340 56781", 21.309444, -157.916861),
    ("33P YJ 61321 98972", 8.1258235, 17.3714337),
    ("39X VN 99024 94603", 83.7, 50.920338),
    ("52C DT 88547 07650", -79.2, 128.4525),
    ("52C DS 89386 18364", -80.0, 128.4525),
    # GeographicLib's GeoConvert and its tests: Baghdad, the equator, the date line, the poles.
    ("38S MB 44140 84706", 33.3, 44.4),
    ("31N AA 66021 00000", 0.0, 0.0),
    ("01N AA 66021 00000", 0.0, -180.0),
    ("01N AA 66021 00000", 0.0, 180.0),
    ("44P KU 71775 65663", 12.3456, 78.9012),
    ("Z AH 00000 00000", 90.0, 0.0),
    ("Z AH 00000 00000", 90.0, 180.0),
    ("B AN 00000 00000", -90.0, 0.0),
    # PyGeodesy's tests: the exceptions of Norway (31V, 32V) and of Svalbard (31X, 33X, 35X, 37X).
    ("31V CG 88455 53097", 60.0, 1.0),
    ("32V JM 65640 66593", 60.0, 3.0),
    ("32V NM 00000 51411", 60.0, 9.0),
    ("31X DE 45999 36099", 76.0, 1.0),
    ("33X VE 45999 36099", 76.0, 13.0),
    ("35X ME 45999 36099", 76.0, 25.0),
    ("37X DE 45999 36099", 76.0, 37.0),
    ("B FS 77514 99182", -84.367192, 37.098959),
    # UPS, as GeographicLib gives it for the quadrants of both poles.
    ("Y UD 07232 07232", 85.0, -45.0),
    ("Y SH 52981 96454", 85.0, -100.0),
    ("Z HH 47018 96454", 85.0, 100.0),
    ("Z AN 00000 55457", 85.0, 180.0),
    ("A SM 52981 03545", -85.0, -100.0),
    ("A YT 10022 21959", -85.0, -20.0),
    ("B HM 47018 03545", -85.0, 100.0),
    ("B AT 00000 55457", -85.0, 0.0),
    ("B FR 92767 92767", -85.0, 45.0),
)

MIDDLES = (
    # GeoConvert's manual: the middle of a square is meant.
    ("38SMB4488", 33.33424, 44.40363, 5e-6),
    ("24XWT783908", 83.62777781, -32.66433640, 1e-6),
    ("YUB17770380", 83.627518, -32.664231, 1e-6),
    ("33XVK9556495053", 81.016479, 14.745563, TENTH_OF_SECOND),
    # DMA TM 8358.1, appendix B, with the middles as PyGeodesy gives them.
    ("45SXT4791", 34.254177, 88.601932, 1e-6),
    ("YXK3543", 86.762629, -132.632821, 1e-6),
    ("31TDF3182", 41.391116, 2.180649, 1e-6),
)


def parted(grid: str) -> tuple[str, int, int]:
    """Zone with square, easting and northing."""
    *square, east, north = grid.split()
    return " ".join(square), int(east), int(north)


@pytest.mark.parametrize(("grid", "lat", "lon"), FORWARD, ids=[row[0] for row in FORWARD])
def test_a_published_position_has_its_published_reference_and_is_read_back(grid: str, lat: float, lon: float) -> None:
    # Where the last digit turns, programs differ by a metre.
    (square, east, north), (wanted, wanted_east, wanted_north) = parted(positions.mgrs(lat, lon, 5)), parted(grid)
    assert square == wanted
    assert max(abs(east - wanted_east), abs(north - wanted_north)) <= 1
    found = positions.parse(grid)
    assert positions.distance_m(lat, lon, found.lat, found.lon) < 1.5


@pytest.mark.parametrize(("grid", "lat", "lon", "within"), MIDDLES, ids=[row[0] for row in MIDDLES])
def test_a_published_square_is_read_as_its_published_middle(grid: str, lat: float, lon: float, within: float) -> None:
    found = positions.parse(grid)
    assert [found.lat, found.lon] == pytest.approx([lat, lon], abs=within)


@pytest.mark.parametrize("zone", [32, 34, 36])
def test_zones_that_svalbard_has_not_are_refused(zone: int) -> None:
    """NGA's mgrs-java, testSvalbardParse."""
    with pytest.raises(Refused, match="Svalbard"):
        positions.parse(f"{zone}XMH1111")


def test_a_position_beside_the_date_line_is_read_back_on_its_own_side() -> None:
    for lon, zone in ((179.99999, "60"), (-179.99999, "01")):
        grid = positions.mgrs(-17.5, lon, 5)
        assert grid.startswith(zone)
        assert positions.distance_m(-17.5, lon, positions.parse(grid).lat, positions.parse(grid).lon) < 2

"""Positions in the writings that people type and paste; what is wrong is said, what is open is asked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services import positions
from opsdesk.services.errors import Refused

AMSTERDAM = (52.37, 4.89)


@pytest.mark.parametrize(
    "typed",
    [
        "52.37, 4.89",
        "52.37 4.89",
        "52,37 4,89",
        "52,37; 4,89",
        "52,37, 4,89",
        "52.37N 4.89E",
        "N52.37 E4.89",
        "4.89 E / 52.37 N",
        "52,37° N 4,89° E",
        "+52.37 +4.89",
        "52° 22.2′ N, 4° 53.4′ E",
        "52°22,2' N 4°53,4' E",
        "N 52 22.2 E 4 53.4",
        "5222.2N 00453.4E",
        "52°22'12\"N 4°53'24\"E",
        "52º22’12”N, 4º53’24”E",
        "52°22''12''N 4°53'24''E".replace("22''", "22'"),
        "E4°53′24″ N52°22′12″",
        "52d22m12sN 4d53m24sE",
        "52 deg 22 min 12 sec north, 4 deg 53 min 24 sec east",
        "52:22:12N 4:53:24E",
        "52 22 12 4 53 24",
        "522212N0045324E",
        "52°22′12″ Nord, 4°53′24″ Ost",
        "52° 22,2' noord 4° 53,4' oost",
        "52°22′12″ с 4°53′24″ в",
        "北纬52.37° 东经4.89°",
        "lat: 52.37, lon: 4.89",
        "lon=4.89 lat=52.37",
        "WGS84 (52.37, 4.89)",
        "geo:52.37,4.89",
        "geo:52.37,4.89,12;crs=wgs84;u=35",
        "geo:0,0?q=52.37,4.89(Dam)",
        "https://www.openstreetmap.org/?mlat=52.37&mlon=4.89#map=12/52.3/4.8",
        "https://www.openstreetmap.org/#map=15/52.37/4.89",
        "https://maps.example/maps?q=52.37,4.89",
        "https://maps.example/maps/place/Dam/@52.37,4.89,15z",
        '{"type": "Point", "coordinates": [4.89, 52.37]}',
        '{"type": "Feature", "geometry": {"type": "Point", "coordinates": [4.89, 52.37, 3]}, "properties": {}}',
        "POINT(4.89 52.37)",
        "+5222.2+00453.4/",
        "٥٢٫٣٧ ٤٫٨٩",
    ],
)
def test_one_place_is_read_from_every_writing(typed: str) -> None:
    found = positions.parse(typed)
    assert (found.lat, found.lon) == pytest.approx(AMSTERDAM)


@pytest.mark.parametrize(
    ("typed", "accuracy_m"),
    [
        ("31U FT 1 6", 7073.9),
        ("31UFT1460", 707.4),
        ("31U FT 148 601", 70.8),
        ("31uft14806012", 7.1),
        ("31U FT 14801 60121", 1.0),
        ("31U FT 14 80 60 12", 7.1),
        ("31U/FT/1480/6012", 7.1),
        ("MGRS: 31U FT 1480 6012", 7.1),
        ("Z AH 12 34", 711.4),
        ("52, 4", 65784.0),
        ("52.37, 4.89", 654.4),
        ("52.3700, 4.8900", 6.6),
        ("52°22' N 4°53' E", 1090.7),
        ("52°22'12\" N 4°53'24\" E", 18.2),
        ("52.3700001, 4.8900001", 1.0),
        ("52.37, 4.89 ±20 m", 20.0),
        ("31U FT 1480 6012 (accuracy 1,5 km)", 1500.0),
        ("geo:52.37,4.89;u=35", 35.0),
    ],
)
def test_a_writing_says_how_exact_it_is(typed: str, accuracy_m: float) -> None:
    assert positions.parse(typed).accuracy_m == pytest.approx(accuracy_m, abs=0.05)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("31U FT 148 60", "North needs as many digits as east. Write 31U FT 148 600"),
        ("31U FT 14 601", "East needs as many digits as north. Write 31U FT 140 601"),
        ("31U FT 123456 123456", "finest grid"),
        ("61U FT 12 34", "between 1 and 60"),
        ("31U", "A zone alone"),
        ("31U IT 12 34", "no letter I"),
        ("31U FO 12 34", "no letter O"),
        ("31U FZ 12 34", "between A and V"),
        ("31A FT 12 34", "polar grid A has no zone number"),
        ("FT 1480 6012", "In which grid zone"),
        ("31U 629280 5804300", "UTM is not read here"),
        ("31C AA 12 34", "no grid square 31C AA"),
        ("9F469VC9+XX", "plus code"),
        ("91 N, 0 E", "Latitude lies between"),
        ("0, 181", "Longitude lies between"),
        ("52.37", "Longitude is missing"),
        ("4.89 E", "Latitude is missing"),
        ("-52.37 S, 4 E", "Write − or S"),
        ("52.5° 22' N, 4° E", "Only the last part"),
        ("52° 72' N, 4° E", "Minutes lie between"),
        ("52° 22' 61\" N, 4° E", "Seconds lie between"),
        ("22' 52° N, 4° E", "degrees, then minutes"),
        ("52 N, 4 N", "Both are a latitude"),
        ("lat 52 E, lon 4", "Latitude has no side E"),
        ("1, 2, 3", "as many numbers each"),
        ("52 N 4 E 53 N", "More than one position"),
        ("geo:52.37", "written geo:"),
        ("geo:52.37,4.89;crs=moon", "in WGS 84"),
        ("https://maps.example/", "No position stands in this link"),
        ('{"type": "LineString"}', "a Point is read"),
        ("somewhere", "no position"),
        ("5" * 5000, "no position"),
    ],
)
def test_a_wrong_position_is_refused_with_what_to_write(typed: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        positions.parse(typed)


@pytest.mark.parametrize(
    ("typed", "told", "readings"),
    [
        ("5,36", "one number or two", [(5, 36)]),
        ("5,36,4,01", "may stand for decimals", [(5.36, 4.01), (5.6, 4 + 1 / 60)]),
        ("52° N, 13° O", "O is east in German", [(52, 13), (52, -13)]),
        ("39.9 N, 116.4", "On which side is 116.4", [(39.9, 116.4), (39.9, -116.4)]),
        ("33d51m54s 151d12m26e", "On which side is 33 51 54", [(33.865, 151.20722), (-33.865, 151.20722)]),
        ("152.37, 4.89", "If longitude stands first", [(4.89, 152.37)]),
        ("[4.89, 52.37]", "In brackets either", [(52.37, 4.89), (4.89, 52.37)]),
        ("52,5 N 13,4 O ±20 m", "O is east", [(52.5, 13.4), (52.5, -13.4)]),
    ],
)
def test_what_may_be_meant_in_two_ways_is_asked(typed: str, told: str, readings: list[tuple[float, float]]) -> None:
    with pytest.raises(positions.Ambiguous, match=told) as asked:
        positions.parse(typed)
    assert [(one.at.lat, one.at.lon) for one in asked.value.readings] == [pytest.approx(one) for one in readings]


def test_a_comma_is_no_question_where_its_meaning_is_known() -> None:
    assert positions.parse("5,36", ".").lon == 36
    assert positions.parse("5,36;4,01", ",").lat == 5.36


@pytest.mark.parametrize(
    ("typed", "why"),
    [("31U FT 14 601", "East needs"), ("52.37", "Longitude is missing"), ("5,36", "one number or two"), ("52, 4", ""),
     ("Bangui", ""), ("Route 66", "")],
)  # fmt: skip
def test_why_a_text_is_no_position_is_told_where_it_looks_like_one(typed: str, why: str) -> None:
    assert why in positions.why_not(typed)
    assert bool(positions.why_not(typed)) == bool(why)


@pytest.mark.parametrize("said", ["2 Plt", "4 Plt 1200", "North ferry", "Route 5 12 km", "2 PLT", "B COY 12", "12"])
def test_words_are_not_taken_for_positions(said: str) -> None:
    assert positions.recognise(said) is None


@pytest.mark.parametrize("said", ["31UFT14806012", "31U FT 1480 6012", "ZAH12341234", "5.36,-4.01", "52°22' N 4°53' E"])
def test_a_pasted_position_is_recognised_among_words(said: str) -> None:
    assert positions.recognise(said) is not None


@pytest.mark.parametrize(
    ("typed", "kind"),
    [("31U FT 148 601", "MGRS, 6 digits"), ("Z AH 1 1", "UPS, 2 digits"), ("31U FT", "MGRS, 100 km square"),
     ("52.37 4.89 ±5 m", "Degrees"), ("geo:1,2", "Link")],
)  # fmt: skip
def test_a_writing_is_named(typed: str, kind: str) -> None:
    assert positions.kind_of(typed) == kind


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from([None, 1.0, 20.0, 500.0, 30_000.0]))
def test_every_notation_that_is_shown_is_read_back_as_exactly_as_the_position_is_known(
    lat: float, lon: float, accuracy_m: float | None
) -> None:
    for notation in positions.notations(lat, lon, accuracy_m):
        found = positions.parse(notation.text)
        # A sphere is half a hundredth off; the polar grid is a little coarser than that of UTM.
        assert positions.distance_m(lat, lon, found.lat, found.lon) <= 1.02 * max(accuracy_m or 10.0, 1.0) + 0.5


@given(st.floats(-89, 89), st.floats(-179, 179), st.booleans(), st.booleans(), st.sampled_from([" ", ", ", "; ", ""]))
def test_sides_before_or_after_in_either_order_mean_the_same(
    lat: float, lon: float, before: bool, longitude_first: bool, between: str
) -> None:
    written = []
    for value, sides in ((lat, "NS"), (lon, "EW")):
        side = sides[value < 0]
        written.append(f"{side}{abs(value):.4f}" if before else f"{abs(value):.4f}{side}")
    found = positions.parse(between.join(written[::-1] if longitude_first else written))
    assert [found.lat, found.lon] == pytest.approx([lat, lon], abs=6e-5)

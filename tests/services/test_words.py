"""Times, positions and forms as people write them."""

import json
from contextlib import suppress
from datetime import timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services import forms, positions, times
from opsdesk.services.errors import Refused

NOW = 1_795_357_920_000  # 22 1432Z NOV 26
ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("now", "2026-11-22T14:32:00Z"),
        ("-20m", "2026-11-22T14:12:00Z"),
        ("+2h", "2026-11-22T16:32:00Z"),
        ("0630", "2026-11-22T04:30:00Z"),
        ("06:30z", "2026-11-22T06:30:00Z"),
        ("221432ZNOV26", "2026-11-22T14:32:00Z"),
        ("22 1432Z NOV 26", "2026-11-22T14:32:00Z"),
        ("2026-11-22 16:32", "2026-11-22T14:32:00Z"),
        ("2026-11-22T14:32:00+00:00", "2026-11-22T14:32:00Z"),
        ("yesterday", "2026-11-20T22:00:00Z"),
    ],
)
def test_a_time_is_read_in_the_words_of_the_trade(typed: str, iso: str) -> None:
    assert times.iso(times.parse_when(typed, NOW, zone=ZONE)) == iso


@given(st.text(max_size=60))
def test_any_text_is_a_time_within_bounds_or_refused(typed: str) -> None:
    with suppress(Refused):
        assert times.EARLIEST <= times.parse_when(typed, NOW) < times.LATEST


@given(st.integers(times.EARLIEST, times.LATEST - 1))
def test_a_date_time_group_reads_back_to_its_minute(ms: int) -> None:
    century = 2000 <= times.to_datetime(ms).year < 2100
    if century:
        assert times.parse_when(times.dtg(ms), NOW) == ms // times.MINUTE * times.MINUTE


@pytest.mark.parametrize(
    ("ms", "words"),
    [(0, "now"), (-5, "now"), (52 * times.MINUTE, "52 min"), (2 * times.HOUR, "2 h"), (3 * times.DAY, "3 d")],
)
def test_an_age_is_told_in_its_largest_unit(ms: int, words: str) -> None:
    assert times.age(ms) == words


@pytest.mark.parametrize(
    ("ms", "words"), [(3 * times.DAY, "3 d ago"), (-2 * times.HOUR, "in 2 h"), (59_999, "now"), (-59_999, "now")]
)
def test_what_was_and_what_will_be_is_told_from_now(ms: int, words: str) -> None:
    assert times.ago(ms) == words


@given(st.floats(-79.9, 83.9), st.floats(-179.9, 179.9))
def test_a_grid_reference_lies_within_its_own_accuracy_of_the_position(lat: float, lon: float) -> None:
    found = positions.parse(positions.mgrs(lat, lon, 5))
    assert positions.distance_m(lat, lon, found.lat, found.lon) < 2


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_degrees_read_back(lat: float, lon: float) -> None:
    found = positions.parse(positions.latlon(lat, lon))
    assert (abs(found.lat - lat), abs(found.lon - lon)) < (1e-5, 1e-5)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("31U FT 148 60", "North needs as many digits as east. Write 31U FT 148 600"),
        ("31U FT 123", "North needs as many digits"),
        ("61U FT 12 34", "between 1 and 60"),
        ("91, 0", "Latitude"),
        ("0, 181", "Longitude"),
        ("somewhere", "no position"),
    ],
)
def test_a_wrong_position_is_refused_with_what_to_write(typed: str, told: str) -> None:
    with pytest.raises(Refused, match=told):
        positions.parse(typed)


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_positions(typed: str) -> None:
    with suppress(Refused):
        assert -90 <= positions.parse(typed).lat <= 90


@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [
        ("5.36, -4.01", 5.36, -4.01),
        ("(5.36,-4.01)", 5.36, -4.01),
        ("5.36 N 4.01 W", 5.36, -4.01),
        ("52°30'00\"N 13°22'30\"E", 52.5, 13.375),
        ("geo:52.5,13.375", 52.5, 13.375),
    ],
)
def test_coordinates_are_recognised_as_they_are_pasted(typed: str, lat: float, lon: float) -> None:
    found = positions.parse(typed)
    assert [found.lat, found.lon] == pytest.approx([lat, lon])


FORM: dict[str, Any] = {
    "code": "route",
    "title": "Route",
    "version": 1,
    "sections": [
        {
            "fields": [
                {"code": "route", "label": "Route", "type": "text", "required": True, "max_length": 8},
                {"code": "lanes", "label": "Lanes", "type": "integer", "minimum": 1, "maximum": 8, "unit": "lanes"},
                {
                    "code": "for",
                    "label": "Passable for",
                    "type": "multi",
                    "options": [{"value": "foot", "label": "Foot"}],
                },
            ]
        }
    ],
}


def form(**changes: Any) -> forms.Form:
    """The form of these tests, changed."""
    return forms.read(json.dumps({**FORM, **changes}))


@pytest.mark.parametrize(
    ("answers", "problems"),
    [
        ({"route": "Amber"}, []),
        ({}, [("route", "Route is needed")]),
        ({"route": "Amber and Blue"}, [("route", "At most 8 characters")]),
        ({"route": "A", "lanes": 9}, [("lanes", "At most 8 lanes")]),
        ({"route": "A", "lanes": "two"}, [("lanes", "Write a whole number")]),
        ({"route": "A", "for": ["boat"]}, [("for", "Choose one of the list for Passable for")]),
    ],
)
def test_answers_are_judged_in_words(answers: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    assert [(found.field, found.text) for found in forms.validate(form(), answers)] == problems


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rules": [{"effect": "show", "fields": ["lanes"], "when": {"var": "route"}},
                    {"effect": "show", "fields": ["route"], "when": {"var": "lanes"}}]}, "in a circle"),
        ({"rules": [{"effect": "show", "fields": ["route"], "when": {"var": "route"}}]}, "in a circle"),
        ({"rules": [{"effect": "show", "fields": ["nowhere"]}]}, "does not ask"),
        ({"sections": [{"fields": [FORM["sections"][0]["fields"][0]] * 2}]}, "Two questions"),
        ({"sections": [{"fields": [{"code": "x", "label": "X", "type": "rocket"}]}]}, "unknown type"),
        ({"sections": [{"fields": [{"code": "x", "label": "X", "type": "choice"}]}]}, "nothing to choose"),
        ({"version": "one"}, "no form"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_refused_with_what_is_wrong(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told):
        form(**changes)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reading_of_forms(said: bytes) -> None:
    with suppress(Refused):
        forms.read(said.decode("utf-8", "replace"))

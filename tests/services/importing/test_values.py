"""Cells as times, numbers and positions, in the ways that people and programs write them."""

import datetime as dt
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.values import RowProblem, degrees, instant, number, position, zone_of

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def ms(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0, micro: int = 0) -> int:
    """UTC milliseconds of a time, by the standard library."""
    when = dt.datetime(year, month, day, hour, minute, second, micro, dt.UTC)
    return (when - EPOCH) // dt.timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2019-04-23T12:30:00Z", "dmy", (2019, 4, 23, 12, 30)),
        ("2019-04-23 12:30", "dmy", (2019, 4, 23, 12, 30)),
        ("2019-04-23", "mdy", (2019, 4, 23)),
        ("2019-04-23T12:30:00+02:00", "dmy", (2019, 4, 23, 10, 30)),
        ("2019-04-23 12:30:15.250", "dmy", (2019, 4, 23, 12, 30, 15, 250_000)),
        ("4/03/12", "dmy", (2012, 3, 4)),
        ("4/03/12", "mdy", (2012, 4, 3)),
        ("12/03/04", "ymd", (2012, 3, 4)),
        ("29.02.2012 7.05", "dmy", (2012, 2, 29, 7, 5)),
        ("03/14/2019 07:05:09 PM", "mdy", (2019, 3, 14, 19, 5, 9)),
        ("3/14/2019 12 am", "mdy", (2019, 3, 14)),
        ("14 March 2019, 07:05", "dmy", (2019, 3, 14, 7, 5)),
        ("14 de marzo de 2019", "dmy", (2019, 3, 14)),
        ("Thu, 14 Mar 2019 07:05:00 GMT", "dmy", (2019, 3, 14, 7, 5)),
        ("Mar 14, 2019 7:05pm", "dmy", (2019, 3, 14, 19, 5)),
        ("14-Mar-19", "dmy", (2019, 3, 14)),
        ("221432ZNOV26", "dmy", (2026, 11, 22, 14, 32)),
        ("221432B NOV 26", "dmy", (2026, 11, 22, 12, 32)),
        ("20190423", "dmy", (2019, 4, 23)),
        ("1556022600", "dmy", (2019, 4, 23, 12, 30)),
        ("1556022600000", "dmy", (2019, 4, 23, 12, 30)),
    ],
)
def test_times_are_read_in_the_forms_that_occur(text: str, order: str, expected: tuple[int, ...]) -> None:
    assert instant(text, order) == ms(*expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0000-01-01", "year 0"),
        ("01/01/0000", "year 0"),
        ("9999-12-31T23:59:59Z", "year 9999"),
        ("31/12/9999", "year 9999"),
        ("0001-01-01T00:00:00+14:00", "year 1"),
        ("2019-02-30", "day|date"),
        ("30/02/2019", "calendar"),
        ("13/13/2019", "calendar"),
        ("2019-04-23 25:00", "calendar|time of day|hour"),
        ("2019-04-23 13:00 pm", "am and pm"),
        ("soon", "no date"),
        ("99999999999999999999", "no date"),
        ("9999999999999", "year 2286"),
        ("2019-04-23 12:30 mars", "time of day"),
    ],
)
def test_a_time_that_cannot_be_is_a_problem_of_its_row(text: str, words: str) -> None:
    with pytest.raises(RowProblem, match=words):
        instant(text)


def test_a_time_without_a_zone_is_of_the_stated_one() -> None:
    assert instant("2019-07-01 12:00", zone=zone_of("Europe/Berlin")) == ms(2019, 7, 1, 10)
    assert instant("2019-07-01 12:00Z", zone=zone_of("Europe/Berlin")) == ms(2019, 7, 1, 12)
    with pytest.raises(ImportProblem, match="no time zone"):
        zone_of("Mars/Olympus")


def test_a_time_of_day_in_its_own_column_joins_the_date() -> None:
    assert instant("23/04/2019", clock="12:30") == ms(2019, 4, 23, 12, 30)
    assert instant("23/04/2019", clock="0630") == ms(2019, 4, 23, 6, 30)
    with pytest.raises(RowProblem, match="time of day already"):
        instant("2019-04-23 11:00", clock="12:30")


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), st.times())
def test_any_time_is_read_back_from_its_iso_form(day: dt.date, clock: dt.time) -> None:
    when = dt.datetime.combine(day, clock, dt.UTC)
    assert instant(f"{day}T{clock}") == instant(when.isoformat()) == (when - EPOCH) // dt.timedelta(milliseconds=1)


@given(st.dates(dt.date(1970, 1, 1), dt.date(2069, 12, 31)))
def test_any_date_is_read_back_in_both_orders(day: dt.date) -> None:
    expected = ms(day.year, day.month, day.day)
    for form in ("%d/%m/%Y", "%d.%m.%y", "%d %B %Y"):
        assert instant(day.strftime(form), "dmy") == expected
    for form in ("%m/%d/%Y", "%m-%d-%y"):
        assert instant(day.strftime(form), "mdy") == expected


@given(st.text(max_size=30))
def test_no_text_crashes_the_reading_of_a_cell(text: str) -> None:
    for read in (instant, number, lambda cell: position(cell, ","), lambda cell: degrees(cell, ".", 90, "latitude")):
        with suppress(RowProblem):
            read(text)


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("-75,56985400000", ",", -75.569854),
        ("1.234,5", ",", 1234.5),
        ("1,234.5", ".", 1234.5),
        ("1 234", ".", 1234.0),
        ("6.5", ",", 6.5),
        ("-4e-2", ".", -0.04),
        ("\u22125.5", ".", -5.5),
        (".5", ".", 0.5),
    ],
)
def test_numbers_are_read_with_either_decimal_sign(text: str, decimal: str, expected: float) -> None:
    assert number(text, decimal) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-Infinity", "1e999", "12,5", "0x10", "1_000", "²"])
def test_what_is_no_finite_number_is_a_problem(text: str) -> None:
    with pytest.raises(RowProblem):
        number(text, ".")


@given(st.floats(-180, 180))
def test_any_degrees_are_read_back(value: float) -> None:
    assert degrees(repr(value), ".", 180, "longitude") == value
    assert degrees(f"{value:.6f}".replace(".", ","), ",", 180, "longitude") == pytest.approx(value, abs=1e-6)


def test_degrees_may_carry_a_letter_and_have_bounds() -> None:
    assert degrees("4.01° W", ".", 180, "longitude") == -4.01
    assert degrees("S 8.5", ".", 90, "latitude") == -8.5
    with pytest.raises(RowProblem, match="outside ±90"):
        degrees("91", ".", 90, "latitude")
    with pytest.raises(RowProblem, match="no number"):
        degrees("4.01 O", ".", 180, "longitude")  # west in Spanish, east in German


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("5.36, -4.01", ".", (5.36, -4.01)),
        ("(5,36; -4,01)", ",", (5.36, -4.01)),
        ("POINT (-4.01 5.36)", ".", (5.36, -4.01)),
        ("SRID=4326;POINT(-4.01 5.36)", ",", (5.36, -4.01)),
    ],
)
def test_a_position_in_one_cell_is_read(text: str, decimal: str, expected: tuple[float, float]) -> None:
    assert position(text, decimal) == expected

"""What is found out about a text file, and how sure it is."""

import pytest

from opsdesk.services.importing.detect import Dates, Numbers, delimiter_of, encoding_by_bytes, header_of


def order(*texts: str) -> tuple[str, bool]:
    """The order of day and month that these dates tell, and whether that is sure."""
    dates = Dates()
    for text in texts:
        dates.add(text)
    verdict, finding = dates.verdict()
    return verdict, finding.sure


def test_one_date_decides_on_the_whole_column() -> None:
    assert order("4/03/12", "2/03/12", "29/02/12") == ("dmy", True)
    assert order("4/03/12", "2/03/12", "02/29/12") == ("mdy", True)
    assert order("2012-03-04") == ("ymd", True)
    assert order("99/12/31", "98/01/02") == ("ymd", True)


def test_an_order_that_nothing_settles_is_said_to_be_open() -> None:
    assert order("4/03/12", "2/03/12") == ("dmy", False)
    assert order("4/03/12 7:00 pm", "2/03/12 1:00 am") == ("mdy", False)
    assert order("29/02/12", "02/29/12", "28/02/12") == ("dmy", False)
    assert order("4.3.2012") == ("dmy", True)


def test_the_decimal_sign_is_that_of_most_numbers() -> None:
    numbers = Numbers()
    for text in ("-75,569854", "6,25", "12", "1.234,5"):
        numbers.add(text)
    assert numbers.verdict()[0] == ","
    numbers.add("3.5")
    assert not numbers.verdict()[1].sure


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("a;b\n1,5;2,5\n", "x.csv", ";"),
        ("a\tb\n1,5\t2\n", "x.tsv", "\t"),
        ("a|b|c\n1|2|3\n", "x.txt", "|"),
        ("a,b\n1,2\n", "x.csv", ","),
        ('a,b\n"x;y;z",2\n"x;y;z",3\n', "x.csv", ","),
        ("sep=;\na;b\n", "x.csv", ";"),
        ("one column\nvalue\n", "x.csv", ","),
    ],
)
def test_the_delimiter_is_the_one_under_which_rows_agree(text: str, name: str, expected: str) -> None:
    assert delimiter_of(text, name)[0] == expected


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Name", "Date"], ["x", "2019-01-01"]], 1),
        ([["Report of May"], ["printed 2019-05-31"], ["Name", "Date", "Lat"], ["x", "2019-01-01", "5.1"]], 3),
        ([["355691.3", "586715.5", "2016-01-01"], ["353206.9", "584361.5", "2016-01-01"]], 0),
        ([["", "Name", "Date"], ["1", "x", "2019-01-01"]], 1),
    ],
)
def test_the_header_is_the_first_row_of_names(rows: list[list[str]], expected: int) -> None:
    assert header_of(list(enumerate(rows, 1)))[0] == expected


def test_more_good_characters_than_broken_bytes_stay_utf_8() -> None:
    good = "café ".encode() * 10
    assert encoding_by_bytes([good, b"\xe9"])[:2] == ("utf-8", 1)
    assert encoding_by_bytes([b"caf\xe9 " * 10])[0] == "cp1252"
    split = "café".encode()
    assert encoding_by_bytes([split[:4], split[4:]])[:2] == ("utf-8", 0)

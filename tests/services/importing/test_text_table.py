"""Delimited text: whatever its lines, quotes and bytes look like, each row is read or rejected, and none is lost."""

import codecs
import csv
import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.importing.dialect import Dialect
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.survey import survey
from opsdesk.services.importing.tables import RawRow
from opsdesk.services.importing.text_table import FOLLOWS_QUOTE, TextTable
from opsdesk.services.spreadsheet import defused, fused

SMALL = Limits(record_chars=200, columns=10)
Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(content: bytes) -> Path:
        path = tmp_path / "in.csv"
        path.write_bytes(content)
        return path

    return put


def read(
    path: Path, *, delimiter: str = ",", header: int = 1, limits: Limits = SMALL
) -> tuple[list[str], list[RawRow]]:
    """Columns and rows of a file, as UTF-8."""
    table = TextTable(path, Dialect(encoding="utf-8", delimiter=delimiter, header_row=header), limits)
    try:
        return table.columns, list(table.rows())
    finally:
        table.close()


def outcome(rows: list[RawRow]) -> list[tuple[int, list[str], str | None]]:
    """The rows as plain values."""
    return [(row.number, list(row.cells), row.problem) for row in rows]


def test_rows_keep_the_number_of_their_line(write: Write) -> None:
    columns, rows = read(write(b'a,b\n1,2\n\n"x\ny",4\n5,6\n'))
    assert columns == ["a", "b"]
    assert outcome(rows) == [(2, ["1", "2"], None), (4, ["x\ny", "4"], None), (6, ["5", "6"], None)]


def test_line_ends_may_be_mixed(write: Write) -> None:
    _, rows = read(write(b"a,b\r\n1,2\r3,4\n5,6\r\n"))
    assert outcome(rows) == [(2, ["1", "2"], None), (3, ["3", "4"], None), (4, ["5", "6"], None)]


def test_a_quote_that_is_never_closed_costs_only_its_own_row(write: Write) -> None:
    _, rows = read(write(b'a,b\n1,"2\n3,4\n5,6\n'))
    assert outcome(rows) == [(2, ['1,"2'], FOLLOWS_QUOTE), (3, ["3", "4"], None), (4, ["5", "6"], None)]


def test_a_stray_quote_that_a_later_row_closes_does_not_join_rows(write: Write) -> None:
    _, rows = read(write(b'a,b,c\n1,"two,3\n4,"5",6\n7,8,9\n'))
    assert outcome(rows) == [
        (2, ['1,"two,3'], FOLLOWS_QUOTE),
        (3, ["4", "5", "6"], None),
        (4, ["7", "8", "9"], None),
    ]


def test_a_sloppy_quote_inside_one_line_is_read_as_spreadsheets_do(write: Write) -> None:
    _, rows = read(write(b'a,b\n5" pipe,"x"\n"12" pipe",y\n'))
    assert outcome(rows) == [(2, ['5" pipe', "x"], None), (3, ['12 pipe"', "y"], None)]


def test_a_file_full_of_stray_quotes_is_read_to_its_end(write: Write) -> None:
    lines = b"".join(b'%d,"\n' % number for number in range(301))
    _, rows = read(write(b"a,b\n" + lines))
    told = {row.number for row in rows} | {row.number + 1 for row in rows if row.problem is None}
    assert told == set(range(2, 303))


def test_a_line_beyond_the_limit_is_rejected_and_the_next_is_read(write: Write) -> None:
    _, rows = read(write(b"a,b\n" + b"x" * 5_000 + b",1\n3,4\n"))
    assert [(row.number, row.problem is None) for row in rows] == [(2, False), (3, True)]
    assert "longer than 200 characters" in str(rows[0].problem)
    assert len(rows[0].cells[0]) <= 2_000


def test_a_long_line_that_ends_the_file_without_a_line_end_is_rejected(write: Write) -> None:
    _, rows = read(write(b"a,b\n1,2\n" + b"x" * 1_000))
    assert [row.problem is None for row in rows] == [True, False]


def test_a_row_with_more_cells_than_the_header_is_rejected_and_a_shorter_one_filled(write: Write) -> None:
    _, rows = read(write(b"a,b\n1,2,3\n1,2,,\n1\n,\n"))
    assert outcome(rows) == [
        (2, ["1", "2", "3"], "it has 3 cells, the header has 2"),
        (3, ["1", "2"], None),
        (4, ["1"], None),
    ]


def test_a_nul_rejects_its_row_only(write: Write) -> None:
    _, rows = read(write(b"a,b\n1,\x002\n3,4\n"))
    assert [(row.number, row.problem) for row in rows] == [(2, "it holds a NUL character"), (3, None)]


def test_too_many_columns_are_refused(write: Write) -> None:
    with pytest.raises(ImportProblem, match="1,000,000 columns"):
        read(
            write(b",".join(b"c" for _ in range(1_000_000)) + b"\n1\n"),
            limits=Limits(columns=2_000, record_chars=1 << 22),
        )


def test_a_line_of_a_million_cells_is_rejected_alone(write: Write) -> None:
    _, rows = read(write(b"a,b\n" + b"1," * 400_000 + b"1\n1,2\n"), limits=Limits())
    assert [row.problem is None for row in rows] == [False, True]


def test_a_broken_byte_becomes_a_mark(write: Write) -> None:
    _, rows = read(write(b"a,b\n1,caf\xe9\n"))
    assert rows[0].cells[1] == "caf\ufffd"


def test_columns_get_distinct_names(write: Write) -> None:
    columns, _ = read(write(b"Name,,Name,\xef\xbb\xbfx,,\n1,2,3,4\n"))
    assert columns == ["Name", "Column 2", "Name (2)", "\ufeffx"]


def test_the_two_columns_of_a_rejects_file_are_left_out(write: Write) -> None:
    columns, rows = read(write(b"rejected row,rejected because,a,b\n7,why,1,2\n"))
    assert columns == ["a", "b"]
    assert outcome(rows) == [(2, ["1", "2"], None)]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("cp1252", b""),
        ("utf-8", b""),
    ],
)
def test_each_encoding_is_found_out(tmp_path: Path, encoding: str, mark: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(mark + '"Name",Where\nCafé – “Ñandú”,Köln\n'.encode(encoding))
    found = survey(path)
    assert found.dialect.encoding == encoding
    assert found.names() == ["Name", "Where"]
    assert list(found.first[0].cells) == ["Café – “Ñandú”", "Köln"]


def test_latin_1_is_told_from_windows(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("Name,Where\n\x81café,x\n".encode("latin-1"))
    assert survey(path).dialect.encoding == "iso8859-1"


def test_broken_utf_8_is_replaced_and_reported(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes("Name,Where\nCafé,Köln\nÑandú,Zoë\n".encode() + b"caf\xe9,x\n")
    found = survey(path)
    assert found.dialect.encoding == "utf-8"
    unsure = {finding.name: str(finding) for finding in found.findings if not finding.sure}
    assert "1 broken bytes" in unsure["encoding"]
    assert "the first is row 4" in unsure["characters"]


QUOTED = st.text(st.characters(exclude_characters="\x00\r\n\ufeff", exclude_categories=["Cs"]), max_size=12)
"""Cells without line ends, which the csv module would write but which a text file does not keep apart."""
LINES = st.text(st.characters(exclude_characters="\x00\r\ufeff", exclude_categories=["Cs"]), max_size=12)


@given(
    rows=st.lists(st.tuples(st.integers(1, 99).map(str), LINES, QUOTED), min_size=1, max_size=20),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_csv_module_writes_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str]],
    delimiter: str,
    end: str,
    quoting: int,
) -> None:
    path = tmp_path_factory.mktemp("csv") / "in.csv"
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([("number", "some text", "more"), *[tuple(map(defused, row)) for row in rows]])
    path.write_bytes(text.getvalue().encode())
    columns, found = read(path, delimiter=delimiter, limits=Limits())
    assert columns == ["number", "some text", "more"]
    assert [tuple(row.cells) for row in found] == rows
    assert all(row.problem is None for row in found)


@given(st.text(max_size=20))
def test_the_mark_against_formulas_is_taken_off_again(text: str) -> None:
    assert fused(defused(text)) == text
    assert defused(text)[:1] not in tuple("=@\t\r\n")


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=400) | st.text(alphabet='a,"\n\r;\x00é', max_size=200).map(str.encode))
def test_no_bytes_crash_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "in.csv"
    path.write_bytes(content)
    with suppress(ImportProblem):
        assert survey(path, limits=SMALL).columns

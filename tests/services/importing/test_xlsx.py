"""Workbooks: what is in them is read as text, and what would fill the memory is refused before it is opened."""

import datetime as dt
import struct
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.importing.dialect import XLSX, Dialect
from opsdesk.services.importing.problems import LIMITS, ImportProblem, Limits
from opsdesk.services.importing.survey import survey
from opsdesk.services.importing.xlsx_check import check_workbook
from opsdesk.services.importing.xlsx_table import XlsxTable


def workbook(path: Path, rows: Sequence[Sequence[object]]) -> Path:
    """A workbook with these rows."""
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("Data")
    date = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, (dt.date, dt.datetime)):
                sheet.write_datetime(number, column, value, date)
            elif isinstance(value, str):
                sheet.write_string(number, column, value)
            else:
                sheet.write(number, column, value)
    book.close()
    return path


def repacked(path: Path, parts: dict[str, bytes]) -> Path:
    """The workbook with some of its parts put in or replaced."""
    with zipfile.ZipFile(path) as old:
        content = {name: old.read(name) for name in old.namelist()} | parts
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in content.items():
            new.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def sheet_xml(rows: str) -> bytes:
    """The XML of a sheet."""
    return (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f"<sheetData>{rows}</sheetData></worksheet>"
    ).encode()


def test_cells_become_text_and_rows_keep_their_number(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "in.xlsx",
        [
            ["Title", "When", "Day", "Count", "Share", "Yes"],
            [
                "=not a formula",
                dt.datetime.combine(dt.date(2019, 4, 23), dt.time(12, 30)),
                dt.date(2019, 4, 23),
                7,
                1.5,
                True,
            ],
            [],
            ["x", "", "", 1e20],
        ],
    )
    table = XlsxTable(path, Dialect(kind=XLSX, header_row=1), LIMITS)
    rows = list(table.rows())
    assert table.columns == ["Title", "When", "Day", "Count", "Share", "Yes"]
    assert [(row.number, [cell for cell in row.cells if cell]) for row in rows] == [
        (2, ["=not a formula", "2019-04-23 12:30:00", "2019-04-23", "7", "1.5", "true"]),
        (4, ["x", "1e+20"]),
    ]


def test_the_first_sheet_with_cells_is_taken_and_said(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "in.xlsx")
    book.add_worksheet("Empty")
    book.add_worksheet("Rows").write_column(0, 0, ["Name", "a", "b"])
    book.add_worksheet("More").write_column(0, 0, ["Name", "c"])
    book.close()
    found = survey(tmp_path / "in.xlsx")
    assert (found.dialect.sheet, found.rows, found.sheets) == ("Rows", 2, ("Empty", "Rows", "More"))
    assert survey(tmp_path / "in.xlsx", Dialect(sheet="More")).rows == 1
    with pytest.raises(ImportProblem, match='no sheet "Other" but Empty, Rows, More'):
        survey(tmp_path / "in.xlsx", Dialect(sheet="Other"))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "spans"),
        ('<row r="1048576"><c><v>1</v></c></row>' + "<row>" + "<c><v>1</v></c>" * 3_000 + "</row>", "spans"),
        ("<x:row r='1000000'><x:c r='ZZ1000000'><x:v>1</x:v></x:c></x:row>", "spans"),
        ('<row r="1"><c r="A1"/></row><!-- <c r="A1"/> --><row r="999999"/><row>' + "<c/>" * 500 + "</row>", "spans"),
    ],
)
def test_a_sheet_that_spans_too_much_is_refused(tmp_path: Path, rows: str, words: str) -> None:
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: sheet_xml(rows)})
    with pytest.raises(ImportProblem, match=words):
        check_workbook(path, LIMITS)


def test_a_sheet_that_hides_under_another_name_is_counted_too(tmp_path: Path) -> None:
    far = sheet_xml('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {"xl/elsewhere.bin": far})
    with pytest.raises(ImportProblem, match="spans"):
        check_workbook(path, LIMITS)


def test_a_workbook_that_inflates_out_of_proportion_is_refused(tmp_path: Path) -> None:
    spaces = sheet_xml(" " * 3_000_000)
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: spaces})
    with pytest.raises(ImportProblem, match="more than 50 times"):
        check_workbook(path, Limits(ratio=50, ratio_free_bytes=1_000_000))
    with pytest.raises(ImportProblem, match="at most 1,000,000"):
        check_workbook(path, Limits(sheet_bytes=1_000_000))
    check_workbook(path, LIMITS)


def test_a_part_that_inflates_to_more_than_it_declares_is_refused(tmp_path: Path) -> None:
    """The declared sizes are changed in both places that hold them; the packed bytes stay."""
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: sheet_xml(" " * 500_000)})
    with zipfile.ZipFile(path) as book:
        size = book.getinfo(SHEET).file_size
    path.write_bytes(path.read_bytes().replace(struct.pack("<L", size), struct.pack("<L", 100)))
    with pytest.raises(ImportProblem, match="more than it declares"):
        check_workbook(path, LIMITS)


def test_one_long_text_named_often_is_refused(tmp_path: Path) -> None:
    shared = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"x" * 10_000
        + b"</t></si></sst>"
    )
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 1_001))
    path = repacked(
        workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: sheet_xml(cells), "xl/sharedStrings.xml": shared}
    )
    check_workbook(path, LIMITS)
    with pytest.raises(ImportProblem, match="repeats long texts"):
        check_workbook(path, Limits(sheet_text_chars=5_000_000))


def test_long_texts_named_once_each_are_fine(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "in.xlsx", [["Title"], *[[f"{row} " + "y" * 2_000] for row in range(500)], ["z" * 9_000]]
    )
    check_workbook(path, Limits(sheet_text_chars=1_500_000))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 but nothing more", "cannot be opened"),
        (b"PK\x03\x04" + bytes(200), "cannot be opened"),
    ],
)
def test_a_broken_workbook_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "in.xlsx"
    path.write_bytes(content)
    with pytest.raises(ImportProblem, match=words):
        survey(path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tickets.csv", "a,b\n1,2\n")
    with pytest.raises(ImportProblem, match="no Excel workbook"):
        survey(path)


def test_a_damaged_sheet_is_refused(tmp_path: Path) -> None:
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: b"<worksheet><sheetData><row r='1'><c"})
    with pytest.raises(ImportProblem):
        survey(path)


def test_a_document_type_is_refused(tmp_path: Path) -> None:
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">]>' + sheet_xml("<row><c><v>&a;</v></c></row>")
    path = repacked(workbook(tmp_path / "in.xlsx", [["a"], ["1"]]), {SHEET: laughs})
    with pytest.raises(ImportProblem, match="not written as Excel"):
        check_workbook(path, LIMITS)


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 20_000), value=st.integers(0, 255))
def test_a_flipped_byte_never_crashes(tmp_path_factory: pytest.TempPathFactory, at: int, value: int) -> None:
    path = workbook(tmp_path_factory.mktemp("fuzz") / "in.xlsx", [["Title", "Lat"], ["x", 5.1], ["y", 6.2]])
    data = bytearray(path.read_bytes())
    data[at % len(data)] = value
    path.write_bytes(data)
    with suppress(ImportProblem):
        survey(path)


TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=20
)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(st.tuples(TEXT, st.integers(-(10**9), 10**9), st.floats(-180, 180)), min_size=1, max_size=10))
def test_what_is_written_to_a_workbook_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, float]]
) -> None:
    path = workbook(tmp_path_factory.mktemp("xlsx") / "in.xlsx", [["t", "i", "f"], *map(list, rows)])
    table = XlsxTable(path, Dialect(kind=XLSX, header_row=1), LIMITS)
    found = [row.cells for row in table.rows()]
    assert [cells[0] for cells in found] == [row[0] for row in rows]
    assert [int(cells[1]) for cells in found] == [row[1] for row in rows]
    assert [float(cells[2]) for cells in found] == pytest.approx([row[2] for row in rows])

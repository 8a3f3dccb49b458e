"""JSON in its forms: records of any number, one at a time, and a wrong one rejected alone."""

import io
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.importing import json_scanner
from opsdesk.services.importing.dialect import GEOJSON, JSON, Dialect
from opsdesk.services.importing.json_scanner import BadValue, Scanner
from opsdesk.services.importing.json_table import JsonTable
from opsdesk.services.importing.problems import ImportProblem, Limits
from opsdesk.services.importing.tables import RawRow

LIMITS = Limits(record_chars=5_000, depth=8, columns=50)


def read(path: Path, *, kind: str = JSON, records: str | None = None) -> tuple[list[str], list[RawRow]]:
    """Columns and rows of a file."""
    table = JsonTable(path, Dialect(kind=kind, encoding="utf-8", records=records), LIMITS)
    try:
        rows = list(table.rows())
        return table.columns, rows
    finally:
        table.close()


def read_text(folder: Path, text: str, **options: Any) -> tuple[list[str], list[RawRow]]:
    """Columns and rows of a text."""
    path = folder / "in.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return read(path, **options)


@pytest.fixture(params=[7, 1 << 18])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Reading in pieces of a few characters meets every edge that big files have."""
    monkeypatch.setattr(json_scanner, "_CHUNK", request.param)
    return int(request.param)


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1, "b": "x"}, {"a": 2, "b": "]}"}]',
        '{"meta": {"n": [1, 2]}, "rows": [{"a": 1, "b": "x"}, {"a": 2, "b": "]}"}], "end": null}',
        '{"data": {"items": [{"a": 1, "b": "x"}, {"a": 2, "b": "]}"}]}}',
        ' \ufeff [ {"a":1,"b":"x"} , {"a":2,"b":"\\u005d}"} ] ',
    ],
)
def test_records_are_found_wherever_the_list_stands(tmp_path: Path, text: str) -> None:
    columns, rows = read_text(tmp_path, text)
    assert columns == ["a", "b"]
    assert [(row.number, list(row.cells)) for row in rows] == [(1, ["1", "x"]), (2, ["2", "]}"])]


def test_one_object_a_line_is_read(tmp_path: Path) -> None:
    columns, rows = read_text(tmp_path, '{"a": 1, "b": "x"}\n\n{"a": 2, "b": "]}"}\n')
    assert columns == ["a", "b"]
    assert [row.cells for row in rows] == [["1", "x"], ["2", "]}"]]


@pytest.mark.usefixtures("chunk")
def test_one_wrong_record_is_rejected_alone(tmp_path: Path) -> None:
    deep = '{"a": ' + "[" * 12 + "]" * 12 + "}"
    long = '{"a": "' + "x" * 6_000 + '"}'
    text = f'[{{"a": 1}}, {{"a": tru}}, {deep}, {long}, 17, [1], "x", {{"a": "\\u0000"}}, {{"a": 9}}]'
    _, rows = read_text(tmp_path, text)
    assert [(row.number, row.problem is None) for row in rows] == [
        (1, True), (2, False), (3, False), (4, False), (5, False), (6, False), (7, False), (8, False), (9, True),
    ]  # fmt: skip
    words = [row.problem or "" for row in rows]
    assert "no JSON" in words[1]
    assert "deeper than 8" in words[2]
    assert "longer than 5,000" in words[3]
    assert "no object" in words[4]
    assert "NUL" in words[7]


@pytest.mark.usefixtures("chunk")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"a": 1}, {"a": 2', "ends in the middle"),
        ('[{"a": 1} {"a": 2}]', "comma"),
        ('{"a": 1}', "no list of records"),
        ('{"rows": [{"a": 1}], "others": [{"a": 2}]}', "several lists"),
        ('[{"a": 1}] and more', "follows after the end"),
        ('{"rows" [{"a": 1}]}', "colon"),
        ("hello", "no JSON"),
        ("[" * 100_000, "ends in the middle|no JSON|no object"),
        ('{"a":' * 100_000, "."),
    ],
)
def test_a_file_that_is_no_list_of_records_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ImportProblem, match=words):
        read_text(tmp_path, text)


def test_one_of_several_lists_can_be_chosen(tmp_path: Path) -> None:
    _, rows = read_text(tmp_path, '{"rows": [{"a": 1}], "others": [{"a": 2}, {"a": 3}]}', records="others")
    assert [row.cells for row in rows] == [["2"], ["3"]]


def test_inner_objects_become_columns_and_numbers_keep_their_digits(tmp_path: Path) -> None:
    columns, rows = read_text(
        tmp_path, '[{"at": {"lat": 5.10, "lon": -4e0}, "tags": ["a", "b"], "n": NaN, "big": 12345678901234567890123}]'
    )
    assert dict(zip(columns, rows[0].cells, strict=True)) == {
        "at.lat": "5.10",
        "at.lon": "-4e0",
        "tags": "a, b",
        "n": "NaN",
        "big": "12345678901234567890123",
    }


def test_a_feature_gives_its_properties_and_its_place(tmp_path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "id": 7,
            "properties": {"name": "x"},
            "geometry": {"type": "Point", "coordinates": [1.5, 2]},
        },
        {"type": "Feature", "properties": {"name": "y"}, "geometry": None},
        {
            "type": "Feature",
            "properties": None,
            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 2], [0, 0]]]},
        },
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    columns, rows = read_text(tmp_path, text, kind=GEOJSON)
    told = [{name: cell for name, cell in zip(columns, row.cells, strict=False) if cell} for row in rows]
    assert told[0] == {"name": "x", "id": "7", "geometry.longitude": "1.5", "geometry.latitude": "2"}
    assert told[1] == {"name": "y"}
    assert (told[2]["geometry.longitude"], told[2]["geometry.latitude"]) == ("2.000000", "1.000000")
    assert json.loads(told[2]["geometry"])["coordinates"][0][1] == [4, 0]


def test_more_names_than_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportProblem, match="more than 50 different names"):
        read_text(tmp_path, json.dumps([{f"c{number}": 1 for number in range(51)}]))


CELLS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=15)


@given(
    rows=st.lists(st.dictionaries(CELLS, CELLS, min_size=1, max_size=4), min_size=1, max_size=8),
    indent=st.sampled_from([None, 1]),
)
def test_what_the_json_module_writes_is_read_back_equal(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], indent: int | None
) -> None:
    columns, found = read_text(tmp_path_factory.mktemp("json"), json.dumps(rows, indent=indent))
    told = [{name: cell for name, cell in zip(columns, row.cells, strict=False) if cell} for row in found]
    assert told == rows


@settings(deadline=None, max_examples=200)
@given(text=st.text(alphabet='{}[]",:a1\\ \n', max_size=60))
def test_no_text_crashes_the_reading(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    with suppress(ImportProblem):
        read_text(tmp_path_factory.mktemp("fuzz"), "[" + text)


@pytest.mark.usefixtures("chunk")
def test_lists_of_numbers_are_stepped_over_whole_and_count_as_one_level_more() -> None:
    limits = Limits(depth=3)
    ring = "[[1.5, 2], [3,4] ,[ 5 , 6 ],[]]"
    scanner = Scanner(io.StringIO(f'{ring},{{"a": {ring}, "b": "]"}}, [[[7],8],[9]] ,[1]'), limits)
    assert scanner.value() == ring
    assert scanner.take(",")
    assert scanner.value() == f'{{"a": {ring}, "b": "]"}}'
    assert scanner.take(",")
    assert scanner.value() == "[[[7],8],[9]]"
    assert scanner.take(",")
    assert scanner.value() == "[1]"
    with pytest.raises(BadValue, match="deeper than 2"):
        Scanner(io.StringIO(f'{{"a": {ring}}}'), Limits(depth=2)).value()

"""A map file is checked before it is kept, its tiles are those of the place asked for, and no file can do harm."""

from __future__ import annotations

import json
import os
import sqlite3
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsdesk.services.base_maps import EMPTY, BaseMaps, Stopped, checking, images, keeping
from opsdesk.services.base_maps.checking import check
from opsdesk.services.errors import Refused
from tests.support.patience import PATIENCE_S
from tests.support.tiles import Place, mbtiles, picture

NORTH, SOUTH = picture("#cc0000"), picture("#0000cc")
WORLD: list[tuple[Place, object]] = [((0, 0, 0), picture()), ((1, 0, 0), NORTH), ((1, 0, 1), SOUTH)]


@pytest.fixture
def maps(tmp_path: Path) -> Iterator[BaseMaps]:
    folder = tmp_path / "data"
    folder.mkdir()
    made = BaseMaps(folder)
    yield made
    made.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return mbtiles(tmp_path / "world.mbtiles", WORLD)


@pytest.mark.parametrize(("kind", "said"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "webp")])
def test_a_map_says_what_it_covers_whatever_its_kind_of_picture(tmp_path: Path, kind: str, said: str) -> None:
    path = mbtiles(
        tmp_path / "a.mbtiles", [((3, 4, 3), picture(kind=kind)), ((4, 9, 7), picture(kind=kind))], kind=said
    )
    about = check(path)
    assert (about.picture, about.min_zoom, about.max_zoom) == (said, 3, 4)
    assert (about.west, about.east, about.south) == (0.0, 45.0, 0.0)
    assert about.north == pytest.approx(40.9799, abs=1e-4)
    bounded = check(mbtiles(tmp_path / "b.mbtiles", WORLD, bounds="14,2,28,11.5"))
    assert (bounded.south, bounded.west, bounded.north, bounded.east) == (2, 14, 11.5, 28)


def test_rows_are_counted_from_the_north_and_what_is_missing_is_none(maps: BaseMaps, file: Path) -> None:
    one = maps.add(file).result(PATIENCE_S)
    assert maps.tile(one.id, 1, 0, 0).result(PATIENCE_S) == ("png", NORTH)
    assert maps.tile(one.id, 1, 0, 1).result(PATIENCE_S) == ("png", SOUTH)
    for place in ((1, 1, 0), (5, 0, 0), (1, 0, 2), (40, 0, 0), (1, -1, 0)):
        assert maps.tile(one.id, *place).result(PATIENCE_S) is None
    assert maps.tile("0" * 32, 0, 0, 0).result(PATIENCE_S) is None
    assert maps.tile("../../etc/passwd", 0, 0, 0).result(PATIENCE_S) is None
    assert images.look(EMPTY) == images.Picture("png", 1, 1)


def test_a_map_is_a_copy_that_stays_when_its_file_goes_and_is_removed_with_its_copy(
    maps: BaseMaps, file: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    one = maps.add(file, lambda done, size: told.append((done, size))).result(PATIENCE_S)
    assert told[-1] == (one.about.size, one.about.size)
    file.unlink()
    assert maps.listed().result(PATIENCE_S) == (one,)
    assert maps.tile(one.id, 0, 0, 0).result(PATIENCE_S) is not None
    maps.remove(one.id).result(PATIENCE_S)
    assert maps.listed().result(PATIENCE_S) == ()
    assert list((tmp_path / "data" / "base_maps").iterdir()) == []


def test_a_tile_that_is_asked_for_after_the_end_is_none(maps: BaseMaps, file: Path) -> None:
    one = maps.add(file).result(PATIENCE_S)
    maps.close()
    assert maps.tile(one.id, 0, 0, 0).result(PATIENCE_S) is None


def test_the_same_map_is_kept_once_and_a_lost_file_is_told(maps: BaseMaps, file: Path, tmp_path: Path) -> None:
    one = maps.add(file).result(PATIENCE_S)
    with pytest.raises(Refused, match="here already, as “Test map”"):
        maps.add(file).result(PATIENCE_S)
    next((tmp_path / "data" / "base_maps").glob("*.mbtiles")).unlink()
    (found,) = maps.listed().result(PATIENCE_S)
    assert (found.id, found.wrong) == (one.id, "Its file is gone")


@pytest.mark.parametrize("as_large", [True, False])
def test_a_copy_that_was_overwritten_is_told_and_none_of_its_tiles_is_drawn(
    maps: BaseMaps, file: Path, tmp_path: Path, as_large: bool
) -> None:
    one = maps.add(file).result(PATIENCE_S)
    assert maps.tile(one.id, 1, 0, 0).result(PATIENCE_S) is not None
    copy = next((tmp_path / "data" / "base_maps").glob("*.mbtiles"))
    copy.write_bytes(b"\0" * (copy.stat().st_size if as_large else 10))
    assert maps.tile(one.id, 1, 0, 0).result(PATIENCE_S) is None
    (found,) = maps.listed().result(PATIENCE_S)
    assert "has changed since it was added" in found.wrong
    anew = BaseMaps(tmp_path / "data")
    assert anew.tile(one.id, 1, 0, 0).result(PATIENCE_S) is None
    anew.close()


@pytest.mark.parametrize("noted", [True, False])
def test_a_copy_with_another_time_and_the_same_bytes_is_the_same_map(
    maps: BaseMaps, file: Path, tmp_path: Path, noted: bool
) -> None:
    one = maps.add(file).result(PATIENCE_S)
    folder = tmp_path / "data" / "base_maps"
    assert maps.tile(one.id, 0, 0, 0).result(PATIENCE_S) is not None
    os.utime(next(folder.glob("*.mbtiles")), (1, 1))
    note = next(folder.glob("*.json"))
    if not noted:  # by a program that did not write the time down
        said = json.loads(note.read_text(encoding="utf-8"))
        del said["state"]
        note.write_text(json.dumps(said), encoding="utf-8")
    assert maps.listed().result(PATIENCE_S) == (one,)
    assert maps.tile(one.id, 1, 0, 0).result(PATIENCE_S) == ("png", NORTH)
    assert json.loads(note.read_text(encoding="utf-8"))["state"] == [one.about.size, 10**9]


def test_copying_stops_when_told_and_leaves_nothing(
    maps: BaseMaps, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stopped):
        maps.add(file, stopped=lambda: True).result(PATIENCE_S)
    monkeypatch.setattr(keeping, "_SPARE", 1 << 60)
    with pytest.raises(Refused, match="MB are free"):
        maps.add(file).result(PATIENCE_S)
    assert list((tmp_path / "data" / "base_maps").iterdir()) == []


def _sql(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def _bomb(path: Path) -> Path:
    """A picture that says that it is 60,000 pixels wide."""
    head = bytearray(picture())
    head[16:24] = struct.pack(">II", 60_000, 60_000)
    return mbtiles(path, [((0, 0, 0), bytes(head))])


def _text(path: Path) -> Path:
    path.write_text("<html>no map</html>", encoding="utf-8")
    return path


def _fifo(path: Path) -> Path:
    os.mkfifo(path)
    return path


META = "CREATE TABLE metadata (name text, value text)"
FOREVER = (
    "CREATE VIEW tiles AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS zoom_level, i AS tile_column, i AS tile_row, x'00' AS tile_data FROM n"
)
SLOW = (
    "CREATE VIEW tiles AS SELECT 1 AS zoom_level, a.name AS tile_column, 1 AS tile_row, x'00' AS tile_data "
    "FROM metadata a, metadata b, metadata c, metadata d, metadata e, metadata f"
)
MANY = (
    "INSERT INTO metadata WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200) SELECT i, i FROM n"
)

HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "text": (_text, "no MBTiles file"),
    "nothing": (lambda path: path, "cannot be read"),
    "a folder": (lambda path: path.parent, "is no file"),
    "a pipe": (_fifo, "is no file"),
    "no tables": (lambda path: _sql(path, "CREATE TABLE x (y)"), "no MBTiles file"),
    "no tiles": (lambda path: mbtiles(path, []), "holds no tile"),
    "vector tiles": (lambda path: mbtiles(path, WORLD, kind="pbf"), "vector tiles"),
    "a page for a tile": (lambda path: mbtiles(path, [((0, 0, 0), b"<svg onload='x'/>" * 9)]), "no picture"),
    "a number for a tile": (lambda path: mbtiles(path, [((0, 0, 0), 7)]), "no picture"),
    "a picture that swells": (_bomb, "no picture of a usual size"),
    "a tile of 3 MB": (lambda path: mbtiles(path, [((0, 0, 0), picture() + b"\0" * 3_000_000)]), "no picture"),
    "a tile of 9 MB": (lambda path: mbtiles(path, [((0, 0, 0), picture() + b"\0" * 9_000_000)]), "damaged"),
    "a zoom of 23": (lambda path: mbtiles(path, [((23, 0, 0), picture())]), "zooms from"),
    "a tile beside the world": (lambda path: mbtiles(path, [((1, 5, 0), picture())]), "outside the world"),
    "words for a zoom": (
        lambda path: _sql(path, META, "CREATE TABLE tiles (zoom_level, tile_column, tile_row, tile_data)",
                          "INSERT INTO tiles VALUES ('a', 1, 1, x'00')"), "zooms from",
    ),
    "a view without an end": (lambda path: _sql(path, META, FOREVER), "damaged"),
    "a view of 64 billion rows": (lambda path: _sql(path, META, MANY, SLOW), "takes too long"),
}  # fmt: skip


@pytest.mark.parametrize("sort", HOSTILE)
def test_a_hostile_file_is_refused_in_words_and_soon(
    sort: str, maps: BaseMaps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, words = HOSTILE[sort]
    if words == "takes too long":
        monkeypatch.setattr(checking, "_SECONDS", 0.3)
    path = make(tmp_path / "x.mbtiles")
    began = time.process_time()
    with pytest.raises(Refused, match=words):
        maps.add(path).result(PATIENCE_S)
    assert time.process_time() - began < 10
    assert maps.listed().result(PATIENCE_S) == ()


def test_a_name_from_a_file_is_one_line_of_words(tmp_path: Path) -> None:
    about = check(mbtiles(tmp_path / "x.mbtiles", WORLD, name="a\nb\u202e\x07" + "c" * 500, bounds="nan,1,2,inf"))
    assert about.name.startswith("a b c")
    assert len(about.name) <= 120
    assert about.name.isprintable()
    assert (about.west, about.east) == (-180.0, 180.0)


@settings(max_examples=60)
@given(data=st.data())
def test_damaged_files_are_refused_or_read_and_nothing_else(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    whole = bytearray(mbtiles(folder / "whole.mbtiles", WORLD).read_bytes())
    for _ in range(data.draw(st.integers(1, 40))):
        whole[data.draw(st.integers(16, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = folder / "damaged.mbtiles"
    path.write_bytes(whole[: data.draw(st.integers(100, len(whole)))])
    try:
        about = check(path)
    except Refused:
        return
    assert 0 <= about.min_zoom <= about.max_zoom <= 22


@given(
    st.binary(max_size=64),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8 "]),
)
def test_any_bytes_are_a_picture_of_a_usual_size_or_none(rest: bytes, head: bytes) -> None:
    found = images.look(head + rest)
    assert found is None or (1 <= found.wide <= images.MOST_PIXELS and 1 <= found.high <= images.MOST_PIXELS)

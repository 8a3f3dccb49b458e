"""Importing into a data folder: every row accounted for, nothing twice, nothing lost, and a person goes first."""

import csv
import gzip
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest

from opsdesk.services import undo
from opsdesk.services.desk import Desk
from opsdesk.services.importing import ImportProblem, Limits, Plan, run, survey
from opsdesk.services.importing.run import Report
from opsdesk.services.importing.survey import preview
from opsdesk.services.tickets import create
from opsdesk.store.work import Reader

HEAD = "Number,Name,Type,Date,Lat,Lon,Where,Remark\n"


def put(path: Path, *rows: str, head: str = HEAD) -> Path:
    """A CSV file with these rows."""
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def told(desk: Desk, sql: str) -> list[tuple[Any, ...]]:
    """The answer to a question in SQL."""

    def ask(reader: Reader) -> list[tuple[Any, ...]]:
        return reader.rows(sql)

    return desk.ask(ask).result()


def figures(report: Report) -> tuple[int, int, int, int]:
    """Read, imported, rejected, duplicates; the first is always the sum of the others."""
    assert report.read == report.imported + report.rejected + report.duplicates
    return report.read, report.imported, report.rejected, report.duplicates


ROWS = (
    "1,Fire at the mill,Fire,23/04/2019 12:30,5.1,-4.0,Dabou,dog barked",
    "1,Fire at the mill,Fire,23/04/2019 12:30,5.2,-4.0,Dabou,dog barked",
    "2,Flood,Flood,24/04/2019,NA,NA,Abidjan,",
    "1,Fire at the mill,Fire,23/04/2019 12:30,5.1,-4.0,Dabou,dog barked",
    "3,Broken,Flood,31/02/2019,5,5,x,",
    "4,Nowhere,Flood,25/04/2019,95,5,x,",
)


def test_every_row_is_imported_rejected_or_a_duplicate(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    report = run.run(desk, path).result()
    assert figures(report) == (6, 3, 2, 1)
    assert [(reason.count, reason.first_row) for reason in report.reasons] == [(1, 6), (1, 7)]
    tickets = told(
        desk,
        "SELECT t.title, t.external, t.source, t.lat, t.location, c.name, t.occurred_at, t.reported_via, a.value "
        "FROM ticket t JOIN category c ON c.id = t.category LEFT JOIN answer a ON a.subject = t.id ORDER BY t.key",
    )
    assert tickets[0][:6] == ("Fire at the mill", "1", "in.csv", 5.1, "Dabou", "Fire")
    assert tickets[0][6:8] == (1556022600000, "import")
    assert json.loads(tickets[0][8]) == {"Remark": "dog barked"}
    assert [row[3] for row in tickets] == [5.1, 5.2, None]
    assert tickets[2][8] is None


def test_a_second_run_imports_nothing_whatever_the_file_is_called(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    run.run(desk, path).result()
    assert figures(run.run(desk, path).result()) == (6, 0, 2, 4)
    packed = tmp_path / "renamed.csv.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert figures(run.run(desk, packed).result()) == (6, 0, 2, 4)
    assert told(desk, "SELECT count(*) FROM ticket") == [(3,)]


def test_rejected_rows_stand_beside_the_file_ready_to_be_mended(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS, '5,"=cmd()",Flood,never,1,1,x,')
    plan = Plan(columns={"Name": "title", "Type": "category", "Date": "occurred", "Lat": "lat", "Lon": "lon"})
    report = run.run(desk, path, mapping=plan).result()
    assert report.rejects == tmp_path / "in.rejected.csv"
    lines = list(csv.reader(report.rejects.read_text(encoding="utf-8-sig").splitlines()))
    assert lines[0] == ["rejected row", "rejected because", *HEAD.strip().split(",")]
    assert [line[0] for line in lines[1:]] == ["6", "7", "8"]
    assert lines[3][3] == "'=cmd()"
    mended = report.rejects.read_text(encoding="utf-8-sig").replace("31/02/", "28/02/").replace("never", "1/1/2019")
    (tmp_path / "mended.csv").write_text(mended, encoding="utf-8")
    assert figures(run.run(desk, tmp_path / "mended.csv", mapping=plan).result()) == (3, 2, 1, 0)
    assert ("=cmd()",) in told(desk, "SELECT title FROM ticket")
    # The mended rows are those of the file, so that mending the file itself adds nothing twice.
    put(path, *ROWS[:4], ROWS[4].replace("31/02/", "28/02/"))
    assert figures(run.run(desk, path).result()) == (5, 0, 0, 5)


def test_a_rejects_file_that_somebody_mends_is_not_written_over(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    first = run.run(desk, path).result().rejects
    assert first is not None
    assert run.run(desk, path).result().rejects == first
    first.write_text("mine")
    assert run.run(desk, path).result().rejects == tmp_path / "in.rejected-2.csv"
    assert first.read_text() == "mine"
    assert sorted(item.name for item in tmp_path.iterdir() if item.suffix == ".csv") == [
        "in.csv",
        "in.rejected-2.csv",
        "in.rejected.csv",
    ]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_where_the_folder_refuses_the_rejects_go_to_the_data_folder(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    path = put(inputs / "in.csv", *ROWS)
    if os.geteuid() == 0:  # permissions do not bind root: the refusal has to be made
        real = tempfile.mkstemp

        def refuse(*args: Any, **kwargs: Any) -> Any:
            if kwargs["dir"] == inputs:
                raise PermissionError(13, "Permission denied", str(inputs))
            return real(*args, **kwargs)

        monkeypatch.setattr(tempfile, "mkstemp", refuse)
    else:
        inputs.chmod(0o500)
    assert run.run(desk, path).result().rejects == desk.folder / "in.rejected.csv"


def test_a_dry_run_counts_the_same_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    before = told(desk, "SELECT count(*) FROM change")
    dry = run.run(desk, path, dry_run=True).result()
    assert figures(dry) == (6, 3, 2, 1)
    assert (dry.rejects, dry.act) == (None, None)
    assert told(desk, "SELECT count(*) FROM change") == before
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == ["in.csv"]
    assert figures(run.run(desk, path).result()) == figures(dry)
    assert figures(run.run(desk, path, dry_run=True).result()) == (6, 0, 2, 4)


def test_a_cancelled_import_keeps_what_it_wrote_and_goes_on_later(desk: Desk, tmp_path: Path) -> None:
    rows = [f"{number},Report {number},Fire,23/04/2019,5,5,x," for number in range(2_000)]
    path = put(tmp_path / "in.csv", *rows)
    seen: list[int] = []
    report = run.run(
        desk, path, progress=lambda done, total: seen.append(done), cancelled=lambda: len(seen) >= 3
    ).result()
    assert report.cancelled
    read, imported, rejected, duplicates = figures(report)
    assert (imported, rejected, duplicates) == (read, 0, 0)
    assert 0 < imported < 2_000
    assert told(desk, "SELECT count(*) FROM ticket") == [(imported,)]
    assert figures(run.run(desk, path).result()) == (2_000, 2_000 - imported, 0, imported)
    assert seen == sorted(seen)


def test_an_import_is_one_act_that_undo_takes_back_and_that_may_come_again(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    report = run.run(desk, path).result()
    assert desk.ask(undo.recent).result()[0].label == "Import in.csv"
    desk.do(undo.undo, report.act).result()
    assert told(desk, "SELECT count(*) FROM ticket WHERE voided IS NULL") == [(0,)]
    assert figures(run.run(desk, path).result()) == (6, 3, 2, 1)
    names = told(desk, "SELECT name FROM category WHERE code LIKE 'imported.%' AND voided IS NULL")
    assert {row[0] for row in names} <= {"Fire", "Flood"}


def test_imported_tickets_are_captured_as_the_persons_own_changes(desk: Desk, tmp_path: Path) -> None:
    before = told(desk, "SELECT count(*) FROM change")[0][0]
    report = run.run(desk, put(tmp_path / "in.csv", *ROWS)).result()
    entries = told(desk, f"SELECT actor, act FROM change WHERE seq > {before}")
    assert {actor for actor, _ in entries} == {desk.person}
    assert {act for _, act in entries} == {report.act}


def test_a_category_that_ships_brings_its_type(desk: Desk, tmp_path: Path) -> None:
    run.run(desk, put(tmp_path / "in.csv", "1,x,BURGLARY,1/1/2019,,,x,", "2,y,Odd thing,1/1/2019,,,x,")).result()
    rows = told(
        desk,
        "SELECT ty.code, c.code FROM ticket t JOIN ticket_type ty ON ty.id = t.type "
        "JOIN category c ON c.id = t.category ORDER BY t.key",
    )
    assert rows[0] == ("security", "security.property.burglary")
    assert rows[1] == ("incident", "imported.incident.odd-thing")


def test_no_more_categories_are_made_than_the_limit_and_the_rest_keep_their_words(desk: Desk, tmp_path: Path) -> None:
    rows = [f"{number},x{number},Kind {number},1/1/2019,,,x," for number in range(8)]
    plan = Plan(columns={"Name": "title", "Type": "category"})
    report = run.run(desk, put(tmp_path / "in.csv", *rows), mapping=plan, limits=Limits(new_categories=3)).result()
    assert report.imported == 8
    assert told(desk, "SELECT count(*) FROM category WHERE code LIKE 'imported.%'") == [(3,)]
    values = [json.loads(row[0]) for row in told(desk, "SELECT value FROM answer ORDER BY key")]
    assert [value.get("category") for value in values] == [None] * 3 + [f"Kind {number}" for number in range(3, 8)]


def test_a_type_is_made_when_the_plan_asks_for_one(desk: Desk, tmp_path: Path) -> None:
    plan = Plan(columns={"Name": "title", "Type": "type"})
    run.run(desk, put(tmp_path / "in.csv", "1,x,Patrol report,,,,,", "2,y,Medical,,,,,"), mapping=plan).result()
    rows = told(desk, "SELECT ty.code, ty.name FROM ticket t JOIN ticket_type ty ON ty.id = t.type ORDER BY t.key")
    assert rows == [("patrol-report", "Patrol report"), ("medical", "Medical")]


def test_a_row_without_a_time_says_so(desk: Desk, tmp_path: Path) -> None:
    run.run(
        desk, put(tmp_path / "in.csv", "1,x,Fire,NA,,,,", "2,y,Fire,1/1/2019,,,,", "3,z,Fire,13/1/2019,,,,")
    ).result()
    words = told(desk, "SELECT t.external, g.word FROM tag g JOIN ticket t ON t.id = g.subject")
    assert words == [("1", "time unknown")]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (("01.02.2019", "12.31.2019"), "mdy"),
        (("01.02.2019", "31.12.2019"), "dmy"),
        (("01/02/2019", "02/01/2019"), "dmy"),
    ],
)
def test_a_date_far_down_the_file_decides_on_the_order(tmp_path: Path, texts: tuple[str, str], order: str) -> None:
    rows = [f"{row},x,Fire,{texts[0]},,,," for row in range(3_000)]
    found = survey(put(tmp_path / "in.csv", *rows, f"9,x,Fire,{texts[1]},,,,"))
    assert (found.dialect.date_order, found.rows) == (order, 3_001)


def test_a_person_at_the_desk_goes_before_the_rows(desk: Desk, tmp_path: Path) -> None:
    rows = [f"{number},Report {number},Fire,23/04/2019,5,5,x," for number in range(3_000)]
    path = put(tmp_path / "in.csv", *rows)
    began = threading.Event()
    future = run.run(desk, path, progress=lambda done, total: began.set() if done else None)
    assert began.wait(60)
    desk.do(create, title="Urgent call").result()
    written = told(desk, "SELECT count(*) FROM ticket WHERE source = 'in.csv'")[0][0]
    assert written < 3_000
    assert future.result().imported == 3_000


def test_the_preview_shows_what_the_import_does(desk: Desk, tmp_path: Path) -> None:
    path = put(tmp_path / "in.csv", *ROWS)
    found = survey(path)
    shown = preview(found, found.plan)
    assert [row.problem is None for row in shown] == [True, True, True, True, False, False]
    run.run(desk, path, found=found).result()
    titles = [row[0] for row in told(desk, "SELECT title FROM ticket ORDER BY key")]
    assert titles == [row.mapped.values["title"] for row in shown[:3] if row.mapped]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (bytes(100), "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "old Excel"),
        (b"\x00\x01\x02\x03\x04\x05\x06\x07" * 50, "no text"),
        (gzip.compress(b"a,b\n" + os.urandom(5_000))[:-2_000], "damaged or cut off"),
        (b"\x1f\x8b\x08" + bytes(50), "damaged or cut off|empty"),
    ],
)
def test_what_is_no_table_is_refused_in_words(desk: Desk, tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(content)
    with pytest.raises(ImportProblem, match=words):
        run.run(desk, path).result()
    with pytest.raises(ImportProblem, match="no file"):
        run.run(desk, tmp_path / "missing.csv").result()
    with pytest.raises(ImportProblem, match="a folder"):
        run.run(desk, tmp_path).result()


def test_a_gzip_bomb_is_stopped_by_its_proportion(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "in.csv.gz"
    path.write_bytes(gzip.compress(HEAD.encode() + b" " * 5_000_000))
    with pytest.raises(ImportProblem, match="more than 100 times"):
        run.run(desk, path, limits=Limits(ratio=100, ratio_free_bytes=1_000_000)).result()
    with pytest.raises(ImportProblem, match="more than 2,000,000 bytes"):
        run.run(desk, path, limits=Limits(inflated_bytes=2_000_000)).result()


def test_a_file_of_nothing_but_wrong_rows_is_rejected_row_by_row(desk: Desk, tmp_path: Path) -> None:
    report = run.run(
        desk, put(tmp_path / "in.csv", *[f"{row},x,Fire,1/1/2019,NaN,inf,," for row in range(60)])
    ).result()
    # Columns without a single number are no position, so the rows are imported without one and keep the words.
    assert figures(report) == (60, 60, 0, 0)
    plan = Plan(columns={"Name": "title", "Lat": "lat", "Lon": "lon"})
    report = run.run(desk, tmp_path / "in.csv", mapping=plan).result()
    assert (report.rejected, report.reasons[0].count) == (60, 60)

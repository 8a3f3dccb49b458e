"""The command line as scripts use it: JSON on stdout, reasons on stderr, exit status 0, 1 or 2."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk import cli
from opsdesk.services import tickets
from opsdesk.services.desk import Desk

CSV = """number,title,lat,lon,date,urgency
7,Bridge closed,5.36,-4.01,2026-11-20 06:30,high
8,Pump stands still,5.40,-4.02,2026-11-21 07:45,low
8,Pump stands still,5.40,-4.02,2026-11-21 07:45,low
9,Antenna down,95.0,-4.03,2026-11-21 08:00,high
"""


@pytest.fixture
def filled(folder: Path) -> Path:
    """A folder with four tickets that the operators of the query language tell apart."""
    desk = Desk.open(folder)
    bridge = desk.do(
        tickets.create, title="Bridge closed", values={"lat": 5.36, "lon": -4.01, "urgency": 3, "impact": 3}
    ).result()
    desk.do(tickets.comment, bridge.value, "Both lanes").result()
    antenna = desk.do(tickets.create, title="Antenna down", values={"assignee": desk.person}).result()
    desk.do(tickets.transition, antenna.value, "accept").result()
    desk.do(tickets.create, title="Exact words here", values={"lat": 6.36, "lon": -4.01}).result()
    desk.do(tickets.create, title="Words exact elsewhere").result()
    desk.close()
    return folder


def run(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Status, stdout and stderr of one command."""
    status = cli.main([*arguments, "--data", str(folder)])
    said = capsys.readouterr()
    return status, said.out, said.err


def listed(folder: Path, capsys: pytest.CaptureFixture[str], query: str) -> set[str]:
    """The titles that a query finds."""
    status, out, err = run(folder, capsys, "tickets", "list", "--query", query, "--limit", "5", "--json")
    assert status == 0, err
    answer: dict[str, Any] = json.loads(out)
    assert answer["count"] == len(answer["tickets"])
    return {ticket["title"] for ticket in answer["tickets"]}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Bridge closed", "Antenna down", "Exact words here", "Words exact elsewhere"}),
        ("state:open,waiting", {"Antenna down"}),
        ("prio>=high", {"Bridge closed"}),
        ('unit:"My unit" prio>=high', {"Bridge closed"}),
        ("updated<2h prio:urgent", {"Bridge closed"}),
        ("near:(5.36,-4.01),10km", {"Bridge closed"}),
        ("has:comment", {"Bridge closed"}),
        ("has:attachment", set()),
        ("-assignee:me state:new prio>=high", {"Bridge closed"}),
        ("assignee:me", {"Antenna down"}),
        ("-assignee:me", {"Bridge closed", "Exact words here", "Words exact elsewhere"}),
        ('-"exact words"', {"Bridge closed", "Antenna down", "Words exact elsewhere"}),
        ("text~antena", {"Antenna down"}),
        ('"exact words"', {"Exact words here"}),
        ("exact words", {"Exact words here", "Words exact elsewhere"}),
    ],
)
def test_each_operator_answers(filled: Path, capsys: pytest.CaptureFixture[str], query: str, titles: set[str]) -> None:
    assert listed(filled, capsys, query) == titles


def test_a_wrong_query_exits_1_and_points_at_its_place(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(filled, capsys, "tickets", "list", "--query", "prio>=high state:opne")
    assert (status, out) == (1, "")
    query, marks, words = err.splitlines()
    assert query[marks.index("^") : marks.rindex("^") + 1] == "opne"
    assert words == "At 18: Unknown state “opne”. Did you mean open?"


def test_wrong_usage_exits_2(folder: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["tickets", "list", "--limit", "none"])
    assert ended.value.code == 2


def test_an_import_accounts_for_every_row_and_a_second_one_imports_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "incidents.csv"
    file.write_text(CSV, encoding="utf-8")
    status, out, _ = run(folder, capsys, "import", "tickets", str(file), "--dry-run", "--json")
    assert json.loads(out) == {"read": 4, "imported": 2, "rejected": 1, "duplicates": 1}
    assert listed(folder, capsys, "") == set()
    status, out, _ = run(folder, capsys, "import", "tickets", str(file), "--json")
    assert (status, json.loads(out)) == (0, {"read": 4, "imported": 2, "rejected": 1, "duplicates": 1})
    rejected = (tmp_path / "incidents.csv.rejected.csv", tmp_path / "incidents.rejected.csv")
    assert any("95.0" in path.read_text(encoding="utf-8-sig") for path in rejected if path.exists())
    status, out, _ = run(folder, capsys, "import", "tickets", str(file), "--json")
    assert json.loads(out) == {"read": 4, "imported": 0, "rejected": 1, "duplicates": 3}


def test_a_missing_file_is_said_to_be_missing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(folder, capsys, "import", "tickets", "nowhere.csv", "--json")
    assert (status, out) == (1, "")
    assert "nowhere.csv" in err


@pytest.mark.parametrize("ending", ["csv", "json", "xlsx"])
def test_an_export_writes_what_the_query_finds(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], ending: str
) -> None:
    file = tmp_path / f"out.{ending}"
    status, out, err = run(filled, capsys, "export", "tickets", str(file), "--query", "exact", "--json")
    assert (status, json.loads(out or "{}")) == (0, {"exported": 2}), err
    if ending == "csv":
        with file.open(encoding="utf-8-sig", newline="") as opened:
            assert {row["Title"] for row in csv.DictReader(opened)} == {"Exact words here", "Words exact elsewhere"}


def test_a_backup_is_whole_and_never_written_over(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy" / "opsdesk.db"
    copy.parent.mkdir()
    assert run(filled, capsys, "backup", str(copy))[0] == 0
    assert len(listed(copy.parent, capsys, "")) == 4
    assert run(copy.parent, capsys, "doctor")[0] == 0
    status, _, err = run(filled, capsys, "backup", str(copy))
    assert status == 1
    assert "exists already" in err


def test_a_folder_without_data_is_said_to_be_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(tmp_path / "nothing", capsys, "tickets", "list")
    assert status == 1
    assert "no OpsDesk database" in err


def test_seed_fills_an_empty_folder_and_refuses_one_with_data(
    filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeded = tmp_path / "seeded"
    status, out, _ = run(seeded, capsys, "seed", "--tickets", "300", "--seed", "5", "--json")
    assert (status, json.loads(out)["tickets"]) == (0, 300)
    assert run(seeded, capsys, "doctor")[0] == 0
    assert run(filled, capsys, "seed", "--tickets", "10")[0] == 1


def test_one_ticket_is_written_as_a_pdf_by_its_number(
    filled: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status, out, _ = run(filled, capsys, "tickets", "list", "--limit", "1", "--json")
    number = json.loads(out)["tickets"][0]["number"]
    file = tmp_path / "one.pdf"
    status, out, err = run(filled, capsys, "export", "ticket", number, str(file), "--for-requester", "--json")
    assert (status, json.loads(out or "{}")) == (0, {"exported": 1}), err
    assert file.read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ticket", "T-NO-99999", "x.pdf"), "There is no ticket T-NO-99999 here"),
        (("ticket", "x.pdf"), "Say which ticket"),
        (("tickets", "T-1", "x.csv"), "Tickets go to one file"),
        (("tickets", "x.csv", "--history"), "“--history” belongs to “opsdesk export ticket”"),
        (("tickets", "x.csv", "--for-requester"), "“--for-requester” belongs to “opsdesk export ticket”"),
        (("ticket", "T-1", "x.pdf", "--answers"), "“--answers” belongs to “opsdesk export tickets”"),
        (("ticket", "T-1", "x.pdf", "--query", "state:open"), "“--query” belongs to “opsdesk export tickets”"),
        (("drawings", "x.geojson", "--answers"), "says nothing of drawings"),
        (("tickets", "x.json", "--answers"), "JSON has the answers of each ticket anyway"),
    ],
)
def test_an_export_that_cannot_be_says_why(
    filled: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    status, _, err = run(filled, capsys, "export", *words)
    assert status == 1
    assert said in err


def test_a_picture_that_there_is_not_is_refused_with_the_names_of_those_there_are(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(folder, capsys, "tour", "--out", str(tmp_path / "pictures"), "--scene", "mapp")
    assert (status, out) == (1, "")
    assert "“mapp”" in err
    assert " map," in err
    assert not (tmp_path / "pictures").exists()

"""Forms from files by the command line: what changed becomes a version, what is wrong stops all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from opsdesk import RESOURCES, cli
from opsdesk.models import rights
from opsdesk.models.organisation import Role
from opsdesk.services import forms
from opsdesk.services.changes import Changes
from opsdesk.services.defaults import shipped_id
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.forms import importing
from opsdesk.store import membership
from opsdesk.store.work import Work
from tests.support.exchange import Exchange
from tests.support.made_forms import definition, rule, when


@pytest.fixture
def call(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*arguments: str) -> tuple[int, Any, str]:
        status = cli.main(["forms", *arguments, "--json", "--data", str(folder)])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else None, said.err

    return run


def written(folder: Path, form: dict[str, Any], name: str = "made.json") -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(form), "utf-8")
    return str(folder / name)


def test_a_changed_form_becomes_a_version_with_its_difference_and_an_identical_one_nothing(
    call: Any, tmp_path: Path
) -> None:
    first = written(tmp_path, definition())
    assert call("import", first, "--dry-run")[1]["forms"][0]["result"] == "new"
    assert call("import", first)[1]["imported"] == 1
    assert call("import", first)[1] | {"forms": 0} == {"read": 1, "imported": 0, "unchanged": 1, "forms": 0}
    changed = definition(rule("hide", "cause", when=when("runs", "yes")), version=77)
    del changed["sections"][0]["fields"][2]
    (told,) = call("import", written(tmp_path, changed))[1]["forms"]
    assert (told["result"], told["version"]) == ("changed", 2)
    assert told["diff"] == ["- question “Weight” (weight)", '+ rule hide cause when {"==": [{"var": "runs"}, "yes"]}']
    assert call("diff", "made")[1] == {"code": "made", "old": 1, "new": 2, "diff": told["diff"]}
    listed = [one for one in call("list", "--all")[1]["forms"] if one["code"] == "made"]
    assert [(one["version"], one["newest"], one["questions"]) for one in listed] == [(2, True, 5), (1, False, 6)]
    shown = call("show", "made")[1]["form"]
    assert call("import", written(tmp_path, shown))[1]["unchanged"] == 1


def test_what_ships_is_what_is_in_force(call: Any) -> None:
    told = call("import", str(RESOURCES / "forms"))[1]
    assert told["imported"] == 0
    assert told["unchanged"] > 10


def test_one_wrong_file_stops_all_and_each_is_named(call: Any, tmp_path: Path) -> None:
    folder = tmp_path / "forms"
    written(folder, definition(), "a.json")
    written(folder, definition(), "b.json")
    written(folder, definition(rule("fly", "cause"), code="other"), "c.json")
    (folder / "d.json").write_bytes(b'{"code": "\xff"}')
    status, _, said = call("import", str(folder))
    assert status == 1
    assert "d.json is no text in UTF-8: byte 11 is wrong" in said
    (folder / "d.json").unlink()
    status, _, said = call("import", str(folder))
    assert status == 1
    assert "b.json: The form “made” is in a.json too" in said
    assert "c.json: Rule 1 has the unknown effect “fly”" in said
    assert not [one for one in call("list")[1]["forms"] if one["code"] == "made"]
    assert call("import", str(tmp_path / "nowhere.json"))[2].strip().endswith("nowhere.json is no file")


def test_only_an_administrator_or_the_commander_of_a_desk_alone_may_change_forms(desk: Desk, tmp_path: Path) -> None:
    files = importing.files(Path(written(tmp_path, definition())))

    def become(work: Work, role: str, joined: bool) -> Changes:
        work.execute("UPDATE person SET role = ? WHERE id = ?", (shipped_id(Role, role), work.person))
        work.execute("DELETE FROM membership")
        if joined:
            one = b"x" * 16
            membership.write(
                work.connection, membership.Membership("https://x", "P", "", work.person, work.unit, one, "", 1, one)
            )
        return Changes()

    may = {}
    for role in rights.ROLES:
        for joined in (False, True):
            desk.do(become, role, joined).result()
            may[role, joined] = desk.ask(importing.may_import).result()
            if not may[role, joined]:
                with pytest.raises(Refused, match="Only an administrator may change forms"):
                    desk.do(importing.import_forms, files).result()
    assert {who for who, allowed in may.items() if allowed} == {
        ("administrator", False), ("administrator", True), ("commander", False),
    }  # fmt: skip


def test_an_imported_form_comes_to_the_other_desks(exchange: Exchange, tmp_path: Path) -> None:
    one, other = exchange.desk("one"), exchange.desk("other")
    one.do(importing.import_forms, importing.files(Path(written(tmp_path, definition())))).result()
    for desk in (one, other):
        exchange.round(desk)
    found = other.ask(importing.one, "made").result()
    assert isinstance(found, forms.Form)
    assert found == one.ask(importing.one, "made").result()


def test_an_import_can_be_undone_and_done_again(desk: Desk, tmp_path: Path) -> None:
    files = importing.files(Path(written(tmp_path, definition())))
    outcome = desk.do(importing.import_forms, files).result()
    (record,) = outcome.changes.forms

    def take_back(work: Work) -> Changes:
        work.execute("UPDATE form_version SET voided = 'undone' WHERE id = ?", (record,))
        return Changes()

    desk.do(take_back).result()
    assert desk.do(importing.import_forms, files).result().changes.forms == {record}
    assert desk.ask(importing.one, "made").result().id == record

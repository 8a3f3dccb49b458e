"""What an administrator says about people is carried out as it was meant, and a slip leaves nothing behind."""

import io
import os
from contextlib import redirect_stderr
from pathlib import Path

import pytest

from opsdesk import cli
from opsdesk.server.folder import NoServer, folder_for
from tests.server.running import opsdesk
from tests.server.test_enrol import data

__all__ = ["data"]  # a fixture


def test_rights_that_are_not_named_stay_and_a_slip_makes_no_unit(data: Path) -> None:
    opsdesk(data, "server", "init", "--unit", "HQ")
    common = ("--unit", "A", "--role", "commander", "--marking", "CONFIDENTIAL")
    opsdesk(data, "server", "user", "add", "kim", *common)
    for slip, why in (
        (("kim", "--unit", "Slip"), "There is an account"),
        (("new", "--unit", "Slip", "--role", "chief"), "There is no role"),
        (("new", "--unit", "Slip", "--marking", "HUGE"), "A marking is one of"),
        (("new", "--unit", "Slip", "--with-password"), "A password has at least"),
    ):
        with pytest.raises(RuntimeError, match=why):
            opsdesk(data, "server", "user", "add", *slip, give="short\n")
    opsdesk(data, "server", "user", "add", "eva", "--unit", "B")
    with pytest.raises(RuntimeError, match="There is no unit “Slip”"):
        opsdesk(data, "server", "user", "grant", "kim", "--unit", "Slip")
    moved = opsdesk(data, "server", "user", "grant", "kim", "--unit", "B")
    assert (moved["role"], moved["marking"]) == ("commander", "CONFIDENTIAL")
    lowered = opsdesk(data, "server", "user", "grant", "kim", "--marking", "RESTRICTED")
    assert (lowered["role"], lowered["marking"]) == ("commander", "RESTRICTED")
    assert opsdesk(data, "server", "user", "grant", "kim", "--role", "")["role"] == ""
    told = {one["account"]: (one["role"], one["marking"]) for one in opsdesk(data, "server", "user", "list")["users"]}
    assert told["eva"] == ("watch officer", "RESTRICTED")
    assert told["kim"] == ("", "RESTRICTED")
    acts = [one["act"] for one in opsdesk(data, "server", "audit", "--limit", "4")["trail"]]
    assert acts == ["code made", "rights given", "rights given", "rights given"]


@pytest.mark.parametrize("words", [["run", "--port", "99999"], ["run", "--workers", "0"], ["audit", "--limit", "all"]])
def test_a_number_that_cannot_be_meant_is_a_wrong_usage(tmp_path: Path, words: list[str]) -> None:
    said = io.StringIO()
    with redirect_stderr(said), pytest.raises(SystemExit) as end:
        cli.main(["--data", str(tmp_path), "server", *words])
    assert end.value.code == 2
    assert "a number from" in said.getvalue()


def test_root_is_told_whose_server_it_is_before_it_makes_files_that_the_server_cannot_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "server").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "server", 54_321, 54_321)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(NoServer, match=rf"Say this as that account: sudo -u .+ opsdesk --data {tmp_path} server"):
        folder_for(tmp_path)
    assert folder_for(tmp_path / "none").path == tmp_path / "none/server", "init makes one"

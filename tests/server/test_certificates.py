"""A desk that knows the authority by its fingerprint reaches this server, and no other."""

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opsdesk.models import codes
from opsdesk.server import certificates

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    certificates.make_authority(tmp_path, "Relief Command", NOW)
    certificates.issue(tmp_path, ["post.example", "127.0.0.1"], NOW)
    return tmp_path


def meet(server: Path, trusted: Path, name: str) -> None:
    """One TLS handshake in memory. Raises ssl.SSLError when the desk does not trust the server."""
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(server / certificates.CERTIFICATE, server / certificates.KEY)
    ours = ssl.create_default_context(cafile=trusted / certificates.AUTHORITY)
    to_server, to_desk = ssl.MemoryBIO(), ssl.MemoryBIO()
    desk = ours.wrap_bio(to_desk, to_server, server_hostname=name)
    answer = theirs.wrap_bio(to_server, to_desk, server_side=True)
    waiting = {desk, answer}
    for _ in range(10):
        for side in tuple(waiting):
            try:
                side.do_handshake()
                waiting.discard(side)
            except ssl.SSLWantReadError:
                pass
    assert not waiting


@pytest.mark.parametrize("name", ["post.example", "127.0.0.1"])
def test_a_desk_that_trusts_the_authority_connects_by_each_name(folder: Path, name: str) -> None:
    meet(folder, folder, name)


def test_another_name_or_another_authority_is_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(ssl.SSLError):
        meet(folder, folder, "other.example")
    other = tmp_path_factory.mktemp("other")
    certificates.make_authority(other, "Relief Command", NOW)
    with pytest.raises(ssl.SSLError):
        meet(folder, other, "post.example")


def test_a_certificate_is_made_anew_for_a_new_name_or_when_it_ends(folder: Path) -> None:
    assert not certificates.issue(folder, ["post.example"], NOW)
    assert certificates.issue(folder, ["post.example", "other.example"], NOW)
    meet(folder, folder, "other.example")
    assert certificates.issue(folder, ["post.example"], NOW.replace(year=2036))


@pytest.mark.parametrize("half", [b"", b"-----BEGIN PRIVATE KEY-----\nhalf", None])
def test_a_key_that_does_not_belong_to_the_certificate_is_made_anew(folder: Path, half: bytes | None) -> None:
    """A start that is cut short between the two must not be the last that succeeds."""
    if half is None:
        certificates.issue(folder, ["other.example"], NOW)
        half = (folder / certificates.KEY).read_bytes()
        certificates.issue(folder, ["post.example", "127.0.0.1"], NOW)
    (folder / certificates.KEY).write_bytes(half)
    assert certificates.issue(folder, ["post.example"], NOW)
    meet(folder, folder, "post.example")


def test_what_cannot_be_written_whole_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "server.json"
    certificates.write_secret(secret, b"before")

    def full(_file: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        certificates.write_secret(secret, b"after")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"before"]


def test_keys_are_for_their_owner_only(folder: Path) -> None:
    for name in (certificates.KEY, certificates.AUTHORITY_KEY):
        assert (folder / name).stat().st_mode & 0o077 == 0


def test_the_fingerprint_is_that_of_the_authority_and_stays(folder: Path) -> None:
    before = codes.fingerprint(certificates.digest(folder))
    certificates.issue(folder, ["new.example"], NOW)
    assert codes.fingerprint(certificates.digest(folder)) == before
    assert len(before) == codes.FINGERPRINT_LETTERS

"""A desk is told an address by which it finds the server, and the certificate holds it."""

import ipaddress
import socket

import pytest

from opsdesk.server import whereabouts


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine called `post` with an address in one network, which Debian knows by its name as 127.0.1.1."""
    has(monkeypatch, "10.20.0.5")
    monkeypatch.setattr(socket, "gethostname", lambda: "post")
    told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.1.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_named: told)


def has(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    monkeypatch.setattr(whereabouts, "_outward", lambda: iter(addresses))
    monkeypatch.setattr(whereabouts, "_of_interfaces", lambda: iter(("127.0.0.1", *addresses, "169.254.3.3")))


def test_nobody_is_sent_to_the_address_by_which_a_machine_knows_itself() -> None:
    assert whereabouts.addresses() == ["10.20.0.5"]
    held = whereabouts.names([], "0.0.0.0")
    assert held == ["post", "localhost", "127.0.0.1", "10.20.0.5"]
    assert whereabouts.address(held, "0.0.0.0", 8471) == "https://10.20.0.5:8471"


@pytest.mark.parametrize(
    ("given", "host", "told"),
    [
        (["post.example"], "0.0.0.0", "https://post.example:8471"),
        ([], "10.99.0.1", "https://10.99.0.1:8471"),
        ([], "127.0.0.1", "https://127.0.0.1:8471"),
        ([], "::1", "https://[::1]:8471"),
        (["fd00::2"], "0.0.0.0", "https://[fd00::2]:8471"),
    ],
)
def test_what_the_administrator_said_comes_first(given: list[str], host: str, told: str) -> None:
    held = whereabouts.names(given, host)
    assert whereabouts.address(held, host, 8471) == told
    assert told.removeprefix("https://").rpartition(":")[0].strip("[]") in held


def test_a_machine_that_moved_tells_the_address_that_it_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    held = whereabouts.names([], "0.0.0.0")
    has(monkeypatch, "192.168.7.7")
    assert whereabouts.address([*held, *whereabouts.addresses()], "0.0.0.0", 8471) == "https://192.168.7.7:8471"
    has(monkeypatch)
    assert whereabouts.address(held, "0.0.0.0", 8471) == "https://10.20.0.5:8471", "unplugged for a moment"


def test_a_machine_without_a_network_tells_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch)
    assert whereabouts.address(whereabouts.names([], "0.0.0.0"), "0.0.0.0", 8471) == "https://post:8471"


def test_this_machine_answers_with_addresses_that_are_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for address in whereabouts.addresses():
        found = ipaddress.ip_address(address)
        with socket.socket(socket.AF_INET if found.version == 4 else socket.AF_INET6) as own:
            own.bind((address, 0))

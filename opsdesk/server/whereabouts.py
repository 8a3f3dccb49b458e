"""Where desks find the server: the names and addresses that its certificate holds, and the one that people are told."""

from __future__ import annotations

import ipaddress
import socket
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

LOCAL: Final = ("localhost", "127.0.0.1", "::1")
_ANYWHERE: Final = (("203.0.113.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))
"""Addresses of nobody: nothing is sent there, the system only says from where it would be."""
_ADDRESS_OF_INTERFACE: Final = 0x8915  # SIOCGIFADDR


def addresses() -> list[str]:
    """Addresses of this machine that desks on others may connect to, the one that leads out first."""
    found = dict.fromkeys([*_outward(), *_of_interfaces(), *_of_the_name()])
    return [address for address in found if _is_of_use(address)]


def names(given: Sequence[str], host: str) -> list[str]:
    """What the certificate of a new server holds: what was given, then what this machine is called by itself."""
    listens = [] if host in ("0.0.0.0", "::", "") else [host]
    return list(dict.fromkeys([*given, *listens, socket.gethostname(), *LOCAL[:2], *addresses()]))


def address(held: Sequence[str], host: str, port: int) -> str:
    """What a desk is told: a name that the administrator gave, else an address that this machine has now, of those
    that the certificate holds (`held`)."""
    name = host if host in LOCAL else _best(held)
    return f"https://{f'[{name}]' if ':' in name else name}:{port}"


def _best(held: Sequence[str]) -> str:
    # The names that were given come first; the machine's own is often known to nobody else.
    given = held[: held.index("localhost")] if "localhost" in held else held
    if given and given[0] != socket.gethostname():
        return given[0]
    have = [address for address in addresses() if address in held]
    numbers = [name for name in held if _is_of_use(name)]
    # Of either kind those of the older sort are typed with fewer mistakes.
    return next((name for name in (*have, *numbers) if ":" not in name), (*have, *numbers, *held)[0])


def _is_of_use(text: str) -> bool:
    """Whether others may connect to it. Debian knows a machine's own name as 127.0.1.1, which leads everybody home."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_link_local or found.is_unspecified or found.is_multicast)


def _outward() -> Iterator[str]:
    for there, family in _ANYWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            yield str(probe.getsockname()[0])


def _of_interfaces() -> Iterator[str]:
    """Of a network that leads nowhere else, as at many a post, the system tells by its interfaces alone."""
    if sys.platform != "linux":
        return
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # one without an address
                told = fcntl.ioctl(asked.fileno(), _ADDRESS_OF_INTERFACE, struct.pack("256s", name.encode()[:15]))
                yield socket.inet_ntoa(told[20:24])


def _of_the_name() -> Iterator[str]:
    with suppress(OSError):
        for entry in socket.getaddrinfo(socket.gethostname(), None, proto=socket.IPPROTO_TCP):
            yield str(entry[4][0]).partition("%")[0]

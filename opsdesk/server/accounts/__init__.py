"""Accounts, rights, devices and their tokens. Each function runs in a transaction of the caller, who always commits:

a refusal is a value (`Denied`), since what it leaves behind (an audit line, a revoked family) must stay.
"""

from __future__ import annotations

from opsdesk.server.accounts.coming_in import LogIn, log_in, refresh, tidy
from opsdesk.server.accounts.devices import Joining, enrol, make_code, person_of_code, rename_device, revoke_device
from opsdesk.server.accounts.people import (
    add_account,
    check_new,
    claims_of,
    grant,
    person_of,
    set_enabled,
    set_password,
)
from opsdesk.server.accounts.telling import (
    CODE_MS,
    FREE_FAILURES,
    PASSWORD_LETTERS,
    REFRESH_MS,
    Denied,
    Note,
    Tokens,
    audit,
    trail,
)

__all__ = [
    "CODE_MS",
    "FREE_FAILURES",
    "PASSWORD_LETTERS",
    "REFRESH_MS",
    "Denied",
    "Joining",
    "LogIn",
    "Note",
    "Tokens",
    "add_account",
    "audit",
    "check_new",
    "claims_of",
    "enrol",
    "grant",
    "log_in",
    "make_code",
    "person_of",
    "person_of_code",
    "refresh",
    "rename_device",
    "revoke_device",
    "set_enabled",
    "set_password",
    "tidy",
    "trail",
]

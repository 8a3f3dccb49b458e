"""The ways in which a ticket may be linked to another, from either side, in words."""

from __future__ import annotations

from opsdesk.services.tickets import LINK_KINDS

_BACK = "<"
"""Ends the code of a link that the other ticket has to this one."""

LINK_WORDS = {
    **{kind: words[0] for kind, words in LINK_KINDS.items()},
    **{f"{kind}{_BACK}": words[1] for kind, words in LINK_KINDS.items() if words[0] != words[1]},
}
"""Code of a choice → its words, seen from the ticket at hand."""


def way_of(code: str) -> tuple[str, bool]:
    """The kind of link that a choice means, and whether it is the other ticket's."""
    return code.removesuffix(_BACK), code.endswith(_BACK)

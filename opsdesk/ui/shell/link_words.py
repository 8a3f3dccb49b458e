"""The link in words: what the pill at the top and the bar at the bottom say of one state at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from opsdesk.services import times
from opsdesk.services.link import LinkKind, LinkState
from opsdesk.services.station import Station


@dataclass(frozen=True)
class LinkWords:
    """`pill` is the shortest, `bar` names who and since when, `rest` says what that means for what was written here.

    `tone` is a tone of the theme; `ring` draws a ring instead of a full dot: there is no link.
    """

    pill: str
    bar: str
    rest: str
    tone: str
    ring: bool
    hint: str
    need: str = ""


def link_words(state: LinkState, station: Station | None, now: int) -> LinkWords:
    """Put a state into words at a moment (UTC milliseconds). `station` is None while it is not counted yet."""
    if state.kind is LinkKind.ALONE:
        changes = "" if station is None else kept(station.changes)
        hint = "\n".join(filter(None, ("Everything is kept on this machine", changes)))
        return LinkWords(
            "Working alone", "Working alone on this machine", changes, "neutral", True, hint, _need(station)
        )
    waiting = 0 if station is None else station.waiting
    said = _SAID[state.kind](state, waiting, now)
    heard = "" if state.last_exchange is None else f"Last exchange {_ago(now - state.last_exchange)}"
    hint = "\n".join(filter(None, (said.bar, said.rest, heard, _next(state, now), said.hint)))
    rest = " · ".join(filter(None, (said.rest, heard[0].lower() + heard[1:] if heard else "")))
    return LinkWords(said.pill, said.bar, rest, said.tone, said.ring, hint, _need(station))


def _connecting(state: LinkState, waiting: int, _now: int) -> LinkWords:
    return LinkWords(
        f"Connecting · {waiting:,} queued", f"Connecting to {_post(state)}", _safe(waiting), "neutral", True, ""
    )


def _online(state: LinkState, waiting: int, _now: int) -> LinkWords:
    if state.total:
        # Rounded down: a copy is whole when it is whole.
        copied = max(0, state.total - state.behind)
        share = min(99, 100 * copied // state.total)
        bar = f"First copy from {_post(state)}: {copied:,} of {state.total:,}"
        return LinkWords(f"First copy {share} %", bar, "You can work meanwhile", "accent", False, "")
    rest = f"{_changes(waiting)} on the way" if waiting else "Everything is shared"
    if state.behind:
        rest += f" · {state.behind:,} to fetch"
    return LinkWords(f"Online · {waiting:,} queued", f"Online to {_post(state)}", rest, "good", False, "")


def _disconnected(state: LinkState, waiting: int, now: int) -> LinkWords:
    return LinkWords(
        f"Disconnected {lasted(now - state.since)} · {waiting:,} queued",
        f"Disconnected from {_post(state)} since {_since(state, now)}",
        _safe(waiting, " when the link returns"),
        "warn",
        True,
        state.problem,
    )


def _paused(state: LinkState, waiting: int, now: int) -> LinkWords:
    return LinkWords(
        f"Paused · {waiting:,} queued",
        f"Exchange with {_post(state)} paused since {_since(state, now)}",
        _safe(waiting, " when you resume"),
        "warn",
        True,
        "",
    )


def _shut_out(state: LinkState, waiting: int, _now: int) -> LinkWords:
    rest = f"{_changes(waiting)} safe on this station" if waiting else "What is here stays here"
    return LinkWords(
        "Shut out: a new code is needed",
        f"{_post(state)} does not let this station in",
        rest,
        "danger",
        True,
        state.problem or "Ask its administrator for an enrolment code",
    )


_SAID = {
    LinkKind.CONNECTING: _connecting,
    LinkKind.ONLINE: _online,
    LinkKind.DISCONNECTED: _disconnected,
    LinkKind.PAUSED: _paused,
    LinkKind.SHUT_OUT: _shut_out,
}


def _post(state: LinkState) -> str:
    return state.post or "the server"


def _since(state: LinkState, now: int) -> str:
    said = times.dtg(state.since, short=True)
    return said[3:] if 0 <= now - state.since < 20 * times.HOUR else said


def _changes(count: int) -> str:
    return "1 change is" if count == 1 else f"{count:,} changes are"


def _safe(waiting: int, when: str = "") -> str:
    if not waiting:
        return "Nothing waits to be shared"
    goes = "goes" if waiting == 1 else "go"
    return f"{_changes(waiting)} safe on this station" + (f" and {goes} out{when}" if when else "")


def _need(station: Station | None) -> str:
    count = 0 if station is None else station.need_you
    return "" if not count else f"{count:,} need{'s' if count == 1 else ''} you"


def _ago(ms: int) -> str:
    return "just now" if ms < times.MINUTE else f"{lasted(ms)} ago"


def _next(state: LinkState, now: int) -> str:
    if state.kind is not LinkKind.DISCONNECTED or state.next_try is None:
        return ""
    seconds = max(0, state.next_try - now) // times.SECOND
    return "Tries again now" if seconds < 1 else f"Tries again in {seconds} s" if seconds < 90 else "Tries again soon"


def lasted(ms: int) -> str:
    """Return how long something has lasted, with its units: `18 min`, `3 h 12 min`, `2 d 3 h`."""
    minutes = max(0, ms) // times.MINUTE
    if not minutes:
        return "just now"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if 0 < hours < 24 else times.span(ms)


def kept(changes: int) -> str:
    """Return how many own changes are kept here: `14 changes kept here`."""
    if not changes:
        return "Nothing changed here yet"
    return f"{changes:,} change{'s' if changes != 1 else ''} kept here"

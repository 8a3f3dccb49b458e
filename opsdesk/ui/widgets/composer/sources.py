"""What the signs of a text stand for: people and units behind `@`, tickets behind `#`, texts behind `::`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opsdesk.services import mentions
from opsdesk.services.canned import About, Offer
from opsdesk.ui.widgets.composer.completion import Deliver, Source
from opsdesk.ui.widgets.directory import Directory
from opsdesk.ui.widgets.fuzzy import match
from opsdesk.ui.widgets.pick_list import Pick

_RECENT = "comment.mentioned"
"""The setting that holds whom a person mentioned last, newest first."""
_RECENT_MOST = 12
_OF_PEOPLE = ("user", "users-three")


class WritingSources:
    """Looks in the directory. `settings` keeps who was mentioned last; they come first."""

    def __init__(self, directory: Directory, settings: Any) -> None:
        self._directory, self._settings = directory, settings
        self.about: Callable[[], About] = About
        """What is written about, for the place-holders of texts."""

    @property
    def by_sign(self) -> dict[str, Source]:
        """The source of each sign."""
        return {"@": self._people, "#": self._tickets, "::": text_source(self._directory, lambda: self.about())}

    def remember(self, pick: Pick) -> None:
        """Note who was mentioned."""
        if pick.icon not in _OF_PEOPLE:
            return
        recent = [said for said in self._recent() if said != pick.value]
        if any(one.kind != mentions.TICKET for one in mentions.mentions(str(pick.value))):
            self._settings.set(_RECENT, [str(pick.value), *recent][:_RECENT_MOST])

    def _recent(self) -> list[str]:
        return [str(said) for said in self._settings.get(_RECENT, [])]

    def _people(self, typed: str, deliver: Deliver) -> None:
        directory, roles = self._directory, self._directory.roles
        found = [
            _pick(mentions.PERSON, one.id, one.name, " · ".join(filter(None, (one.detail, roles.get(one.id)))))
            for one in directory.people
        ]
        found += [
            _pick(mentions.UNIT, unit.id, unit.code or unit.name, f"{unit.name} · everybody there")
            for unit in directory.units
        ]
        recent = {said: place for place, said in enumerate(self._recent())}
        hits = [(match(typed, f"{pick.label[1:]} {pick.detail}"), pick) for pick in found]
        # Whoever fits better comes first; among those that fit alike, and while nothing is typed, the recent ones.
        order = sorted(
            (
                (-hit.score // 10, recent.get(str(pick.value), _RECENT_MOST), number, pick)
                for number, (hit, pick) in enumerate(hits)
                if hit is not None
            ),
            key=lambda entry: entry[:3],
        )
        deliver([pick for *_, pick in order])

    def _tickets(self, typed: str, deliver: Deliver) -> None:
        def found(rows: Any) -> None:
            deliver(
                [
                    Pick(
                        mentions.mention(mentions.TICKET, pick.value, pick.label).token + " ",
                        f"#{pick.label}", pick.detail, "ticket",
                    )
                    for pick in rows
                    if isinstance(pick.value, bytes)
                ]
            )  # fmt: skip

        if typed.strip():
            self._directory.search("ticket", typed, found)
        else:
            deliver([])


def text_source(directory: Directory, about: Callable[[], About]) -> Source:
    """The texts that are often written, with what they say of `about` now."""

    def texts(typed: str, deliver: Deliver) -> None:
        wanted = typed.strip().casefold()

        def found(offers: tuple[Offer, ...]) -> None:
            if not offers and not wanted:
                deliver([Pick("", "No texts yet", "Settings has a place to write them", "note-pencil")])
                return
            ranked = []
            for number, offer in enumerate(offers):
                begins = bool(wanted) and offer.shortcut.startswith(wanted)
                hit = match(wanted, f"{offer.name} {offer.shortcut}")
                if begins or hit is not None:
                    ranked.append((not begins, -hit.score // 10 if hit is not None else 0, number, offer))
            deliver([_text_pick(offer) for *_, offer in sorted(ranked, key=lambda entry: entry[:3])])

        directory.offers(about(), wanted, found)

    return texts


def _text_pick(offer: Offer) -> Pick:
    detail = f"::{offer.shortcut} · {offer.words}" if offer.shortcut else offer.words
    return Pick(offer.text, offer.name, detail, "note-pencil" if offer.mine else "note")


def _pick(kind: str, record: bytes, name: str, detail: str) -> Pick:
    made = mentions.mention(kind, record, name)
    icon = "user" if kind == mentions.PERSON else "users-three"
    return Pick(made.token + " ", made.label, detail, icon)

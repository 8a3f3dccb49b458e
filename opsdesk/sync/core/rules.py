"""What merging must know of entities and their fields, handed in as values: the sync core knows no entity itself."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

UNIT: Final = 1
MARKING: Final = 2
VOIDED: Final = 4
"""Numbers of fields that all entities share: owning unit, protective marking, the reason why a record was voided."""


class Kind(enum.StrEnum):
    """How two edits of one field made apart come together."""

    SCALAR = "scalar"
    SET = "set"
    TEXT = "text"
    COUNTER = "counter"
    ORDERED_LIST = "ordered list"
    LEDGER = "ledger"
    STATE = "state"
    APPEND_ONLY = "append-only"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Edge:
    """One event of a state machine. `to` is None when it returns to the state before, whichever that was."""

    event: str
    sources: frozenset[int]
    to: int | None


UNDO: Final = "undo"
"""The event that takes back one's own last transition though the table has no such edge."""


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How one field merges. `tree` marks the reference to the parent in a tree, in which no cycle may arise; `names`
    one that names a person, who may then read the record: that on which this one hangs, while this one is not voided.
    """

    number: int
    kind: Kind = Kind.SCALAR
    severe_first: bool = False
    tree: bool = False
    edges: tuple[Edge, ...] = ()
    names: bool = False


@dataclass(frozen=True, slots=True)
class EntityRule:
    """How the records of one entity merge and who may read them.

    `everywhere` records stand in the one partition that all desks read; those with a `subject` field stand where the
    record named there stands; all others stand under their own unit and marking.
    """

    number: int
    fields: Mapping[int, FieldRule] = field(default_factory=dict)
    everywhere: bool = False
    subject: int | None = None

    @property
    def member_of_set(self) -> bool:
        """True for rows that are the members of a set (tags, watchers): they never conflict."""
        return any(rule.kind is Kind.SET for rule in self.fields.values())


_STANDING: Final = frozenset({UNIT, MARKING})


class Rules:
    """The rules of all entities. What is not known here (a newer desk sends it) is kept and merges as a scalar."""

    def __init__(self, entities: Iterable[EntityRule]) -> None:
        self._entities = {entity.number: entity for entity in entities}
        self._naming = {
            entity.number: tuple(number for number, rule in sorted(entity.fields.items()) if rule.names)
            for entity in self._entities.values()
        }

        self._standing = {
            entity.number: _STANDING
            | ({VOIDED, *self._naming[entity.number]} if self._naming[entity.number] else set())
            | (set() if entity.subject is None else {entity.subject})
            for entity in self._entities.values()
        }

    def entity(self, number: int) -> EntityRule:
        """The rule of an entity; an unknown one has no fields."""
        return self._entities.get(number) or EntityRule(number)

    def field(self, entity: int, number: int) -> FieldRule:
        """The rule of a field; an unknown one is a scalar."""
        return self.entity(entity).fields.get(number) or FieldRule(number)

    def standing(self, entity: int) -> frozenset[int]:
        """The fields of an entity that say where its records stand, and who is named on them."""
        found = self._standing.get(entity)
        return _STANDING if found is None else found

    def naming(self, entity: int) -> tuple[int, ...]:
        """The fields of an entity that name people."""
        return self._naming.get(entity, ())

    def knows(self, entity: int, number: int) -> bool:
        """Whether a field was declared here."""
        return number in self.entity(entity).fields

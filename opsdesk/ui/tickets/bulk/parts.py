"""What a bulk edit is put together from: one part for each field, and the lists in which they are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from opsdesk.services import directory
from opsdesk.services.forms import FormField
from opsdesk.services.tickets import BulkChange, Level, Named, bulk
from opsdesk.ui.tickets.choosing import Choice, Choosing, Place
from opsdesk.ui.widgets.pick_list import Pick

ON, OFF = "on", "off"
_MANY = 2_000
"""Places that are offered; typing finds among them."""

FIELDS = (
    Pick("state", "State", "what happens", "path", "transition resolve close wait start accept"),
    Pick("assignee", "Assignee", "", "user-plus", "person give"),
    Pick("group", "Group", "", "tray", "queue"),
    Pick("unit", "Unit", "hand over", "users-three", "owner"),
    Pick("priority", "Priority", "", "flag", "urgent"),
    Pick("urgency", "Urgency", "", "flag", "matrix"),
    Pick("impact", "Impact", "", "flag", "matrix"),
    Pick("due", "Due", "", "timer", "deadline"),
    Pick("type", "Type", "", "stack", "kind form"),
    Pick("category", "Category", "", "folder", "classify"),
    Pick("place", "Place", "", "map-pin", "location where"),
    Pick("location", "Where, in words", "", "map-pin-line", "location place text"),
    Pick("contact", "Reported by, in words", "", "user-circle", "contact caller callsign"),
    Pick("on_behalf_of", "For", "", "users", "on behalf of"),
    Pick("external", "Number at the source", "", "hash", "external reference"),
    Pick("title", "Title", "", "text-aa", "words"),
    Pick("description", "Description", "takes the place of the old one", "text-align-left", "text words"),
    Pick("answer", "Answer to a question", "of the form", "question", "question form field"),
    Pick("tag", "Add a tag", "", "tag", "label"),
    Pick("untag", "Take a tag off", "", "tag", "label remove"),
    Pick("watch", "Add a watcher", "", "eye", "follow"),
    Pick("unwatch", "Take a watcher off", "", "eye-slash", "follow remove"),
)
"""The fields that can be changed on many tickets, as a person chooses among them."""
_TEXTS = {pick.value: pick.label for pick in FIELDS} | {"location": "Where", "contact": "Reported by"}
_NEEDED = frozenset({"title"})


@dataclass(frozen=True)
class Part:
    """One thing that is to be changed: the word of its chip, the value in words, and what it adds to the change."""

    label: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    event: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    untags: tuple[str, ...] = ()
    watchers: tuple[bytes, ...] = ()
    unwatchers: tuple[bytes, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def about(self) -> tuple[str, ...]:
        """What it decides: another part about the same takes its place."""
        if self.values:
            return tuple(sorted(self.values))
        if self.answers:
            return tuple(f"{bulk.ANSWER}{code}" for code in self.answers)
        if self.event:
            return ("state",)
        return (*map(str, (*self.tags, *self.untags)), *(person.hex() for person in (*self.watchers, *self.unwatchers)))


def joined(parts: Sequence[Part]) -> BulkChange:
    """The change that all parts together make."""
    values: dict[str, Any] = {}
    for part in parts:
        values |= part.values
    event = next((part for part in parts if part.event), None)
    return BulkChange(
        ", ".join(f"{part.label} {part.text}" for part in parts),
        values,
        event.event if event else None,
        event.inputs if event else {},
        tuple(word for part in parts for word in part.tags),
        tuple(word for part in parts for word in part.untags),
        tuple(person for part in parts for person in part.watchers),
        tuple(person for part in parts for person in part.unwatchers),
        {code: value for part in parts for code, value in part.answers.items()},
    )


class PartChoosing(Choosing):
    """Chooses a field, then what it shall be."""

    def field(self, place: Place, take: Callable[[str], None]) -> None:
        """Choose what to change."""
        self._show(place, FIELDS, "Change", "Type a field", None, lambda value: take(str(value)))

    def part(self, name: str, place: Place, keys: Sequence[int], take: Callable[[Part], None]) -> None:
        """Choose the value of a field of `FIELDS` for the tickets with some row keys."""

        def value_of(label: str) -> Callable[[Choice], None]:
            return lambda choice: take(
                Part(label, _value(label, choice), choice.values, choice.event, choice.inputs)
            )  # fmt: skip

        asks: dict[str, Callable[[], None]] = {
            "state": lambda: self.state(place, keys, value_of("State")),
            "assignee": lambda: self.assignee(place, None, value_of("Assignee")),
            "unit": lambda: self.unit(place, None, value_of("Unit")),
            "priority": lambda: self.priority(place, None, value_of("Priority")),
            "due": lambda: self.due(place, None, value_of("Due")),
            "category": lambda: self.category(place, None, value_of("Category")),
            "urgency": lambda: self._level(place, "urgency", take),
            "impact": lambda: self._level(place, "impact", take),
            "group": lambda: self._ask(directory.units, lambda found: self._group(place, found, take), place),
            "type": lambda: self._ask(directory.types, lambda found: self._type(place, found, take), place),
            "place": lambda: self._ask(
                directory.places, lambda found: self._place(place, found, take), place, "", _MANY
            ),
            **{
                code: lambda code=code: self._text(place, code, take)  # type: ignore[misc]
                for code in ("location", "contact", "on_behalf_of", "external", "title", "description")
            },
            "answer": lambda: self._ask(bulk.questions, lambda found: self._question(place, found, take), place, keys),
            "tag": lambda: self._ask(directory.tags, lambda found: self._tag(place, found, take, ON), place),
            "untag": lambda: self._ask(directory.tags, lambda found: self._tag(place, found, take, OFF), place),
            "watch": lambda: self._ask(directory.people, lambda found: self._watcher(place, found, take, ON), place),
            "unwatch": lambda: self._ask(directory.people, lambda found: self._watcher(place, found, take, OFF), place),
        }
        asks[name]()

    def _level(self, place: Place, name: str, take: Callable[[Part], None]) -> None:
        items = [Pick(int(level), level.label, "", "flag") for level in sorted(Level, reverse=True)]
        self._of(place, items, name.capitalize(), name, take)

    def _group(self, place: Place, found: Sequence[directory.UnitRow], take: Callable[[Part], None]) -> None:
        items = [Pick(u.id, u.name, u.code, "users-three", f"{u.code} {u.callsign}", u.depth) for u in found]
        self._of(place, [Pick(None, "No group", "", "x", "none clear"), *items], "Group", "group", take)

    def _type(self, place: Place, found: Sequence[directory.TypeRow], take: Callable[[Part], None]) -> None:
        self._of(place, [Pick(row.id, row.name, "", "stack", row.code) for row in found], "Type", "type", take)

    def _place(self, place: Place, found: Sequence[directory.PlaceRow], take: Callable[[Part], None]) -> None:
        items = [Pick(row.id, row.name, row.sort, "map-pin") for row in found]
        self._of(place, [Pick(None, "No place", "", "x", "none clear"), *items], "Place", "place", take)

    def _of(self, place: Place, items: Iterable[Pick], label: str, column: str, take: Callable[[Part], None]) -> None:
        items = tuple(items)
        names = {item.value: item.label for item in items}
        self._show(
            place, items, label, f"Type a {label.lower()}", None,
            lambda value: take(Part(label, names[value], {column: value})),
        )  # fmt: skip

    def _text(self, place: Place, column: str, take: Callable[[Part], None]) -> None:
        """A field of words: what is typed, or nothing."""
        label = _TEXTS[column]
        items = () if column in _NEEDED else (Pick(None, "Nothing", "empty the field", "x", "none clear"),)
        self._show(
            place, items, label, "Type the words, then Enter", None,
            lambda value: take(Part(label, value or "nothing", {column: value})),
            new=lambda text: Pick(text, text, "Enter", "text-aa"),
        )  # fmt: skip

    def _question(self, place: Place, found: Sequence[FormField], take: Callable[[Part], None]) -> None:
        asked = {field.code: field for field in found}
        items = [Pick(one.code, one.label, one.unit or "", "question", one.code) for one in found]
        name = "Answer to which question" if items else "These tickets have no form with questions to answer here"
        self._show(
            place, items, name, "Type a question", None, lambda code: self._answer(place, asked[str(code)], take)
        )

    def _answer(
        self, place: Place, asked: FormField, take: Callable[[Part], None], wrong: tuple[str, str] = ("", "")
    ) -> None:
        """Offer the answers to a question; `wrong` is what was wrong with one that was typed, and that one."""
        if asked.type in _RECORDS:
            question, args, pick = _RECORDS[asked.type]
            self._ask(
                question, lambda found: self._offer(place, asked, [pick(row) for row in found], take, wrong),
                place, *args,
            )  # fmt: skip
        else:
            self._offer(place, asked, _answers(asked), take, wrong)

    def _offer(
        self,
        place: Place,
        asked: FormField,
        offered: Sequence[Pick],
        take: Callable[[Part], None],
        wrong: tuple[str, str],
    ) -> None:
        def done(value: Any, words: str) -> None:
            take(Part(asked.label, words, answers={asked.code: value}))

        def read(text: str, answer: tuple[Any, str]) -> None:
            value, problem = answer
            if problem:
                self._answer(place, asked, take, (f"{asked.label}: {problem}", text))
            else:
                done(value, text)

        def chosen(value: Any) -> None:
            # An answer may be a list, by which nothing can be found: a choice goes by its place.
            if value == _NONE:
                done(None, "No answer")
            elif isinstance(value, int):
                done(offered[value].value, offered[value].label)
            else:
                said = str(value)
                self._ask(bulk.read_answer, lambda answer: read(said, answer), place, asked, said)

        typed = asked.type not in _CHOSEN
        more: dict[str, Any] = {"new": lambda text: Pick(text, text, "Enter", "text-aa")} if typed else {}
        items = [replace(pick, value=number) for number, pick in enumerate(offered)]
        hint = "Type a name" if asked.type in _RECORDS else "Type the answer, then Enter" if typed else "Type an answer"
        self._show(place, [*items, Pick(_NONE, "No answer", "", "x")], asked.label, hint, None, chosen, **more)
        if wrong[0] and self.open is not None:
            self.open.refuse(*wrong)

    def _tag(self, place: Place, found: Sequence[str], take: Callable[[Part], None], way: str) -> None:
        def chosen(word: Any) -> None:
            said = str(word)
            take(Part("Tag", said, tags=(said,)) if way == ON else Part("Tag off", said, untags=(said,)))

        more: dict[str, Any] = {}
        if way == ON:
            more["new"] = lambda text: Pick(text.lower(), text.lower(), "new tag", "plus")
        self._show(
            place, [Pick(word, word, icon="tag") for word in found], "Add a tag" if way == ON else "Take a tag off",
            "Type a tag", None, chosen, **more,
        )  # fmt: skip

    def _watcher(self, place: Place, found: Sequence[Named], take: Callable[[Part], None], way: str) -> None:
        names = {person.id: person.name for person in found}

        def chosen(person: Any) -> None:
            if way == ON:
                take(Part("Watcher", names[person], watchers=(person,)))
            else:
                take(Part("Watcher off", names[person], unwatchers=(person,)))

        self._show(
            place, [Pick(person.id, person.name, person.detail, "user") for person in found],
            "Add a watcher" if way == ON else "Take a watcher off", "Type a name", None, chosen,
        )  # fmt: skip


_NONE = -1
"""Takes an answer back."""
_CHOSEN = frozenset({"bool", "choice", "person", "unit"})
"""Types of questions whose every answer is offered."""
_RECORDS: Mapping[str, tuple[Callable[..., Any], tuple[Any, ...], Callable[[Any], Pick]]] = {
    "person": (
        directory.people, (), lambda row: Pick(row.id.hex(), row.name, row.detail, "user", words=row.detail),
    ),
    "unit": (
        directory.units, (),
        lambda row: Pick(row.id.hex(), row.name, row.code, "users-three", f"{row.code} {row.callsign}", row.depth),
    ),
    "place": (directory.places, ("", _MANY), lambda row: Pick(row.id.hex(), row.name, row.sort, "map-pin")),
}  # fmt: skip
"""How the records that can answer a question are read and offered; a ticket is typed by its number."""


def _answers(asked: FormField) -> list[Pick]:
    """What can be chosen as the answer to a question; nothing where it is typed."""
    if asked.type == "bool":
        return [Pick(True, "Yes", "", "circle"), Pick(False, "No", "", "circle")]
    several = asked.type == "multi"
    detail = "this alone" if several else ""
    return [Pick([one.value] if several else one.value, one.label, detail, "circle") for one in asked.options]


def _value(label: str, choice: Choice) -> str:
    """The words of a choice without those that the chip says already."""
    for word in (f"{label} ", "Assigned to ", "Handed over to "):
        if choice.words.startswith(word):
            said = choice.words.removeprefix(word)
            return said[0].upper() + said[1:]
    return choice.words

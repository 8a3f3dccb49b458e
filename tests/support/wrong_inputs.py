"""Acts with bad inputs, for the table of tests/services/test_bad_inputs.py."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsdesk.services import canned, pasting, positions, templates, tickets, times, views
from opsdesk.services.desk import Desk
from opsdesk.services.forms import importing
from opsdesk.services.query import parse
from opsdesk.ui.widgets.markdown_view import to_html
from tests.support.clock import NOW
from tests.support.made_forms import definition


@dataclass
class Here:
    """A desk with three tickets, `first` part of `second`, which is a duplicate of `third`; and a folder."""

    desk: Desk
    folder: Path
    first: bytes
    second: bytes
    third: bytes

    def do(self, call: Callable[..., Any], *args: Any, **kw: Any) -> None:
        """Run a command to its end."""
        self.desk.do(call, *args, **kw).result()

    def take(self, data: bytes, name: str) -> None:
        """Take a file in that was dropped."""
        path = self.folder / "dropped"
        path.write_bytes(data)
        self.desk.files.take_bytes(path.read_bytes(), name).future.result()

    def import_form(self, text: str | bytes) -> None:
        """Import the file of a form."""
        path = self.folder / "form.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.desk.do(importing.import_forms, importing.files(path)).result()


Act = Callable[[Here], object]


def create(**values: Any) -> Act:
    title = values.pop("title", "Pump")
    return lambda here: here.do(tickets.create, title=title, values=values)


def edit(**values: Any) -> Act:
    return lambda here: here.do(tickets.edit, here.first, values)


def take(data: bytes, name: str) -> Act:
    return lambda here: here.take(data, name)


def comment(body: str, **more: Any) -> Act:
    return lambda here: here.do(tickets.comment, here.first, body, **more)


def tag(word: str) -> Act:
    return lambda here: here.do(tickets.tag, here.first, word)


def link(kind: str, start: str, end: str) -> Act:
    return lambda here: here.do(tickets.link, getattr(here, start), kind, getattr(here, end))


def step(event: str, **said: Any) -> Act:
    return lambda here: here.do(tickets.transition, here.first, event, **said)


def moment(text: str) -> Act:
    return lambda _here: times.parse_when(text, NOW)


def place(text: str) -> Act:
    return lambda _here: positions.parse(text)


def form(*rules: dict[str, Any], **changes: Any) -> Act:
    return lambda here: here.import_form(json.dumps(definition(*rules, **changes)))


def file_of_form(text: str | bytes) -> Act:
    return lambda here: here.import_form(text)


def query(text: str) -> Act:
    return lambda _here: parse(text)


def cell(read: Callable[..., Any], *args: Any) -> Act:
    return lambda _here: read(*args)


def becomes(call: Callable[[str], pasting.Pasted], said: str) -> Act:
    return lambda _here: call(said).text


def shown(markdown: str) -> Act:
    return lambda _here: to_html(markdown).strip()


def named(name: str) -> Act:
    """What a file is called after it was dropped under a name."""
    return lambda here: here.desk.files.take_bytes(b"words", name).future.result().name


def text(**said: Any) -> Act:
    return lambda here: here.do(canned.save, **{"name": "x", "body": "y", **said})


def template(**said: Any) -> Act:
    return lambda here: here.do(templates.save, **{"name": "x", "content": {"title": "y"}, **said})


def view(**said: Any) -> Act:
    return lambda here: here.do(views.save, **{"name": "x", "query": "", **said})


def too_large(here: Here) -> None:
    usual, here.desk.files.largest = here.desk.files.largest, 10
    try:
        here.take(b"x" * 11, "film.mp4")
    finally:
        here.desk.files.largest = usual

"""Texts with places for columns: `{offense|sentence}[ near {where}][: {best} dead]`.

A part in square brackets is left out when any column in it is empty. After a bar stands how the value is written:
`sentence` (First word capital), `title`, `lower`, `upper`, `number` (left out when 0 or not known). Brackets and
braces that are meant as such are doubled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from opsdesk.services.importing.problems import ImportProblem
from opsdesk.services.importing.values import MISSING

Reader = Callable[[str], Callable[[Sequence[str]], str]]
"""Gives for the name of a column the function that reads its text from a row; raises ImportProblem."""

_PIECE = re.compile(r"\{\{|\}\}|\[\[|\]\]|\{([^{}]*)\}|[\[\]{}]|[^\[\]{}]+")


def sentence(text: str) -> str:
    """First letter capital, the rest small if the text shouts: "AGGRAVATED BURGLARY" → "Aggravated burglary"."""
    if text.isupper() and len(text) > 3:
        text = text.lower()
    return text[:1].upper() + text[1:]


def title_case(text: str) -> str:
    """Each word with a capital, if the text shouts: "STATEN ISLAND" → "Staten Island"."""
    return text.title() if text.isupper() and len(text) > 3 else text


def _counted(text: str) -> str:
    return "" if text.strip() in MISSING or re.fullmatch(r"-?[0.]*", text.strip()) else text


FILTERS: Final[dict[str, Callable[[str], str]]] = {
    "sentence": sentence,
    "title": title_case,
    "lower": str.lower,
    "upper": str.upper,
    "number": _counted,
}


def literal(text: str) -> str:
    """The text as it must stand in a template to mean itself."""
    return re.sub(r"([\[\]{}])", r"\1\1", text)


class Template:
    """A compiled template; calling it with a row's cells gives the text, "" when no column in it has a value."""

    def __init__(self, text: str, reader: Reader) -> None:
        self._groups: list[tuple[bool, list[str | Callable[[Sequence[str]], str]]]] = [(False, [])]
        optional = False
        for found in _PIECE.finditer(text):
            piece = found[0]
            if piece in ("[", "]"):
                if optional == (piece == "["):
                    raise ImportProblem(f'In the template "{text}" a bracket {piece} stands alone', field="templates")
                optional = piece == "["
                self._groups.append((optional, []))
            elif found[1] is not None:
                self._groups[-1][1].append(self._column(found[1], reader))
            elif piece in ("{", "}"):
                raise ImportProblem(f'In the template "{text}" a brace {piece} stands alone', field="templates")
            else:
                self._groups[-1][1].append(piece[:1] if piece in ("{{", "}}", "[[", "]]") else piece)
        if optional:
            raise ImportProblem(f'In the template "{text}" a bracket [ is not closed', field="templates")

    def __call__(self, cells: Sequence[str]) -> str:
        """The text for one row."""
        whole = ""
        any_value = any_column = False
        for optional, pieces in self._groups:
            part = ""
            for piece in pieces:
                if isinstance(piece, str):
                    part += piece
                    continue
                any_column = True
                value = piece(cells)
                if value:
                    any_value = True
                elif optional:
                    part = ""
                    break
                part += value
            whole += part
        return " ".join(whole.split()) if any_value or not any_column else ""

    @staticmethod
    def _column(text: str, reader: Reader) -> Callable[[Sequence[str]], str]:
        name, *names = text.split("|")
        try:
            read = reader(name.strip())
        except ImportProblem as error:
            raise ImportProblem(error.text, field="templates") from error
        filters = []
        for wanted in names:
            if wanted.strip() not in FILTERS:
                raise ImportProblem(f'"{wanted}" is none of {", ".join(FILTERS)}', field="templates")
            filters.append(FILTERS[wanted.strip()])

        def value(cells: Sequence[str]) -> str:
            found = " ".join(read(cells).split())
            for change in filters:
                found = change(found)
            return found

        return value

"""The guide tells of everything that the program understands."""

from pathlib import Path

from opsdesk.services.query.fields import FIELDS, HAS, IS, MARKINGS, PRIORITIES, STATES, SYNC

GUIDE = Path(__file__).parents[2] / "docs" / "guide"


def test_the_guide_names_every_word_of_the_query_language() -> None:
    text = (GUIDE / "query-language.md").read_text(encoding="utf-8")
    words = [f"`{name}`" for field in FIELDS for name in (field.name, *field.aliases)]
    words += [f"`is:{word}`" for word in IS] + [f"`has:{word}`" for word in HAS]
    words += [f"`sync:{word.replace(' ', '-')}`" for word in SYNC]
    words += [*STATES, *PRIORITIES, *MARKINGS]
    assert [word for word in words if word not in text] == []


def test_every_picture_of_the_guide_is_there() -> None:
    text = (GUIDE / "README.md").read_text(encoding="utf-8")
    names = [part.split(")")[0] for part in text.split("](")[1:]]
    assert [name for name in names if not (GUIDE / name).exists()] == []

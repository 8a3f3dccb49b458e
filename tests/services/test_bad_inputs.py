"""A hundred bad inputs, each named, with the words that a person gets for it; and after each all is as it was.

What a stranger's Markdown is shown as stands in tests/ui/widgets/test_markdown_safety.py; here is what is refused, and
what a paste makes harmless.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsdesk.models.mentions import mentions
from opsdesk.services import files as files_of
from opsdesk.services import notifications, pasting, targets, tickets
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Invalid, OpsDeskError
from opsdesk.services.importing.values import RowProblem, degrees, instant, number, position
from opsdesk.store.work import Reader
from tests.support.files import png
from tests.support.made_forms import rule, when
from tests.support.wrong_inputs import (
    Act,
    Here,
    becomes,
    cell,
    comment,
    create,
    edit,
    file_of_form,
    form,
    link,
    moment,
    named,
    place,
    query,
    shown,
    step,
    tag,
    take,
    template,
    text,
    too_large,
    view,
)

BAD: dict[str, tuple[Act, str]] = {
    # Files
    "a file that is too large": (
        lambda here: too_large(here),
        "“film.mp4” is too large: 11 bytes, and at most 10 bytes can be attached",
    ),
    "an empty file": (take(b"", "empty.txt"), "“empty.txt” is empty"),
    "a program": (
        take(b"MZ\x90\x00", "tool.exe"),
        "“tool.exe” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a program by another name": (
        take(b"MZ\x90\x00 this runs", "photo.jpg"),
        "“photo.jpg” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a program of Linux": (
        take(b"\x7fELF\x02", "notes.txt"),
        "“notes.txt” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a script by its ending": (
        take(b"echo off", "start.bat"),
        "“start.bat” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a link that starts something": (
        take(b"L\x00\x00\x00\x01\x14\x02\x00", "readme"),
        "“readme” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a page with a program in it": (
        take(b"<script>run()</script>", "page.hta"),
        "“page.hta” is a program, or a file that starts one. Those cannot be attached",
    ),
    "a text that is called a picture": (
        take(b"words", "photo.png"),
        "“photo.png” is not what it is called. It is called .png, but inside is text",
    ),
    "an archive that is called a PDF": (
        take(b"PK\x03\x04" + b"x" * 30, "sheet.pdf"),
        "“sheet.pdf” is not what it is called. It is called .pdf, but inside is an archive",
    ),
    "a picture that is called a PDF": (
        take(png(), "sheet.pdf"),
        "“sheet.pdf” is not what it is called. It is called .pdf, but inside is a picture",
    ),
    "a folder": (
        lambda here: here.desk.files.take(here.folder).future.result(),
        "is a folder. Attach its files, or pack it first",
    ),
    "a file that is not there": (
        lambda here: here.desk.files.take(here.folder / "gone").future.result(),
        "“gone” cannot be read: no such file or directory",
    ),
    "too many files at once": (
        comment("x", files=[files_of.Prepared(f"{n}", "text/plain", 1, "0" * 64) for n in range(51)]),
        "At most 50 files at once, these are 51",
    ),
    "a file for a ticket that is not here": (
        lambda here: here.do(files_of.attach, b"n" * 16, ()),
        "This ticket is not here",
    ),
    "a file that is taken off twice": (
        lambda here: here.do(files_of.remove, b"n" * 16),
        "This file is not attached any more",
    ),
    # Fields of a ticket
    "no title": (create(title=" \n "), "Give it a title"),
    "a title as long as a page": (create(title="x" * 5_000), "At most 300 characters, these are 5000"),
    "a description as long as a book": (
        create(description="x" * 100_001),
        "At most 100000 characters, these are 100001",
    ),
    "a contact as long as a page": (edit(contact="x" * 1_001), "At most 1000 characters, these are 1001"),
    "a field that is none": (edit(**{"title; DROP TABLE ticket": 1}), "There is no field “title; DROP TABLE ticket”"),
    "a number that is made up": (edit(number="T-0"), "Number cannot be written directly"),
    "a state that is written": (edit(state=60), "State cannot be written directly"),
    "an urgency that is none": (edit(urgency=9), "Urgency is one of Low, Medium, High"),
    "a priority in words": (edit(priority="soon"), "Priority is one of Low, Normal, High, Urgent"),
    "a unit by its name": (edit(unit="B Coy"), "Unit must be chosen from the list"),
    "a person that is not here": (edit(assignee=b"n" * 16), "This assignee is not here"),
    "a type that is not here": (create(type=b"n" * 16), "This type is not here"),
    "a category that is not here": (edit(category=b"n" * 16), "This category is not here"),
    "a latitude beyond the pole": (
        edit(lat=91.0, lon=0.0),
        "Latitude lies between -90 and 90; A position needs latitude and longitude",
    ),
    "a longitude beyond the line": (
        edit(lat=0.0, lon=181.0),
        "Longitude lies between -180 and 180; A position needs latitude and longitude",
    ),
    "a latitude that is no number": (
        edit(lat=float("nan"), lon=0.0),
        "Latitude lies between -90 and 90; A position needs latitude and longitude",
    ),
    "an accuracy below nothing": (edit(accuracy_m=-1.0), "Accuracy lies between 0 and 1e+07"),
    "a due time in the year 10000": (edit(due_at=253_402_300_800_000), "The year must lie between 1800 and 2199"),
    "an occurrence before the telegraph": (
        edit(occurred_at=-6_000_000_000_000),
        "The year must lie between 1800 and 2199",
    ),
    "a void without a reason": (lambda here: here.do(tickets.void, here.first, "  "), "Give a reason"),
    "a ticket that is not here": (
        lambda here: here.do(tickets.edit, b"n" * 16, {"title": "x"}),
        "This ticket is not here",
    ),
    # Comments, tags, links, steps
    "a comment of blanks": (comment(" \n\t "), "Write something first"),
    "a comment as long as a book": (comment("x" * 100_001), "At most 100000 characters, these are 100001"),
    "a comment for nobody we know": (comment("x", visibility="world"), "A comment is internal or requester"),
    "an answer to nothing": (comment("x", reply_to=b"n" * 16), "The comment that this answers is not here"),
    "a comment of another that is changed": (
        lambda here: here.do(tickets.edit_comment, b"n" * 16, "x"),
        "This comment is not here",
    ),
    "a tag of nothing": (tag("  "), "A tag is a word of at most 40 letters, without comma or quote"),
    "a tag as long as a sentence": (tag("x" * 41), "A tag is a word of at most 40 letters, without comma or quote"),
    "a tag that breaks lists": (tag("a,b"), "A tag is a word of at most 40 letters, without comma or quote"),
    "a tag that breaks queries": (tag('say "x"'), "A tag is a word of at most 40 letters, without comma or quote"),
    "a link to itself": (link("relates", "first", "first"), "A ticket cannot be linked to itself"),
    "a link of no kind": (
        link("likes", "first", "second"),
        "A link is one of relates, duplicates, blocks, parent, caused",
    ),
    "a link that is there": (link("parent", "second", "first"), "They are linked so already"),
    "a circle of parts": (link("parent", "first", "second"), "it would be part of itself"),
    "a circle of duplicates": (link("duplicates", "third", "second"), "it would duplicate itself"),
    "a second parent": (link("parent", "third", "first"), "is part of"),
    "a link to what is not here": (
        lambda here: here.do(tickets.link, here.first, "blocks", b"n" * 16),
        "This ticket is not here",
    ),
    "a step that is none": (step("explode"), "A ticket that is new cannot “explode”"),
    "a step from another state": (step("confirm"), "A ticket that is new cannot “confirm”"),
    "a decline without a reason": (step("decline"), "Give a reason"),
    "a step without who has it": (step("accept"), "Set a group or an assignee first"),
    "a note for a notification that went": (
        lambda here: here.do(notifications.acknowledge, 99, "x"),
        "This notification is not here any more",
    ),
    # Times and places as they are typed
    "a time of words": (
        moment("soonish"),
        "“soonish” is no time. Write now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:32",
    ),
    "an hour that is none": (
        moment("2561"),
        "“2561” is no time. Write now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:32",
    ),
    "a day that is none": (
        moment("311200ZFEB26"),
        "“311200ZFEB26” is no time. Write now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:3",
    ),
    "a month that is none": (
        moment("011200ZFOO26"),
        "“011200ZFOO26” is no time. Write now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:3",
    ),
    "a date far away": (moment("9999-12-31 10:00"), "The year must lie between 1800 and 2199"),
    "a stretch that never ends": (
        moment("+99999999999d"),
        "“+99999999999d” is no time. Write now, -20m, 0630, 14:05, 221432Z NOV 26, 2026-11-22 14:",
    ),
    "half a grid": (place("31U FT 148 60"), "North needs as many digits as east. Write 31U FT 148 600"),
    "a zone that is none": (place("99Z AB 123 456"), "The polar grid Z has no zone number. Write Z AB and the digits"),
    "a square that is none": (place("31U ZZ 123 456"), "The second letter of a square lies between A and V, not Z"),
    "degrees beyond the pole": (
        place("95, 10"),
        "Latitude lies between −90 and 90. If longitude stands first, write 10 N, 95 E",
    ),
    "degrees beyond the line": (place("10, 200"), "Longitude lies between −180 and 180"),
    "a place of words": (place("behind the mill"), "This is no position. Write 31U FT 1480 6012 or 5.36, -4.01"),
    "a grid of other letters": (place("３１U"), "A zone alone is too large. Write on: 31U FT 1480 6012"),
    # Forms
    "a form that is no JSON": (
        file_of_form("{oops"),
        "This is no form: JSON is malformed: object keys must be strings (byte 1)",
    ),
    "a form that is a list": (file_of_form("[]"), "This is no form: Expected `object`, got `array`"),
    "a form in another writing": (file_of_form(b"\xff\xfe{\x00}"), "form.json is no text in UTF-8: byte 1 is wrong"),
    "a form as deep as a well": (
        file_of_form('{"rules":[{"when":' + "[" * 90_000),
        "This is no form: it is nested too deeply",
    ),
    "a form that is too long": (
        file_of_form(" " * 300_000),
        "A form has at most 200000 characters, this one has 300000",
    ),
    "a form with a path for a code": (
        form(code="../../etc/passwd"),
        "“../../etc/passwd” is no code of a form: small letters, digits, - and _",
    ),
    "a rule that decides about itself": (
        form(rule("hide", "runs", when=when("runs", "no"))),
        "The rules go in a circle: “Can it drive?” → “Can it drive?”",
    ),
    "rules that go in a circle": (
        form(rule("hide", "runs", when=when("weight", 1)), rule("hide", "weight", when=when("runs", "no"))),
        "The rules go in a circle: “Can it drive?” → “Weight” → “Can it drive?”",
    ),
    "a rule with an effect that is none": (
        form(rule("explode", "runs", when=when("weight", 1))),
        "Rule 1 has the unknown effect “explode”; there are show, hide, require, lock, set, limit",
    ),
    "a rule that reads what is not asked": (
        form(rule("hide", "runs", when=when("nothing", 1))),
        "Rule 1 reads “nothing”, which is neither a question of the form nor known of a ticket",
    ),
    "a rule about what is not asked": (
        form(rule("hide", "nothing", when=when("runs", "no"))),
        "Rule 1 names the question “nothing”, which the form does not ask",
    ),
    "a rule that calculates": (
        form(rule("hide", "runs", when={"*": [1e308, 1e308]})),
        "Rule 1: its condition uses “*”, but only var, ==, !=, ===, !==, <, <=, >, >=, !, !!, and",
    ),
    # Cells of a table that is imported
    "a cell that is no time": (cell(instant, "next week", "dmy"), '"next week" is no date'),
    "a cell with a day that is none": (
        cell(instant, "31.02.2019", "dmy"),
        '"31.02.2019" is no date of the calendar (day is out of range for month)',
    ),
    "a cell with a month that is none": (
        cell(instant, "12/25/2019", "dmy"),
        '"12/25/2019" is no date of the calendar (month must be in 1..12)',
    ),
    "a cell that is no number": (cell(number, "12 apples"), '"12 apples" is no number'),
    "a cell that is more than a number holds": (cell(number, "1e999"), '"1e999" is no number'),
    "a cell with degrees that are none": (
        cell(degrees, "north", ".", 90.0, "latitude"),
        'the latitude "north" is no number',
    ),
    "a cell with a position that is none": (cell(position, "here", "."), '"here" is no position'),
    # Queries, texts, templates, views
    "a field of a query that is none": (query("colour:red"), "Unknown field “colour”. Did you mean hour?"),
    "a value of a query that is none": (query("state:opne"), "Unknown state “opne”. Did you mean open?"),
    "a bracket that never closes": (query("(state:open"), "This parenthesis is not closed"),
    "a quote that never closes": (query('text:"pump'), "This quotation mark is not closed"),
    "brackets as deep as a well": (
        query("(" * 5_000 + "pump" + ")" * 5_000),
        "The query is too long: 4096 bytes are the most",
    ),
    "a text without words": (text(body=" "), "Write the text"),
    "a place-holder that is none": (
        text(body="{plase}"),
        "{plase} stands for nothing. Write one of {number}, {title}, {type}, {category}, {state},",
    ),
    "a template of nothing": (template(content={}), "There is nothing to keep yet: choose a type or write something"),
    "a key of two letters": (template(shortcut="ab"), "A key is one letter or digit"),
    "a view without a name": (view(name=" "), "Give the view a name"),
    "a view with a query that is none": (view(query="state:opne"), "Unknown state “opne”. Did you mean open?"),
    # What is pasted or called by a stranger is no error: it becomes harmless words
    "a paste with a script": (becomes(pasting.from_html, "<p>Pump</p><script>alert(1)</script>"), "Pump"),
    "a paste with a style": (becomes(pasting.from_html, "<style>*{display:none}</style><b>Pump</b>"), "Pump"),
    "a paste with a frame": (becomes(pasting.from_html, "<iframe src=file:///etc/passwd>x</iframe>Pump"), "Pump"),
    "a paste with a picture from afar": (becomes(pasting.from_html, "<img src=//e.example/p.png>Pump"), "Pump"),
    "a paste that turns the direction": (becomes(pasting.from_text, "invoice\u202egpj.exe"), "invoicegpj.exe"),
    "a paste with control signs": (becomes(pasting.from_text, "a\x00b\x1b[31m"), "ab[31m"),
    "a paste with a half sign": (becomes(pasting.from_text, "a\ud800b"), "ab"),
    "a paste that is longer than a text": (becomes(pasting.from_text, "x" * 100_001), "x" * 100_000),
    "a paste nested without end": (becomes(pasting.from_html, "<div>" * 100_000 + "Pump"), "Pump"),
    "a script in Markdown": (shown("<script>alert(1)</script>"), "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    "a link in Markdown that runs": (shown("[x](javascript:alert(1))"), "<p>[x](javascript:alert(1))</p>"),
    "a path for a name": (named("../../etc/passwd"), "passwd"),
    "a path of Windows for a name": (named("C:\\Windows\\system32\\cmd.txt"), "cmd.txt"),
    "a device of Windows for a name": (named("con.txt"), "_con.txt"),
    "a name that hides its ending": (named("photo\u202egpj.txt"), "photogpj.txt"),
    "a name of dots": (named("..."), "file"),
    "a name as long as a page": (named("x" * 500 + ".txt"), "x" * 116 + ".txt"),
    "a name with a zero": (named("a\x00b.txt"), "ab.txt"),
    "a name of another file system": (named('a<b>:"|?*.txt'), "a_b______.txt"),
    "a mention that is cut short": (lambda _here: str(mentions("[@Kim](person:00ff)")), "()"),
    "a target that is no time": (
        lambda _here: targets.read_minutes("urgent=soon"),
        "“urgent=soon” is no target. Write urgent=30m,high=2h,normal=1d",
    ),
}


@pytest.fixture(scope="module")
def here(made_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """One desk for all of them: since nothing changes it, each meets what the first has met."""
    desk = Desk.open(Path(shutil.copytree(made_folder, tmp_path_factory.mktemp("bad") / "data")))
    first, second, third = (desk.do(tickets.create, title=f"Pump {n}").result().value for n in range(3))
    desk.do(tickets.link, second, "parent", first).result()
    desk.do(tickets.link, second, "duplicates", third).result()
    yield Here(desk, tmp_path_factory.mktemp("dropped"), first, second, third)
    desk.close()


def kept(desk: Desk) -> object:
    """How much was ever written, and what stands now."""
    tables = ("ticket", "comment", "tag", "link", "attachment", "form_version", "canned_text", "ticket_template")

    def read(reader: Reader) -> object:
        rows = [reader.rows(f"SELECT * FROM {table} ORDER BY key") for table in tables]
        return reader.value("SELECT count(*) FROM change"), rows

    return desk.ask(read).result()


def test_there_are_a_hundred() -> None:
    assert len(BAD) >= 100


@pytest.mark.parametrize("name", BAD)
def test_a_bad_input_gets_its_words_in_its_place_and_nothing_is_changed_by_it(here: Here, name: str) -> None:
    act, words = BAD[name]
    before = kept(here.desk)
    try:
        said = str(act(here))
    except (OpsDeskError, RowProblem) as error:
        problems = error.problems if isinstance(error, Invalid) else ()
        said = "; ".join(problem.text for problem in problems) or str(error)
        assert words in said
        assert not re.search(r"Error|Exception|Traceback|\bNone\b|0x", said), "it is told in words for people"
    else:
        assert said == words, "it is harmless now"
    assert kept(here.desk) == before

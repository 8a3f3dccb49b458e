"""A ticket on paper: read back from the PDF, page by page, as a reader's program and a scanner would."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication

from opsdesk.models.forms import FormVersion
from opsdesk.services import printing, tickets, times
from opsdesk.services.changes import Changes
from opsdesk.services.desk import Desk
from opsdesk.services.printing.glyphs import Printable, fonts
from opsdesk.services.printing.making import lay_out
from opsdesk.services.printing.markdown import Faces, blocks
from opsdesk.services.printing.sheet import Fact, PrintOptions, Said, Sheet
from opsdesk.store.work import Work
from tests.support.made_forms import definition, rule, when

PLAIN = Sheet(
    number="T-CP1-00042", title="Generator leaks fuel", marking="RESTRICTED", state="Open", exercise=False, voided="",
    facts=(Fact("State", "Open"), Fact("Priority", "High")), description="It drips.", answers=(), said=(),
    internal=True, left_out=0, links=(), files=(), history=(), as_of="22 1432Z NOV 26",
    printed_by="Eva Keller, CP Main", sync="3 changes not shared",
)  # fmt: skip


def opened(content: bytes) -> QPdfDocument:
    """The document as Qt reads it."""
    document = QPdfDocument()
    buffer = QBuffer(document)  # which lives as long as the document that reads it
    buffer.setData(QByteArray(content))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    document.load(buffer)
    assert document.status() is QPdfDocument.Status.Ready
    return document


def pages(content: bytes) -> list[str]:
    """The words of each page on one line."""
    document = opened(content)
    return [" ".join(document.getAllText(page).text().split()) for page in range(document.pageCount())]


def scanned(content: bytes, dots: int) -> list[str]:
    """What a scanner reads of the first page at so many dots an inch."""
    document = opened(content)
    points = document.pagePointSize(0)
    size = QSize(round(points.width() * dots / 72), round(points.height() * dots / 72))
    page = QImage(size, QImage.Format.Format_Grayscale8)
    page.fill(255)
    painter = QPainter(page)
    painter.drawImage(0, 0, document.render(0, size))
    painter.end()
    import numpy as np

    rows = np.frombuffer(page.constBits(), dtype=np.uint8).reshape(size.height(), page.bytesPerLine())
    return [found.text for found in zxingcpp.read_barcodes(np.ascontiguousarray(rows[:, : size.width()]))]


@pytest.mark.parametrize("number", ["T-CP1-00042", "INC-DESK9-1234567", "T-A-1"])
def test_a_scanner_reads_the_number_from_the_page_at_150_dots(qapp: QApplication, number: str) -> None:
    assert scanned(lay_out(replace(PLAIN, number=number)), 150) == [number]


@pytest.mark.parametrize("count", [1, 40, 400])
def test_every_comment_is_on_paper_once_in_its_order_and_every_page_is_marked(qapp: QApplication, count: int) -> None:
    said = tuple(
        Said("Lee", "22 1400Z NOV 26", f"entry{number:04} " + "word " * (number % 40), number % 3 == 2, number % 2 == 0)
        for number in range(count)
    )
    told = pages(lay_out(replace(PLAIN, said=said)))
    assert re.findall(r"entry\d{4}", " ".join(told)) == [f"entry{number:04}" for number in range(count)]
    for number, page in enumerate(told, 1):
        assert page.count("RESTRICTED") == 2
        assert f"page {number} of {len(told)}" in page
        assert "printed by Eva Keller, CP Main, 22 1432Z NOV 26 · 3 changes not shared" in page
        assert "T-CP1-00042 Generator leaks fuel" in page


def test_text_from_strangers_is_printed_as_it_was_typed(qapp: QApplication) -> None:
    typed = "<b>bold</b> & <font color='red'>x</font> <img src='file:///etc/passwd'/> {x} %s <para> ]]> &amp;"
    told = " ".join(pages(lay_out(replace(PLAIN, title=typed, description=typed, facts=(Fact(typed, typed),)))))
    assert told.count(typed) >= 4


WRITTEN = """# Bridge

The *east* lane is **closed**, see [the plan](https://example.org/plan?a=1&b=2).
Next line.

1. Mark it
   - cones
   - lights
2. Tell ~~nobody~~ the gate

> keep `axle < 12 t`

| span | load |
|---|---|
| 1 | 12 t |

```
x = 1
  y = <2>
```
"""


def test_markdown_is_laid_out_and_not_printed_as_its_source(qapp: QApplication) -> None:
    comment = Said("Lee", "22 1400Z NOV 26", WRITTEN, True, False)
    told = " ".join(pages(lay_out(replace(PLAIN, said=(comment,), description="**Urgent**: no lights"))))
    assert "Urgent: no lights" in told
    assert "Bridge The east lane is closed, see the plan (https://example.org/plan?a=1&b=2). Next line." in told
    assert "1. Mark it • cones • lights 2. Tell nobody the gate" in told
    assert "keep axle < 12 t span | load 1 | 12 t" in told
    assert "x = 1 y = <2>" in told
    assert not [sign for sign in ("**", "~~", "`", "[the", "# B") if sign in told]


SCARY = (
    "[x](javascript:alert(1)) ![pic](https://example.org/x.png) <img src=x onerror=1> <https://example.org>",
    "[a](b",
    "**open *and* [never](</font>) closed",
    "> " * 200 + "deep",
    "- " * 60 + "deep",
    "```\nnever closed </font> <b>",
    "| a |\n|---|\n| <font name='x'> |",
    "[<para>](https://example.org/<b>\"'>)",
    "\x00\ufeff**\u202e**",
    "0. zero\n1. one",
)


@pytest.mark.parametrize("text", SCARY)
def test_markdown_from_strangers_becomes_pages_and_loads_nothing(qapp: QApplication, text: str) -> None:
    content = lay_out(replace(PLAIN, description=text, said=(Said("Lee", "now", text, False, False),)))
    assert pages(content)
    assert b"/URI" not in content
    assert b"/JavaScript" not in content


@given(st.text(alphabet="*_`~[]()<>!#>-|\\\n 1.ab&;\"'", max_size=120))
@settings(max_examples=60)
def test_whatever_signs_a_text_has_they_become_paragraphs(text: str) -> None:
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    found = blocks(text, Faces("Helvetica-Bold", "Helvetica-Oblique", str))
    for block in found or ():
        if block.kind not in ("code", "rule"):
            Paragraph(block.markup or "x", ParagraphStyle("any")).wrap(400, 400)


def test_greek_cyrillic_and_accents_are_printed_and_what_cannot_be_is_told(qapp: QApplication) -> None:
    body = "Ελληνικά, Кириллица, Tiếng Việt, Çığ, łódź; 中文, 中, \U0001f600"
    told = " ".join(pages(lay_out(replace(PLAIN, description=body))))
    assert "Ελληνικά, Кириллица, Tiếng Việt, Çığ, łódź; □□, □, □" in told
    assert "4 signs have no shape in this font and stand as □: U+4E2D CJK UNIFIED IDEOGRAPH-4E2D" in told
    assert "U+1F600 GRINNING FACE" in told


def test_signs_without_shape_do_not_reach_the_page() -> None:
    printable = Printable(fonts())
    assert printable.text("a\x00b\x1b[31mc\u202ed\ufeffe\tf\r\ng") == "ab[31mcde    f\ng"
    assert printable.note == ""
    assert printable.text("half \ud800") == f"half {fonts().missing}"


HUGE: dict[str, Sheet] = {
    "a title without a blank": replace(PLAIN, title="x" * 300),
    "names as long as a line can be": replace(PLAIN, printed_by="n" * 1000, facts=(Fact("Assignee", "m" * 1000),)),
    "one field over pages": replace(PLAIN, answers=(Fact("Report", "all of it " * 3_000),)),
    "one word over pages": replace(PLAIN, description="y" * 30_000),
    "five thousand lines": replace(PLAIN, description="line\n" * 5_000),
    "nothing at all": replace(PLAIN, title="", description="", facts=(), number="T", printed_by="", sync=""),
    "only blanks": replace(PLAIN, title="   ", description=" \n \n", said=(Said("", "", " ", False, False),)),
    "a marking that is not known": replace(PLAIN, marking="<b>&"),
}


@pytest.mark.parametrize("name", HUGE)
def test_whatever_a_ticket_holds_becomes_pages(qapp: QApplication, name: str) -> None:
    told = pages(lay_out(HUGE[name]))
    assert told
    assert all(f"of {len(told)}" in page for page in told)
    whole = "".join(told).replace(" ", "")
    if name == "one word over pages":
        assert whole.count("y") >= 30_000


def talk(desk: Desk) -> bytes:
    """A ticket with internal notes and to the requester."""
    made: Any = desk.do(tickets.create, title="Pump", values={"description": "Broken."}).result().value
    inside: Any = desk.do(tickets.comment, made, "secretinside").result().value
    desk.do(tickets.comment, made, "toyourequester", visibility="requester").result()
    desk.do(tickets.comment, made, "secretreply", reply_to=inside).result()
    assert isinstance(made, bytes)
    return made


def test_what_is_inside_the_house_is_not_printed_for_the_requester(desk: Desk, qapp: QApplication) -> None:
    ticket = talk(desk)
    whole = " ".join(pages(printing.pdf(desk, ticket, PrintOptions(history=True)).result()))
    assert "secretinside" in whole
    assert "secretreply" in whole
    assert "Created" in whole or "History" in whole
    outside = " ".join(pages(printing.pdf(desk, ticket, PrintOptions(internal=False, history=True)).result()))
    assert "secret" not in outside
    assert "toyourequester" in outside
    assert "Internal notes are left out" in outside


def test_a_hidden_answer_is_in_no_print(desk: Desk, qapp: QApplication) -> None:
    def ask_form(work: Work) -> Changes:
        form = definition(rule("hide", "secret", when=when("runs", "yes")))
        said = {"form": form["code"], "version": 1, "definition": json.dumps(form)}
        work.value_out = work.insert(FormVersion, said)
        return Changes()

    form: Any = desk.do(ask_form).result().value
    answers = {"runs": "no", "secret": "SECRETLOAD"}
    made: Any = desk.do(tickets.create, title="Truck", form=form, answers=answers).result().value
    options = PrintOptions(history=True)
    assert "SECRETLOAD" in " ".join(pages(printing.pdf(desk, made, options).result()))
    desk.do(tickets.answer, made, "runs", "yes").result()
    assert "SECRETLOAD" not in " ".join(pages(printing.pdf(desk, made, options).result()))


def test_the_page_says_when_by_whom_and_how_far_it_is_shared(desk: Desk, qapp: QApplication) -> None:
    made: Any = desk.do(tickets.create, title="Pump").result().value
    told = desk.ask(printing.sheet, made).result()
    assert told.as_of == times.dtg(desk.now())
    assert told.sync == "kept at this station alone"
    assert told.printed_by in " ".join(pages(printing.pdf(desk, made).result()))


def test_random_words_of_all_scripts_never_fail(qapp: QApplication) -> None:
    chance = random.Random(7)
    for _ in range(6):
        text = "".join(
            chr(chance.choice((chance.randrange(0x20, 0x3000), chance.randrange(0x110000)))) for _ in range(400)
        )
        assert pages(lay_out(replace(PLAIN, title=text[:60], description=text)))

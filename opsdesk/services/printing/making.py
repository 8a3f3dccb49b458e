"""The printed ticket as PDF, laid out by ReportLab, with the number as QR code by segno (ISO/IEC 18004)."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import Future
from html import escape
from pathlib import Path
from typing import Any, Final

from opsdesk.models.base import Id
from opsdesk.services import saving
from opsdesk.services.desk import Desk
from opsdesk.services.errors import Refused
from opsdesk.services.printing.glyphs import Fonts, Printable, fonts
from opsdesk.services.printing.markdown import CODE, HEADING, QUOTE, RULE, Faces, blocks
from opsdesk.services.printing.sheet import Fact, PrintOptions, Said, Sheet, sheet
from opsdesk.store.work import Reader

_MM: Final = 72 / 25.4
_MARGIN: Final = 18 * _MM
_QR: Final = 24 * _MM
"""Side of the code with its quiet zone; at 150 dpi a module of it is five pixels."""
_SHORT: Final = 160
"""Signs of a field that stands in the grid; a longer one has lines of its own."""


def pdf(desk: Desk, ticket: Id, options: PrintOptions | None = None) -> Future[bytes]:
    """The ticket as a PDF of A4 pages, made on a reading thread. The future raises NotFound."""
    return desk.ask(_pdf, ticket, options, channel="print")


def save(desk: Desk, ticket: Id, path: Path, options: PrintOptions | None = None) -> Future[Path]:
    """Save it as a file, whole or not at all. Raises as `saving.whole`, and Refused for another ending than .pdf."""
    return desk.ask(_save, ticket, path, options)


def _save(reader: Reader, ticket: Id, path: Path, options: PrintOptions | None) -> Path:
    if path.suffix.lower() != ".pdf":
        raise Refused(f"A printed ticket ends in .pdf, not “{path.suffix}”", field="file")
    saving.check_name(path)
    return saving.save(path, _pdf(reader, ticket, options))


def _pdf(reader: Reader, ticket: Id, options: PrintOptions | None) -> bytes:
    return lay_out(sheet(reader, ticket, options))


def lay_out(told: Sheet) -> bytes:
    """The pages of a sheet."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate

    out = io.BytesIO()
    page = _Page(told, Printable(fonts()))
    document: Any = BaseDocTemplate(
        out,
        pagesize=A4,
        title=page.plain(f"{told.number} {told.title}"),
        author=page.plain(told.printed_by),
        subject=told.marking,
        creator="OpsDesk",
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
    )
    width, height = A4
    frame: Any = Frame(
        _MARGIN, 24 * _MM, width - 2 * _MARGIN, height - 50 * _MM, leftPadding=0, rightPadding=0, topPadding=0,
        bottomPadding=0,
    )  # fmt: skip
    document.addPageTemplates([PageTemplate(id="all", frames=[frame])])
    document.build(list(page.story()), canvasmaker=_numbered(page))
    return out.getvalue()


class _Page:
    """The flow of one sheet, and what stands on each of its pages."""

    def __init__(self, told: Sheet, printable: Printable) -> None:
        from reportlab.lib.styles import ParagraphStyle

        self.told = told
        self.fonts: Fonts = printable.fonts
        self._printable = printable
        usual = {"fontName": self.fonts.plain, "fontSize": 9.5, "leading": 13.5, "splitLongWords": 1}
        self._body = ParagraphStyle("body", **usual)
        self._reply = ParagraphStyle("reply", **usual, leftIndent=8 * _MM)
        self._title = ParagraphStyle("title", fontName=self.fonts.bold, fontSize=15, leading=19, splitLongWords=1)
        self._head = ParagraphStyle(
            "head", fontName=self.fonts.bold, fontSize=11, leading=15, spaceBefore=12, spaceAfter=3, keepWithNext=1
        )
        self._quiet = ParagraphStyle("quiet", fontName=self.fonts.plain, fontSize=8, leading=11, textColor="#505a66")
        self._quiet_reply = ParagraphStyle("quiet-reply", parent=self._quiet, leftIndent=8 * _MM, keepWithNext=1)
        self._label = ParagraphStyle("label", parent=self._quiet, keepWithNext=1)

    def plain(self, text: str) -> str:
        """The text in signs that can be printed."""
        return self._printable.text(text)

    def _words(self, text: str) -> str:
        """The text as the little language of paragraphs has it, which would take "<b>" for a command."""
        lines = escape(self.plain(text), quote=False).split("\n")
        # Blanks at a line's beginning are its indent.
        return "<br/>".join("\u00a0" * (len(line) - len(line.lstrip(" "))) + line.lstrip(" ") for line in lines)

    def story(self) -> Iterator[Any]:
        """What flows over the pages, from top to bottom."""
        from reportlab.platypus import Paragraph, Spacer

        told = self.told
        yield self._top()
        yield Spacer(1, 8)
        yield self._grid(told.facts)
        yield from self._long(told.facts)
        if told.description:
            yield Paragraph("Description", self._head)
            yield from self._written(told.description, self._body)
        if told.answers:
            yield Paragraph("Answers", self._head)
            yield self._grid(told.answers)
            yield from self._long(told.answers)
        for name, lines in (("Links", told.links), ("Files", told.files)):
            if lines:
                yield Paragraph(name, self._head)
                yield from (Paragraph(self._words(line), self._body) for line in lines)
        yield Paragraph(f"Conversation ({len(told.said):,})", self._head)
        if not told.said:
            yield Paragraph("Nothing was written.", self._quiet)
        for said in told.said:
            yield from self._comment(said)
        if told.left_out:
            yield Paragraph("Internal notes are left out.", self._quiet)
        if told.history:
            yield Paragraph("History", self._head)
            for when, who, what in told.history:
                yield Paragraph(f"{self._words(when)} · {self._words(who)}", self._label)
                yield from self._text(what)
        if self._printable.note:
            yield Spacer(1, 10)
            yield Paragraph(self._words(self._printable.note), self._quiet)

    def _top(self) -> Any:
        from reportlab.platypus import Paragraph, Table

        told = self.told
        lines = [Paragraph(self._words(f"{told.number} · {told.state}"), self._quiet)]
        lines.append(Paragraph(self._words(told.title or "No title"), self._title))
        if told.exercise:
            lines.append(Paragraph("EXERCISE: made up for training", self._quiet))
        if told.voided:
            lines.append(Paragraph(self._words(f"VOIDED: {told.voided}"), self._quiet))
        kind = "with internal notes" if told.internal else "for the requester"
        lines.append(Paragraph(self._words(f"as of {told.as_of}, {told.sync}; {kind}"), self._quiet))
        return Table(
            [[lines, _Code(self.told.number)]],
            colWidths=[None, _QR + 4],
            style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_NO_PADDING],
        )

    def _grid(self, facts: tuple[Fact, ...]) -> Any:
        from reportlab.platypus import Paragraph, Spacer, Table

        short = [fact for fact in facts if not _is_long(fact)]
        if not short:
            return Spacer(1, 1)
        cells = [
            [Paragraph(self._words(fact.label), self._quiet), Paragraph(self._words(fact.text), self._body)]
            for fact in short
        ]
        half = (len(cells) + 1) // 2
        blank = ["", ""]
        rows = [
            [*left, *right]
            for left, right in zip(cells[:half], [*cells[half:], *([blank] * (2 * half - len(cells)))], strict=True)
        ]
        style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#dfe4ea"), *_NO_PADDING]
        return Table(rows, colWidths=["15%", "35%", "15%", "35%"], style=style, splitInRow=1)

    def _long(self, facts: tuple[Fact, ...]) -> Iterator[Any]:
        from reportlab.platypus import Paragraph, Spacer

        for fact in facts:
            if _is_long(fact):
                yield Spacer(1, 4)
                yield Paragraph(self._words(fact.label), self._label)
                yield from self._text(fact.text)

    def _text(self, text: str, style: Any = None) -> Iterator[Any]:
        """A text as paragraphs of some lines each: one of a hundred thousand signs would be measured for each page."""
        from reportlab.platypus import Paragraph

        lines = text.split("\n")
        for start in range(0, len(lines), 40):
            part = "\n".join(lines[start : start + 40])
            for at in range(0, max(1, len(part)), 4_000):
                yield Paragraph(self._words(part[at : at + 4_000]) or "&nbsp;", style or self._body)

    def _written(self, text: str, style: Any) -> Iterator[Any]:
        """A text that somebody wrote, as Markdown; one that cannot be laid out stands as it was typed."""
        from reportlab.lib.styles import ParagraphStyle
        from reportlab.platypus import HRFlowable, Paragraph, Preformatted

        found = blocks(text, Faces(self.fonts.bold, self.fonts.italic, self.plain))
        if found is None:
            yield from self._text(text, style)
            return
        looks: dict[str, dict[str, Any]] = {
            HEADING: {"fontName": self.fonts.bold, "keepWithNext": 1},
            QUOTE: {"textColor": "#505a66"},
            CODE: {"backColor": "#eef1f5", "leading": 12.5},
        }
        for block in found:
            left = style.leftIndent + 5 * _MM * block.depth
            of_kind = looks.get(block.kind, {})
            own: Any = ParagraphStyle(
                "written", parent=style, leftIndent=left, bulletIndent=left - 4 * _MM, spaceAfter=3, **of_kind
            )
            if block.kind == RULE:
                yield HRFlowable(width="100%", thickness=0.4, color="#dfe4ea", spaceBefore=4, spaceAfter=4)
            elif block.kind == CODE:
                yield Preformatted(block.markup, own, maxLineLength=90)
            else:
                yield Paragraph(block.markup or "&nbsp;", own, bulletText=block.bullet or None)

    def _comment(self, said: Said) -> Iterator[Any]:
        from reportlab.platypus import Paragraph, Spacer

        kind = "internal" if said.internal else "to the requester"
        head = f"<font name='{self.fonts.bold}'>{self._words(said.author)}</font> · {self._words(said.when)} · {kind}"
        yield Spacer(1, 5)
        yield Paragraph(head, self._quiet_reply if said.reply else self._label)
        yield from self._written(said.body, self._reply if said.reply else self._body)

    def decorate(self, canvas: Any, number: int, count: int) -> None:
        """Draw what stands on every page: the marking at its top and foot, the ticket, who printed it, the page."""
        from reportlab.lib.pagesizes import A4

        width, height = A4
        told = self.told
        canvas.saveState()
        canvas.setFont(self.fonts.bold, 10)
        for place in (height - 11 * _MM, 8 * _MM):
            canvas.drawCentredString(width / 2, place, told.marking)
        canvas.setFont(self.fonts.plain, 8)
        canvas.setFillColor("#505a66")
        room = width - 2 * _MARGIN
        title = self._cut(canvas, f"{told.number}  {self.plain(told.title)}".replace("\n", " "), room - 90)
        canvas.drawString(_MARGIN, height - 19 * _MM, title)
        canvas.drawRightString(width - _MARGIN, height - 19 * _MM, f"page {number} of {count}")
        canvas.setStrokeColor("#c8d0da")
        canvas.line(_MARGIN, height - 21 * _MM, width - _MARGIN, height - 21 * _MM)
        canvas.line(_MARGIN, 19 * _MM, width - _MARGIN, 19 * _MM)
        foot = f"printed by {self.plain(told.printed_by)}, {told.as_of} · {told.sync}"
        canvas.drawString(_MARGIN, 14 * _MM, self._cut(canvas, foot, room))
        canvas.restoreState()

    def _cut(self, canvas: Any, text: str, room: float) -> str:
        if canvas.stringWidth(text, self.fonts.plain, 8) <= room:
            return text
        while text and canvas.stringWidth(text + "…", self.fonts.plain, 8) > room:
            text = text[: max(0, len(text) - 1 - len(text) // 20)]
        return text + "…"


_NO_PADDING: Final = (
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
)


def _is_long(fact: Fact) -> bool:
    return len(fact.text) > _SHORT or len(fact.label) > 60 or "\n" in fact.text


def _Code(number: str) -> Any:
    """The number as QR code, as a flowable."""
    import segno
    from reportlab.platypus import Flowable

    rows = [list(row) for row in segno.make(number, error="m", micro=False).matrix]
    module = _QR / (len(rows) + 8)  # four modules of quiet zone on each side

    class Code(Flowable):  # type: ignore[misc]
        def wrap(self, *_room: float) -> tuple[float, float]:
            return _QR, _QR

        def draw(self) -> None:
            for line, row in enumerate(rows):
                for column, dark in enumerate(row):
                    if dark:
                        left, top = (column + 4) * module, _QR - (line + 5) * module
                        # A trifle larger, so that no reader shows seams between them.
                        self.canv.rect(left, top, module * 1.01, module * 1.01, stroke=0, fill=1)

    return Code()


def _numbered(page: _Page) -> type[Any]:
    """A canvas that knows how many pages there are when it draws what stands on each."""
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, state in enumerate(self._kept, 1):
                self.__dict__.update(state)
                page.decorate(self, number, len(self._kept))
                super().showPage()
            super().save()

    return Numbered

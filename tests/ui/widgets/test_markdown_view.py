from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from opsdesk.ui.widgets.markdown_view import MarkdownView, to_html


def test_html_in_a_comment_is_shown_as_text() -> None:
    html = to_html("<script>x</script> <img src=http://e/x.png> <b>bold</b>")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;b&gt;bold" in html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "vbscript:x", "data:text/html,x"])
def test_a_link_that_could_run_or_read_something_is_no_link(link: str) -> None:
    assert "<a " not in to_html(f"[press]({link})")


def test_a_picture_is_never_loaded(qtbot: QtBot, dressed: QApplication, tmp_path: Path) -> None:
    picture = tmp_path / "secret.png"
    picture.write_bytes(b"x")
    view = MarkdownView(f"![one](http://example.org/x.png) ![two]({picture.as_uri()})")
    qtbot.addWidget(view)
    assert "<img" not in to_html(view.text)
    # Even HTML put straight into the document reaches nothing.
    view.document().setHtml(f'<img src="{picture.as_uri()}">')
    view.show()
    view.grab()
    kind = QTextDocument.ResourceType.ImageResource.value
    assert view.loadResource(kind, QUrl(picture.as_uri())) is None
    assert view.document().resource(kind, QUrl(picture.as_uri())) is None


def test_the_number_of_a_ticket_becomes_its_own_link(qtbot: QtBot, dressed: QApplication) -> None:
    view = MarkdownView("See T-CP1-03197, not `T-CP1-03198`")
    qtbot.addWidget(view)
    assert to_html(view.text).count("ticket:") == 1
    with qtbot.waitSignal(view.ticket_wanted) as caught:
        view.anchorClicked.emit(QUrl("ticket:T-CP1-03197"))
    assert caught.args == ["T-CP1-03197"]


def test_what_is_copied_has_no_invisible_signs(qtbot: QtBot, dressed: QApplication) -> None:
    view = MarkdownView("See T-CP1-03197")
    qtbot.addWidget(view)
    view.selectAll()
    assert view.createMimeDataFromSelection().text() == "See T-CP1-03197"


def test_a_web_link_is_opened_only_when_it_is_pressed(
    qtbot: QtBot, dressed: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    view = MarkdownView("[map](https://example.org/map)")
    qtbot.addWidget(view)
    assert opened == []
    view.anchorClicked.emit(QUrl("https://example.org/map"))
    view.anchorClicked.emit(QUrl("file:///etc/passwd"))
    assert opened == ["https://example.org/map"]


def test_it_is_as_high_as_its_text_at_any_width(qtbot: QtBot, dressed: QApplication) -> None:
    view = MarkdownView("word " * 200)
    qtbot.addWidget(view)
    view.show()
    heights = []
    for width in (800, 300):
        view.resize(width, view.height())
        heights.append(view.height())
    assert heights[1] > 2 * heights[0]

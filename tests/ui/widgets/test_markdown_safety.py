"""Texts that strangers send: named bad inputs, and what is shown of each. Nothing runs, loads, hangs or deceives."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest

from opsdesk.services import pasting
from opsdesk.ui.widgets.markdown_view import to_html

KIM = "person:" + "0" * 32

SHOWN = {
    # name: (Markdown, what must be in the words that are shown)
    "script element": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "script in capitals": ("<SCRIPT SRC=//e.example/x.js></SCRIPT>", "<SCRIPT"),
    "picture with handler": ("<img src=x onerror=alert(1)>", "onerror=alert(1)"),
    "frame": ("<iframe src=file:///etc/passwd></iframe>", "<iframe"),
    "style element": ("<style>*{display:none}</style>", "display:none"),
    "comment that hides": ("before <!-- hidden --> after", "<!-- hidden -->"),
    "remote picture": ("![pixel](https://e.example/p.png)", "pixel"),
    "picture by reference": ("![p][1]\n\n[1]: https://e.example/p.png", "p"),
    "script link": ("[press](javascript:alert(1))", "press"),
    "script link, mixed case": ("[press](JaVaScRiPt:alert(1))", "press"),
    "script link by entity": ("[press](&#106;avascript:alert(1))", "press"),
    "script link by reference": ("[press][1]\n\n[1]: javascript:alert(1)", "press"),
    "data link": ("[press](data:text/html;base64,PHNjcmlwdD4=)", "press"),
    "file link": ("[press](file:///etc/passwd)", "press"),
    "automatic script link": ("<javascript:alert(1)>", "javascript:alert(1)"),
    "quote in a title": ('[a](https://e.example "x\\" onmouseover=alert(1)")', "a"),
    "mention with a handler": (f'[@Kim]({KIM} "onclick=alert(1)")', "@Kim"),
    "mention with HTML for a name": (f"[@<b>Kim</b>]({KIM})", "@<b>Kim</b>"),
    "mention that is cut short": ("[@Kim](person:00ff)", "@Kim"),
    "turned direction": ("invoice\u202egpj.exe", "invoicegpj.exe"),
    "control signs": ("a\x00b\x07c\x1b[31md", "abc[31md"),
    "lone surrogate": ("a\ud800b", "ab"),
    "quotes in quotes in quotes": (">" * 5000 + " deep", "deep"),
    "lists in lists in lists": ("\n".join("  " * n + "- x" for n in range(400)), "x"),
    "brackets that never close": ("[" * 20_000, "[["),
    "stars that never close": ("*a **b " * 4000, "*a **b"),
    "links in links": ("[a](" * 3000, "[a]("),
    "backticks of growing length": ("".join("`" * n + "x" for n in range(1, 250)), "x"),
    "a table of many columns": ("|" * 3000 + "\n" + "|-" * 3000 + "|\n" + "|x\n" * 200, "x"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_bad_text_is_shown_as_words_and_does_nothing(name: str) -> None:
    text, words = SHOWN[name]
    began = time.process_time()
    html = to_html(text)
    assert time.process_time() - began < 2, "no text keeps the window busy"
    assert words in unescape(re.sub(r"<(?!!--)/?[a-z][^>]*>", "", html)).replace("\u2060", "")
    tags = re.findall(r"<([a-zA-Z][^\s>/]*)([^>]*)>", html)
    allowed = {"p", "br", "a", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4"}
    assert {tag for tag, _ in tags} <= allowed | {"h5", "h6", "hr", "s", "table", "thead", "tbody", "tr", "th", "td"}
    for _tag, attributes in tags:
        assert not re.search(r"\son\w+\s*=", re.sub(r'"[^"]*"', '""', attributes))
        for target in re.findall(r'(?:href|src)="([^"]*)"', attributes):
            assert re.match(r"(https?|mailto|ticket|person|unit):", unescape(target))
    assert html.count("<blockquote") <= 20
    assert html.count("<ul") <= 20


PASTED = {
    "script": ("<p>a</p><script>steal()</script><p>b</p>", "a\n\nb"),
    "script that never ends": ("a<script>steal()", "a"),
    "style": ("<style>p{color:red}</style>a", "a"),
    "picture with handler": ("a<img src=x onerror=steal()>b", "ab"),
    "link": ('<a href="javascript:steal()">a</a>', "a"),
    "hidden document": ("<html><head><title>t</title></head><body>a</body></html>", "a"),
    "template": ("<template><p>hidden</p></template>a", "a"),
    "drawing with script": ("<svg><script>steal()</script><text>t</text></svg>a", "a"),
    "office conditionals": ("<!--[if gte mso 9]><xml>x</xml><![endif]-->a", "a"),
    "entities": ("&lt;script&gt;a&lt;/script&gt;", "<script>a</script>"),
    "tags that never close": ("<div>" * 50_000 + "a", "a"),
    "broken tag": ("a <b", "a <b"),
    "nothing but a picture": ("<img src=https://e.example/p.png>", ""),
    "control signs and turned direction": ("<p>a&#7;\u202eb</p>", "ab"),
}


@pytest.mark.parametrize("name", PASTED)
def test_pasted_html_leaves_its_words_and_nothing_else(name: str) -> None:
    html, words = PASTED[name]
    found = pasting.from_html(html)
    assert found.text == words
    assert bool(found.note) == (words == "")


def test_too_much_is_cut_and_says_so() -> None:
    found = pasting.from_text("x" * (pasting.LIMIT + 5))
    assert len(found.text) == pasting.LIMIT
    assert found.note == "Pasted the first 100,000 of 100,005 characters. Attach it as a file instead"

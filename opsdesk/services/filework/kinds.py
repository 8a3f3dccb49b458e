"""What a file is, by its first bytes; its name is only believed where nothing else tells."""

from __future__ import annotations

import codecs
import enum
from dataclasses import dataclass
from typing import Final

from opsdesk.services.filework.names import ending


class Shown(enum.Enum):
    """How a file can be looked at in the program."""

    PICTURE = "picture"
    PDF = "pdf"
    TEXT = "text"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its MIME type, a word for people, how it is shown, whether the system may open it."""

    mime: str
    word: str
    shown: Shown = Shown.NOT
    harmless: bool = False


PROGRAM: Final = Kind("application/x-executable", "program")
TEXT: Final = Kind("text/plain", "text", Shown.TEXT, True)
UNKNOWN: Final = Kind("application/octet-stream", "file")

_PICTURES: Final = {
    "png": Kind("image/png", "picture", Shown.PICTURE, True),
    "jpeg": Kind("image/jpeg", "picture", Shown.PICTURE, True),
    "gif": Kind("image/gif", "picture", Shown.PICTURE, True),
    "webp": Kind("image/webp", "picture", Shown.PICTURE, True),
    "bmp": Kind("image/bmp", "picture", Shown.PICTURE, True),
    "tiff": Kind("image/tiff", "picture", Shown.PICTURE, True),
}
_MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"\x89PNG\r\n\x1a\n", _PICTURES["png"]),
    (b"\xff\xd8\xff", _PICTURES["jpeg"]),
    (b"GIF87a", _PICTURES["gif"]),
    (b"GIF89a", _PICTURES["gif"]),
    (b"II*\x00", _PICTURES["tiff"]),
    (b"MM\x00*", _PICTURES["tiff"]),
    (b"%PDF-", Kind("application/pdf", "PDF", Shown.PDF, True)),
    (b"PK\x03\x04", Kind("application/zip", "archive")),
    (b"PK\x05\x06", Kind("application/zip", "archive")),
    (b"7z\xbc\xaf\x27\x1c", Kind("application/x-7z-compressed", "archive")),
    (b"\x1f\x8b", Kind("application/gzip", "archive")),
    (b"Rar!\x1a\x07", Kind("application/vnd.rar", "archive")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind("application/x-ole-storage", "document")),
    (b"ID3", Kind("audio/mpeg", "sound", harmless=True)),
    (b"OggS", Kind("audio/ogg", "sound", harmless=True)),
    (b"SQLite format 3\x00", Kind("application/vnd.sqlite3", "database")),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", PROGRAM),
)
_ENDINGS: Final = {
    "png": ("image/png",), "jpg": ("image/jpeg",), "jpeg": ("image/jpeg",), "gif": ("image/gif",),
    "webp": ("image/webp",), "bmp": ("image/bmp",), "tif": ("image/tiff",), "tiff": ("image/tiff",),
    "pdf": ("application/pdf",),
}  # fmt: skip
"""Endings that promise what a file is."""
_RUNS: Final = frozenset(
    (
        "exe", "com", "scr", "pif", "cpl", "msi", "msp", "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "js", "jse", "wsf",
        "wsh", "hta", "lnk", "url", "reg", "jar", "apk", "app", "desktop", "appimage", "deb", "rpm", "dll", "sys",
        "inf", "gadget", "chm", "iso", "img", "vhd",
    )
)  # fmt: skip
"""Endings that a system runs when it opens them."""
_PACKED: Final = {
    "docx": Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "document", harmless=True),
    "xlsx": Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "spreadsheet", harmless=True),
    "pptx": Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", "slides", harmless=True),
    "odt": Kind("application/vnd.oasis.opendocument.text", "document", harmless=True),
    "ods": Kind("application/vnd.oasis.opendocument.spreadsheet", "spreadsheet", harmless=True),
    "kmz": Kind("application/vnd.google-earth.kmz", "map file"),
}
_TEXTS: Final = {
    "csv": "text/csv", "tsv": "text/tab-separated-values", "md": "text/markdown", "json": "application/json",
    "geojson": "application/geo+json", "xml": "application/xml", "gpx": "application/gpx+xml",
    "kml": "application/vnd.google-earth.kml+xml", "html": "text/html", "htm": "text/html",
    "svg": "image/svg+xml", "log": "text/plain", "txt": "text/plain",
}  # fmt: skip
_QUIET_TEXTS: Final = frozenset(("csv", "tsv", "md", "log", "txt"))
"""Texts that the system may open: nothing in them is run."""


def kind_of(head: bytes, name: str) -> Kind:
    """What a file is, by its first bytes (some thousand of them) and then by its name."""
    last = ending(name)
    if last in _RUNS:
        return PROGRAM
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _PICTURES["webp"]
    if head[:2] == b"BM" and head[6:10] == b"\x00\x00\x00\x00":
        return _PICTURES["bmp"]
    if head[4:8] == b"ftyp":
        return Kind("video/mp4", "film", harmless=True)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            if kind.mime == "application/zip" and last in _PACKED:
                return _PACKED[last]
            return kind
    if _is_text(head):
        # Shown as text and never as what it would do: a page or a drawing may hold a program.
        return Kind(_TEXTS.get(last, "text/plain"), "text", Shown.TEXT, last in _QUIET_TEXTS)
    return UNKNOWN


def contradiction(kind: Kind, name: str) -> str | None:
    """What is wrong when a name promises something else than the file is; None when it is not so."""
    promised = _ENDINGS.get(ending(name))
    if promised is None or kind.mime in promised:
        return None
    if kind.shown is Shown.PICTURE and promised[0].startswith("image/"):
        return None  # a picture is a picture, whichever way it is written
    article = "an" if kind.word[0] in "aeiou" else "a"
    inside = "something else" if kind is UNKNOWN else "text" if kind.shown is Shown.TEXT else f"{article} {kind.word}"
    return f"It is called .{ending(name)}, but inside is {inside}"


def by_mime(mime: str, name: str) -> Kind:
    """The kind that metadata from elsewhere speaks of; what is shown is decided again by the bytes."""
    if mime == PROGRAM.mime or ending(name) in _RUNS:
        return PROGRAM
    known = (*_PICTURES.values(), *(kind for _, kind in _MAGIC), *_PACKED.values())
    found = next((kind for kind in known if kind.mime == mime), None)
    if found is not None:
        return found
    if mime.startswith("text/") or mime in _TEXTS.values():
        return Kind(mime, "text", Shown.TEXT, ending(name) in _QUIET_TEXTS)
    if mime.startswith(("audio/", "video/")):
        return Kind(mime, "sound" if mime.startswith("audio/") else "film", harmless=True)
    return UNKNOWN


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return bool(head) and b"\x00" not in head and sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head) == 0

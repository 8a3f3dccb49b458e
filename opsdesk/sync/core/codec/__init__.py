"""Messages to bytes and back: columns for batches, frames, pages and answers, zstd over all, bounds on everything.

A message is one byte (its kind doubled, and one more when what follows is packed by zstd) and a msgpack array. Batches,
frames and answers are turned on their side, all of one member together, so that equal things stand beside each other:
records by their place in a table, times and versions as differences, members that are mostly absent by index in one
map. What both ends of a session know (`Link`) is left out; a message that says otherwise says it in full. Values of
fields are msgpack as the writer made them: what this version does not know is kept and passed on.

`decode` reads from strangers. It raises Malformed, and nothing else, for every input that is not a whole message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import zstandard

from opsdesk.sync.core.codec import answers, batches, frames
from opsdesk.sync.core.codec.columns import CHANGES_LIMIT, MEMBERS_LIMIT, ODD_LIMIT, Link, Malformed, encoder, trimmed
from opsdesk.sync.core.messages import (
    Answer,
    Batch,
    Earlier,
    Frame,
    History,
    Look,
    Message,
    News,
    Page,
    Pull,
    Pulled,
    Pulls,
    Scope,
)

LIMIT: Final = 4 * 1024 * 1024
"""Bytes of a message as it comes in."""
UNPACKED_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of a message after unpacking."""

_BATCH, _ANSWER, _PULL, _FRAME, _LOOK, _SCOPE, _PAGE, _PULLS, _PULLED, _EARLIER, _HISTORY, _NEWS = range(1, 13)
_WORTH_PACKING: Final = 96
_LEVEL: Final = 9
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
"""With this every zstd frame begins; it does not travel."""

_batch_decoder = msgspec.msgpack.Decoder(batches.BatchColumns)
_frame_decoder = msgspec.msgpack.Decoder(frames.FrameColumns)
_page_decoder = msgspec.msgpack.Decoder(frames.PageColumns)
_answer_decoder = msgspec.msgpack.Decoder(answers.AnswerColumns)
_pull_decoder = msgspec.msgpack.Decoder(Pull)
_pulls_decoder = msgspec.msgpack.Decoder(Pulls)
_pulled_decoder = msgspec.msgpack.Decoder(frames.PulledColumns)
_earlier_decoder = msgspec.msgpack.Decoder(Earlier)
_history_decoder = msgspec.msgpack.Decoder(frames.HistoryColumns)
_news_decoder = msgspec.msgpack.Decoder(frames.NewsColumns)
_look_decoder = msgspec.msgpack.Decoder(Look)
_scope_decoder = msgspec.msgpack.Decoder(Scope)
_PLAIN_KINDS: Final = {Pull: _PULL, Pulls: _PULLS, Earlier: _EARLIER, Look: _LOOK, Scope: _SCOPE}
"""Messages that travel as they are."""


def encode(message: Message, link: Link) -> bytes:
    """The bytes of a message on a link."""
    if isinstance(message, Batch):
        return _packed(_BATCH, batches.to_columns(message, link))
    if isinstance(message, Frame):
        return _packed(_FRAME, frames.to_columns(message, link))
    if isinstance(message, Page):
        return _packed(_PAGE, frames.page_to_columns(message, link))
    if isinstance(message, Pulled):
        return _packed(_PULLED, frames.pulled_to_columns(message, link))
    if isinstance(message, History):
        return _packed(_HISTORY, frames.history_to_columns(message, link))
    if isinstance(message, News):
        return _packed(_NEWS, frames.news_to_columns(message, link))
    if isinstance(message, Answer):
        return _packed(_ANSWER, answers.to_columns(message, link))
    return _packed(_PLAIN_KINDS[type(message)], message)


_ROUTES: Final = {_BATCH: "push", _PULL: "pull", _PULLS: "pull", _EARLIER: "earlier", _LOOK: "look"}


def route(data: bytes) -> str:
    """Where a question of `encode` is asked: push, pull, look or earlier."""
    return _ROUTES[data[0] >> 1]


def decode(data: bytes, link: Link) -> Message:
    """The message in these bytes, which came over a link. Raises Malformed."""
    kind, body = _unpacked(data)
    decoders: dict[int, Callable[[bytes], Message]] = {
        _BATCH: lambda raw: batches.from_columns(_batch_decoder.decode(raw), link),
        _ANSWER: lambda raw: answers.from_columns(_answer_decoder.decode(raw), link),
        _PULL: _pull_decoder.decode,
        _LOOK: _look_decoder.decode,
        _SCOPE: _scope_decoder.decode,
        _FRAME: lambda raw: frames.from_columns(_frame_decoder.decode(raw), link),
        _EARLIER: _earlier_decoder.decode,
        _HISTORY: lambda raw: frames.history_from_columns(_history_decoder.decode(raw), link),
        _NEWS: lambda raw: frames.news_from_columns(_news_decoder.decode(raw), link),
        _PULLS: _pulls_decoder.decode,
        _PULLED: lambda raw: frames.pulled_from_columns(_pulled_decoder.decode(raw), link),
        _PAGE: lambda raw: frames.page_from_columns(_page_decoder.decode(raw), link),
    }
    if kind not in decoders:
        raise Malformed(f"kind {kind}")
    try:
        return decoders[kind](body)
    # Strings that are no UTF-8, nesting without end and columns that do not fit are a stranger's mistakes like others.
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def _packed(kind: int, columns: msgspec.Struct) -> bytes:
    body = encoder.encode(trimmed(columns))
    if len(body) >= _WORTH_PACKING:
        packed = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=False).compress(body)[len(_MAGIC) :]
        if len(packed) < len(body):
            return bytes((kind << 1 | 1,)) + packed
    return bytes((kind << 1,)) + body


def _unpacked(data: bytes) -> tuple[int, bytes]:
    if not 2 <= len(data) <= LIMIT:
        raise Malformed(f"{len(data)} bytes")
    kind, body = data[0] >> 1, data[1:]
    if not data[0] & 1:
        return kind, body
    body = _MAGIC + body
    try:
        # The size is asked first: the decompressor would set aside whatever the header claims.
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= UNPACKED_LIMIT:
            raise Malformed(f"unpacks to {size} bytes")
        unpacked = zstandard.ZstdDecompressor().decompress(body, read_across_frames=False, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise Malformed(str(error)) from error
    return kind, unpacked


__all__ = ["CHANGES_LIMIT", "LIMIT", "MEMBERS_LIMIT", "ODD_LIMIT", "UNPACKED_LIMIT", "Link", "Malformed", "decode",
           "encode", "route"]  # fmt: skip

"""Where the bytes come from: a path or bytes in hand, gzipped or not, read in blocks of whole lines.

A gzip stream is opened within limits: a bomb is refused while it is being read, before its content
takes memory or disk. Limits: `Limits.max_bytes` of text, and a ratio of text to compressed bytes
that no settlement reaches (real files compress about 20 to 1; a bomb made of one byte reaches 1000).
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from canonical.problems import N_, Problem, Refused, Where, declare

BLOCK = 1 << 16
GZIP_MAGIC = b"\x1f\x8b"

FILE_MISSING = declare(
    "settlement.file_missing",
    N_("The file cannot be opened: %(reason)s."),
    N_("Check the path and that you may read the file."),
)
FILE_EMPTY = declare(
    "settlement.file_empty",
    N_("The file is empty."),
    N_("Download the settlement report again; a download that was cut off leaves an empty file."),
)
GZIP_TRUNCATED = declare(
    "settlement.gzip_truncated",
    N_("The compressed file ends before it is complete."),
    N_("Download the file again: the transfer was cut off, and a part of the rows is missing."),
)
GZIP_DAMAGED = declare(
    "settlement.gzip_damaged",
    N_("The compressed file is damaged: %(reason)s."),
    N_("Download the file again."),
)
TOO_LARGE = declare(
    "settlement.too_large",
    N_("The file holds more than %(limit)s MB of text."),
    N_("This is not a settlement report. If it is, unpack it and split it, or ask the operator to raise the limit."),
)
GZIP_BOMB = declare(
    "settlement.gzip_bomb",
    N_("The compressed file unpacks to more than %(ratio)s times its size, which no settlement report does."),
    N_("Do not open this file. Download the settlement report from Amazon again."),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may come out of a file. `ratio` counts only after `ratio_after` bytes of text."""

    max_bytes: int = 2 << 30
    ratio: int = 200
    ratio_after: int = 8 << 20


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Source:
    """A file by name, and how to open it from its start; it may be opened more than once."""

    name: str
    opener: Callable[[], BinaryIO]
    limits: Limits = LIMITS

    @classmethod
    def from_path(cls, path: str | Path, limits: Limits = LIMITS) -> Source:
        where = Path(path)
        return cls(str(path), lambda: where.open("rb"), limits)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "settlement.txt", limits: Limits = LIMITS) -> Source:
        return cls(name, lambda: io.BytesIO(data), limits)

    def refuse(self, code: str, line: int | None = None, **params: str | int) -> Refused:
        """A refusal that names this file and, where there is one, the line."""
        return Refused(Problem(code, params, Where(file=self.name, line=line)))

    def chunks(self) -> Iterator[bytes]:
        """The text as pieces of bytes, unpacked when the file begins like gzip."""
        try:
            stream = self.opener()
        except OSError as error:
            raise self.refuse(FILE_MISSING, reason=error.strerror or type(error).__name__) from error
        with stream:
            try:
                head = stream.read(BLOCK)
            except OSError as error:
                raise self.refuse(FILE_MISSING, reason=error.strerror or type(error).__name__) from error
            pieces = _unpacked(self, stream, head) if head.startswith(GZIP_MAGIC) else _plain(stream, head)
            total = 0
            for piece in pieces:
                total += len(piece)
                if total > self.limits.max_bytes:
                    raise self.refuse(TOO_LARGE, limit=self.limits.max_bytes >> 20)
                yield piece
        if total == 0:
            raise self.refuse(FILE_EMPTY)


def _plain(stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    piece = head
    while piece:
        yield piece
        piece = stream.read(BLOCK)


def _unpacked(source: Source, stream: BinaryIO, head: bytes) -> Iterator[bytes]:
    """Gzip, member after member, never more than one block ahead of what was asked for."""
    counted = taken = 0
    unpack = zlib.decompressobj(wbits=31)
    data = head
    while data:
        counted += len(data)
        while data:
            try:
                piece = unpack.decompress(data, BLOCK)
            except zlib.error as error:
                raise source.refuse(GZIP_DAMAGED, reason=str(error)) from error
            taken += len(piece)
            if taken > source.limits.ratio_after and taken > source.limits.ratio * counted:
                raise source.refuse(GZIP_BOMB, ratio=source.limits.ratio)
            if piece:
                yield piece
            data = unpack.unconsumed_tail
            if unpack.eof:
                data = unpack.unused_data.lstrip(b"\0")
                if not data:
                    break
                if not GZIP_MAGIC.startswith(data[:2]) and not data.startswith(GZIP_MAGIC):
                    raise source.refuse(GZIP_DAMAGED, reason="bytes after the end")
                unpack = zlib.decompressobj(wbits=31)
        data = stream.read(BLOCK)
        if unpack.eof and data.strip(b"\0"):
            unpack = zlib.decompressobj(wbits=31)
        elif unpack.eof:
            data = b""
    if not unpack.eof:
        raise source.refuse(GZIP_TRUNCATED)


def blocks(source: Source) -> Iterator[bytes]:
    """The text in blocks of whole lines, line ends made `\\n`, the byte order mark taken off.

    A block never ends inside a line; the last one ends in `\\n` even where the file does not.
    """
    rest = b""
    first = True
    held = b""
    for chunk in source.chunks():
        chunk = held + chunk
        held = b""
        if first:
            chunk = chunk.removeprefix(b"\xef\xbb\xbf")
            first = False
        if chunk.endswith(b"\r"):
            chunk, held = chunk[:-1], b"\r"
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        cut = chunk.rfind(b"\n") + 1
        if not cut:
            rest += chunk
            if len(rest) > LONGEST_LINE:
                raise source.refuse(LINE_TOO_LONG, limit=LONGEST_LINE >> 20)
            continue
        yield rest + chunk[:cut]
        rest = chunk[cut:]
    if rest or held:
        yield rest + b"\n"


LONGEST_LINE = 1 << 22
LINE_TOO_LONG = declare(
    "settlement.line_too_long",
    N_("A line is longer than %(limit)s MB: this is not a text file with one row a line."),
    N_("Choose the settlement report as Amazon offers it: a text file with tabs between the columns."),
)

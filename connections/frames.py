"""Sealed streams: bytes of any length, compressed and encrypted frame by frame, in flat memory.

A stream is a header (format, data key id, nonce prefix) and frames of at most 256 KiB. Each frame is
AES-256-GCM with the nonce prefix and its own number as nonce, and says in its associated data
whether it is the last: a frame dropped, swapped, repeated or cut off at the end does not open.
Inside is one gzip stream.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from connections.vault import DataKey, Tampered

_HEADER = struct.Struct(">2sQ8s")  # format, data key id, nonce prefix
_FRAME = struct.Struct(">?I")  # last, length of the ciphertext
_FORMAT = b"B1"
CHUNK = 256 * 1024
_LARGEST_FRAME = CHUNK + 16
_GZIP = 31  # zlib's window bits for a gzip stream
_LEVEL = 1  # settlement text shrinks about 8:1 at level 1, at several times the speed of level 6


def sealed(chunks: Iterable[bytes], key: DataKey, binding: bytes) -> Iterator[bytes]:
    """Compress and encrypt `chunks`; what comes out is what is stored."""
    prefix = os.urandom(8)
    cipher = key.cipher()
    yield _HEADER.pack(_FORMAT, key.id, prefix)
    number = 0
    waiting = b""
    for piece in _compressed(chunks):
        waiting += piece
        while len(waiting) > CHUNK:
            body = cipher.encrypt(_nonce(prefix, number), waiting[:CHUNK], _bound(binding, last=False))
            yield _FRAME.pack(False, len(body)) + body
            waiting = waiting[CHUNK:]
            number += 1
    body = cipher.encrypt(_nonce(prefix, number), waiting, _bound(binding, last=True))
    yield _FRAME.pack(True, len(body)) + body


def opened(stored: BinaryIO, load_key: Callable[[int], DataKey], binding: bytes) -> Iterator[bytes]:
    """The original bytes, piece by piece (at most 256 KiB each). Raises Tampered at the first frame that is not ours."""
    unpacker = zlib.decompressobj(_GZIP)
    for compressed in _decrypted(stored, load_key, binding):
        yield from _unpacked(unpacker, compressed)
    if not unpacker.eof:
        raise Tampered("a sealed stream ends too early")


def key_id_of(stored: BinaryIO) -> int:
    """Which data key a stored stream needs."""
    return _read_header(stored)[0]


class OpenedStream(io.RawIOBase):
    """What `opened` yields, as a file to read from; closing it closes what is stored."""

    def __init__(self, stored: BinaryIO, pieces: Iterator[bytes]) -> None:
        self._stored, self._pieces, self._rest = stored, pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest:
            self._rest = next(self._pieces, b"")
        taken = self._rest[: len(view)]
        view[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self._stored.close()
        super().close()


def _compressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    for chunk in chunks:
        yield packer.compress(chunk)
    yield packer.flush()


def _unpacked(unpacker: zlib._Decompress, compressed: bytes) -> Iterator[bytes]:
    while compressed and not unpacker.eof:
        try:
            piece = unpacker.decompress(compressed, CHUNK)
        except zlib.error as error:
            raise Tampered("a sealed stream does not unpack") from error
        compressed = unpacker.unconsumed_tail
        if piece:
            yield piece


def _decrypted(stored: BinaryIO, load_key: Callable[[int], DataKey], binding: bytes) -> Iterator[bytes]:
    key_id, prefix = _read_header(stored)
    cipher = load_key(key_id).cipher()
    number, last = 0, False
    while not last:
        last, body = _read_frame(stored)
        try:
            yield cipher.decrypt(_nonce(prefix, number), body, _bound(binding, last=last))
        except InvalidTag as error:
            raise Tampered("a sealed stream was changed") from error
        number += 1


def _read_header(stored: BinaryIO) -> tuple[int, bytes]:
    head = stored.read(_HEADER.size)
    if len(head) < _HEADER.size or head[:2] != _FORMAT:
        raise Tampered("not a sealed stream")
    _format, key_id, prefix = _HEADER.unpack(head)
    return key_id, prefix


def _read_frame(stored: BinaryIO) -> tuple[bool, bytes]:
    head = stored.read(_FRAME.size)
    if len(head) < _FRAME.size:
        raise Tampered("a sealed stream ends too early")
    last, length = _FRAME.unpack(head)
    body = stored.read(length) if length <= _LARGEST_FRAME else b""
    if len(body) != length:
        raise Tampered("a sealed stream ends too early")
    return last, body


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + struct.pack(">I", number)


def _bound(binding: bytes, *, last: bool) -> bytes:
    return binding + (b"\x1flast" if last else b"\x1fmore")

"""Raw bytes: the same come back, once kept, and nothing changed on disk goes unnoticed."""

from __future__ import annotations

import io
import threading
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection as database

from connections import blobs, vault
from connections.models import RawBlob, SourceDocument
from tenants.models import Tenant
from tenants.scope import tenant_scope

TEXT = b"settlement-id\tamount\n" + b"11774871501\t24.99\r\n" * 60_000


def _file(blob: RawBlob) -> Path:
    return Path(django_settings.MEDIA_ROOT) / blob.storage_key


@pytest.mark.parametrize("content", [b"", b"x", TEXT, bytes(range(256)) * 5000])
def test_the_same_bytes_come_back(tenant: Tenant, content: bytes) -> None:
    blob = blobs.keep(content, media_type="text/plain", charset="utf-8", origin="upload")
    assert blobs.read(blob) == content
    assert blob.size == len(content)


def test_the_same_bytes_are_kept_once_and_as_long_as_anybody_asks(tenant: Tenant) -> None:
    day = datetime(2026, 12, 1, tzinfo=UTC)
    first = blobs.keep(TEXT, media_type="text/plain", origin="upload", delete_after=day)
    again = blobs.keep(io.BytesIO(TEXT), media_type="text/plain", origin="upload")
    assert again.pk == first.pk
    assert RawBlob.objects.count() == 1
    assert RawBlob.objects.get().delete_after is None
    assert len(list(_file(first).parent.iterdir())) == 1


def test_the_file_is_small_private_and_unreadable(tenant: Tenant) -> None:
    blob = blobs.keep(TEXT, media_type="text/plain", origin="upload")
    stored = _file(blob).read_bytes()
    assert len(stored) < len(TEXT) / 8
    assert b"11774871501" not in stored
    assert blob.sha256 not in blob.storage_key
    assert _file(blob).stat().st_mode & 0o077 == 0


def test_a_changed_cut_or_reordered_file_is_refused(tenant: Tenant) -> None:
    blob = blobs.keep(bytes(__import__("random").Random(1).randbytes(700_000)), media_type="x/y", origin="upload")
    whole = _file(blob).read_bytes()
    frame = 5 + 256 * 1024 + 16
    head, first, second, rest = whole[:18], whole[18 : 18 + frame], whole[18 + frame : 18 + 2 * frame], whole[18 + 2 * frame :]
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    reordered = (head + first + second, head + second + first + rest, head + first + rest)
    for broken in (bytes(flipped), whole[:-1], *reordered, b"", whole[:10]):
        _file(blob).write_bytes(broken)
        with pytest.raises(vault.Tampered):
            blobs.read(blob)


def test_another_tenants_file_does_not_open(tenant: Tenant) -> None:
    mine = blobs.keep(TEXT, media_type="text/plain", origin="upload")
    other = Tenant.objects.create(name="Other")
    with tenant_scope(other):
        theirs = blobs.keep(TEXT, media_type="text/plain", origin="upload")
        assert theirs.pk != mine.pk
        _file(theirs).write_bytes(_file(mine).read_bytes())
        with pytest.raises(vault.Tampered):
            blobs.read(theirs)


def test_a_large_file_streams_in_flat_memory(tenant: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "large.txt"
    path.write_bytes(TEXT * 30)
    tracemalloc.start()
    with path.open("rb") as file:
        blob = blobs.keep(file, media_type="text/plain", origin="upload")
    with blobs.open_stream(blob) as stream:
        size = sum(len(chunk) for chunk in iter(lambda: stream.read(65536), b""))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size == path.stat().st_size > 30_000_000
    assert peak < 4_000_000


def test_lines_can_be_read_from_the_stream(tenant: Tenant) -> None:
    blob = blobs.keep(TEXT, media_type="text/plain", origin="upload")
    with blobs.open_stream(blob) as stream:
        assert stream.readline() == b"settlement-id\tamount\n"
        assert sum(1 for _line in stream) == 60_000


def test_what_is_referred_to_is_not_discarded(tenant: Tenant) -> None:
    blob = blobs.keep(TEXT, media_type="text/plain", origin="upload", delete_after=datetime(2026, 1, 1, tzinfo=UTC))
    document = SourceDocument.objects.create(type="settlement", external_id="1", blob=blob, fetched_at=datetime.now(UTC))
    assert blobs.discard(blob) is False
    assert RawBlob.objects.get().delete_after is None
    document.delete()
    path = _file(blob)
    assert blobs.discard(blob) is True
    assert not path.exists()


def test_a_lost_file_is_healed_by_the_same_bytes(tenant: Tenant) -> None:
    blob: Any = blobs.keep(TEXT, media_type="text/plain", origin="upload")
    _file(blob).unlink()
    healed = blobs.keep(TEXT, media_type="text/plain", origin="upload")
    assert healed.pk == blob.pk
    assert blobs.read(healed) == TEXT


@pytest.mark.django_db(transaction=True)
def test_many_keep_the_same_bytes_at_once(tenant: Tenant) -> None:
    gate, kept = threading.Barrier(8), []

    def work() -> None:
        gate.wait()
        with tenant_scope(tenant):
            kept.append(blobs.keep(TEXT, media_type="text/plain", origin="upload").pk)
        database.close()

    vault.active_key()
    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(kept) == 8
    assert len(set(kept)) == 1
    blob = RawBlob.objects.get()
    assert [path.name for path in _file(blob).parent.iterdir()] == [_file(blob).name]
    assert blobs.read(blob) == TEXT

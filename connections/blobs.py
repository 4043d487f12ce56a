"""Raw bytes as they came in: kept before anything else happens to them, and given back the same.

A blob is known by its SHA-256 within its tenant, so keeping the same bytes twice keeps them once.
On disk it is a sealed stream (connections/frames.py) under a name that tells nothing.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, BinaryIO, cast

from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction

from connections import frames, vault
from connections.models import RawBlob
from tenants.clock import now
from tenants.fields import new_public_id
from tenants.scope import require_tenant_id


def keep(
    content: bytes | BinaryIO,
    *,
    media_type: str,
    charset: str = "",
    origin: str,
    delete_after: datetime | None = None,
) -> RawBlob:
    """Keep bytes, or a seekable file read from its start, and return their row.

    `origin` is the provider's key or "upload": it decides which rules of keeping apply.
    `delete_after` None keeps them for ever; bytes asked for by several are kept as long as any of them says.
    """
    file = io.BytesIO(content) if isinstance(content, bytes) else content
    digest, size = _measure(file)
    known = RawBlob.objects.filter(sha256=digest).first()
    if known is not None:
        return _kept_longer(_healed(known, file), delete_after)
    key = vault.active_key()
    name = _store(file, digest, key)
    blob = RawBlob(
        sha256=digest,
        size=size,
        media_type=media_type[:80],
        charset=charset[:40],
        storage_key=name,
        origin=origin,
        delete_after=delete_after,
        data_key_id=key.id,
    ).named()
    if _inserted(blob):
        return blob
    default_storage.delete(name)  # somebody kept the same bytes at the same moment
    return _kept_longer(RawBlob.objects.get(sha256=digest), delete_after)


def read(blob: RawBlob) -> bytes:
    """All of a blob. Raises vault.Tampered when it is not what was kept, FileNotFoundError when its file is gone."""
    with open_stream(blob) as stream:
        return stream.read()


def open_stream(blob: RawBlob) -> BinaryIO:
    """A blob as a file, decrypted and unpacked while it is read: memory stays flat whatever its size."""
    stored = default_storage.open(blob.storage_key, "rb")
    pieces = frames.opened(cast(BinaryIO, stored), vault.load_key, _binding(blob.sha256))
    return cast(BinaryIO, io.BufferedReader(frames.OpenedStream(cast(BinaryIO, stored), pieces), frames.CHUNK))


def discard(blob: RawBlob) -> bool:
    """Delete a blob unless something still refers to it, then it is kept for good; True when it is gone."""
    try:
        with transaction.atomic():
            RawBlob.objects.filter(pk=blob.pk).delete()
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        RawBlob.objects.filter(pk=blob.pk).update(delete_after=None)
        return False
    default_storage.delete(blob.storage_key)
    return True


def reseal(blob: RawBlob, key: vault.DataKey) -> None:
    """Write a blob again under another data key; the row changes only once the new file is there."""
    with open_stream(blob) as stream:
        name = _store(stream, blob.sha256, key)
    before = blob.storage_key
    blob.storage_key, blob.data_key_id = name, key.id
    blob.save(update_fields=["storage_key", "data_key"])
    default_storage.delete(before)


def _measure(file: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    for chunk in _chunks(file):
        digest.update(chunk)
        size += len(chunk)
    file.seek(0)
    return digest.hexdigest(), size


def _store(file: BinaryIO, digest: str, key: vault.DataKey) -> str:
    """Write the sealed stream; the place of a blob tells neither its contents nor its hash."""
    name = f"{require_tenant_id()}/{new_public_id('raw')}"
    return default_storage.save(name, _Stream(frames.sealed(_chunks(file), key, _binding(digest))))


def _inserted(blob: RawBlob) -> bool:
    """Insert the row unless these bytes have one, in one round trip: every logged call comes through here."""
    blob.created_at = now()
    fields = [field for field in RawBlob._meta.local_concrete_fields if not field.primary_key]
    columns = ", ".join(str(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(getattr(blob, field.attname), connection) for field in fields]
    table = RawBlob._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns}) VALUES ({marks}) ON CONFLICT (tenant_id, sha256) DO NOTHING RETURNING id",  # noqa: S608
            values,
        )
        row = cursor.fetchone()
    if row is None:
        return False
    blob.pk, blob._state.adding, blob._state.db = row[0], False, connection.alias
    return True


def _healed(blob: RawBlob, file: BinaryIO) -> RawBlob:
    """A row whose file was lost gets it back from whoever brings the same bytes again."""
    if not default_storage.exists(blob.storage_key):
        key = vault.active_key()
        blob.storage_key, blob.data_key_id = _store(file, blob.sha256, key), key.id
        blob.save(update_fields=["storage_key", "data_key"])
    return blob


def _kept_longer(blob: RawBlob, delete_after: datetime | None) -> RawBlob:
    """Retention counts days: the same bytes logged twice a minute are not worth a write each time."""
    if blob.delete_after is not None and (delete_after is None or delete_after - blob.delete_after > timedelta(days=1)):
        blob.delete_after = delete_after
        blob.save(update_fields=["delete_after"])
    return blob


def _binding(digest: str) -> bytes:
    return vault.associated("blob", digest, 0)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(frames.CHUNK):
        yield chunk


class _Stream(File):  # type: ignore[type-arg]
    """A Django file made of an iterator: storages write what `chunks` yields."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__(None, name="sealed")
        self._pieces = pieces

    def chunks(self, chunk_size: Any = None) -> Iterator[bytes]:
        return self._pieces

"""The vault: envelope encryption of credentials and raw bytes.

Each tenant has a data key (AES-256-GCM). Data keys lie in the database wrapped with a
key-encryption key that does not: `settings.VAULT_KEYS` (Fernet keys, newest first; any of them
unwraps, the first wraps). What is sealed is bound to its place by associated data: tenant, owner
scope ("grant", "blob" ...), subject and generation. Moved to another row, tenant or generation, it
does not open. A sealed value names its data key in its header, so that old values stay readable
while `rotate_vault` works through them.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import IntegrityError, transaction

from connections.models import TenantDataKey
from tenants.scope import require_tenant_id

_HEADER = struct.Struct(">2sQ12s")  # format, data key id, nonce
_FORMAT = b"V1"
_NO_TENANT = b"house\x1f"  # never the beginning of a wrapped data key: those begin with a tenant's number
_KEY_BYTES = 32
_CACHED_KEYS = 256


class Tampered(Exception):
    """A sealed value is not what we sealed, or not where we put it, or its key is gone."""


@dataclass(frozen=True, slots=True)
class DataKey:
    """An unwrapped data key. Never shown, never written anywhere."""

    id: int
    secret: bytes = field(repr=False)

    def cipher(self) -> AESGCM:
        return AESGCM(self.secret)


def seal(plaintext: bytes, *, owner: str, subject: str, generation: int = 0, key: DataKey | None = None) -> bytes:
    """Encrypt for this tenant, owner scope, subject and generation (with the active data key unless another is given)."""
    key = key or active_key()
    nonce = os.urandom(12)
    header = _HEADER.pack(_FORMAT, key.id, nonce)
    return header + key.cipher().encrypt(nonce, plaintext, associated(owner, subject, generation))


def open_sealed(sealed: bytes, *, owner: str, subject: str, generation: int = 0) -> bytes:
    """Decrypt what `seal` made for the same place. Raises Tampered otherwise."""
    if len(sealed) < _HEADER.size or sealed[:2] != _FORMAT:
        raise Tampered("not a sealed value")
    _format, key_id, nonce = _HEADER.unpack_from(sealed)
    try:
        return load_key(key_id).cipher().decrypt(nonce, sealed[_HEADER.size :], associated(owner, subject, generation))
    except InvalidTag as error:
        raise Tampered("a sealed value does not open here") from error


def key_id_of(sealed: bytes) -> int:
    """Which data key a sealed value needs."""
    return int(_HEADER.unpack_from(sealed)[1])


def associated(owner: str, subject: str, generation: int) -> bytes:
    """The associated data: what a ciphertext is bound to, besides its key."""
    return "\x1f".join((str(require_tenant_id()), owner, subject, str(generation))).encode()


# ------------------------------------------------------------------ data keys


class _Cache:
    """Unwrapped keys of this process, the least used forgotten first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[tuple[int, int], DataKey] = OrderedDict()
        self._lock = Lock()

    def get(self, tenant_id: int, key_id: int) -> DataKey | None:
        with self._lock:
            key = self._keys.get((tenant_id, key_id))
            if key is not None:
                self._keys.move_to_end((tenant_id, key_id))
            return key

    def put(self, tenant_id: int, key: DataKey) -> None:
        with self._lock:
            self._keys[(tenant_id, key.id)] = key
            while len(self._keys) > _CACHED_KEYS:
                self._keys.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._keys.clear()


_cache = _Cache()


def forget_keys() -> None:
    """Drop unwrapped keys from memory: after a rotation, and between tests."""
    _cache.clear()


def active_key() -> DataKey:
    """The tenant's data key for new values; made on first need."""
    row = TenantDataKey.objects.filter(active=True).values("id").first()
    if row is None:
        return new_key()
    return load_key(row["id"])


def load_key(key_id: int) -> DataKey:
    """A data key of this tenant. Raises Tampered when it does not exist or no configured key unwraps it."""
    tenant_id = require_tenant_id()
    cached = _cache.get(tenant_id, key_id)
    if cached is not None:
        return cached
    row = TenantDataKey.objects.filter(pk=key_id).first()
    if row is None:
        raise Tampered("the data key of a sealed value is gone")
    key = DataKey(row.pk, unwrap(bytes(row.wrapped)))
    _cache.put(tenant_id, key)
    return key


def new_key() -> DataKey:
    """Make the tenant's active data key; where another process was first, its key is the key."""
    secret = AESGCM.generate_key(bit_length=_KEY_BYTES * 8)
    try:
        with transaction.atomic():
            row = TenantDataKey.objects.create(wrapped=wrap(secret), kek_id=newest_kek_id())
    except IntegrityError:
        return load_key(TenantDataKey.objects.get(active=True).pk)
    key = DataKey(row.pk, secret)
    if not transaction.get_connection().in_atomic_block:
        _cache.put(require_tenant_id(), key)
    return key


def replace_key() -> DataKey:
    """A new active data key; the one before stays until nothing needs it."""
    with transaction.atomic():
        TenantDataKey.objects.select_for_update().filter(active=True).update(active=False)
        secret = AESGCM.generate_key(bit_length=_KEY_BYTES * 8)
        row = TenantDataKey.objects.create(wrapped=wrap(secret), kek_id=newest_kek_id())
    return DataKey(row.pk, secret)


# ------------------------------------------------------------------ key-encryption keys


def kek_id(key: str) -> str:
    """A name for a key-encryption key that tells nothing about it."""
    return hashlib.sha256(b"tieout kek\x1f" + key.encode()).hexdigest()[:16]


def newest_kek_id() -> str:
    return kek_id(settings.VAULT_KEYS[0])


def wrap(secret: bytes) -> bytes:
    """A data key under the newest key-encryption key, together with the tenant it belongs to."""
    return Fernet(settings.VAULT_KEYS[0]).encrypt(struct.pack(">Q", require_tenant_id()) + secret)


def seal_for_house(plaintext: bytes) -> bytes:
    """Bytes that belong to no tenant, under the newest key-encryption key."""
    return Fernet(settings.VAULT_KEYS[0]).encrypt(_NO_TENANT + plaintext)


def open_for_house(sealed: bytes) -> bytes:
    """What `seal_for_house` sealed. Raises Tampered otherwise."""
    for key in settings.VAULT_KEYS:
        try:
            opened = Fernet(key).decrypt(bytes(sealed))
        except InvalidToken:
            continue
        if opened.startswith(_NO_TENANT):
            return opened[len(_NO_TENANT) :]
    raise Tampered("a sealed value of the house does not open")


def unwrap(wrapped: bytes) -> bytes:
    """The data key inside, whichever configured key wrapped it. Raises Tampered, also for another tenant's."""
    for key in settings.VAULT_KEYS:
        try:
            inside = Fernet(key).decrypt(wrapped)
        except InvalidToken:
            continue
        if struct.unpack_from(">Q", inside)[0] != require_tenant_id():
            raise Tampered("a data key belongs to another tenant")
        return inside[8:]
    raise Tampered("no configured vault key opens this data key")

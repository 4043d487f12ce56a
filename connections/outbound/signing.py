"""Standard Webhooks signatures: HMAC-SHA256 over "id.timestamp.body", one per secret in force.

Secrets are `whsec_` and 32 random bytes in base64, sealed in the vault. After a rotation the secret before
signs along for a day, so that a receiver can change over without losing anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from connections import vault
from connections.models import WebhookEndpoint, WebhookSecret
from tenants.clock import now

PREFIX = "whsec_"
OVERLAP = timedelta(days=1)
_OWNER = "webhook"


def sign(endpoint: WebhookEndpoint, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of one try."""
    stamp = str(int(at.timestamp()))
    text = f"{message_id}.{stamp}.".encode() + body
    marks = [_mark(key, text) for key in _keys(endpoint)]
    return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(marks)}


def give_secret(endpoint: WebhookEndpoint, *, overlap: timedelta = timedelta(0)) -> str:
    """A new secret for an endpoint, returned this once; the ones before end after `overlap`. Within a transaction."""
    secret = secrets.token_bytes(32)
    ends = now() + overlap
    before = WebhookSecret.objects.filter(endpoint=endpoint)
    before.filter(Q(expires_at=None) | Q(expires_at__gt=ends)).update(expires_at=ends)
    latest = before.order_by("-generation").values_list("generation", flat=True).first() or 0
    key = vault.active_key()
    sealed = vault.seal(secret, owner=_OWNER, subject=endpoint.public_id, generation=latest + 1, key=key)
    WebhookSecret.objects.create(endpoint=endpoint, generation=latest + 1, ciphertext=sealed, data_key_id=key.id)
    WebhookSecret.objects.filter(endpoint=endpoint, expires_at__lt=now() - OVERLAP).delete()
    return PREFIX + base64.b64encode(secret).decode()


def reseal(secret: WebhookSecret, key: vault.DataKey) -> None:
    """Under another data key; the caller holds the row's lock."""
    plain = _open(secret)
    secret.ciphertext = vault.seal(plain, owner=_OWNER, subject=secret.endpoint.public_id, generation=secret.generation, key=key)
    secret.data_key_id = key.id
    secret.save(update_fields=["ciphertext", "data_key"])


def _keys(endpoint: WebhookEndpoint) -> list[bytes]:
    """The secrets in force, newest first."""
    force = WebhookSecret.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now()), endpoint=endpoint)
    return [_open(row) for row in force.select_related("endpoint").order_by("-generation")]


def _open(secret: WebhookSecret) -> bytes:
    return vault.open_sealed(
        bytes(secret.ciphertext), owner=_OWNER, subject=secret.endpoint.public_id, generation=secret.generation
    )


def _mark(key: bytes, text: bytes) -> str:
    return "v1," + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()

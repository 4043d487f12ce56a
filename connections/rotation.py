"""Changing the vault's keys while it is in use.

`rewrap` puts every data key under the newest key-encryption key: quick, and enough when only that
key changes. `renew_data_keys` gives every tenant a new data key and seals everything again with it.
Both can be stopped and started again: what is done is seen from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from connections import blobs, tokens, vault
from connections.models import GrantSecret, RawBlob, TenantDataKey, WebhookSecret
from connections.outbound import signing


@dataclass
class Rotated:
    """How many data keys were wrapped again, how many secrets and blobs sealed again, and how many keys are gone."""

    keys: int = 0
    secrets: int = 0
    blobs: int = 0
    dropped: int = 0

    def add(self, other: Rotated) -> None:
        for name in ("keys", "secrets", "blobs", "dropped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def rewrap() -> Rotated:
    """This tenant's data keys under the newest key-encryption key. Raises vault.Tampered when one does not open."""
    newest = vault.newest_kek_id()
    done = Rotated()
    for row in TenantDataKey.objects.exclude(kek_id=newest):
        TenantDataKey.objects.filter(pk=row.pk).update(wrapped=vault.wrap(vault.unwrap(bytes(row.wrapped))), kek_id=newest)
        done.keys += 1
    return done


def renew_data_keys() -> Rotated:
    """A new data key for this tenant, and everything sealed again with it; the old keys are deleted at the end.

    Started again after an interruption it goes on with the key it had made: one is renewed only when
    nothing is left under older ones.
    """
    done = rewrap()
    if not TenantDataKey.objects.exists():
        return done
    key = vault.active_key() if TenantDataKey.objects.filter(active=False).exists() else vault.replace_key()
    for secret in GrantSecret.objects.exclude(data_key_id=key.id):
        done.secrets += _reseal_secret(secret.pk, key)
    for webhook in WebhookSecret.objects.exclude(data_key_id=key.id):
        done.secrets += _reseal_webhook(webhook.pk, key)
    for blob in RawBlob.objects.exclude(data_key_id=key.id).iterator(chunk_size=200):
        done.blobs += _reseal_blob(blob.pk, key)
    done.dropped = TenantDataKey.objects.filter(active=False).delete()[0]
    vault.forget_keys()
    return done


@transaction.atomic
def _reseal_secret(pk: int, key: vault.DataKey) -> int:
    """Under the grant's lock order (grant, then secret), so that a refresh in between is not undone."""
    grant_id = GrantSecret.objects.values_list("grant_id", flat=True).get(pk=pk)
    grant = tokens.lock(grant_id)
    secret = GrantSecret.objects.select_for_update().filter(pk=pk).exclude(data_key_id=key.id).first()
    if secret is None:
        return 0
    tokens.reseal(grant, secret, key)
    return 1


@transaction.atomic
def _reseal_webhook(pk: int, key: vault.DataKey) -> int:
    secret = WebhookSecret.objects.select_for_update(of=("self",)).select_related("endpoint").filter(pk=pk).first()
    if secret is None or secret.data_key_id == key.id:
        return 0
    signing.reseal(secret, key)
    return 1


@transaction.atomic
def _reseal_blob(pk: int, key: vault.DataKey) -> int:
    blob = RawBlob.objects.select_for_update().filter(pk=pk).exclude(data_key_id=key.id).first()
    if blob is None:
        return 0
    blobs.reseal(blob, key)
    return 1

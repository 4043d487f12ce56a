"""Rotating the vault: everything still opens, nothing needs the old key, and an interruption is no matter."""

from __future__ import annotations

import io
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from connections import blobs, rotation, tokens, vault
from connections.models import Connection, GrantSecret, RawBlob, TenantDataKey
from tenants.models import Tenant
from tenants.scope import no_tenant


def rotate(*arguments: str) -> str:
    out = io.StringIO()
    with no_tenant():
        call_command("rotate_vault", *arguments, stdout=out, stderr=io.StringIO())
    vault.forget_keys()
    return out.getvalue()


@pytest.fixture
def filled(connection: Connection) -> Connection:
    for number in range(3):
        blobs.keep(f"settlement {number}".encode(), media_type="text/plain", origin="upload")
    return connection


def _all_opens(connection: Connection) -> None:
    assert tokens.load(connection.grant).tokens.refresh_token == "refresh-0"
    assert sorted(blobs.read(blob) for blob in RawBlob.objects.all()) == [b"settlement 0", b"settlement 1", b"settlement 2"]


def test_data_keys_are_wrapped_again_and_the_old_vault_key_can_go(filled: Connection, settings: Any) -> None:
    new = Fernet.generate_key().decode()
    settings.VAULT_KEYS = [new, *settings.VAULT_KEYS]
    assert "data keys wrapped again: 1;" in rotate()
    settings.VAULT_KEYS = [new]
    vault.forget_keys()
    _all_opens(filled)
    assert "data keys wrapped again: 0;" in rotate()


def test_new_data_keys_reseal_everything(filled: Connection) -> None:
    before = TenantDataKey.objects.get().pk
    said = rotate("--data-keys")
    assert "secrets sealed again: 1; blobs sealed again: 3; old data keys deleted: 1" in said
    _all_opens(filled)
    key = TenantDataKey.objects.get()
    assert key.pk != before
    assert {row.data_key_id for row in [*GrantSecret.objects.all(), *RawBlob.objects.all()]} == {key.pk}
    assert vault.key_id_of(bytes(GrantSecret.objects.get().ciphertext)) == key.pk


def test_an_interrupted_rotation_goes_on_where_it_was(filled: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rotation._reseal_blob
    calls = []

    def interrupted(pk: int, key: vault.DataKey) -> int:
        calls.append(pk)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(pk, key)

    monkeypatch.setattr(rotation, "_reseal_blob", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rotate("--data-keys")
    vault.forget_keys()
    _all_opens(filled)  # both keys are still there
    assert TenantDataKey.objects.count() == 2
    monkeypatch.setattr(rotation, "_reseal_blob", whole)
    assert "secrets sealed again: 0; blobs sealed again: 2; old data keys deleted: 1" in rotate("--data-keys")
    _all_opens(filled)


def test_a_tenant_whose_key_does_not_open_is_named(filled: Connection, settings: Any, tenant: Tenant) -> None:
    settings.VAULT_KEYS = [Fernet.generate_key().decode()]
    vault.forget_keys()
    with pytest.raises(CommandError, match="not finished for 1 tenants"):
        rotate()


def test_the_previous_pair_of_tokens_is_resealed_too(filled: Connection) -> None:
    grant = tokens.lock(filled.grant_id)
    held = tokens.load(grant)
    tokens.store(grant, held.tokens, keep_previous=True)
    rotate("--data-keys")
    secret = GrantSecret.objects.get()
    assert vault.key_id_of(bytes(secret.previous_ciphertext or b"")) == secret.data_key_id
    assert tokens._previous(grant) is not None

"""The vault: what is sealed opens only where it was put, and rotation loses nothing."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from connections import vault
from connections.models import TenantDataKey
from tenants.models import Tenant
from tenants.scope import tenant_scope

SECRET = b"Atzr|IwEBIthis-is-a-refresh-token"


def test_what_is_sealed_opens_in_its_place(tenant: Tenant) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7", generation=3)
    assert SECRET not in sealed
    assert vault.open_sealed(sealed, owner="grant", subject="7", generation=3) == SECRET


@pytest.mark.parametrize(
    "place",
    [
        {"owner": "blob", "subject": "7", "generation": 3},
        {"owner": "grant", "subject": "8", "generation": 3},
        {"owner": "grant", "subject": "7", "generation": 4},
    ],
)
def test_it_does_not_open_anywhere_else(tenant: Tenant, place: dict[str, Any]) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7", generation=3)
    with pytest.raises(vault.Tampered):
        vault.open_sealed(sealed, **place)


def test_one_changed_bit_anywhere_is_noticed(tenant: Tenant) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(vault.Tampered):
            vault.open_sealed(bytes(changed), owner="grant", subject="7")


def test_another_tenant_cannot_open_it_even_with_the_key_row_copied(tenant: Tenant) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7")
    wrapped = bytes(TenantDataKey.objects.get().wrapped)
    other = Tenant.objects.create(name="Other")
    with tenant_scope(other):
        with pytest.raises(vault.Tampered):
            vault.open_sealed(sealed, owner="grant", subject="7")
        with pytest.raises(vault.Tampered, match="another tenant"):
            vault.unwrap(wrapped)


def test_an_older_key_encryption_key_still_unwraps(tenant: Tenant, settings: Any) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7")
    settings.VAULT_KEYS = [Fernet.generate_key().decode(), *settings.VAULT_KEYS]
    vault.forget_keys()
    assert vault.open_sealed(sealed, owner="grant", subject="7") == SECRET


def test_without_its_key_encryption_key_nothing_opens(tenant: Tenant, settings: Any) -> None:
    sealed = vault.seal(SECRET, owner="grant", subject="7")
    settings.VAULT_KEYS = [Fernet.generate_key().decode()]
    vault.forget_keys()
    with pytest.raises(vault.Tampered, match="no configured vault key"):
        vault.open_sealed(sealed, owner="grant", subject="7")


def test_a_key_never_shows_itself(tenant: Tenant) -> None:
    key = vault.active_key()
    assert key.secret.hex() not in repr(key)
    assert str(key.secret) not in repr(key)

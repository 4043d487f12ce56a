"""Letters between our own processes: sealed with the installation's keys, good for one purpose and a short time.

The operator's console has no access to the vault's tables, and a worker's message queue is no place for
a secret in clear. What passes between them lies in a row, sealed by this.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

GOOD_FOR = timedelta(minutes=30)


class Unreadable(ValueError):
    """The letter is too old, was changed, or was meant for something else."""


def seal(contents: Mapping[str, str], *, purpose: str) -> bytes:
    """Seal texts for one purpose ("credential:hnd_...")."""
    return _keys().encrypt(json.dumps({"purpose": purpose, **contents}).encode())


def unseal(letter: bytes, *, purpose: str) -> dict[str, str]:
    """The texts, if the letter is for this purpose and not older than half an hour. Raises Unreadable."""
    try:
        found = json.loads(_keys().decrypt(bytes(letter), ttl=int(GOOD_FOR.total_seconds())))
    except (InvalidToken, ValueError) as error:
        raise Unreadable(purpose) from error
    if found.pop("purpose", None) != purpose:
        raise Unreadable(purpose)
    return {str(name): str(value) for name, value in found.items()}


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.VAULT_KEYS])

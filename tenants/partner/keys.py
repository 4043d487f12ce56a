"""API keys: `tie_live_` or `tie_test_`, 40 random characters, six of checksum. Shown once; the hash is what is kept.

The checksum lets a mistyped or invented key be refused without asking the database, and lets scanners
of public code recognise a leaked one.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from canonical.problems import Problem, Refused, declare
from tenants import clock
from tenants.models import ApiKey, Tenant
from tenants.news import audit, current_actor, publish
from tenants.partner.scopes import Scope

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM, _CHECK = 40, 6  # 40 characters of 62 are 238 bits
LIVE, TEST = "tie_live_", "tie_test_"
_SHAPE = re.compile(rf"({LIVE}|{TEST})([0-9A-Za-z]{{{_RANDOM}}})([0-9A-Za-z]{{{_CHECK}}})")
OVERLAPS = (timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=7))

NO_SCOPE = declare(
    "api_key.no_scope",
    "A key that may do nothing is of no use.",
    "Tick at least one thing it may do.",
)
DEAD_KEY = declare(
    "api_key.not_in_force",
    "This key has expired or was revoked.",
    "Make a new key instead.",
)


def create_key(*, tenant: Tenant, name: str, scopes: Iterable[str], expires_at: datetime | None = None) -> tuple[ApiKey, str]:
    """A new key and its text, which is never to be had again. Raises Refused without a scope."""
    wanted = [scope.value for scope in Scope if scope.value in set(scopes)]
    if not wanted:
        raise Refused(Problem(NO_SCOPE))
    prefix = TEST if tenant.is_demo else LIVE
    text = new_text(prefix)
    with transaction.atomic():
        key = ApiKey.objects.create(
            tenant=tenant,
            name=name[:80],
            prefix=prefix,
            last4=text[-4:],
            key_hash=hash_of(text),
            scopes=wanted,
            created_by=current_actor().user,
            expires_at=expires_at,
        )
        audit("api_key.created", key, after={"name": key.name, "scopes": wanted, "expires": _iso(expires_at)})
    return key, text


def roll_key(*, key: ApiKey, overlap: timedelta = timedelta(days=1)) -> tuple[ApiKey, str]:
    """A new key that may do the same; the old one goes on working for `overlap`. Raises Refused for a dead key."""
    with transaction.atomic():
        old = ApiKey.objects.select_for_update().select_related("tenant").get(pk=key.pk)
        if not in_force(old):
            raise Refused(Problem(DEAD_KEY))
        fresh, text = create_key(tenant=old.tenant, name=old.name, scopes=old.scopes, expires_at=old.expires_at)
        ends = clock.now() + overlap
        old.expires_at = min(ends, old.expires_at) if old.expires_at else ends
        old.rolled_into = fresh
        old.save(update_fields=["expires_at", "rolled_into"])
        audit("api_key.rolled", old, after={"into": fresh.public_id, "expires": _iso(old.expires_at)})
    return fresh, text


def revoke_key(*, key: ApiKey) -> ApiKey:
    """Make a key useless from the next request on; twice does no harm."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=clock.now()):
            audit("api_key.revoked", key)
            publish("api_key.revoked", key)
    key.refresh_from_db(fields=["revoked_at"])
    return key


def find_key(text: str) -> ApiKey | None:
    """The key in force with this text; None for anything else."""
    if not well_formed(text):
        return None
    found = ApiKey.objects.select_related("tenant").filter(key_hash=hash_of(text)).first()
    return found if found is not None and in_force(found) else None


def in_force(key: ApiKey) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > clock.now())


def touch(key: ApiKey) -> None:
    """Note that the key was used, once a minute at most."""
    now = clock.now()
    old = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    ApiKey.objects.filter(old, pk=key.pk).update(last_used_at=now)


def keys_of(tenant: Tenant) -> QuerySet[ApiKey]:
    """The company's keys, those in force first, newest first."""
    return (
        ApiKey.objects.filter(tenant=tenant)
        .select_related("created_by", "rolled_into")
        .order_by(F("revoked_at").desc(nulls_first=True), "-id")
    )


# ------------------------------------------------------------------ the text


def new_text(prefix: str) -> str:
    body = "".join(secrets.choice(_ALPHABET) for _each in range(_RANDOM))
    return f"{prefix}{body}{_checksum(prefix + body)}"


def well_formed(text: str) -> bool:
    shape = _SHAPE.fullmatch(text)
    return shape is not None and secrets.compare_digest(_checksum(shape[1] + shape[2]), shape[3])


def hash_of(text: str) -> str:
    """What is kept of a key. It has 238 bits of chance, so a plain hash suffices."""
    return hashlib.sha256(text.encode()).hexdigest()


def _checksum(text: str) -> str:
    number, digits = zlib.crc32(text.encode()), []
    for _each in range(_CHECK):
        number, rest = divmod(number, len(_ALPHABET))
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

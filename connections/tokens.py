"""Tokens: kept sealed, renewed by one worker at a time, stored before they are used.

How fifty workers with one expired token make one refresh:

1.  Whoever needs a newer token than generation *g* first takes his turn: a PostgreSQL *session* advisory
    lock on the grant. It is no transaction, so none is open while the provider is asked, and it ends with
    its session, so a killed holder blocks nobody.
2.  With the turn, the generation is read again under the row's lock. Risen: somebody has renewed, use
    his tokens. Otherwise a lease is written on the row and committed ("I am asking, until ..."). The lease is
    for the case the lock cannot see: a holder that lost its database session while its request is under
    way, or was killed between the provider's answer and our commit. Until it ends nobody else asks,
    because a second refresh with the same token may cost the account (Intuit).
3.  The provider is asked. The new pair is sealed and committed as generation *g*+1, and only then used.
    The pair before stays beside it until the new one has worked once.
4.  A refusal (`invalid_grant`) tries the pair before, if the new one never worked, and else marks grant and
    connections as needing a reconnect. Any other failure leaves the lease as a short pause.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction

from canonical.problems import Problem
from connections import errors, jsontext, registry, standing, vault
from connections.contracts import TokenSet
from connections.errors import Failure, FailureKind
from connections.models import Grant, GrantSecret
from tenants.clock import now

MARGIN = timedelta(seconds=60)  # a token this close to its end is renewed before it is used
LEASE = timedelta(seconds=90)  # longer than a token call can take (http.ENTRY_LONGEST)
PAUSE = timedelta(seconds=5)  # after a failed refresh the next one waits this long
_TURN_PATIENCE_MS = 30_000
_OWNER = "grant"
_LOCK_CLASS = zlib.crc32(b"connections.tokens") & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Held:
    """Tokens as stored, with the generation they are of; `proven` once they have worked."""

    generation: int
    tokens: TokenSet
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    proven: bool = True


Refresh = Callable[[TokenSet], TokenSet]  # asks the provider for new tokens; raises Failure


def store(grant: Grant, tokens: TokenSet, *, answers: dict[str, str] | None = None, keep_previous: bool = False) -> Held:
    """Seal a new pair as the grant's next generation. Runs in a transaction that holds the grant's row."""
    before = GrantSecret.objects.filter(grant=grant).first()
    held_answers = answers if answers is not None else (_open(grant, before).answers if before else {})
    generation = grant.generation + 1
    key = vault.active_key()
    sealed = vault.seal(_dump(tokens, held_answers), owner=_OWNER, subject=str(grant.pk), generation=generation, key=key)
    previous = (bytes(before.ciphertext), before.generation) if before and keep_previous else (None, None)
    GrantSecret.objects.update_or_create(
        grant=grant,
        defaults={
            "generation": generation,
            "ciphertext": sealed,
            "previous_ciphertext": previous[0],
            "previous_generation": previous[1],
            "data_key_id": key.id,
        },
    )
    grant.generation = generation
    grant.access_expires, grant.refresh_expires = tokens.access_expires, tokens.refresh_expires
    grant.hard_expires = tokens.hard_expires or grant.hard_expires
    grant.scopes = list(tokens.scopes) or grant.scopes
    grant.refreshed_at, grant.refreshing_by, grant.refreshing_until = now(), "", None
    grant.save()
    return Held(generation, tokens, held_answers, proven=previous[0] is None)


def load(grant: Grant) -> Held:
    """The grant's tokens. Raises vault.Tampered when they do not open."""
    return _open(grant, GrantSecret.objects.get(grant=grant))


def usable(grant: Grant, refresh: Refresh) -> Held:
    """Tokens that are good for a call now, renewed when their end is near. Raises Failure."""
    at = now()
    if tokens_ended(grant, at):
        standing.lose(grant, "refresh_expired")
        raise _lost(grant, "refresh_expired")
    if grant.access_expires is not None and grant.access_expires - MARGIN <= at:
        # Stale is the generation this expiry was read with: the secret itself may be newer by now.
        return renew(grant, grant.generation, refresh)
    return readable(grant)


def renew(grant: Grant, stale: int, refresh: Refresh) -> Held:
    """Tokens of a later generation than `stale`: somebody's, or our own refresh. Raises Failure."""
    with _turn(grant):
        lease = secrets.token_hex(16)
        with _unreadable_means_lost(grant):
            held = _claim(grant, stale, lease)
        if held.generation > stale:
            return held
        return _ask(grant, held, lease, refresh)


def lock(grant_id: int) -> Grant:
    """The grant's row, locked until the end of the transaction."""
    row: Grant = Grant.objects.select_for_update().get(pk=grant_id)
    return row


def proven(grant: Grant, generation: int) -> None:
    """These tokens have worked: the pair before them is not needed any more."""
    GrantSecret.objects.filter(grant=grant, generation=generation, previous_ciphertext__isnull=False).update(
        previous_ciphertext=None, previous_generation=None
    )


def readable(grant: Grant) -> Held:
    """`load`, with an unreadable credential turned into what it means for people."""
    with _unreadable_means_lost(grant):
        return load(grant)


def tokens_ended(grant: Grant, at: datetime) -> bool:
    """Whether the provider said that even refreshing has come to its end."""
    ends = [end for end in (grant.refresh_expires, grant.hard_expires) if end is not None]
    return bool(ends) and min(ends) <= at


@contextmanager
def _unreadable_means_lost(grant: Grant) -> Iterator[None]:
    try:
        yield
    except (vault.Tampered, GrantSecret.DoesNotExist) as error:
        standing.lose(grant, "secret_unreadable")
        raise _lost(grant, "secret_unreadable") from error


@contextmanager
def _turn(grant: Grant) -> Iterator[None]:
    """One at a time per grant, without a transaction. Raises Failure when the turn does not come."""
    number = int(grant.pk) & 0x7FFFFFFF
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{_TURN_PATIENCE_MS}ms"])
        try:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK_CLASS, number])
        except OperationalError as error:
            raise _busy(grant, PAUSE) from error
        finally:
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK_CLASS, number])


@transaction.atomic
def _claim(grant: Grant, stale: int, lease: str) -> Held:
    """Under the row's lock: newer tokens if there are any, else the lease to renew these."""
    row = lock(grant.pk)
    if row.state != Grant.State.ACTIVE:
        raise _lost(row, row.reason)
    if row.generation <= stale:
        at = now()
        if row.refreshing_until is not None and row.refreshing_until > at:
            raise _busy(row, row.refreshing_until - at)
        row.refreshing_by, row.refreshing_until = lease, at + LEASE
        row.save(update_fields=["refreshing_by", "refreshing_until"])
    _copy(row, grant)
    return load(row)


def _ask(grant: Grant, held: Held, lease: str, refresh: Refresh) -> Held:
    try:
        fresh = refresh(held.tokens)
    except Failure as failure:
        if failure.kind is FailureKind.NEEDS_RECONNECT:
            return _last_chance(grant, held, lease, refresh, failure)
        _pause(grant, lease, failure.wait)
        raise
    except (ValueError, KeyError, TypeError) as error:  # an answer that is no token answer
        _pause(grant, lease, PAUSE)
        raise Failure(FailureKind.MALFORMED, _problem(grant, errors.MALFORMED, detail="token answer"), wait=PAUSE) from error
    return _keep(grant, held, fresh, lease)


def _last_chance(grant: Grant, held: Held, lease: str, refresh: Refresh, refusal: Failure) -> Held:
    """Refused: if these tokens never worked, the pair before them may still; else people must reconnect."""
    before = _previous(grant)
    if before is not None and before.tokens.refresh_token != held.tokens.refresh_token:
        try:
            return _keep(grant, held, refresh(before.tokens), lease)
        except Failure as failure:
            if failure.kind is not FailureKind.NEEDS_RECONNECT:
                _pause(grant, lease, failure.wait)
                raise
    standing.lose(grant, "invalid_grant")
    raise refusal


@transaction.atomic
def _keep(grant: Grant, held: Held, fresh: TokenSet, lease: str) -> Held:
    """Store what the provider gave, unless somebody whose lease came after ours has stored something newer."""
    row = lock(grant.pk)
    if row.refreshing_by != lease and row.generation > held.generation:
        _copy(row, grant)
        return load(row)
    if not fresh.refresh_token:
        fresh = _with_refresh(fresh, held.tokens)
    kept = store(row, fresh, keep_previous=True)
    _copy(row, grant)
    return kept


def _pause(grant: Grant, lease: str, wait: timedelta) -> None:
    """Leave the lease as a pause, so that those who wait for their turn do not all ask what just failed."""
    until = now() + max(wait, PAUSE)
    Grant.objects.filter(pk=grant.pk, refreshing_by=lease).update(refreshing_by="", refreshing_until=until)


def _previous(grant: Grant) -> Held | None:
    secret = GrantSecret.objects.get(grant=grant)
    if secret.previous_ciphertext is None or secret.previous_generation is None:
        return None
    return _unseal(grant, bytes(secret.previous_ciphertext), secret.previous_generation, proven=True)


def _open(grant: Grant, secret: GrantSecret) -> Held:
    return _unseal(grant, bytes(secret.ciphertext), secret.generation, proven=secret.previous_ciphertext is None)


def _unseal(grant: Grant, ciphertext: bytes, generation: int, *, proven: bool) -> Held:
    plain = vault.open_sealed(ciphertext, owner=_OWNER, subject=str(grant.pk), generation=generation)
    tokens, answers = _parse(plain)
    return Held(generation, tokens, answers, proven)


def reseal(grant: Grant, secret: GrantSecret, key: vault.DataKey) -> None:
    """Seal a grant's secrets again under another data key; generations stay."""
    subject = str(grant.pk)
    plain = vault.open_sealed(bytes(secret.ciphertext), owner=_OWNER, subject=subject, generation=secret.generation)
    secret.ciphertext = vault.seal(plain, owner=_OWNER, subject=subject, generation=secret.generation, key=key)
    if secret.previous_ciphertext is not None and secret.previous_generation is not None:
        before = bytes(secret.previous_ciphertext)
        plain = vault.open_sealed(before, owner=_OWNER, subject=subject, generation=secret.previous_generation)
        secret.previous_ciphertext = vault.seal(
            plain, owner=_OWNER, subject=subject, generation=secret.previous_generation, key=key
        )
    secret.data_key_id = key.id
    secret.save(update_fields=["ciphertext", "previous_ciphertext", "data_key"])


# ------------------------------------------------------------------ small helpers

_MOMENTS = ("access_expires", "refresh_expires", "hard_expires")


def _dump(tokens: TokenSet, answers: dict[str, str]) -> bytes:
    moments = {name: _iso(getattr(tokens, name)) for name in _MOMENTS}
    body = {
        "access_token": tokens.access_token,
        "refresh_token": tokens.refresh_token,
        "scopes": list(tokens.scopes),
        **moments,
        "answers": answers,
    }
    return jsontext.dumps(body).encode()


def _parse(plain: bytes) -> tuple[TokenSet, dict[str, str]]:
    body: dict[str, Any] = jsontext.loads(plain)
    moments = {name: _moment(body[name]) for name in _MOMENTS}
    tokens = TokenSet(body["access_token"], body["refresh_token"], scopes=tuple(body["scopes"]), **moments)
    return tokens, dict(body["answers"])


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _with_refresh(fresh: TokenSet, old: TokenSet) -> TokenSet:
    """RFC 6749 lets a provider leave the refresh token out when it stays the same."""
    return TokenSet(
        access_token=fresh.access_token,
        refresh_token=old.refresh_token,
        access_expires=fresh.access_expires,
        refresh_expires=fresh.refresh_expires or old.refresh_expires,
        hard_expires=fresh.hard_expires or old.hard_expires,
        scopes=fresh.scopes or old.scopes,
    )


def _copy(row: Grant, grant: Grant) -> None:
    """What was read under the lock, into the object the caller holds."""
    for name in ("generation", "state", "reason", "access_expires", "refresh_expires", "hard_expires", "refreshed_at"):
        setattr(grant, name, getattr(row, name))


def _problem(grant: Grant, problem: str, **params: str) -> Problem:
    return Problem(problem, {"provider": registry.provider(grant.provider).info.name, **params})


def _busy(grant: Grant, wait: timedelta) -> Failure:
    return Failure(FailureKind.UNAVAILABLE, _problem(grant, errors.UNAVAILABLE, detail="token renewal"), wait=wait)


def _lost(grant: Grant, reason: str) -> Failure:
    return Failure(
        FailureKind.NEEDS_RECONNECT,
        _problem(grant, errors.NEEDS_RECONNECT, reason=standing.reason_text(reason), code=reason),
    )

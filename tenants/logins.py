"""Logins from the operators' side: open one that guessing has closed, and end all sessions of a person.

The limits themselves are the login library's (ACCOUNT_RATE_LIMITS); their counters live in the shared cache.
"""

from __future__ import annotations

from allauth.core.internal import ratelimit
from allauth.usersessions.models import UserSession
from django.core.cache import cache

from tenants.models import User

_LIMIT = {"app": "allauth.account", "action": "login_failed"}


def attempts_key(email: str) -> str:
    """Under which name failed passwords of an account are counted: the same on every host that serves the login."""
    return f"login:{email.strip().lower()}"


def is_locked(user: User) -> bool:
    """Whether guessing has closed this login for now, by password or by code."""
    return any(len(cache.get(key, [])) >= most for key, most in _counters(user).items())


def unlock(*, user: User) -> None:
    """Forget the failed guesses: the person may try again at once."""
    cache.delete_many(_counters(user))


def end_sessions(*, user: User) -> int:
    """Log a person out everywhere. Returns how many sessions were ended."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


def _counters(user: User) -> dict[str, int]:
    """The counters of this person's failed passwords and failed codes in the cache, and how far each may go."""
    names = (attempts_key(user.email), f"mfa-auth-user-{user.pk}")
    rates = [rate for rate in ratelimit.get_rates(**_LIMIT) if rate.per == "key"]
    return {ratelimit.get_cache_key(None, rate=rate, key=name, **_LIMIT): rate.amount for name in names for rate in rates}

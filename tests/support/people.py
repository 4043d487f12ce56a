"""People as tests need them."""

from __future__ import annotations

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tenants.models import User


def with_two_steps(user: User) -> User:
    """The same person, with a second step at login."""
    TOTP.activate(user, generate_totp_secret())
    return user

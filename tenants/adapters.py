"""How the login library behaves here: where people land, and whose address an invitation has already proven."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from canonical.problems import Refused
from tenants import logins, services

INVITED = "invitation"  # session key: the token of the invitation being answered


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-up and login lead to "/", which knows what comes next."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Operators are appointed, never signed up."""
        return bool(settings.TIEOUT_ROLE != "console")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """The library counts apart for each host name; product and console are one door, with one count of guesses."""
        return logins.attempts_key(str(credentials.get("email", "")))

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        """Whoever holds the mailed token reads that mailbox: no second letter is needed for the same address."""
        token = request.session.get(INVITED, "") if request is not None else ""
        if not token:
            return bool(super().is_email_verified(request, email))
        try:
            return services.find_invitation(token=token).email == email.lower()
        except Refused:
            return False

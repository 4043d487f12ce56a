"""What a password must be here. Everybody who logs in sees Amazon data, so Amazon's rules hold for everybody
(docs/decisions/0009-passwords.md): twelve characters of four kinds, no part of one's name, none of the last ten.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenants import clock
from tenants.models import PasswordUsed, User

KEPT = 10
KEPT_FOR = timedelta(days=365)  # changing it ten times in a row does not bring the old one back
SHORTEST_PART = 3

KINDS = (
    (re.compile(r"[a-z]"), _("a small letter")),
    (re.compile(r"[A-Z]"), _("a capital letter")),
    (re.compile(r"[0-9]"), _("a digit")),
    (re.compile(r"[^A-Za-z0-9\s]"), _("a special character")),
)


class CompositionValidator:
    """A small letter, a capital, a digit and a special character."""

    def validate(self, password: str, user: User | None = None) -> None:
        missing = [str(words) for pattern, words in KINDS if not pattern.search(password)]
        if missing:
            raise ValidationError(_("The password lacks %(kinds)s."), code="password_kinds", params={"kinds": ", ".join(missing)})

    def get_help_text(self) -> str:
        return str(_("Use small and capital letters, a digit and a special character."))


class NamePartValidator:
    """No part of the person's name or address, in whatever case; the site of the address does not count."""

    def validate(self, password: str, user: Any = None) -> None:
        folded = password.casefold()
        found = next((part for part in name_parts(user) if part in folded), None)
        if found is not None:
            raise ValidationError(
                _("The password holds “%(part)s”, a part of your name or address."), code="password_name", params={"part": found}
            )

    def get_help_text(self) -> str:
        return str(_("No part of your name or e-mail address may be in it."))


class HistoryValidator:
    """None of the last ten, nor any of the last year."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        used = [user.password, *PasswordUsed.objects.filter(user=user).order_by("-id").values_list("password", flat=True)]
        if any(check_password(password, each) for each in dict.fromkeys(used) if each):
            raise ValidationError(_("You had this password before. Choose a new one."), code="password_used")

    def password_changed(self, password: str, user: Any = None) -> None:
        """Remember what is in force now, and forget what is old enough."""
        if user is None or user.pk is None or not user.has_usable_password():
            return
        PasswordUsed.objects.create(user=user, password=user.password)
        kept = PasswordUsed.objects.filter(user=user).order_by("-id").values_list("pk", flat=True)[:KEPT]
        old = PasswordUsed.objects.filter(user=user, created_at__lt=clock.now() - KEPT_FOR)
        old.exclude(pk__in=list(kept)).delete()

    def get_help_text(self) -> str:
        return str(_("None of your last ten passwords."))


def name_parts(user: Any) -> list[str]:
    """The words of name and address that must not occur, three characters or longer."""
    if user is None:
        return []
    local = str(getattr(user, "email", "") or "").partition("@")[0]
    words = re.split(r"[\W_]+", f"{getattr(user, 'name', '') or ''} {local}".casefold())
    return [word for word in dict.fromkeys(words) if len(word) >= SHORTEST_PART]

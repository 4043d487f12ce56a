"""Who can log in to the demo: the shop's owner and an operator, each with a second factor, and a bookkeeper.

Whoever connects accounts needs the second factor; her bookkeeper does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from tenants.models import Membership, Tenant, User
from tenants.roles import Role

# Known to everybody who reads this file: the demo refuses to run where production settings are in force.
PASSWORD = "Tieout-demo-2026!"  # noqa: S105
OWNER, BOOKKEEPER, OPERATOR = "owner@demo.example", "bookkeeper@demo.example", "operator@demo.example"


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    role: str
    totp_url: str = ""


def tenant() -> Tenant:
    """The demo's tenant, made on first sight."""
    found, _made = Tenant.objects.get_or_create(
        name="Harbour & Pine Trading",
        is_demo=True,
        defaults={"country": "US", "timezone": "America/Los_Angeles", "home_currency": "USD"},
    )
    return found


def logins(shop: Tenant) -> list[Login]:
    """Everybody's log-in, made on first sight; the TOTP links stay the same for ever."""
    _member(shop, OWNER, "Olivia Harbour", Role.OWNER)
    _member(shop, BOOKKEEPER, "Ben Ledger", Role.BOOKKEEPER)
    operator = _user(OPERATOR, "Oscar Operator", staff=True)
    return [
        Login(OWNER, "owner of Harbour & Pine Trading", _totp_url(owner())),
        Login(BOOKKEEPER, "bookkeeper there"),
        Login(OPERATOR, "operator of the console", _totp_url(operator)),
    ]


def owner() -> User:
    return User.objects.get(email=OWNER)


def _member(shop: Tenant, email: str, name: str, role: Role) -> None:
    Membership.objects.get_or_create(user=_user(email, name), tenant=shop, defaults={"role": role})


def _user(email: str, name: str, *, staff: bool = False) -> User:
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, PASSWORD, name=name, is_staff=staff, is_superuser=staff)
    EmailAddress.objects.get_or_create(user=user, email=email, defaults={"verified": True, "primary": True})
    return user


def _totp_url(user: User) -> str:
    adapter = get_adapter()
    existing = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if existing is None:
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
    else:
        secret = adapter.decrypt(existing.data["secret"])
    return str(adapter.build_totp_url(user, secret))

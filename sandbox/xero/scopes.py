"""What an app may ask for, and what each endpoint asks of it (ledgers.md 2.1, granular scopes of 2026-03-02)."""

from __future__ import annotations

from typing import Final

_WITH_READ: Final = (
    "accounting.invoices", "accounting.payments", "accounting.banktransactions", "accounting.manualjournals",
    "accounting.contacts", "accounting.settings", "accounting.attachments",
)  # fmt: skip
KNOWN: Final = frozenset(
    {"openid", "profile", "email", "offline_access", "accounting.budgets.read"}
    | set(_WITH_READ)
    | {f"{name}.read" for name in _WITH_READ}
)
# Part of the premium tier: a known name that this app may not have.
PREMIUM: Final = frozenset({"accounting.journals.read"})

_NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "organisation": ("accounting.settings",),
    "accounts": ("accounting.settings",),
    "taxrates": ("accounting.settings",),
    "trackingcategories": ("accounting.settings",),
    "currencies": ("accounting.settings",),
    "items": ("accounting.invoices", "accounting.settings"),
    "contacts": ("accounting.contacts",),
    "invoices": ("accounting.invoices",),
    "creditnotes": ("accounting.invoices",),
    "purchaseorders": ("accounting.invoices",),
    "payments": ("accounting.payments",),
    "banktransactions": ("accounting.banktransactions",),
    "banktransfers": ("accounting.banktransactions",),
    "manualjournals": ("accounting.manualjournals",),
}


def wrong(asked: list[str]) -> str:
    """OAuth's error for a set of scopes, or nothing."""
    if set(asked) & PREMIUM:
        return "unauthorized_client"
    return "" if asked and KNOWN.issuperset(asked) else "invalid_scope"


def allowed(held: list[str], endpoint: str, part: str, reads: bool) -> bool:
    """Whether a token's scopes open an endpoint; its attachments have a scope of their own. One that isn't there is open:
    it answers 404 to everybody."""
    names = ("accounting.attachments",) if part == "attachments" else _NEEDED.get(endpoint)
    return names is None or any(name in held or (reads and f"{name}.read" in held) for name in names)

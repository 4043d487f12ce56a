"""What an alert is about. Problem codes are many and grow; people choose among these few."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONNECTION, MAPPING, READING, LEDGER, CHECKS, ORDERS, USAGE, SYSTEM = (
    "connection", "mapping", "reading", "ledger", "checks", "orders", "usage", "system",
)  # fmt: skip

LABELS: dict[str, Promise | str] = {
    CONNECTION: _("Connections that need renewing"),
    MAPPING: _("Accounts and tax codes to choose"),
    READING: _("Settlements and files that cannot be read"),
    LEDGER: _("Refusals of the ledger"),
    CHECKS: _("Sums that do not tie, or changed afterwards"),
    ORDERS: _("Orders and refunds that are held"),
    USAGE: _("Calls that are running out"),
    SYSTEM: _("Anything else that stopped"),
}

# What a computer that comes to us says of itself: the connection's trouble, not the books'.
_OTHER_END = (
    "dialog_open",
    "cannot_start",
    "other_file_open",
    "no_file_named",
    "denied",
    "broken_answer",
    "other_trouble",
    "wrong_company",
)

# By the beginning of a problem's code; the longest that fits decides.
_PREFIXES: dict[str, str] = {
    "connection.": CONNECTION,
    "amazon.": CONNECTION,
    "compose.": MAPPING,
    "mapping.": MAPPING,
    "settlement.": READING,
    "chain.": READING,
    "upload.": READING,
    "posting.": LEDGER,
    "undo.": LEDGER,
    "quickbooks_online.": LEDGER,
    "quickbooks_desktop.": LEDGER,
    **{f"quickbooks_desktop.{what}": CONNECTION for what in _OTHER_END},
    "document.": CHECKS,
    "ladder.": CHECKS,
    "settlement.does_not_tie": CHECKS,
    "settlement.read_back_differs": CHECKS,
    "order.": ORDERS,
    "orders.": ORDERS,
    "refund.": ORDERS,
    "usage.": USAGE,
}


def kind_of(code: str) -> str:
    """The kind of a problem: "posting.period_locked" is "ledger"; a code nobody placed is "system"."""
    fits = [prefix for prefix in _PREFIXES if code.startswith(prefix)]
    return _PREFIXES[max(fits, key=len)] if fits else SYSTEM

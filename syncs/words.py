"""What streams, triggers and failures of calls are called on pages. The codes stay the truth; a new one shows itself until it has a word."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_STREAMS: dict[str, Promise | str] = {
    "settlements": _("Settlements"),
    "products": _("Products"),
    "payouts": _("Payouts"),
    "orders": _("Orders"),
    "reference": _("Accounts and tax codes"),
    "inventory": _("Inventory"),
}
_TRIGGERS: dict[str, Promise | str] = {
    "schedule": _("by schedule"),
    "manual": _("by hand"),
    "event": _("told by the provider"),
    "burst": _("told of many changes by the provider"),
    "upload": _("file brought"),
    "mapping": _("mapping changed"),
    "trial": _("tried out"),
    "demo": _("demonstration"),
    "backfill": _("back-fill"),
    "api": _("by the API"),
}
_FAILURES: dict[str, Promise | str] = {
    "throttled": _("asked to wait"),
    "unavailable": _("away"),
    "unknown_outcome": _("no answer"),
    "token_expired": _("token ran out"),
    "needs_reconnect": _("not let in"),
    "rejected": _("refused"),
    "duplicate": _("has it already"),
    "stale": _("changed there meanwhile"),
    "not_found": _("not found"),
    "period_closed": _("period closed"),
    "bad_reference": _("names something unknown"),
    "malformed": _("not understood"),
    "breaker_open": _("given a rest"),
    "budget_spent": _("calls used up"),
    "writes_refused": _("writing not allowed"),
    "our_bug": _("our mistake"),
}


def stream_word(stream: str) -> str:
    """A stream in words: "reference" is "Accounts and tax codes"."""
    return str(_STREAMS.get(stream, stream.replace("_", " ").capitalize()))


def trigger_word(trigger: str) -> str:
    """Why a run began, in words: "schedule" is "by schedule"."""
    return str(_TRIGGERS.get(trigger, trigger.replace("_", " ")))


def failure_word(failure: str) -> str:
    """How a call failed, in words: "throttled" is "asked to wait"."""
    return str(_FAILURES.get(failure, failure.replace("_", " ")))

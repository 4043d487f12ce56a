"""Which colour and icon a state has, the same on every page. Words come from the models."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tone:
    """`name` is one of neutral, info, success, warning, danger, paused (see static/tieout/tieout.css)."""

    name: str
    icon: str


NEUTRAL = Tone("neutral", "circle-dashed")
_WAITING = Tone("neutral", "clock")
_AT_WORK = Tone("info", "progress")
_READY = Tone("info", "circle-check")
_GOOD = Tone("success", "circle-check")
_LOOK = Tone("warning", "alert-triangle")
_BAD = Tone("danger", "circle-x")
_PAUSED = Tone("paused", "player-pause")
_QUIET = Tone("neutral", "circle-minus")

_TONES = {
    # settlements and their documents
    "importing": _AT_WORK,
    "refused": _BAD,
    "needs_mapping": _LOOK,
    "needs_review": _LOOK,
    "ready": _READY,
    "planned": _READY,
    "posting": _AT_WORK,
    "posted": _GOOD,
    "partially_posted": _LOOK,
    "changed": _LOOK,
    "failed": _BAD,
    "nothing_to_post": _QUIET,
    "excluded": _QUIET,
    "superseded": _QUIET,
    "unknown": Tone("warning", "question-mark"),
    "held": Tone("warning", "player-pause"),
    "amending": _AT_WORK,
    "undoing": _AT_WORK,
    "undone": Tone("neutral", "arrow-back-up"),
    # runs and their items
    "queued": _WAITING,
    "running": _AT_WORK,
    "waiting": _WAITING,
    "succeeded": _GOOD,
    "partly": _LOOK,
    "cancelled": _QUIET,
    "done": _GOOD,
    "dead": _BAD,
    "closed_by_hand": _QUIET,
    "hidden": _QUIET,
    "no_news": _QUIET,
    "read": _GOOD,
    "known": _QUIET,
    # posting attempts
    "claimed": _AT_WORK,
    "sent": Tone("info", "send"),
    "found": _GOOD,
    "rejected": _BAD,
    # connections, integrations, schedules
    "active": _GOOD,
    "setting_up": Tone("info", "settings"),
    "paused": _PAUSED,
    "needs_reconnect": Tone("danger", "unlink"),
    "disconnected": Tone("neutral", "unlink"),
    "revoked": _BAD,
    "closed": _GOOD,
    "half_open": _LOOK,
    # deliveries of webhooks
    "pending": _WAITING,
    "delivered": _GOOD,
    # the ladder
    "equal": _GOOD,
    "differs": _BAD,
    "not_available": Tone("neutral", "circle-minus"),
    "no_payout_expected": Tone("neutral", "circle-minus"),
    # orders
    "synced": _QUIET,
    "in_settlement": _GOOD,
    "nothing": _QUIET,
    # the bank
    "matched": _GOOD,
    "asks": _LOOK,
    # mappings, invitations, problems
    "draft": Tone("info", "edit"),
    "published": _GOOD,
    "mapped": _GOOD,
    "unmapped": _LOOK,
    "open": _LOOK,
    "resolved": _GOOD,
    "accepted": _GOOD,
    "expired": _QUIET,
    "withdrawn": _QUIET,
    "blocks": _BAD,
    "warns": _LOOK,
    "tells": Tone("info", "info-circle"),
    "sealed": Tone("success", "lock"),
    "unsealed": _WAITING,
    "broken": _BAD,
    "twin": Tone("paused", "test-pipe"),
    "vendor_sandbox": Tone("paused", "test-pipe"),
    "production": Tone("success", "world"),
}


def tone_of(state: str) -> Tone:
    """The tone of a state; an unheard-of state is neutral rather than an error on the page."""
    return _TONES.get(state, NEUTRAL)

"""The closed set of ways a provider call can fail, each with whose fault it is and what to do.

Pure. Whose fault (`Blame`) is separate from what happens next (`Action`): the network may be
theirs to mend and ours to retry; an archived account is the tenant's to mend and nobody's to retry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from canonical.problems import Problem, declare


class Blame(StrEnum):
    THEIRS = "theirs"
    OURS = "ours"
    TENANTS = "tenants"


class Action(StrEnum):
    """What to do with the work that met the failure."""

    RETRY = "retry"  # later, by itself
    REFRESH = "refresh"  # renew the token once, then again
    RECONNECT = "reconnect"  # park until a person reconnects
    HOLD = "hold"  # a person must change something first
    LOOK = "look"  # the outcome is unknown: ask the ledger before sending again
    ADOPT = "adopt"  # it is already there: take it over
    WAIT = "wait"  # it is on its way, and its answer wakes the work


class FailureKind(StrEnum):
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    UNKNOWN_OUTCOME = "unknown_outcome"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a kind of failure
    NEEDS_RECONNECT = "needs_reconnect"
    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    STALE = "stale"
    NOT_FOUND = "not_found"
    PERIOD_CLOSED = "period_closed"
    BAD_REFERENCE = "bad_reference"
    MALFORMED = "malformed"
    BREAKER_OPEN = "breaker_open"
    BUDGET_SPENT = "budget_spent"
    WRITES_REFUSED = "writes_refused"
    QUEUED = "queued"
    OUR_BUG = "our_bug"


_RULES: dict[FailureKind, tuple[Blame, Action]] = {
    FailureKind.THROTTLED: (Blame.OURS, Action.RETRY),
    FailureKind.UNAVAILABLE: (Blame.THEIRS, Action.RETRY),
    FailureKind.UNKNOWN_OUTCOME: (Blame.THEIRS, Action.LOOK),
    FailureKind.TOKEN_EXPIRED: (Blame.OURS, Action.REFRESH),
    FailureKind.NEEDS_RECONNECT: (Blame.TENANTS, Action.RECONNECT),
    FailureKind.REJECTED: (Blame.TENANTS, Action.HOLD),
    FailureKind.DUPLICATE: (Blame.OURS, Action.ADOPT),
    FailureKind.STALE: (Blame.OURS, Action.LOOK),
    FailureKind.NOT_FOUND: (Blame.TENANTS, Action.HOLD),
    FailureKind.PERIOD_CLOSED: (Blame.TENANTS, Action.HOLD),
    FailureKind.BAD_REFERENCE: (Blame.TENANTS, Action.HOLD),
    FailureKind.MALFORMED: (Blame.THEIRS, Action.RETRY),
    FailureKind.BREAKER_OPEN: (Blame.THEIRS, Action.RETRY),
    FailureKind.BUDGET_SPENT: (Blame.OURS, Action.RETRY),
    FailureKind.WRITES_REFUSED: (Blame.OURS, Action.HOLD),
    FailureKind.QUEUED: (Blame.THEIRS, Action.WAIT),
    FailureKind.OUR_BUG: (Blame.OURS, Action.HOLD),
}


# Failures after which nothing can have been written: the caller tries again later.
TURNED_AWAY = frozenset(
    {
        FailureKind.THROTTLED,
        FailureKind.UNAVAILABLE,
        FailureKind.TOKEN_EXPIRED,
        FailureKind.NEEDS_RECONNECT,
        FailureKind.BREAKER_OPEN,
        FailureKind.BUDGET_SPENT,
        FailureKind.WRITES_REFUSED,
    }
)
# Failures after which nobody knows whether something was written: it is looked for.
LOST = frozenset({FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED})
# Turned away, by the provider or by ourselves, for asking too often or too soon: nothing went wrong with the work.
HELD_BACK = frozenset({FailureKind.THROTTLED, FailureKind.BUDGET_SPENT, FailureKind.BREAKER_OPEN, FailureKind.QUEUED})


@dataclass(eq=False)  # not frozen: contextlib sets __traceback__ on what passes through it
class Failure(Exception):
    """One failed call: its kind, the problem in words, and how long to leave it alone.

    `trace_id` is the provider's own (intuit_tid, x-amzn-RequestId), for their support desk.
    `content` is the body of the refusal as received, for whoever reads the provider's codes. `account_only`: one
    account is closed to us, while the permission itself still opens others.
    """

    kind: FailureKind
    problem: Problem
    wait: timedelta = timedelta(0)
    status: int | None = None
    provider_code: str = ""
    trace_id: str = ""
    content: bytes = field(default=b"", repr=False)
    account_only: bool = False

    @property
    def blame(self) -> Blame:
        return _RULES[self.kind][0]

    @property
    def action(self) -> Action:
        return _RULES[self.kind][1]

    @property
    def held_back(self) -> bool:
        """Whether it only came too soon: it may be asked again when the wait is over, as often as that takes."""
        return self.kind in HELD_BACK

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.problem.code}"


THROTTLED = declare(
    "connection.throttled",
    "%(provider)s asked us to slow down.",
    "Nothing to do: the work goes on by itself when %(provider)s allows it.",
)
UNAVAILABLE = declare(
    "connection.unavailable",
    "%(provider)s did not answer properly (%(detail)s).",
    "Nothing to do: it is tried again by itself. If it lasts, look at the provider's status page.",
)
UNKNOWN_OUTCOME = declare(
    "connection.unknown_outcome",
    "%(provider)s may or may not have taken what was sent: its answer was lost.",
    "Nothing to do: the ledger is asked before anything is sent again.",
)
NEEDS_RECONNECT = declare(
    "connection.needs_reconnect",
    "%(provider)s no longer lets us in: %(reason)s.",
    "Open Connections and press Reconnect. Waiting work is kept and goes on by itself afterwards.",
)
NOT_ALLOWED = declare(
    "connection.not_allowed",
    "%(provider)s lets us in, but not to this (%(operation)s).",
    "Reconnect and grant everything that is asked for; if it was all granted, ask %(provider)s which role it takes.",
)
NOT_FOUND = declare(
    "connection.not_found",
    "%(provider)s does not have it any more (%(operation)s).",
    "Refresh the reference data, then choose again.",
)
BREAKER_OPEN = declare(
    "connection.breaker_open",
    "%(provider)s has been failing, so we leave it alone for a moment.",
    "Nothing to do: one call at a time tries whether it is back, and the work goes on by itself.",
)
BUDGET_SPENT = declare(
    "connection.budget_spent",
    "The calls that %(provider)s allows us are used up for the moment.",
    "Nothing to do: the work goes on by itself.",
)
WRITES_REFUSED = declare(
    "connection.writes_refused",
    "A run in mode %(mode)s may not write to %(provider)s.",
    "Run it live to write.",
)
WRITES_STOPPED = declare(
    "connection.writes_stopped",
    "Nothing is written to %(provider)s at the moment: %(reason)s",
    "Nothing to do: what waits is kept and goes on by itself when the stop is over.",
)
QUEUED = declare(
    "connection.queued",
    "It waits until %(provider)s comes to fetch it; it was here last %(last)s.",
    "Nothing to do while its Web Connector runs: the work goes on by itself as soon as the answer is here. "
    "To have it at once, press Update in the Web Connector.",
)
INACTIVE = declare(
    "connection.inactive",
    "%(name)s is %(state)s, so it is not called.",
    "Resume or reconnect it under Connections.",
)
REJECTED = declare(
    "connection.rejected",
    "%(provider)s refused it: %(detail)s",
    "Change what the message names, then retry.",
)
MALFORMED = declare(
    "connection.malformed",
    "%(provider)s answered with something that is not what its interface promises (%(detail)s).",
    "Nothing was taken over. It is tried again by itself; if it lasts, send us the call's trace id.",
)
OUR_BUG = declare(
    "connection.our_bug",
    "%(provider)s says that what we sent is malformed: %(detail)s",
    "This is ours to mend; nothing was posted. Support sees it already.",
)

"""How a webhook is called. This room may not call anybody: the one that may gives its function when the product starts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from canonical.problems import Problem, Refused, declare

NO_WEBHOOKS = declare(
    "alert.no_webhooks",
    "This installation calls no outside addresses.",
    "Use e-mail, or ask whoever runs it.",
)


class NotDelivered(OSError):
    """It did not arrive. `final` when trying again cannot help (the address is gone or forbidden)."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def _nobody_calls(_url: str, _payload: Mapping[str, Any]) -> None:
    raise NotDelivered("no webhooks here", final=True)


def _nobody_checks(_url: str) -> None:
    raise Refused(Problem(NO_WEBHOOKS))


_call: Callable[[str, Mapping[str, Any]], None] = _nobody_calls
_check: Callable[[str], None] = _nobody_checks


def use(*, call: Callable[[str, Mapping[str, Any]], None], check: Callable[[str], None]) -> None:
    """`call` posts JSON and raises NotDelivered; `check` raises Refused for an address that may not be called."""
    global _call, _check
    _call, _check = call, check


def call(url: str, payload: Mapping[str, Any]) -> None:
    _call(url, payload)


def check(url: str) -> None:
    """Refused unless the address may be called."""
    _check(url)

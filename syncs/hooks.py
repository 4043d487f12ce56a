"""Named places in the course of a run and of a posting where a test may kill the process, cut its database session, fail or dawdle.

In service `at()` does nothing. A test gives a handler with `during()`; a process under test is told
through the environment, `TIEOUT_HOOK="sent:kill"` or `"answered:sleep:2"` or `"claimed:kill@3"` (the
third time the place is passed); several are separated by commas. Production refuses to listen.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

# In the order in which a posting passes them; "...ing" places lie inside the step's transaction.
POSTING = (
    "checked",
    "claiming",
    "claimed",
    "looked",
    "adopting",
    "sending",
    "sent",
    "answered",
    "recording",
    "recorded",
    "read",
    "verifying",
    "verified",
)
UNDOING = ("undo_claiming", "undo_claimed", "undo_sending", "undo_sent", "undo_answered", "undo_recording", "undo_recorded")
AMENDING = (
    "amend_checked",
    "amend_claiming",
    "amend_claimed",
    "amend_looked",
    "amend_sending",
    "amend_sent",
    "amend_answered",
    "amend_recording",
    "amend_recorded",
)
# A run from listing to conclusion; "taken" to "noted" once for every page of items at every step.
RUNNING = ("listing", "listed", "taken", "stepped", "noted", "concluding")
POINTS = (*POSTING, *UNDOING, *AMENDING, *RUNNING)

Handler = Callable[[str], None]


class Interrupted(RuntimeError):
    """What the action `raise` raises."""


def at(point: str) -> None:
    """Pass a named place."""
    if _handler is not None:
        _handler(point)


@contextmanager
def during(handler: Handler) -> Iterator[None]:
    """Let `handler` be called with the name of every place passed inside the block."""
    global _handler
    before, _handler = _handler, handler
    try:
        yield
    finally:
        _handler = before


def parse(spec: str) -> Handler | None:
    """The handler that a TIEOUT_HOOK text asks for; ValueError for a place or action that does not exist."""
    asked = [_parse_one(part) for part in spec.split(",") if part.strip()]
    if not asked:
        return None
    passed: Counter[str] = Counter()

    def handler(point: str) -> None:
        passed[point] += 1
        for where, turn, action in asked:
            if where == point and turn in (0, passed[point]):
                action()

    return handler


def _parse_one(part: str) -> tuple[str, int, Callable[[], None]]:
    point, _colon, rest = part.strip().partition(":")
    rest, _at, turn = rest.partition("@")
    name, _colon, argument = rest.partition(":")
    if point not in POINTS:
        raise ValueError(f"there is no hook point {point!r}")
    if name not in _ACTIONS:
        raise ValueError(f"there is no hook action {name!r}")
    return point, int(turn or 0), lambda: _ACTIONS[name](argument)


def _kill(_argument: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise(_argument: str) -> None:
    raise Interrupted


def _sleep(argument: str) -> None:
    time.sleep(float(argument or 1))


def _cut(_argument: str) -> None:
    """Lose the database session, as when the server restarts."""
    session = connection.connection
    if session is not None:
        session.close()


_ACTIONS: dict[str, Callable[[str], None]] = {"kill": _kill, "cut": _cut, "raise": _raise, "sleep": _sleep}
_handler: Handler | None = None if settings.IS_PRODUCTION else parse(os.environ.get("TIEOUT_HOOK", ""))

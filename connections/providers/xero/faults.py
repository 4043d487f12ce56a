"""What Xero means when it says no.

Pure. Accounting rules are told in words only (ValidationErrors), so that the words are read by pattern into the
closed set of failures, and always shown to the person as Xero says them. What is not let in at the door comes
as problem details with a Title and a Detail.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from canonical.problems import Problem, declare
from connections import errors, jsontext
from connections.errors import Failure, FailureKind

PROVIDER = "Xero"
THROTTLE_FLOOR = timedelta(seconds=1)

PERIOD_CLOSED = declare(
    "xero.period_closed",
    "The organisation's books are locked for that day: %(detail)s",
    "Move the lock date in Xero (Accounting, Advanced, Lock dates), or leave the document out. Nothing is dated otherwise by itself.",
)
BAD_REFERENCE = declare(
    "xero.bad_reference",
    "Xero does not have, or does not take there, something the document names: %(detail)s",
    "Restore it in Xero and refresh the reference data, or choose another in the mapping, then retry.",
)
CURRENCY_OFF = declare(
    "xero.currency_off",
    "The organisation has not switched on the document's currency: %(detail)s",
    "Add the currency in Xero (Settings, Currencies; it needs a plan with several currencies) and refresh the reference data, "
    "then retry.",
)
PLAN_LIMIT = declare(
    "xero.plan_limit",
    "The organisation's Xero plan takes no more this month: %(detail)s",
    "Wait for the next month, or change the plan in Xero, then retry. Summary posting needs one document a settlement.",
)
NUMBER_TAKEN = declare(
    "xero.number_taken",
    "The number %(number)s is already used by another document that is not ours: %(detail)s",
    "Change that document's number in Xero, then retry.",
)
DUPLICATE = declare(
    "xero.duplicate",
    "Xero already has it: %(detail)s",
    "Nothing to do: it is looked up and taken over if it is ours.",
)
PAID = declare(
    "xero.paid",
    "Something is paid or set against it, so that Xero does not change it any more: %(detail)s",
    "Take the payment off in Xero if the amounts must change, then retry; else leave it as it is.",
)
STALE = declare(
    "xero.stale",
    "Somebody changed it in Xero since we last read it.",
    "Look at it in Xero; read it back here, then try again.",
)
GONE = declare(
    "xero.gone",
    "%(number)s is no longer in Xero, so it cannot be changed there.",
    "It was voided or deleted there. Undo it here as well, then it can be posted again.",
)
SCOPE_MISSING = declare(
    "xero.scope_missing",
    "The permission you gave in Xero does not cover this.",
    "Update permissions: open Connections, press Reconnect and allow everything that is asked for. Then retry.",
)
OFFLINE = declare(
    "xero.offline",
    "Xero says that the organisation cannot be reached at the moment.",
    "Nothing to do: it is tried again by itself.",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words mean to us: the failure and its problem."""

    kind: FailureKind
    problem: str


# The first pattern that fits decides. Words as Xero's documentation, SDK samples and the contract file show them.
_WORDS: tuple[tuple[re.Pattern[str], Meaning], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), Meaning(kind, problem))
    for pattern, kind, problem in (
        (r"lock date|period (?:is )?locked", FailureKind.PERIOD_CLOSED, PERIOD_CLOSED),
        (r"not subscribed to currency|currency code .* not enabled", FailureKind.BAD_REFERENCE, CURRENCY_OFF),
        (r"reached the limit|subscription does not|plan (?:does not|limit)", FailureKind.REJECTED, PLAN_LIMIT),
        (r"must be unique|already exists|already assigned|enter a unique", FailureKind.DUPLICATE, DUPLICATE),
        (r"payment or credit note allocated|valid status for modification|has been reconciled", FailureKind.REJECTED, PAID),
        (r"archived|account code|tax ?type|item code|tracking|contact could not be found|bank account must",
         FailureKind.BAD_REFERENCE, BAD_REFERENCE),
        (r"could not be found", FailureKind.NOT_FOUND, errors.NOT_FOUND),
    )
)  # fmt: skip
# Of a duplicate: whether it is the document's own number, rather than its contact's or its item's.
_NUMBER = re.compile(r"(?:#|\b(?:number|reference)\b)", re.IGNORECASE)
_ANOTHERS = re.compile(r"\bcontact (?:name|number)\b|\bwith code\b", re.IGNORECASE)
_BETWEEN = "; "
_REJECTED = Meaning(FailureKind.REJECTED, errors.REJECTED)
_UNREAD = "PostDataInvalidException"  # the body was not understood, so that none of it was looked at
_VALIDATION = "validation"
_OURS = (_UNREAD, "QueryParseException", "IdempotencyKeyException")
_CONSENT_ENDED = ("invalid_grant",)


def of_element(element: Mapping[str, Any]) -> Failure | None:
    """The failure that an element's own errors stand for; None for one that was taken."""
    own = list(_own_messages(element))
    if element.get("StatusAttributeString") == "ERROR" or element.get("HasErrors") is True or own:
        return _refusal(list(_messages(element)), status=None)
    if not isinstance(element.get("ValidationErrors") or [], list):
        # Taken or not, it does not say.
        problem = Problem(errors.MALFORMED, {"provider": PROVIDER, "detail": "ValidationErrors is not a list"})
        return Failure(FailureKind.MALFORMED, problem)
    return None


def _messages(element: Any) -> Iterator[str]:
    """An element's words, then those at what is within it: its contact, its lines."""
    within = deque([element])
    while within:
        one = within.popleft()
        if isinstance(one, Mapping):
            yield from _own_messages(one)
            within.extend(one.values())
        elif isinstance(one, list):
            within.extend(one)


def _own_messages(element: Mapping[str, Any]) -> Iterator[str]:
    for error in _list(element.get("ValidationErrors")):
        if isinstance(error, Mapping) and error.get("Message"):
            yield str(error["Message"])


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _refusal(said: list[str], *, status: int | None) -> Failure:
    detail = _BETWEEN.join(dict.fromkeys(said)) or "no reason given"
    meaning = next((meaning for pattern, meaning in _WORDS if pattern.search(detail)), _REJECTED)
    problem = Problem(meaning.problem, {"provider": PROVIDER, "detail": detail, "operation": detail})
    return Failure(meaning.kind, problem, status=status, provider_code=_VALIDATION)


def taken(failure: Failure, number: str) -> Problem:
    """What a duplicate that is not ours means, in Xero's words: the number is somebody else's, or something else is."""
    detail = str(failure.problem.params.get("detail", ""))
    if any(_NUMBER.search(words) and not _ANOTHERS.search(words) for words in detail.split(_BETWEEN)):
        return Problem(NUMBER_TAKEN, {"number": number, "detail": detail})
    return Problem(errors.REJECTED, {"provider": PROVIDER, "detail": detail})


def took_nothing(failure: Failure) -> bool:
    """Whether the request was refused before any of it was written: an ApiException about what it says. One about its key
    proves nothing, for that was used before.
    """
    return failure.status == 400 and failure.provider_code in (_VALIDATION, _UNREAD)


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Read a refusal (any answer that is not 2xx). None leaves it to the status code: 429, 5xx, and bodies without words."""
    if status == 412:
        return Failure(
            FailureKind.UNAVAILABLE, Problem(OFFLINE), wait=timedelta(minutes=5), status=status, provider_code="offline"
        )
    if status == 429 or status >= 500:
        return None
    body = _object(content)
    if status in (401, 403):
        return _at_the_door(status, body)
    return _validation(status, body) or _sign_in_refusal(status, body)


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        body = jsontext.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, Mapping) else {}


def _at_the_door(status: int, body: Mapping[str, Any]) -> Failure | None:
    """Not let in. One organisation that was taken away leaves the others of its user open, and a missing scope all of them."""
    detail = str(body.get("Detail") or "")
    if status == 401 and "AuthorizationUnsuccessful" in detail:
        return Failure(FailureKind.REJECTED, Problem(SCOPE_MISSING), status=status, provider_code="insufficient_scope")
    if status == 403 and "AuthenticationUnsuccessful" in detail:
        reason = "the organisation was disconnected in Xero"
        problem = Problem(errors.NEEDS_RECONNECT, {"provider": PROVIDER, "reason": reason, "code": "disconnected_there"})
        return Failure(FailureKind.NEEDS_RECONNECT, problem, status=status, provider_code="disconnected_there", account_only=True)
    return None


def _validation(status: int, body: Mapping[str, Any]) -> Failure | None:
    """An ApiException: the words of its elements, else its own message."""
    if "ErrorNumber" not in body and "Elements" not in body:
        return None
    message, kind = str(body.get("Message") or ""), str(body.get("Type") or "")
    if kind in _OURS:
        problem = Problem(errors.OUR_BUG, {"provider": PROVIDER, "detail": message})
        return Failure(FailureKind.OUR_BUG, problem, status=status, provider_code=kind)
    said = list(_messages(_list(body.get("Elements"))))
    return _refusal(said or ([message] if message else []), status=status)


def _sign_in_refusal(status: int, body: Mapping[str, Any]) -> Failure | None:
    """The token endpoint words its refusals as OAuth does (RFC 6749 section 5.2)."""
    error = body.get("error")
    if not isinstance(error, str):
        return None
    ended = error in _CONSENT_ENDED
    params = {"provider": PROVIDER, "reason": error, "detail": error, "code": error}
    problem = Problem(errors.NEEDS_RECONNECT if ended else errors.OUR_BUG, params)
    kind = FailureKind.NEEDS_RECONNECT if ended else FailureKind.OUR_BUG
    return Failure(kind, problem, status=status, provider_code=error)

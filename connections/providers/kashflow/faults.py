"""What KashFlow means when it says no, as data.

Pure. SOAP answers HTTP 200 with Status NO and a sentence, REST an error name and a sentence under 4xx. KashFlow
publishes no list of either but for two of REST's names; what the sentences mean is read from words in them, and a
sentence that nobody knows is shown as KashFlow says it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from canonical.problems import Problem, declare
from connections import errors, jsontext
from connections.errors import Failure, FailureKind

from . import soap

PROVIDER = "KashFlow"
THROTTLE_FLOOR = timedelta(seconds=30)  # no limit is published; their own page asks for moderation

BAD_LOGIN = declare(
    "kashflow.bad_login",
    "KashFlow does not accept the user name or the password: %(detail)s",
    "Connect again with the API password that KashFlow shows under Settings, API Settings. Five wrong tries lock the account.",
)
LOCKED = declare(
    "kashflow.locked",
    "KashFlow has locked this user after too many wrong tries: %(detail)s",
    "Unlock it in KashFlow (Forgotten password on its login page), then connect again. Nothing more is tried until you do.",
)
SOAP_OFF = declare(
    "kashflow.soap_off",
    "The API is turned off in this KashFlow account: %(detail)s",
    "In KashFlow, open Settings, then API Settings, and tick Enable the SOAP API; then connect again.",
)
ADDRESS_BARRED = declare(
    "kashflow.address_barred",
    "KashFlow lets only certain addresses use the API of this account: %(detail)s",
    "In KashFlow, open Settings, then API Settings, and add the address in the message, or take the restriction off; then "
    "connect again.",
)
PERIOD_CLOSED = declare(
    "kashflow.period_closed",
    "The books of this company are closed on that day: %(detail)s",
    "Open the accounting period in KashFlow (Settings, Accounting Periods), or give the document a later date, then retry.",
)
VAT_FILED = declare(
    "kashflow.vat_filed",
    "The VAT return for that day has been filed: %(detail)s",
    "Give the document a date after that return, then retry; your accountant says whether the return is to be corrected.",
)
BAD_REFERENCE = declare(
    "kashflow.bad_reference",
    "KashFlow does not have, or no longer uses, something the document names: %(detail)s",
    "Make it active again in KashFlow or choose another in the mapping, then retry.",
)
WRONG_ACCOUNT = declare(
    "kashflow.wrong_account",
    "A nominal or bank account may not be used there: %(detail)s",
    "Choose another account in the mapping, then retry.",
)
NO_CURRENCY = declare(
    "kashflow.no_currency",
    "The currency is not set up in KashFlow: %(detail)s",
    "Add it in KashFlow (Settings, Currencies), then retry.",
)
NO_VAT = declare(
    "kashflow.no_vat",
    "KashFlow takes no VAT from this company: %(detail)s",
    "Say in KashFlow that the company is VAT registered, or take the VAT rates out of the mapping, then retry.",
)
HAS_PAYMENTS = declare(
    "kashflow.has_payments",
    "It cannot be taken out: KashFlow holds payments that are not ours: %(detail)s",
    "Delete those payments in KashFlow, then try again.",
)
DUPLICATE = declare(
    "kashflow.duplicate",
    "KashFlow already has it: %(detail)s",
    "Nothing to do: it is looked up and taken over if it is ours.",
)
NUMBER_TAKEN = declare(
    "kashflow.number_taken",
    "The reference %(number)s stands on another document in KashFlow that is not ours.",
    "Change the customer reference of that document in KashFlow, then retry.",
)
STALE = declare(
    "kashflow.stale",
    "Somebody changed it in KashFlow since we last read it.",
    "Look at it in KashFlow; read it back here, then try again.",
)
GONE = declare(
    "kashflow.gone",
    "%(number)s is no longer in KashFlow, so it cannot be changed there.",
    "It was deleted there. Undo it here as well, then it can be posted again.",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sentence means: words that are in it, the failure, its problem."""

    words: re.Pattern[str]
    kind: FailureKind
    problem: str


def _meaning(words: str, kind: FailureKind, problem: str) -> Meaning:
    return Meaning(re.compile(words, re.IGNORECASE), kind, problem)


_LOCK = _meaning(r"\b(user|your) account (is|has been) locked\b|\blocked out\b", FailureKind.NEEDS_RECONNECT, LOCKED)
# The first that fits decides. What is said of books comes first: reading it as a closed door would stop every document.
MEANINGS = (
    _meaning(r"\bvat return\b|\bvat period\b.*\b(closed|locked|filed)\b", FailureKind.PERIOD_CLOSED, VAT_FILED),
    _meaning(r"\bperiod\b.*\b(closed|locked)\b|\bclosed\b.*\bperiod\b", FailureKind.PERIOD_CLOSED, PERIOD_CLOSED),
    _meaning(r"currency .* not set up", FailureKind.BAD_REFERENCE, NO_CURRENCY),
    _meaning(r"not vat registered", FailureKind.REJECTED, NO_VAT),
    _meaning(r"has (payments|transactions)", FailureKind.REJECTED, HAS_PAYMENTS),
    _meaning(r"can't be (used|coded)", FailureKind.BAD_REFERENCE, WRONG_ACCOUNT),
    _meaning(r"\bis archived\b", FailureKind.BAD_REFERENCE, BAD_REFERENCE),
    _meaning(r"incorrect username|incorrect password|invalid (user ?name|credentials)", FailureKind.NEEDS_RECONNECT, BAD_LOGIN),
    _LOCK,
    _meaning(r"\bapi (access )?((is|has been) )?(not enabled|disabled|not active)\b", FailureKind.NEEDS_RECONNECT, SOAP_OFF),
    _meaning(r"\baccess to the api from\b|\bip address\b", FailureKind.NEEDS_RECONNECT, ADDRESS_BARRED),
    _meaning(r"already in use|already exists", FailureKind.DUPLICATE, DUPLICATE),
    _meaning(r"there is no|does not exist|not found", FailureKind.NOT_FOUND, BAD_REFERENCE),
)
_UNKNOWN = Meaning(re.compile(""), FailureKind.REJECTED, errors.REJECTED)
# REST's names, as its callers have published them: the two that end a session or a sign-in.
_SESSION_ENDED, _LOCKED_OUT = "InvalidSessionToken", "AccountLocked"


def failure(words: str, *, writes: bool, status: int | None = None) -> Failure:
    """The failure that a sentence stands for. Something missing is a bad reference to a write, and an absence to a read."""
    meaning = next((each for each in MEANINGS if each.words.search(words)), _UNKNOWN)
    if meaning.kind is FailureKind.NOT_FOUND and writes:
        meaning = replace(meaning, kind=FailureKind.BAD_REFERENCE)
    return _told(meaning, words, status)


def _told(meaning: Meaning, words: str, status: int | None) -> Failure:
    problem = Problem(meaning.problem, {"provider": PROVIDER, "detail": words, "reason": words})
    return Failure(meaning.kind, problem, status=status)


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Read an answer of either interface, a success too: SOAP refuses under HTTP 200. None leaves it to the status code."""
    if status == 429 or status >= 500:
        return None
    words = soap.refusal(content) if status < 300 else None
    if words is not None:
        return failure(words, writes=writes, status=status)
    return _rest_refusal(status, content, writes=writes) if status >= 400 else None


def _rest_refusal(status: int, content: bytes, *, writes: bool) -> Failure | None:
    try:
        body = jsontext.loads(content)
    except ValueError:
        return None
    name = body.get("Error") if isinstance(body, Mapping) else None
    if not isinstance(name, str):
        return None
    if name == _SESSION_ENDED:
        problem = Problem(errors.NEEDS_RECONNECT, {"provider": PROVIDER, "reason": str(body.get("Message") or name)})
        return Failure(FailureKind.TOKEN_EXPIRED, problem, status=status, provider_code=name)
    words = str(body.get("Message") or name)
    found = _told(_LOCK, words, status) if name == _LOCKED_OUT else failure(words, writes=writes, status=status)
    found.provider_code = name
    return found


def malformed(detail: str, trace_id: str = "", *, writes: bool) -> Failure:
    """An answer that is not what the interface promises: after a write that means we do not know what happened."""
    if writes:
        return Failure(FailureKind.UNKNOWN_OUTCOME, Problem(errors.UNKNOWN_OUTCOME, {"provider": PROVIDER}), trace_id=trace_id)
    problem = Problem(errors.MALFORMED, {"provider": PROVIDER, "detail": detail})
    return Failure(FailureKind.MALFORMED, problem, trace_id=trace_id)

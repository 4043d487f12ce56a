"""What QuickBooks means when it says no, as data.

Pure. A business fault comes with HTTP 400 and capitalised keys, a gateway fault with lower-case keys
and at times as XML although JSON was asked for; one element of a batch may carry a fault under HTTP
200. All are read into the same errors and from there into the closed set of failures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any

from canonical.problems import Problem, declare
from connections import errors, jsontext
from connections.errors import Failure, FailureKind

PROVIDER = "QuickBooks Online"
THROTTLE_FLOOR = timedelta(seconds=60)  # Intuit's limits page: after a 429 wait 60 seconds

PERIOD_CLOSED = declare(
    "quickbooks_online.period_closed",
    "The books of this company are closed up to and including that day: %(detail)s",
    "Reopen the period in QuickBooks (Account and settings, Advanced), or give the document a later date, then retry.",
)
BAD_REFERENCE = declare(
    "quickbooks_online.bad_reference",
    "QuickBooks does not have, or no longer uses, something the document names: %(detail)s",
    "Make it active again in QuickBooks or choose another in the mapping, then retry.",
)
WRONG_ACCOUNT = declare(
    "quickbooks_online.wrong_account",
    "An account is of a type that QuickBooks does not allow there: %(detail)s",
    "Choose another account in the mapping, then retry.",
)
NUMBER_TAKEN = declare(
    "quickbooks_online.number_taken",
    "The number %(number)s is already used by another document that is not ours: %(detail)s",
    "Change that document's number in QuickBooks, then retry.",
)
DUPLICATE = declare(
    "quickbooks_online.duplicate",
    "QuickBooks already has it: %(detail)s",
    "Nothing to do: it is looked up and taken over if it is ours.",
)
STALE = declare(
    "quickbooks_online.stale",
    "Somebody changed it in QuickBooks since we last read it.",
    "Look at it in QuickBooks; read it back here, then try again.",
)
GONE = declare(
    "quickbooks_online.gone",
    "%(number)s is no longer in QuickBooks, so it cannot be changed there.",
    "It was deleted there. Undo it here as well, then it can be posted again.",
)
LAPSED = declare(
    "quickbooks_online.lapsed",
    "QuickBooks says that this company's subscription has ended.",
    "Renew the subscription in QuickBooks, then retry.",
)
NOT_IN_PLAN = declare(
    "quickbooks_online.not_in_plan",
    "This company's QuickBooks plan does not have what the document needs: %(detail)s",
    "Switch the feature off in the mapping (class, location, currency), or change the plan.",
)


@dataclass(frozen=True, slots=True)
class FaultError:
    """One error of a fault; `code` without leading zeros."""

    code: str
    message: str
    detail: str
    element: str = ""
    kind: str = ""

    @property
    def words(self) -> str:
        return self.detail or self.message or f"code {self.code}"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means to us: the failure, its problem, and where the fact comes from."""

    kind: FailureKind
    problem: str
    source: str


_API = "Intuit developer documentation, error codes; ledgers research 1.3"
_SDK = "Intuit's SDK fixtures and forum answers read for ledgers research 1.3"

CODES: Mapping[str, Meaning] = {
    "120": Meaning(FailureKind.NEEDS_RECONNECT, errors.NEEDS_RECONNECT, _API),  # the consenting user is no longer admin
    "500": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # unsupported operation
    "600": Meaning(FailureKind.DUPLICATE, DUPLICATE, _SDK),  # request id seen before
    "610": Meaning(FailureKind.BAD_REFERENCE, BAD_REFERENCE, _API),  # not found or inactive; NOT_FOUND for a read
    "620": Meaning(FailureKind.REJECTED, errors.REJECTED, _API),  # cannot be linked
    "1040": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _SDK),  # too many items in a batch
    "2010": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # invalid or unsupported property
    "2020": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # required parameter missing
    "2030": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # invalid date
    "2050": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # string too long
    "2170": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # invalid enumeration
    "2500": Meaning(FailureKind.BAD_REFERENCE, BAD_REFERENCE, _API),
    "3001": Meaning(FailureKind.THROTTLED, errors.THROTTLED, _API),
    "3100": Meaning(FailureKind.NEEDS_RECONNECT, errors.NEEDS_RECONNECT, _API),
    "3200": Meaning(FailureKind.TOKEN_EXPIRED, errors.NEEDS_RECONNECT, _API),
    "4000": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # query does not parse
    "4001": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # query names an unknown property
    "5010": Meaning(FailureKind.STALE, STALE, _API),
    "5020": Meaning(FailureKind.REJECTED, NOT_IN_PLAN, _API),
    "6000": Meaning(FailureKind.REJECTED, errors.REJECTED, _API),  # business validation, free text
    "6010": Meaning(FailureKind.BAD_REFERENCE, WRONG_ACCOUNT, _API),
    "6070": Meaning(FailureKind.OUR_BUG, errors.OUR_BUG, _API),  # amount is not quantity times price
    "6140": Meaning(FailureKind.DUPLICATE, DUPLICATE, _API),  # document number used before
    "6190": Meaning(FailureKind.REJECTED, LAPSED, _API),
    "6210": Meaning(FailureKind.PERIOD_CLOSED, PERIOD_CLOSED, _API),
    "6240": Meaning(FailureKind.DUPLICATE, DUPLICATE, _API),  # name used before
    "6540": Meaning(FailureKind.REJECTED, errors.REJECTED, _API),  # deposited transactions do not change
}

_UNKNOWN = Meaning(FailureKind.REJECTED, errors.REJECTED, "any code we do not know: shown as QuickBooks words it")
_CONSENT_ENDED = ("invalid_grant", "unauthorized_client")


def read(content: bytes) -> list[FaultError]:
    """The errors of a fault, in either spelling of its JSON or as XML; an empty list for anything else."""
    text = content.decode("utf-8", "replace").lstrip("\ufeff \r\n\t")
    if text.startswith("<"):
        return _from_xml(text)
    try:
        body = jsontext.loads(text)
    except ValueError:
        return []
    return of_body(body)


def of_body(body: Any) -> list[FaultError]:
    """The errors in a parsed body or batch element; empty when it holds no fault."""
    if not isinstance(body, Mapping):
        return []
    fault = _either(body, "Fault")
    if not isinstance(fault, Mapping):
        return []
    found = _either(fault, "Error")
    entries = [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, Sequence) else []
    kind = str(fault.get("type") or "")
    return [_error(entry, kind) for entry in entries] or [FaultError("", "", kind, kind=kind)]


def _either(body: Mapping[str, Any], name: str) -> Any:
    """Business faults capitalise their keys, gateway faults do not."""
    return body.get(name, body.get(name.lower()))


def _error(entry: Mapping[str, Any], kind: str) -> FaultError:
    texts = (entry.get("code"), _either(entry, "Message"), _either(entry, "Detail"), entry.get("element"))
    code, message, detail, element = ("" if text is None else str(text) for text in texts)
    return FaultError(code.lstrip("0"), message, detail, element, kind)


_XML_ERROR = re.compile(r"<(?:\w+:)?Error\b([^>]*)>(.*?)</(?:\w+:)?Error>", re.DOTALL | re.IGNORECASE)
_XML_FAULT = re.compile(r"<(?:\w+:)?Fault\b[^>]*?type=\"([^\"]*)\"", re.IGNORECASE)


def _from_xml(text: str) -> list[FaultError]:
    """Read by pattern, not by parser: a refusal cut short still says what it is, and no entity is ever expanded."""
    fault = _XML_FAULT.search(text)
    kind = unescape(fault.group(1)) if fault else ""
    return [
        FaultError(
            _attribute(head, "code").lstrip("0"),
            _child(body, "Message"),
            _child(body, "Detail"),
            _attribute(head, "element"),
            kind,
        )
        for head, body in _XML_ERROR.findall(text)
    ]


def _attribute(head: str, name: str) -> str:
    found = re.search(rf"\b{name}=\"([^\"]*)\"", head)
    return unescape(found.group(1)) if found else ""


def _child(body: str, name: str) -> str:
    found = re.search(rf"<(?:\w+:)?{name}>(.*?)</(?:\w+:)?{name}>", body, re.DOTALL)
    return unescape(found.group(1)).strip() if found else ""


def failure(found: Sequence[FaultError], *, status: int | None, writes: bool) -> Failure:
    """The failure that a fault stands for. A fault's first error decides; the words of all are kept."""
    first = found[0]
    meaning = CODES.get(first.code, _UNKNOWN)
    kind = meaning.kind
    if first.code == "610" and not writes:
        kind = FailureKind.NOT_FOUND
    detail = "; ".join(dict.fromkeys(error.words for error in found))
    problem = Problem(meaning.problem, {"provider": PROVIDER, "detail": detail, "reason": detail})
    wait = THROTTLE_FLOOR if kind is FailureKind.THROTTLED else timedelta(0)
    return Failure(kind, problem, wait=wait, status=status, provider_code=first.code)


def judge(status: int, headers: Mapping[str, str], content: bytes, *, writes: bool) -> Failure | None:
    """Read a refusal (any answer that is not 2xx). None leaves it to the status code: 429, 5xx, and bodies without a fault."""
    if status == 429 or status >= 500:
        return None
    found = read(content)
    if found:
        return failure(found, status=status, writes=writes)
    return _sign_in_refusal(status, content)


def _sign_in_refusal(status: int, content: bytes) -> Failure | None:
    """The token endpoint words its refusals as OAuth does (RFC 6749 section 5.2)."""
    try:
        body = jsontext.loads(content)
    except ValueError:
        return None
    error = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(error, str):
        return None
    ended = error in _CONSENT_ENDED
    words = str(body.get("error_description") or error)
    kind = FailureKind.NEEDS_RECONNECT if ended else FailureKind.OUR_BUG
    problem = Problem(
        errors.NEEDS_RECONNECT if ended else errors.OUR_BUG, {"provider": PROVIDER, "reason": words, "detail": words}
    )
    return Failure(kind, problem, status=status, provider_code=error)

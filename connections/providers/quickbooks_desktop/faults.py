"""What QuickBooks Desktop's status codes and the Web Connector's error numbers mean to us. Pure.

Source: Intuit's status code tables as collected in the ledgers research, section 4. What is not in the tables is shown
in QuickBooks' own words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from canonical.problems import Problem, declare
from connections import errors
from connections.errors import Failure, FailureKind

from .qbxml import Element, whole_number

PROVIDER: Final = "QuickBooks Desktop"

NAME_IN_USE = declare(
    "quickbooks_desktop.name_in_use",
    "QuickBooks has another entry of that name already: %(detail)s",
    "Nothing to do: it is looked up and used.",
)
GONE = declare(
    "quickbooks_desktop.gone",
    "QuickBooks no longer has what the document names: %(detail)s",
    "Read the accounts again on the connection's page, then choose another in the mapping.",
)
BAD_REFERENCE = declare(
    "quickbooks_desktop.bad_reference",
    "The document names something that this company file does not take: %(detail)s",
    "Choose another account, item or customer in the mapping, then release it.",
)
PERIOD_CLOSED = declare(
    "quickbooks_desktop.period_closed",
    "The company file is closed for that date: %(detail)s",
    "Move the closing date in QuickBooks (Edit, Preferences, Accounting), or leave it out. Nothing is dated otherwise by itself.",
)
LINKED = declare(
    "quickbooks_desktop.linked",
    "QuickBooks does not let go of it, because other transactions hang on it: %(detail)s",
    "Undo what was paid with it, deposited or applied to it first; then try again.",
)
IN_USE = declare(
    "quickbooks_desktop.in_use",
    "Somebody has it open in QuickBooks, so it could not be written: %(detail)s",
    "Close the window there, then try it again.",
)
NOT_SAVED = declare(
    "quickbooks_desktop.not_saved",
    "QuickBooks could not save it, however often it was tried: %(detail)s",
    "Read QuickBooks' words: often a name that it needs is missing, or something that it uses is open or in use. Mend that"
    " in QuickBooks, then release it.",
)
NOT_PROCESSED = declare(
    "quickbooks_desktop.not_processed",
    "QuickBooks did not get to it, however often it was tried: %(detail)s",
    "Release it to have it tried again.",
)
STALE = declare(
    "quickbooks_desktop.stale",
    "It was changed in QuickBooks since we read it.",
    "Nothing to do: it is read and compared again.",
)
NOT_PERMITTED = declare(
    "quickbooks_desktop.not_permitted",
    "The QuickBooks user that the Web Connector works as may not do that: %(detail)s",
    "In QuickBooks, Edit, Preferences, Integrated Applications, choose a user with more rights for Tieout, then release it.",
)
FEATURE_OFF = declare(
    "quickbooks_desktop.feature_off",
    "A feature that the document needs is off in this company file, or not in this edition: %(detail)s",
    "Switch it on in QuickBooks (Edit, Preferences), or take it out of the mapping.",
)
NO_ACCOUNT = declare(
    "quickbooks_desktop.no_account",
    "A posting account is missing: %(detail)s",
    "Give the item its accounts in QuickBooks, then release it.",
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status code means. `undone`: surely nothing was written, and trying again may help."""

    kind: FailureKind
    problem: str
    undone: bool = False


CODES: Final[Mapping[int, Meaning]] = {
    1000: Meaning(FailureKind.UNKNOWN_OUTCOME, errors.UNKNOWN_OUTCOME),  # an internal error says nothing about the books
    1030: Meaning(FailureKind.OUR_BUG, errors.OUR_BUG),  # unsupported message
    1060: Meaning(FailureKind.OUR_BUG, errors.OUR_BUG),  # bad request id
    3100: Meaning(FailureKind.DUPLICATE, NAME_IN_USE),
    3120: Meaning(FailureKind.NOT_FOUND, GONE),
    3140: Meaning(FailureKind.BAD_REFERENCE, BAD_REFERENCE),
    3150: Meaning(FailureKind.OUR_BUG, errors.OUR_BUG),  # a missing element
    3160: Meaning(FailureKind.REJECTED, LINKED),
    3161: Meaning(FailureKind.REJECTED, LINKED),
    3170: Meaning(FailureKind.REJECTED, LINKED),
    3171: Meaning(FailureKind.PERIOD_CLOSED, PERIOD_CLOSED),
    3175: Meaning(FailureKind.UNAVAILABLE, IN_USE, undone=True),
    3176: Meaning(FailureKind.UNAVAILABLE, IN_USE, undone=True),
    3180: Meaning(FailureKind.UNAVAILABLE, NOT_SAVED, undone=True),  # any error when saving
    3185: Meaning(FailureKind.REJECTED, LINKED),
    3200: Meaning(FailureKind.STALE, STALE),
    3210: Meaning(FailureKind.REJECTED, errors.REJECTED),
    3220: Meaning(FailureKind.REJECTED, NOT_PERMITTED),
    3231: Meaning(FailureKind.UNAVAILABLE, NOT_PROCESSED, undone=True),  # because of another request
    3240: Meaning(FailureKind.STALE, STALE),
    3250: Meaning(FailureKind.REJECTED, FEATURE_OFF),
    3260: Meaning(FailureKind.REJECTED, NOT_PERMITTED),
    3261: Meaning(FailureKind.REJECTED, NOT_PERMITTED),
    3270: Meaning(FailureKind.REJECTED, NO_ACCOUNT),
}
_FORMAT: Final = Meaning(FailureKind.OUR_BUG, errors.OUR_BUG)  # 3000 to 3099: a value that cannot be read
_OTHER: Final = Meaning(FailureKind.REJECTED, errors.REJECTED)
NO_CODE: Final = -1
FINE_BELOW: Final = 1000  # below are information (1: nothing found, 500: some not found) and warnings


def code_of(answer: Element) -> int:
    """The status of one answer; NO_CODE where it has none."""
    stated = whole_number(str(answer.get("statusCode") or ""))
    return NO_CODE if stated is None or stated < 0 else stated


def meaning(code: int) -> Meaning:
    return CODES.get(code) or (_FORMAT if 3000 <= code < 3100 else _OTHER)


def failure(answer: Element, trace_id: str = "", *, writes: bool = False) -> Failure | None:
    """What is wrong with an answer; None when it is none of the errors. What cannot be written at the moment is handed
    out again by the desk: the answer that is shown to whoever `writes` is that of the last time, and a refusal."""
    code = code_of(answer)
    if 0 <= code < FINE_BELOW:
        return None
    words = str(answer.get("statusMessage") or "") or f"code {code}"
    what = meaning(code)
    if code == 3210 and "ExternalGUID" in words:  # our own mark is taken: it stands there already
        what = Meaning(FailureKind.DUPLICATE, errors.REJECTED)
    if writes and what.undone:
        what = Meaning(FailureKind.REJECTED, what.problem)
    problem = Problem(what.problem, {"provider": PROVIDER, "detail": words[:300]})
    return Failure(what.kind, problem, provider_code=str(code), trace_id=trace_id)


# ------------------------------------------------------------------ the Web Connector's own

DIALOG_OPEN = declare(
    "quickbooks_desktop.dialog_open",
    "A window is open in QuickBooks that waits for an answer, so the Web Connector could not work.",
    "Close it there. Everything waits and goes on with the next visit.",
)
CANNOT_START = declare(
    "quickbooks_desktop.cannot_start",
    "The Web Connector could not start QuickBooks.",
    "Start QuickBooks and open the company file, then press Update in the Web Connector.",
)
OTHER_FILE_OPEN = declare(
    "quickbooks_desktop.other_file_open",
    "Another company file is open in QuickBooks.",
    "Open the right company file, then press Update in the Web Connector.",
)
NO_FILE_NAMED = declare(
    "quickbooks_desktop.no_file_named",
    "QuickBooks is not running, so the Web Connector does not know which company file is meant.",
    "Open the company file in QuickBooks, then press Update in the Web Connector.",
)
DENIED = declare(
    "quickbooks_desktop.denied",
    "QuickBooks does not let Tieout in.",
    "In QuickBooks, Edit, Preferences, Integrated Applications, Company Preferences: allow Tieout, also when nobody is logged in.",
)
NOT_UNDERSTOOD = declare(
    "quickbooks_desktop.not_understood",
    "QuickBooks could not read what we sent.",
    "This is ours to mend; nothing was posted by it. Support sees it already.",
)
BROKEN_ANSWER = declare(
    "quickbooks_desktop.broken_answer",
    "The Web Connector handed us an answer that is not whole (%(detail)s).",
    "Nothing to do: with its next visit QuickBooks is asked what became of it.",
)
OTHER_TROUBLE = declare(
    "quickbooks_desktop.other_trouble",
    "The Web Connector reports: %(detail)s",
    "Look at its window on the computer where QuickBooks runs. Everything waits until it comes again.",
)
WRONG_COMPANY = declare(
    "quickbooks_desktop.wrong_company",
    "The company file %(given)s is open in QuickBooks, but this connection is for %(expected)s. Nothing was exchanged.",
    "Open %(expected)s in QuickBooks, then press Update. To post to %(given)s, connect it here as a company of its own.",
)
COMPANY_NOT_SHOWN = declare(
    "quickbooks_desktop.company_not_shown",
    "QuickBooks did not tell the Web Connector which company file is open, so nothing was exchanged.",
    "Open the company file in QuickBooks with a user who may see the company's information, then press Update.",
)


PARSE_ERROR: Final = "80040400"
_HRESULTS: Final[Mapping[str, str]] = {
    PARSE_ERROR: NOT_UNDERSTOOD,
    "80040408": CANNOT_START,
    "8004040A": OTHER_FILE_OPEN,
    "80040414": DIALOG_OPEN,
    "80040416": NO_FILE_NAMED,
    "80040420": DENIED,
}


def hresult(code: str) -> str:
    """An HRESULT in one spelling: eight capital hexadecimal digits."""
    return code.strip().upper().removeprefix("0X")


def trouble(code: str, message: str) -> Problem:
    """What an HRESULT means, in words."""
    detail = f"{message.strip()} ({code.strip()})" if message.strip() else code.strip()
    return Problem(_HRESULTS.get(hresult(code), OTHER_TROUBLE), {"detail": detail[:300], "provider": PROVIDER})

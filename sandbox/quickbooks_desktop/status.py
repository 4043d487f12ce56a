"""How QuickBooks says no: a status in an answer, or an HRESULT instead of any answer.

Codes and their meaning: Intuit's table of status codes; the sentences are the twin's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

OK: Final = 0
NO_MATCH: Final = 1
SOME_NOT_FOUND: Final = 500
NO_STATE: Final = 600
NO_STORED_RESPONSE: Final = 9002

BAD_XML: Final = "0x80040400"
CANNOT_START: Final = "0x80040408"
OTHER_COMPANY: Final = "0x8004040A"
BAD_TICKET: Final = "0x8004040D"
MODAL_DIALOG: Final = "0x80040414"
NAME_NEEDED: Final = "0x80040416"
ACCESS_DENIED: Final = "0x80040420"
HRESULTS: Final[dict[str, str]] = {
    BAD_XML: "QuickBooks found an error when parsing the provided XML text stream.",
    CANNOT_START: "Could not start QuickBooks.",
    OTHER_COMPANY: "A QuickBooks company data file is already open and it is different from the one requested.",
    BAD_TICKET: "The ticket parameter is invalid.",
    MODAL_DIALOG: "A modal dialog box is showing in the QuickBooks user interface.",
    NAME_NEEDED: "If QuickBooks is not running, a call must include the name of the data file.",
    ACCESS_DENIED: "The QuickBooks user has denied access.",
}


class Failure(Exception):
    """QuickBooks gives no answer at all, only an HRESULT and a sentence."""

    def __init__(self, hresult: str, message: str = "") -> None:
        self.hresult, self.message = hresult, message or HRESULTS[hresult]
        super().__init__(f"{hresult}: {self.message}")


@dataclass(frozen=True, slots=True)
class Status:
    """Code, and what it says to a person."""

    code: int
    message: str = "Status OK"

    @property
    def severity(self) -> str:
        """Info below 500, Warn below 1000, Error from there on."""
        if self.code < 500:
            return "Info"
        return "Warn" if self.code < 1000 else "Error"


class Refusal(Exception):
    """One request isn't done, for this reason; the others of its set go on as its onError says."""

    def __init__(self, code: int, message: str) -> None:
        self.status = Status(code, message)
        super().__init__(f"{code}: {message}")


def bad_value(code: int, name: str, value: str) -> Refusal:
    """3000 to 3090: the text of an element can't be what it should be."""
    return Refusal(code, f'There was an error when converting the value "{value}" in the field "{name}".')


def missing(name: str) -> Refusal:
    return Refusal(3150, f'There is a missing element: "{name}".')


def invalid_reference(kind: str, value: str, where: str) -> Refusal:
    return Refusal(3140, f'There is an invalid reference to QuickBooks {kind} "{value}" in the {where}.')


def not_found(value: str) -> Refusal:
    return Refusal(3120, f'Object "{value}" specified in the request cannot be found.')


def invalid(name: str, why: str) -> Refusal:
    return Refusal(3210, f'The "{name}" field has an invalid value: {why}')


def feature_off(feature: str) -> Refusal:
    return Refusal(3250, f"This feature is not enabled or not available in this version of QuickBooks: {feature}.")

"""QuickBooks Online's two ways of saying no.

A *business fault* comes from the accounting service: HTTP 400, capitalised keys, a code per error. A
*gateway fault* comes from the door in front of it (token, permission, throttle): lower-case keys, and
at times XML although JSON was asked for. Codes and texts: ledgers.md 1.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

VALIDATION = "ValidationFault"


@dataclass(frozen=True, slots=True)
class Error:
    """One error of a fault. `element` names the property at fault, if any."""

    code: str
    message: str
    detail: str
    element: str = ""

    def data(self) -> dict[str, Any]:
        return {"Message": self.message, "Detail": self.detail, "code": self.code, "element": self.element}


class Fault(Exception):
    """A request that the accounting service refuses. Nothing of it is kept."""

    def __init__(self, *errors: Error, kind: str = VALIDATION, status: int = 400) -> None:
        super().__init__("; ".join(f"{error.code} {error.detail}" for error in errors))
        self.errors, self.kind, self.status = errors, kind, status

    def data(self) -> dict[str, Any]:
        return {"Error": [error.data() for error in self.errors], "type": self.kind}


def fault(code: str, message: str, detail: str, element: str = "") -> Fault:
    return Fault(Error(code, message, detail, element))


def unsupported_operation(what: str) -> Fault:
    return fault("500", "Unsupported Operation", f"Operation {what} is not supported.")


def unsupported_property(name: str) -> Fault:
    return fault(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:{name} failed to parse json object; a property specified is unsupported or invalid",
        name,
    )


def missing(name: str) -> Fault:
    return fault(
        "2020", "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request", name,
    )  # fmt: skip


def too_long(name: str, limit: int, size: int) -> Fault:
    detail = f"String length specified does not match the supported length. Min:0 Max:{limit} supported. Supplied length:{size}"
    return fault("2050", "String length is either shorter or longer than supported by specification", detail, name)


def bad_value(name: str, value: object) -> Fault:
    return fault("2170", "Invalid Enumeration", f"Invalid Enumeration : {value} is not a value of {name}", name)


def invalid_reference(name: str, value: str) -> Fault:
    return fault("2500", "Invalid Reference Id", f"Invalid Reference Id : {name} element id {value} not found", name)


def not_found(detail: str = "Something you're trying to use has been made inactive or doesn't exist.") -> Fault:
    return fault("610", "Object Not Found", f"Object Not Found : {detail}")


def inactive(kind: str, name: str) -> Fault:
    return not_found(f"Something you're trying to use has been made inactive. Check the field with {kind} {name}.")


def stale() -> Fault:
    return fault(
        "5010", "Stale Object Error",
        "Stale Object Error : Someone else has changed this at the same time as you; load it again before changing it.",
    )  # fmt: skip


def business(detail: str, element: str = "") -> Fault:
    """Code 6000: whatever else the ledger's rules forbid; the reason is free text."""
    return fault(
        "6000", "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}", element,
    )  # fmt: skip


def bad_account(detail: str, element: str = "AccountRef") -> Fault:
    return fault("6010", "Invalid account type", f"Invalid account type : {detail}", element)


def duplicate_number(number: str, kind: str, txn_id: str) -> Fault:
    detail = "Duplicate Document Number Error : You must specify a different number. This number has already been used. "
    return fault(
        "6140", "Duplicate Document Number Error", f"{detail}DocNumber={number} is assigned to TxnType={kind} with TxnId={txn_id}"
    )


def duplicate_name(detail: str) -> Fault:
    return fault("6240", "Duplicate Name Exists Error", f"The name supplied already exists. : {detail}")


def period_closed(close_date: str) -> Fault:
    detail = f"The account period has closed on {close_date} and the account books cannot be updated through this service."
    return fault("6210", "Account Period Closed, Cannot Update Through Services API", detail)


def lapsed() -> Fault:
    return fault("6190", "Invalid Company Status", "Subscription period has ended or canceled or there was a billing problem.")


def deposited() -> Fault:
    return fault(
        "6540", "Deposited Transaction cannot be changed",
        "This transaction has been deposited. To change or delete it, edit the deposit that holds it and remove it first.",
    )  # fmt: skip


def cannot_link(detail: str) -> Fault:
    return fault("620", "Transaction cannot be linked", f"Transaction cannot be linked : {detail}")


def bad_query(detail: str) -> Fault:
    return fault("4000", "Error parsing query", f"QueryParserError: {detail}")


def invalid_query(detail: str) -> Fault:
    return fault("4001", "Invalid query", f"QueryValidationError: {detail}")


def system_failure() -> Fault:
    error = Error("10000", "An application error has occurred while processing your request", "System Failure Error")
    return Fault(error, kind="SystemFault", status=500)


@dataclass(eq=False)
class Refusal(Exception):
    """A request that doesn't get past the gateway."""

    status: int
    code: str
    reason: str
    detail: str
    kind: str

    @property
    def message(self) -> str:
        return f"message={self.reason}; errorCode={self.code.zfill(6)}; statusCode={self.status}"

    def data(self) -> dict[str, Any]:
        """Lower-case keys, and every empty member spelled out as null."""
        error = {"message": self.message, "detail": self.detail, "code": self.code, "element": None}
        empty = ("report", "queryResponse", "batchItemResponse", "attachableResponse", "syncErrorResponse", "requestId")
        return {
            "warnings": None, "intuitObject": None, "fault": {"error": [error], "type": self.kind},
            **dict.fromkeys(empty), "status": None, "cdcresponse": [],
        }  # fmt: skip

    def xml(self, at: str) -> str:
        inner = f"<Message>{escape(self.message)}</Message><Detail>{escape(self.detail)}</Detail>"
        error = f"<Error code={quoteattr(self.code)}>{inner}</Error>"
        body = f"<Fault type={quoteattr(self.kind)}>{error}</Fault>"
        return (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            f'<IntuitResponse time={quoteattr(at)} xmlns="http://schema.intuit.com/finance/v3">{body}</IntuitResponse>'
        )


def unauthenticated(detail: str) -> Refusal:
    return Refusal(401, "3200", "AuthenticationFailed", detail, "AUTHENTICATION")


def forbidden(detail: str) -> Refusal:
    return Refusal(403, "3100", "ApplicationAuthorizationFailed", detail, "AUTHORIZATION")


def throttled() -> Refusal:
    return Refusal(429, "3001", "ThrottleExceeded", "The request limit was reached.  Try again later", "SERVICE")

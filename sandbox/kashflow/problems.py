"""Refusals. SOAP puts the text into StatusDetail under HTTP 200, REST answers `{"Error", "Message"}` with `status`.

The code names and both 401 bodies are the vendor's; the other texts are the twin's own words, because the vendor publishes none.
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """The ledger looked at it and said no; nothing was written."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status

    def data(self) -> dict[str, Any]:
        return {"Error": self.code, "Message": self.text}


class SoapFault(Exception):
    """The SOAP service couldn't read the request, or broke down: HTTP 500 with a soap:Fault. `who`: Client or Server."""

    def __init__(self, text: str, who: str = "Client") -> None:
        super().__init__(text)
        self.text, self.who = text, who


def bad_login() -> Refused:
    return Refused("InvalidCredentials", "Incorrect username or password.", 401)


def invalid_session() -> Refused:
    return Refused("InvalidSessionToken", "Session token provided is invalid.", 401)


def account_locked() -> Refused:
    return Refused("AccountLocked", "User account is locked.", 401)


def soap_off() -> Refused:
    return Refused("ApiDisabled", "The SOAP API is not enabled for this account. Turn it on in API Settings.", 403)


def address_barred(address: str) -> Refused:
    return Refused("AddressBarred", f"Access to the API from {address} is not allowed for this account.", 403)


def invalid(text: str) -> Refused:
    return Refused("InvalidRequest", text)


def missing(field: str) -> Refused:
    return Refused("MissingField", f"{field} is required.")


def unknown(what: str, key: object) -> Refused:
    return Refused("NotFound", f"There is no {what} {key}.", 404)


def taken(what: str, key: object) -> Refused:
    return Refused("Duplicate", f"{what} {key} is already in use.")


def archived(what: str, key: object) -> Refused:
    return Refused("Archived", f"{what} {key} is archived.")


def period_closed(until: str) -> Refused:
    return Refused("PeriodClosed", f"The accounting period up to {until} is closed.")


def vat_locked(until: str) -> Refused:
    return Refused("VatReturnLocked", f"The date falls into a VAT return that has been filed (up to {until}).")


def too_long(field: str, limit: int) -> Refused:
    """The words of the database under it, which the service passes on."""
    return Refused("TooLong", f"String or binary data would be truncated. ({field} holds {limit} characters.)")

"""SOAP operations on the company itself, customers and suppliers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sandbox.kashflow import parties, problems, rules
from sandbox.kashflow.company import Body, Company, Stored


def _details(company: Company, _args: Body) -> Body:
    registered = company.settings["vat_registered"]
    return {
        "CompanyName": company.name, "Address1": "1 Twin Street", "Address2": "Bristol", "Postcode": "BS1 1AA",
        "PrimaryEmail": f"{company.username}@example.org", "PrimaryContact": "The owner",
        "VatRegistered": "1" if registered else "0", "VatRegistrationNumber": company.settings["vat_number"], "PaymentTerms": 30,
        "CurrencySymbol": "£", "CurrencyPosition": "left", "UsDate": "0", "CurrencyId": rules.currency(company, None).id,
        "CurrencyName": company.home,
    }  # fmt: skip


def _registered(company: Company, _args: Body) -> bool:
    return bool(company.settings["vat_registered"])


def _all(kind: str) -> Callable[[Company, Body], list[Body]]:
    def listed(company: Company, _args: Body) -> list[Body]:
        return [parties.shown(company, stored) for stored in company.all(kind) if not stored.archived]

    return listed


def _found(company: Company, stored: Stored | None, kind: str, key: object) -> Body:
    if stored is None:
        raise problems.unknown(kind.lower(), key)
    return parties.shown(company, stored)


def _by_code(kind: str) -> Callable[[Company, Body], Body]:
    def found(company: Company, args: Body) -> Body:
        code = args[f"{kind}Code"] or ""
        return _found(company, company.coded(kind, code), kind, code)

    return found


def _by_id(kind: str) -> Callable[[Company, Body], Body]:
    def found(company: Company, args: Body) -> Body:
        return _found(company, company.find(kind, args[parties.KEYS[kind]]), kind, args[parties.KEYS[kind]])

    return found


def _by_email(company: Company, args: Body) -> Body:
    email = (args["CustomerEmail"] or "").casefold()
    found = company.all("Customer", "AND reference = ?", (email,)) if email else []
    return _found(company, found[0] if found else None, "Customer", email)


def _modified(company: Company, args: Body) -> list[Body]:
    found = company.all("Customer", "AND updated >= ?", (args["ModifiedSince"],))
    return [parties.shown(company, stored) for stored in found]


def _insert(kind: str, parameter: str) -> Callable[[Company, Body], int]:
    def inserted(company: Company, args: Body) -> int:
        return parties.save(company, kind, _sent(args, parameter)).id

    return inserted


def _update(kind: str, parameter: str, result: Any) -> Callable[[Company, Body], Any]:
    def updated(company: Company, args: Body) -> Any:
        sent = _sent(args, parameter)
        parties.save(company, kind, sent, company.need(kind, sent[parties.KEYS[kind]], kind.lower()))
        return result

    return updated


def _delete(kind: str) -> Callable[[Company, Body], int]:
    def deleted(company: Company, args: Body) -> int:
        parties.remove(company, company.need(kind, args[parties.KEYS[kind]], kind.lower()))
        return 1

    return deleted


def _sent(args: Body, parameter: str) -> Body:
    if args[parameter] is None:
        raise problems.missing(parameter)
    return dict(args[parameter])


HANDLERS: Final[dict[str, Callable[[Company, Body], Any]]] = {
    "GetCompanyDetails": _details,
    "isUserVATRegistered": _registered,
    "GetCustomers": _all("Customer"),
    "GetCustomer": _by_code("Customer"),
    "GetCustomerByID": _by_id("Customer"),
    "GetCustomerByEmail": _by_email,
    "GetCustomersModifiedSince": _modified,
    "InsertCustomer": _insert("Customer", "custr"),
    "UpdateCustomer": _update("Customer", "custr", "1"),
    "DeleteCustomer": _delete("Customer"),
    "GetSuppliers": _all("Supplier"),
    "GetSupplier": _by_code("Supplier"),
    "GetSupplierByID": _by_id("Supplier"),
    "InsertSupplier": _insert("Supplier", "supl"),
    "UpdateSupplier": _update("Supplier", "sup", None),
    "DeleteSupplier": _delete("Supplier"),
}

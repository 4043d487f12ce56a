"""Contacts: whom documents are made out to. A document that names a new one makes it."""

from __future__ import annotations

from typing import Any, Final

from sandbox.xero import chart
from sandbox.xero.books import Body, Books, Stored
from sandbox.xero.dates import moment
from sandbox.xero.errors import Invalid
from sandbox.xero.money import ZERO
from sandbox.xero.query import updated
from sandbox.xero.wire import flag

# xero_accounting.yaml Contact, with the longest text.
_LENGTHS: Final = {
    "Name": 255, "ContactNumber": 50, "AccountNumber": 50, "FirstName": 255, "LastName": 255, "CompanyNumber": 50,
    "EmailAddress": 255, "TaxNumber": 50, "BankAccountDetails": 255, "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50, "DefaultCurrency": 3, "SalesDefaultAccountCode": 10, "PurchasesDefaultAccountCode": 10,
}  # fmt: skip
_ADDRESSES: Final = ("STREET", "POBOX")
_PHONES: Final = ("DEFAULT", "DDI", "MOBILE", "FAX")
_ADDRESS_FIELDS: Final = (
    "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4", "City", "Region", "PostalCode", "Country", "AttentionTo",
)  # fmt: skip
_PHONE_FIELDS: Final = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode")
_PERSON_FIELDS: Final = ("FirstName", "LastName", "EmailAddress")


def find(books: Books, sent: Body) -> Stored | None:
    """By ContactID, else ContactNumber, else Name."""
    if sent.get("ContactID"):
        return books.find("Contact", sent["ContactID"])
    numbered = books.second("Contact", str(sent["ContactNumber"])) if sent.get("ContactNumber") else None
    return numbered or (books.labelled("Contact", str(sent["Name"])) if sent.get("Name") else None)


def resolve(books: Books, sent: Any) -> Stored:
    """The contact of a document, made if only its name is new. Raises Invalid."""
    if not isinstance(sent, dict) or not any(sent.get(name) for name in ("ContactID", "ContactNumber", "Name")):
        raise Invalid(
            "The Contact must contain at least 1 of the following elements to identify the contact: "
            "Name, ContactID, ContactNumber"
        )
    found = find(books, sent)
    if found is None:
        if not sent.get("Name"):
            raise Invalid("The contact could not be found")
        return write(books, {name: value for name, value in sent.items() if name != "ContactID"}, None, None)
    if found.status != "ACTIVE":
        raise Invalid(f"The contact '{found.body['Name']}' has been archived and cannot be used. Restore it first.")
    return found


def write(books: Books, sent: Body, old: Stored | None, options: Any) -> Stored:
    body = {**old.body} if old else {}
    for name, longest in _LENGTHS.items():
        if sent.get(name) is not None:
            body[name] = str(sent[name]).strip()
            if len(body[name]) > longest:
                raise Invalid(f"The {name} exceeds the maximum length of {longest} characters")
    if not body.get("Name"):
        raise Invalid("The contact name must be specified.")
    if not old:
        body |= {"IsSupplier": False, "IsCustomer": False}
    status = sent.get("ContactStatus") or (old.status if old else "ACTIVE")
    if status not in ("ACTIVE", "ARCHIVED"):
        raise Invalid("The contact status is not valid")
    _check_unique(books, body, old)
    if body.get("DefaultCurrency"):
        books.currency(body["DefaultCurrency"])
    _lists(body, sent)
    return books.save(
        "Contact", body, status=status, old=old, label=body["Name"], second=body.get("ContactNumber"), object_id=sent.get("_id")
    )


def _check_unique(books: Books, body: Body, old: Stored | None) -> None:
    named = books.labelled("Contact", body["Name"])
    if named and (not old or named.id != old.id):
        raise Invalid(
            f"The contact name {body['Name']} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )
    numbered = books.second("Contact", body["ContactNumber"]) if body.get("ContactNumber") else None
    if numbered and (not old or numbered.id != old.id):
        raise Invalid(f"The contact number {body['ContactNumber']} is already assigned to another contact.")


def _lists(body: Body, sent: Body) -> None:
    """Addresses and phones by their type, and the persons behind the contact."""
    for name, key, types, fields in (
        ("Addresses", "AddressType", _ADDRESSES, _ADDRESS_FIELDS), ("Phones", "PhoneType", _PHONES, _PHONE_FIELDS),
    ):  # fmt: skip
        given = {str(one.get(key)): one for one in sent.get(name) or [] if isinstance(one, dict)}
        if not set(given) <= set(types):
            raise Invalid(f"{key} is not valid")
        before = {one[key]: one for one in body.get(name, [])}
        empty = ("City", "Region", "PostalCode", "Country") if key == "AddressType" else fields
        body[name] = [
            {key: kind, **dict.fromkeys(empty, ""), **before.get(kind, {})}
            | {field: str(given[kind][field]) for field in fields if given.get(kind, {}).get(field) is not None}
            for kind in types
        ]
    if isinstance(sent.get("ContactPersons"), list):
        body["ContactPersons"] = [
            {field: str(one.get(field) or "") for field in _PERSON_FIELDS} | {"IncludeInEmails": flag(one.get("IncludeInEmails"))}
            for one in sent["ContactPersons"]
        ]


def show(books: Books, stored: Stored, full: bool, options: Any) -> Body:
    body = stored.body
    shown = {
        "ContactID": stored.id, "ContactStatus": stored.status, **{name: body[name] for name in _LENGTHS if body.get(name)},
        "Addresses": body["Addresses"], "Phones": body["Phones"], "ContactPersons": body.get("ContactPersons", []),
        "ContactGroups": [], "SalesTrackingCategories": [], "PurchasesTrackingCategories": [], "HasAttachments": False,
        "IsSupplier": body["IsSupplier"], "IsCustomer": body["IsCustomer"], "HasValidationErrors": False,
        "UpdatedDateUTC": moment(updated(stored)),
    }  # fmt: skip
    return shown | ({"Balances": _balances(books, stored)} if full else {})


def _balances(books: Books, contact: Stored) -> Body:
    """What the contact owes and is owed, in base currency."""
    found = {}
    for name, duty, sign in (("AccountsReceivable", chart.DEBTORS, 1), ("AccountsPayable", chart.CREDITORS, -1)):
        query = "SELECT coalesce(sum(base), 0) FROM xero_posting WHERE tenant = ? AND account = ? AND contact = ?"
        units = books.conn.execute(query, (books.tenant, chart.system(books, duty).id, contact.id)).fetchone()[0]
        found[name] = {"Outstanding": sign * books.units(units), "Overdue": ZERO}
    return found


def brief(books: Books, contact_id: str, full: bool) -> Body:
    """A contact inside a document: whole where the document is shown whole."""
    stored = books.need("Contact", contact_id)
    if full:
        shown = show(books, stored, False, None)
        return {name: value for name, value in shown.items() if name != "HasAttachments"}
    return {"ContactID": stored.id, "Name": stored.body["Name"], "ContactPersons": [], "HasValidationErrors": False}


def used(books: Books, contact: Stored, customer: bool) -> None:
    """The first sales document makes it a customer, the first bill a supplier."""
    field = "IsCustomer" if customer else "IsSupplier"
    if not contact.body[field]:
        body = {**contact.body, field: True}
        books.save("Contact", body, status=contact.status, old=contact, label=body["Name"], second=body.get("ContactNumber"))

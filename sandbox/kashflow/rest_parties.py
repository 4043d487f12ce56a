"""REST operations on customers, suppliers, notes and the company's details."""

from __future__ import annotations

from typing import Any, Final

from sandbox.kashflow import documents, parties, payments, problems, rules
from sandbox.kashflow.call import Answer, Call, Route, inside, listed, moment, paged
from sandbox.kashflow.company import Body, Company, Stored
from sandbox.kashflow.documents import PURCHASES, SALES, Side
from sandbox.kashflow.money import ZERO

# Our name of a field, REST's name of it.
_CONTACT: Final = (
    ("Contact", "Name"), ("ContactTitle", "Title"), ("ContactFirstName", "Firstname"), ("ContactLastName", "LastName"),
    ("Telephone", "Telephone"), ("Fax", "Fax"), ("Mobile", "Mobile"), ("Website", "Website"), ("Email", "Email"),
)  # fmt: skip
_ADDRESS: Final = (
    ("Address1", "Line1"), ("Address2", "Line2"), ("Address3", "Line3"), ("Address4", "Line4"), ("CountryCode", "CountryCode"),
)  # fmt: skip
_POSTCODE: Final = {"Customer": "Postcode", "Supplier": "PostCode"}
_SIDES: Final = {"Customer": SALES, "Supplier": PURCHASES}
_NOTED: Final = {"1": "Customer", "2": "Supplier", "3": "Invoice", "5": "Receipt"}


def currency(company: Company, code: str | None, exchange: Any = None) -> Body:
    stored = rules.currency(company, code)
    rate = exchange if exchange is not None else stored.body["ExchangeRate"]
    named = stored.body["CurrencyCode"]
    return {
        "Code": named, "Name": named, "Symbol": {"GBP": "£", "EUR": "€"}.get(named, named), "DisplaySymbolOnRight": False,
        "ExchangeRate": rate,
    }  # fmt: skip


def _taken_in(kind: str, sent: Body, company: Company) -> Body:
    """What REST sends, by the names of the SOAP types."""
    contacts, addresses = listed(sent.get("Contacts"), "Contacts"), listed(sent.get("Addresses"), "Addresses")
    contact: Body = next((one for one in contacts if one.get("IsPrimary")), contacts[0] if contacts else {})
    address: Body = addresses[0] if addresses else inside(sent, "Address")
    body = {name: contact[theirs] for name, theirs in _CONTACT if contact.get(theirs)}
    body |= {name: address[theirs] for name, theirs in _ADDRESS if address.get(theirs)}
    body |= {
        "Name": sent.get("Name"),
        "Code": sent.get("Code"),
        "Notes": sent.get("Note"),
        _POSTCODE[kind]: address.get("PostCode"),
    }
    body["VATNumber"] = sent.get("VATNumber") or sent.get("VatNumber")
    asked = inside(sent, "Currency").get("Code")
    body["CurrencyID"] = rules.currency(company, asked).id
    return {name: value for name, value in body.items() if value is not None}


def _brief(company: Company, stored: Stored) -> Body:
    side = _SIDES[stored.kind]
    found = company.all(side.kind, "AND parent = ?", (stored.id,))
    return {
        "Id": stored.id, "Code": stored.body["Code"], "Name": stored.body["Name"], "IsArchived": stored.archived,
        "TotalPaidAmount": sum((documents.paid(company, one) for one in found), ZERO),
        "OutstandingBalance": sum((payments.owed(company, one) for one in found), ZERO),
        **({"Currency": _currency(company, stored)} if stored.kind == "Customer" else {}),
    }  # fmt: skip


def _currency(company: Company, stored: Stored) -> Body:
    money = company.find("Currency", stored.body.get("CurrencyID") or 0)
    return currency(company, money.body["CurrencyCode"] if money else None)


def _whole(company: Company, stored: Stored) -> Body:
    body = stored.body
    contact = {theirs: body[name] for name, theirs in _CONTACT if body.get(name)}
    address = {theirs: body[name] for name, theirs in _ADDRESS if body.get(name)}
    address["PostCode"] = body.get(_POSTCODE[stored.kind], "")
    customer = stored.kind == "Customer"
    return {
        **_brief(company, stored), "Currency": _currency(company, stored), "Note": body.get("Notes", ""), "CreatedDate": moment(stored.created),
        "LastUpdatedDate": moment(stored.updated), "Contacts": [{"Id": stored.id, "IsPrimary": True, **contact}],
        ("VATNumber" if customer else "VatNumber"): body.get("VATNumber", ""),
        ("Addresses" if customer else "Address"): [address] if customer else address,
    }  # fmt: skip


def need(company: Company, kind: str, code: str) -> Stored:
    stored = company.coded(kind, code)
    if stored is None:
        raise problems.unknown(kind.lower(), code)
    return stored


def _list(kind: str) -> Route:
    def answered(call: Call) -> Answer:
        search = call.args.get("searchtext", "").casefold()
        found = [one for one in call.company.all(kind) if search in f"{one.body['Name']} {one.code}".casefold()]
        if call.args.get("filterarchived", "").lower() != "true":
            found = [one for one in found if not one.archived]
        return paged(call, found, lambda one: _brief(call.company, one))

    return answered


def _get(kind: str) -> Route:
    return lambda call: Answer(_whole(call.company, need(call.company, kind, call.holes["code"])))


def _create(kind: str, if_taken: str) -> Route:
    def answered(call: Call) -> Answer:
        sent = call.object()
        made = parties.save(call.company, kind, _taken_in(kind, sent, call.company), free_code=bool(sent.get(if_taken)))
        return Answer(_whole(call.company, made), 201)

    return answered


def _update(kind: str) -> Route:
    def answered(call: Call) -> Answer:
        old = need(call.company, kind, call.holes["code"])
        sent = _taken_in(kind, call.object(), call.company)
        return Answer(_whole(call.company, parties.save(call.company, kind, {**old.body, **sent}, old)))

    return answered


def _delete(kind: str) -> Route:
    def answered(call: Call) -> Answer:
        parties.remove(call.company, need(call.company, kind, call.holes["code"]))
        return Answer(None, 204)

    return answered


# Notes: customers and suppliers by code, documents by number.


def _noted(call: Call) -> Stored:
    kind = _NOTED.get(call.holes["objectType"])
    if kind is None:
        raise problems.unknown("object type", call.holes["objectType"])
    if kind in parties.KEYS:
        return need(call.company, kind, call.holes["objectNumber"])
    return need_document(call.company, documents.SIDES[kind], call.hole("objectNumber"))


def need_document(company: Company, side: Side, number: int) -> Stored:
    stored = company.numbered(side.kind, number)
    if stored is None:
        raise problems.unknown(side.kind.lower(), number)
    return stored


def _note(place: int, note: Stored) -> Body:
    return {"Number": place, "Text": note.body["Notes"], "Date": moment(note.created), "LastModifiedBy": "API"}


def _notes(call: Call) -> Answer:
    found = call.company.all("Note", "AND parent = ?", (_noted(call).id,))
    return Answer([_note(place, note) for place, note in enumerate(found, 1)])


def _add_note(call: Call) -> Answer:
    text = rules.text(call.object().get("Text"), "Text")
    if not text:
        raise problems.missing("Text")
    parent = _noted(call)
    made = call.company.insert("Note", {"Notes": text}, parent=parent.id, day=call.company.now.date().isoformat())
    return Answer(_note(len(call.company.all("Note", "AND parent = ?", (parent.id,))), made), 201)


def _details(call: Call) -> Answer:
    company, settings = call.company, call.company.settings
    return Answer({
        "Username": company.username, "CompanyName": company.name, "HomeCurrency": currency(company, None),
        "Contact": {"Name": "The owner", "Email": f"{company.username}@example.org"},
        "PaymentTerms": {"Type": "Days", "Days": 30}, "VATRegistered": settings["vat_registered"],
        "VATNumber": settings["vat_number"], "IsDemoAccount": False,
        "Address": {"Line1": "1 Twin Street", "Line2": "Bristol", "PostCode": "BS1 1AA", "CountryCode": "GB"},
    })  # fmt: skip


ROUTES: Final[dict[str, Route]] = {
    "GET /customers": _list("Customer"),
    "POST /customers": _create("Customer", "CreateCustomerCodeIfDuplicate"),
    "GET /customers/{code}": _get("Customer"),
    "PUT /customers/{code}": _update("Customer"),
    "DELETE /customers/{code}": _delete("Customer"),
    "GET /suppliers": _list("Supplier"),
    "POST /suppliers": _create("Supplier", "CreateSupplierCodeIfDuplicate"),
    "GET /suppliers/{code}": _get("Supplier"),
    "PUT /suppliers/{code}": _update("Supplier"),
    "DELETE /suppliers/{code}": _delete("Supplier"),
    "GET /{objectType}/{objectNumber}/notes": _notes,
    "POST /{objectType}/{objectNumber}/notes": _add_note,
    "GET /settings/companydetails": _details,
}

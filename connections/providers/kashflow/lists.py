"""The company's lists: reading them whole or by name, and adding accounts, products, customers and suppliers.

KashFlow takes a second customer or nominal of the same name without a word, so that what is there under a name is
looked for before anything is added, and again where an answer was lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from canonical.accounting import AccountType
from canonical.problems import Problem, declare
from connections.contracts import CompanyFacts, ItemSpec, PartySpec, ReferenceItem
from connections.errors import LOST, Failure, FailureKind

from . import faults, reference
from .client import Books
from .fields import ACCOUNT_NAME_LIMIT, ADDRESS_LIMIT, DESCRIPTION_LIMIT, NAME_LIMIT, Body, clean, nominal_of
from .finding import promised
from .reference import BLOCKS

NO_CODES_LEFT = declare(
    "kashflow.no_codes_left",
    "There is no free nominal code left between %(first)s and %(last)s for %(name)s.",
    "Delete nominals that you do not use in KashFlow, or choose an existing account in the mapping.",
)
_PARTIES = {
    "customer": ("GetCustomers", "InsertCustomer", "custr"),
    "supplier": ("GetSuppliers", "InsertSupplier", "supl"),
}


# ------------------------------------------------------------------ reading


def company(books: Books) -> CompanyFacts:
    """Facts over SOAP; which periods are closed and the country only REST tells, where there is a session."""
    details = books.one("GetCompanyDetails")
    if details is None:
        raise faults.malformed("the company's details are missing", writes=False)
    currencies = books.rows("GetCurrencies")
    periods = _periods(books) if books.has_session else []
    return promised(lambda: reference.company(details, currencies, reference.closed_until(periods), books.country))


def _periods(books: Books) -> Any:
    """Accounts without this part of the interface close no period that we could know of."""
    try:
        return books.look("GET /accountingperiods", "/accountingperiods")
    except Failure as failure:
        if failure.kind in (FailureKind.NOT_FOUND, FailureKind.REJECTED):
            return []
        raise


def pages(books: Books, kinds: Sequence[str]) -> Iterator[list[ReferenceItem]]:
    """All objects of these kinds; KashFlow tells no changes, so the lists always come whole."""
    for kind in kinds:
        yield from _READERS[kind](books)


def accounts(books: Books) -> list[ReferenceItem]:
    """The chart in order of codes, bank accounts among it."""
    banks = {int(row.get("AccountCode") or 0): row for row in books.rows("GetBankAccounts")}
    rows = sorted(books.rows("GetNominalCodesExtended"), key=lambda row: int(row.get("Code") or 0))
    return promised(lambda: [reference.account(row, banks) for row in rows])


def tax_codes(books: Books) -> list[ReferenceItem]:
    """By percent: of two rates of one percent, which a line could not tell apart, the first."""
    found = promised(lambda: [reference.tax_code(row) for row in books.rows("GetVATRates")])
    return list({item.external_id: item for item in reversed(found)}.values())[::-1]


def items(books: Books) -> Iterator[list[ReferenceItem]]:
    """Products are kept under the nominal that a sale of them books to."""
    for product in books.rows("GetProducts"):
        rows = books.rows("GetSubProducts", NominalID=int(product["ProductID"]))
        yield promised(lambda rows=rows: [reference.item(row) for row in rows])  # type: ignore[misc]


def parties(books: Books, kind: str) -> list[ReferenceItem]:
    currencies = _currencies(books)
    rows = books.rows(_PARTIES[kind][0])
    return promised(lambda: [reference.party(kind, row, currencies) for row in rows])


def _currencies(books: Books) -> dict[int, str]:
    return {int(row["CurrencyId"]): str(row.get("CurrencyCode") or "") for row in books.rows("GetCurrencies")}


def _company(books: Books) -> list[ReferenceItem]:
    details = books.one("GetCompanyDetails")
    return [reference.company_item(details)] if details else []


_READERS: Mapping[str, Callable[[Books], Iterator[list[ReferenceItem]]]] = {
    "account": lambda books: iter([accounts(books)]),
    "tax_code": lambda books: iter([tax_codes(books)]),
    "item": items,
    "customer": lambda books: iter([parties(books, "customer")]),
    "supplier": lambda books: iter([parties(books, "supplier")]),
    "currency": lambda books: iter([[reference.currency(row) for row in books.rows("GetCurrencies")]]),
    "company": lambda books: iter([_company(books)]),
}


def find_references(books: Books, kind: str, by: str, values: Sequence[str]) -> list[ReferenceItem]:
    """Whose name, e-mail or SKU is one of `values`, whatever its case. One question, or one a SKU."""
    wanted = {value.casefold() for value in values if value}
    if kind == "item" and by == "sku":
        rows = [row for value in dict.fromkeys(values) if value and (row := by_sku(books, value))]
        return promised(lambda: [reference.item(row) for row in rows])
    found = [item for page in pages(books, [kind]) for item in page]
    return [item for item in found if _said(item, by).casefold() in wanted]


def _said(item: ReferenceItem, by: str) -> str:
    return item.name if by == "name" else str(item.facts.get(by) or "")


def by_sku(books: Books, sku: str) -> Body | None:
    """The product as KashFlow keeps it; None where there is none."""
    found = books.one("GetSubProductByCode", ProductCode=clean(sku, NAME_LIMIT))
    return found if found and found.get("id") else None


# ------------------------------------------------------------------ adding


def create_account(books: Books, spec: Mapping[str, str]) -> ReferenceItem:
    """A nominal, or for clearing and banks a bank account; one of that name is taken over. `number` is a suggestion."""
    name = clean(spec["name"], ACCOUNT_NAME_LIMIT)
    there = accounts(books)
    known = _named(there, name)
    if known:
        return known
    kind = AccountType.BANK if spec.get("role") == "clearing" else AccountType(spec.get("type") or AccountType.EXPENSE)
    used = {int(item.facts["number"]) for item in there}

    def look() -> ReferenceItem | None:
        return _named(accounts(books), name)

    if kind is AccountType.BANK:
        code = _free(range(1200, 2000), spec.get("number") or "1250", used, name)
        _once(lambda: books.make("CreateBankAccount", AccountName=name, NominalCode=code), look)
        return _made(look(), name)  # its nominal has an id that the answer does not tell
    block = BLOCKS.get(kind, BLOCKS[AccountType.EXPENSE])
    code = _free(block.codes, spec.get("number", ""), used, name)
    place = {"classification": block.classification, "nomtype": block.nomtype}
    own = _once(lambda: books.make("InsertNominalCode", name=name, code=code, **place), look)
    row = {"id": own, "Code": code, "Name": name, "TypeID": block.classification, "ClassificationID": block.nomtype}
    return own if isinstance(own, ReferenceItem) else reference.account(row, {})


def _free(codes: range, asked: str, used: set[int], name: str) -> int:
    """The code asked for, where it is among those of its type and free; else the next one, from there on and round."""
    first = int(asked) if asked.isdigit() and int(asked) in codes else codes.start
    order: list[int] = [*range(first, codes.stop), *range(codes.start, first)]
    free = next((code for code in order if code not in used), None)
    if free is not None:
        return free
    problem = Problem(NO_CODES_LEFT, {"first": codes.start, "last": codes.stop - 1, "name": name})
    raise Failure(FailureKind.REJECTED, problem)


def create_party(books: Books, spec: PartySpec) -> ReferenceItem:
    """A customer or supplier; one of that name is taken over if it trades in the same currency."""
    kind, name = spec.kind, clean(" ".join(spec.name.split()), NAME_LIMIT)
    known = _party(books, kind, name, spec.currency)
    if known:
        return known
    _listing, operation, parameter = _PARTIES[kind]
    sent: dict[str, Any] = {"Name": name}
    if spec.email:
        sent["Email"] = clean(spec.email, NAME_LIMIT)
    sent |= {f"Address{place}": clean(line, ADDRESS_LIMIT) for place, line in enumerate(spec.address[:4], 1)}
    currencies = _currencies(books) if spec.currency else {}
    if spec.currency:
        ids = {code: own for own, code in currencies.items()}
        if spec.currency not in ids:
            raise faults.failure(f"Currency {spec.currency} is not set up for this account.", writes=True)
        sent["CurrencyID"] = ids[spec.currency]
    own = _once(lambda: books.make(operation, **{parameter: sent}), lambda: _party(books, kind, name, spec.currency))
    row = {**sent, "CustomerID" if kind == "customer" else "SupplierID": own}
    return own if isinstance(own, ReferenceItem) else reference.party(kind, row, currencies)


def _party(books: Books, kind: str, name: str, currency: str) -> ReferenceItem | None:
    same = [item for item in parties(books, kind) if item.name.casefold() == name.casefold()]
    fitting = [item for item in same if currency in ("", item.facts.get("currency"))]
    return fitting[0] if fitting else None


def create_item(books: Books, spec: ItemSpec) -> ReferenceItem:
    """A product sold without stock, under the nominal its sales book to; one of that SKU or name is taken over."""
    code, name = clean(spec.sku, NAME_LIMIT), clean(" ".join((spec.name or spec.sku).split()), NAME_LIMIT)

    def known() -> ReferenceItem | None:
        found = find_references(books, "item", "sku" if code else "name", [code or name])
        return found[0] if found else None

    there = known()
    if there:
        return there
    sent: dict[str, Any] = {"ParentID": nominal_of(spec.account), "Name": name, "Code": code}
    sent["Description"] = clean(spec.description, DESCRIPTION_LIMIT)
    if spec.price is not None:
        sent["Price"] = spec.price
    own = _once(lambda: books.make("AddOrUpdateSubProduct", sp=sent), known)
    return own if isinstance(own, ReferenceItem) else reference.item({"Price": 0, **sent, "id": own})


def _once(make: Callable[[], int], look: Callable[[], ReferenceItem | None]) -> int | ReferenceItem:
    """Add it: its id; where the answer was lost, what is there. Raises Failure where nothing is."""
    try:
        return make()
    except Failure as failure:
        found = look() if failure.kind in LOST else None
        if found is None:
            raise
        return found


def _named(items: Sequence[ReferenceItem], name: str) -> ReferenceItem | None:
    same = [item for item in items if item.name.casefold() == name.casefold()]
    return next(iter(sorted(same, key=lambda item: not item.active)), None)


def _made(item: ReferenceItem | None, name: str) -> ReferenceItem:
    if item is None:
        raise faults.malformed(f"{name} was added, but is not there", writes=True)
    return item

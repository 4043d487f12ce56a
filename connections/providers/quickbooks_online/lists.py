"""The company's lists: reading them whole or by name, and adding accounts, customers and items.

A name that is taken is not an error: the object that has it is what was asked for, unless it is of
another kind (a supplier by that name) or trades in another currency; then a name of its own is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from connections.contracts import ItemSpec, PartySpec, ReferenceItem
from connections.errors import Failure, FailureKind

from . import fields, reference
from .client import Body, Books, in_list, malformed, quoted
from .sales import EMAIL_LIMIT, address

T = TypeVar("T")

NAME_LIMIT = 100  # ledgers research 1.5: names of items; shorter than DisplayName may be, but it fits every form
SKU_LIMIT = 100
ASKED_AT_ONCE = 1500  # characters of values in one query: an address has room for a few thousand
_LABELS = {"customer": "DisplayName", "item": "Name", "account": "Name"}
_PROPERTIES = {("item", "sku"): "Sku", ("customer", "email"): "PrimaryEmailAddr"}
_ALL = " AND Active IN (true, false)"
_LOST = frozenset({FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED})


# ------------------------------------------------------------------ adding


def create_account(books: Books, spec: Mapping[str, str], request_id: str) -> ReferenceItem:
    """An account; one of that name is taken over."""
    names = {
        "name": "Name",
        "type": "AccountType",
        "subtype": "AccountSubType",
        "number": "AcctNum",
        "description": "Description",
    }
    body: dict[str, Any] = {names[key]: value for key, value in spec.items() if key in names and value}
    if spec.get("currency"):
        body["CurrencyRef"] = {"value": spec["currency"]}
    return _made(books, "account", body, request_id) or _named(books, "account", body["Name"])


def create_party(books: Books, spec: PartySpec, request_id: str) -> ReferenceItem:
    """A customer; one of that name is taken over if it trades in the same currency."""
    name = clean(spec.name)
    made = _made(books, "customer", _customer(spec, name), request_id)
    if made:
        return made
    holder = _holder(books, "customer", name)
    if holder and spec.currency in ("", holder.facts.get("currency")):
        return holder
    # The name belongs to a supplier or employee, or to a customer of another currency.
    other = f"{name[: NAME_LIMIT - 12]} ({spec.currency or 'customer'})"
    return _made(books, "customer", _customer(spec, other), f"{request_id[:48]}-2") or _named(books, "customer", other)


def _customer(spec: PartySpec, name: str) -> Body:
    body: dict[str, Any] = {"DisplayName": name}
    if spec.company:
        body["CompanyName"] = spec.company[:NAME_LIMIT]
    if 0 < len(spec.email) <= EMAIL_LIMIT:
        body["PrimaryEmailAddr"] = {"Address": spec.email}
    if spec.address:
        body["BillAddr"] = address(spec.address)
    if spec.currency:
        body["CurrencyRef"] = {"value": spec.currency}
    return body


def create_item(books: Books, spec: ItemSpec, request_id: str) -> ReferenceItem:
    """An item sold without stock: a product where it has a SKU, a service where not. One of that SKU or name is taken over."""
    if spec.sku:
        same = find_references(books, "item", "sku", [spec.sku])
        if same:
            return min(same, key=lambda item: (not item.active, len(item.external_id), item.external_id))
    name = clean(spec.name or spec.sku)
    body: dict[str, Any] = {
        "Name": name,
        "Type": "NonInventory" if spec.sku else "Service",
        "IncomeAccountRef": {"value": spec.account},
        "Taxable": spec.taxable,
    }
    if spec.price is not None:
        body["UnitPrice"] = spec.price
    if spec.sku:
        body["Sku"] = spec.sku[:SKU_LIMIT]
    if spec.description:
        body["Description"] = spec.description[: fields.TEXT_LIMIT]
    return _made(books, "item", body, request_id) or _named(books, "item", name)


def clean(name: str) -> str:
    """A name as the lists take it: no colon (it separates levels), no tab or line break, at most 100 characters."""
    return " ".join(name.replace(":", " ").split())[:NAME_LIMIT].strip() or "-"


def _made(books: Books, kind: str, body: Body, request_id: str) -> ReferenceItem | None:
    """The new object, or None when its name is taken or the answer was lost: then it is looked up."""
    try:
        made = books.write(reference.KINDS[kind], body, request_id).body
    except Failure as failure:
        if failure.kind is not FailureKind.DUPLICATE and failure.kind not in _LOST:
            raise
        if failure.kind in _LOST and _holder(books, kind, str(body[_LABELS[kind]])) is None:
            raise
        return None
    return items(kind, [made], {})[0]


def _named(books: Books, kind: str, name: str) -> ReferenceItem:
    """The object of that name. Raises Failure MALFORMED where there is none although the name is said to be taken."""
    holder = _holder(books, kind, name)
    if holder is None:
        raise malformed(f"the name {name} is taken, but no {kind} has it", "", writes=False)
    return holder


def _holder(books: Books, kind: str, name: str) -> ReferenceItem | None:
    """Who has a name. Names are taken whatever their case, while an exact question may miss one in another case."""
    found = find_references(books, kind, "name", [name])
    if not found:
        like = f" WHERE {_LABELS[kind]} LIKE {quoted(name)}{_ALL}"
        rows = [row for page in books.pages(reference.KINDS[kind], like) for row in page]
        same = [row for row in rows if str(row.get(_LABELS[kind]) or "").casefold() == name.casefold()]
        found = items(kind, same, {})
    return next(iter(sorted(found, key=lambda item: not item.active)), None)


# ------------------------------------------------------------------ looking up


def find_references(books: Books, kind: str, by: str, values: Sequence[str]) -> list[ReferenceItem]:
    """Objects, inactive ones too, whose name, SKU or e-mail is one of `values`: a query per some dozens of them."""
    name = _PROPERTIES.get((kind, by)) or _LABELS[kind]
    entity = reference.KINDS[kind]
    asked = [clean(value) if by == "name" else value for value in values if value]
    found: list[ReferenceItem] = []
    for some in _portions(list(dict.fromkeys(asked))):
        try:
            for rows in books.pages(entity, f" WHERE {name} IN {in_list(some)}{_ALL}"):
                found += items(kind, rows, {})
        except Failure as failure:
            if by == "email" and failure.provider_code == "4001":  # not a property one can ask for: nobody is known by it
                return []
            raise
    return found


def _portions(values: Sequence[str]) -> Iterator[list[str]]:
    portion: list[str] = []
    size = 0
    for value in values:
        if portion and size + len(value) > ASKED_AT_ONCE:
            yield portion
            portion, size = [], 0
        portion.append(value)
        size += len(value) + 4
    if portion:
        yield portion


# ------------------------------------------------------------------ reading whole lists


def whole(books: Books, kind: str) -> Iterator[list[ReferenceItem]]:
    """All objects of a list, inactive ones too, page by page."""
    rates = rates_by_id(books) if kind == "tax_code" else {}
    for rows in books.pages(reference.KINDS[kind], " WHERE Active IN (true, false)"):
        yield items(kind, rows, rates)


def items(kind: str, rows: Sequence[Body], rates: Mapping[str, Decimal]) -> list[ReferenceItem]:
    return promised(lambda: [reference.reference_item(kind, row, rates) for row in rows])


def tax_codes(books: Books, rates: Mapping[str, Decimal]) -> list[ReferenceItem]:
    pages = books.pages("TaxCode", " WHERE Active IN (true, false)")
    return [item for page in pages for item in items("tax_code", page, rates)]


def rates_by_id(books: Books) -> dict[str, Decimal]:
    """Percent by tax rate id."""
    rows = [row for page in books.pages("TaxRate", " WHERE Active IN (true, false)") for row in page]
    return promised(
        lambda: {str(row.get("Id")): fields.amount_of(row, "RateValue") for row in rows if row.get("RateValue") is not None}
    )


def promised(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash."""
    try:
        return make()
    except fields.Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong

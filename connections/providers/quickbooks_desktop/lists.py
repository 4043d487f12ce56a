"""The company file's lists: reading them whole or by name, and adding accounts, customers and items.

Short lists are asked for in one go, and their answer serves for each of them; customers and items come in portions. A
name that is taken is not an error: the entry that has it is what was asked for, unless it is of another kind (a
vendor by that name): then a name of its own is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar

from canonical.accounting import AccountType
from connections.contracts import CompanyFacts, ItemSpec, PartySpec, ReferenceItem
from connections.errors import Failure, FailureKind

from . import fields, inventory, names, qbxml, reference
from .client import PAGE, Books, malformed
from .qbxml import Element, Unreadable

T = TypeVar("T")
SHORT: Final = tuple(kind for kind in reference.KINDS if kind not in reference.ITERATED)
SKU_LIMIT: Final = 31  # qbXML operations 14.0: ManufacturerPartNumber
_ANY: Final = {"ActiveStatus": "All"}
_LIMITS: Final = {"account": names.ACCOUNT, "item": names.ITEM, "customer": names.CUSTOMER}


# ------------------------------------------------------------------ reading


def company(books: Books, fresh: timedelta) -> CompanyFacts:
    """What the file says of itself, at most so old."""
    questions = [qbxml.request(name, {}) for name in ("HostQueryRq", "CompanyQueryRq", "PreferencesQueryRq")]
    rows = {str(row.tag): row for row in books.read("company", questions, fresh=fresh).objects()}
    if "CompanyRet" not in rows or "PreferencesRet" not in rows:
        raise malformed("the company's own data is missing", "", writes=False)
    return promised(lambda: reference.company(rows.get("HostRet"), rows["CompanyRet"], rows["PreferencesRet"]))


def ask_ahead(books: Books) -> None:
    """Have every list fetched with the next visit; their answers wait here for whoever asks."""
    for kind in ("account", *reference.ITERATED):
        with suppress(Failure):
            whole(books, kind)


def whole(books: Books, kind: str) -> list[ReferenceItem]:
    """All entries of a list, inactive ones too."""
    if kind in reference.ITERATED:
        body = {"MaxReturned": PAGE, **_ANY}
        answered = books.whole(f"list.{kind}", qbxml.request(reference.QUERIES[kind], body, iterator="Start"))
    else:
        answered = books.read("lists", [_all_of(each) for each in SHORT])
    rows = [row for row in answered.objects() if reference.kind_of(row) == kind]
    return promised(lambda: [reference.item(row) for row in rows])


def _all_of(kind: str) -> bytes:
    return qbxml.request(reference.QUERIES[kind], {} if kind in reference.SINGLE else _ANY)


def find_references(books: Books, kind: str, by: str, values: Sequence[str]) -> list[ReferenceItem]:
    """Entries, inactive ones too, whose name or SKU is one of `values`. Nobody can be asked for by e-mail."""
    if by == "email" or not values:
        return []
    asked = sorted({names.fitting(value, _LIMITS[kind]) for value in values if value})
    answered = books.read(f"find.{kind}", [qbxml.request(reference.QUERIES[kind], {"FullName": asked})])
    rows = [row for row in answered.objects() if reference.kind_of(row) == kind]
    return promised(lambda: [reference.item(row) for row in rows])


def promised(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash."""
    try:
        return make()
    except Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong


# ------------------------------------------------------------------ adding


def create_account(books: Books, spec: Mapping[str, str], request_id: str) -> ReferenceItem:
    """An account (`name`, `type` in the house's words, `number`, `description`); one of that name is taken over."""
    body: dict[str, Any] = {
        "Name": names.fitting(spec["name"], names.ACCOUNT),
        "AccountType": reference.NATIVE_TYPES[AccountType(spec["type"]).value],
    }
    if spec.get("number"):
        body["AccountNumber"] = spec["number"][:7]
    if spec.get("description"):
        body["Desc"] = spec["description"][:200]
    return _made(books, "Account", body, request_id) or _named(books, "account", body["Name"])


def create_party(books: Books, spec: PartySpec, request_id: str) -> ReferenceItem:
    """A customer; one of that name is taken over. A name that a vendor or employee has gets a suffix."""
    name = names.fitting(spec.name, names.CUSTOMER)
    made = _made(books, "Customer", _customer(spec, name), request_id)
    holder = made or _holder(books, "customer", name)
    if holder is not None:
        return holder
    other = names.fitting(spec.name, names.CUSTOMER, " (customer)")
    return _made(books, "Customer", _customer(spec, other), f"{request_id}-2") or _named(books, "customer", other)


def _customer(spec: PartySpec, name: str) -> dict[str, Any]:
    return {
        "Name": name,
        **({"CompanyName": spec.company[: names.ADDRESS]} if spec.company else {}),
        **({"BillAddress": names.address(spec.address)} if spec.address else {}),
        **({"Email": spec.email[:1023]} if spec.email else {}),
    }


def create_item(books: Books, spec: ItemSpec, request_id: str) -> ReferenceItem:
    """An item: kept in stock where the accounts for it are named, else a part where it has a SKU, a service where not.
    One of that name is taken over. Raises ValueError for a price of more than five decimals."""
    stocked = bool(spec.cost_account and spec.asset_account)
    entity = "ItemInventory" if stocked else "ItemNonInventory" if spec.sku else "ItemService"
    name = names.fitting(spec.sku or spec.name, names.ITEM)
    text = (spec.description or spec.name)[: fields.TEXT_LIMIT]
    body: dict[str, Any] = {"Name": name}
    if spec.sku and len(spec.sku) <= SKU_LIMIT:
        body["ManufacturerPartNumber"] = spec.sku
    body |= inventory.stocked_item(spec, text) if stocked else {"SalesOrPurchase": _unstocked(spec, text)}
    return _made(books, entity, body, request_id) or _named(books, "item", name)


def _unstocked(spec: ItemSpec, text: str) -> dict[str, Any]:
    return {
        **({"Desc": text} if text else {}),
        **({"Price": fields.price(spec.price)} if spec.price is not None else {}),
        "AccountRef": fields.ref(spec.account),
    }


def _made(books: Books, entity: str, body: Mapping[str, Any], request_id: str) -> ReferenceItem | None:
    """The new entry, or None when its name is taken."""
    request = qbxml.request(f"{entity}AddRq", {f"{entity}Add": body})
    try:
        answer = books.write(f"{entity}.create", request, key=request_id)
    except Failure as failure:
        if failure.kind is FailureKind.UNKNOWN_OUTCOME:  # it stands there under its name, or it is asked for again
            kind = "item" if entity.startswith("Item") else entity.lower()
            return _holder(books, kind, str(body["Name"])) or _made(books, entity, body, f"{request_id}#")
        if failure.kind is not FailureKind.DUPLICATE:
            raise
        return None
    rows: list[Element] = list(qbxml.objects(answer))
    if not rows:
        raise malformed(f"{entity} was added, but is not shown", "", writes=True)
    return promised(lambda: reference.item(rows[0]))


def _named(books: Books, kind: str, name: str) -> ReferenceItem:
    """The entry of that name. Raises Failure MALFORMED where there is none although the name is said to be taken."""
    holder = _holder(books, kind, name)
    if holder is None:
        raise malformed(f"the name {name} is taken, but no {kind} has it", "", writes=False)
    return holder


def _holder(books: Books, kind: str, name: str) -> ReferenceItem | None:
    found = find_references(books, kind, "name", [name])
    return next(iter(sorted(found, key=lambda entry: not entry.active)), None)

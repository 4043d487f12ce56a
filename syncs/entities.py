"""What the ledger calls the things of a sale: its parties, the item of a SKU, the item of an account.

Looked up once and bound for good; made where there is none and the tenant wants that, at most one each,
because the ledger returns what it has under the same name. A person's own choice goes before all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import transaction

from canonical.accounting import AccountRef, ItemRef, PartyRef
from connections import reference
from connections.contracts import Door, ItemChange, ItemSpec, PartySpec, ReferenceItem, Target, UpdatesItems
from connections.models import Connection, ReferenceCopy
from syncs.models import Binding
from tenants.news import audit, publish

SKU, ACCOUNT, CUSTOMER, SUPPLIER = "item_of_sku", "item_of_account", "customer", "supplier"
_NAME_LIMIT = 100  # Finance.xsd, Item.Name; the longest that all ledgers take
_TOLD_APART_AT = 36  # with five characters more, the 41 of a customer in QuickBooks Desktop


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item of the ledger and the id of the income account it books to."""

    ref: ItemRef
    account: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger with its door open."""

    connection: Connection
    target: Target
    door: Door


def items_by_sku(ledger: Ledger, titles: Mapping[str, str], chosen: Mapping[str, str]) -> dict[str, FoundItem]:
    """The active items of these SKUs, as far as the ledger has them; `titles` by SKU, `chosen` item ids by SKU."""
    copies = _bound(ledger.connection, SKU, titles)
    copies |= _chosen(ledger.connection, {sku: key for sku, key in chosen.items() if sku in titles})
    unbound = [sku for sku in titles if sku not in copies]
    if unbound:
        copies |= _named_by_sku(ledger, unbound)
    return {sku: _found(copy) for sku, copy in copies.items() if copy.active}


def create_items(
    ledger: Ledger, titles: Mapping[str, str], account: AccountRef, prices: Mapping[str, Decimal] | None = None
) -> dict[str, FoundItem]:
    """New items, sold without stock, for SKUs that the ledger does not know; they book to `account`."""
    made = {}
    for sku, title in titles.items():
        spec = ItemSpec(name=_named(sku), sku=sku, account=account.key, description=title[:400], price=(prices or {}).get(sku))
        made[sku] = _found(_create_item(ledger, SKU, sku, spec))
    return made


def update_item(ledger: Ledger, change: ItemChange) -> bool:
    """Have the ledger's item say what `change` says; False where the ledger does not take it, or has no such item."""
    if not isinstance(ledger.target, UpdatesItems):
        return False
    item = ledger.target.update_item(ledger.door, ledger.connection.account(), change)
    if item is None:
        return False
    reference.remember(connection=ledger.connection, items=[item])
    return True


def service_items(ledger: Ledger, accounts: Iterable[AccountRef]) -> dict[str, ItemRef]:
    """By account id, the item of lines that are no product: shipping, discounts, tax."""
    wanted = {account.key: account for account in accounts}
    have = {key: copy for key, copy in _bound(ledger.connection, ACCOUNT, wanted).items() if copy.active}
    found = {key: ItemRef(copy.external_id, copy.name) for key, copy in have.items()}
    for key, account in wanted.items():
        if key not in found:
            spec = ItemSpec(name=_named(account.name), sku="", account=key, description=account.name)
            copy = _create_item(ledger, ACCOUNT, key, spec)
            found[key] = ItemRef(copy.external_id, copy.name)
    return found


def customer(ledger: Ledger, name: str, *, currency: str, email: str = "", address: tuple[str, ...] = ()) -> PartyRef:
    """The customer of that name, or e-mail where one is given; made when the ledger has none."""
    return _party(ledger, CUSTOMER, name, currency=currency, email=email, address=address)


def supplier(ledger: Ledger, name: str, *, currency: str) -> PartyRef:
    """The supplier of that name; made when the ledger has none."""
    return _party(ledger, SUPPLIER, name, currency=currency)


def known_party(connection: Connection, kind: str, name: str, *, currency: str, email: str = "") -> PartyRef | None:
    """The customer or supplier that is bound already; None where the ledger would have to be asked."""
    local = _local_party(name, currency, email)
    copy = _bound(connection, kind, [local]).get(local)
    return PartyRef(copy.external_id, copy.name) if copy is not None and copy.active else None


def _local_party(name: str, currency: str, email: str) -> str:
    return f"{email or name}|{currency}".casefold()[:200]


def _party(ledger: Ledger, kind: str, name: str, *, currency: str, email: str = "", address: tuple[str, ...] = ()) -> PartyRef:
    known = known_party(ledger.connection, kind, name, currency=currency, email=email)
    if known is not None:
        return known
    local = _local_party(name, currency, email)
    by, value = ("email", email) if email else ("name", name)
    matching = [each for each in _ask(ledger, kind, by, [value]) if each.active and _trades_in(each, currency, ledger)]
    if matching:
        found, origin = matching[0], "found"
    else:
        other = "" if currency == ledger.connection.home_currency else currency
        spec = PartySpec(name=_free_name(ledger, name, currency), email=email, currency=other, address=address, kind=kind)
        found = _create_party(ledger, spec, local)
        if email and _is_another(found, email):
            found = _create_party(ledger, replace(spec, name=_told_apart(spec.name, email)), f"{local}|told apart")
        reference.remember(connection=ledger.connection, items=[found])
        origin = "ours"
    _bind(ledger.connection, kind, local, found.external_id, origin)
    return PartyRef(found.external_id, found.name)


def _create_party(ledger: Ledger, spec: PartySpec, local: str) -> ReferenceItem:
    request_id = _request_id(ledger.connection, spec.kind, local)
    return ledger.target.create_party(ledger.door, ledger.connection.account(), spec, request_id=request_id)


def _is_another(found: ReferenceItem, email: str) -> bool:
    """Whether a ledger, where names are unique, gave somebody else of the same name."""
    theirs = str(found.facts.get("email") or "")
    return bool(theirs) and theirs.casefold() != email.casefold()


def _told_apart(name: str, email: str) -> str:
    """The name of the second person who bears it: short enough for every ledger, the same whenever it is asked for."""
    return f"{name[:_TOLD_APART_AT].rstrip()} {hashlib.sha256(email.casefold().encode()).hexdigest()[:4].upper()}"


def _free_name(ledger: Ledger, name: str, currency: str) -> str:
    """A party keeps one currency for life: those in another bear it in their name."""
    return name if currency == ledger.connection.home_currency else f"{name} {currency}"


def _trades_in(item: ReferenceItem, currency: str, ledger: Ledger) -> bool:
    return str(item.facts.get("currency") or ledger.connection.home_currency) == currency


# ------------------------------------------------------------------ finding


def _bound(connection: Connection, kind: str, local_refs: Iterable[str]) -> dict[str, ReferenceCopy]:
    bindings = Binding.objects.filter(
        connection=connection, kind=kind, local_ref__in=list(local_refs), tombstoned_at__isnull=True
    )
    theirs = {binding.external_id: binding.local_ref for binding in bindings}
    copies = ReferenceCopy.objects.filter(connection=connection, kind=_kind(kind), external_id__in=list(theirs))
    return {theirs[copy.external_id]: copy for copy in copies}


def _chosen(connection: Connection, chosen: Mapping[str, str]) -> dict[str, ReferenceCopy]:
    copies = ReferenceCopy.objects.filter(connection=connection, kind="item", external_id__in=list(chosen.values()))
    by_id = {copy.external_id: copy for copy in copies}
    return {sku: by_id[key] for sku, key in chosen.items() if key in by_id}


def _named_by_sku(ledger: Ledger, skus: list[str]) -> dict[str, ReferenceCopy]:
    """From the copy, then from the ledger itself in one question for all that are left."""
    connection = ledger.connection
    found = {
        str(copy.facts["sku"]): copy
        for copy in ReferenceCopy.objects.filter(connection=connection, kind="item", active=True, facts__sku__in=skus)
    }
    missing = [sku for sku in skus if sku not in found]
    asked = {str(item.facts.get("sku")): item for item in _ask(ledger, "item", "sku", missing) if item.active} if missing else {}
    if asked:
        ids = {item.external_id: sku for sku, item in asked.items()}
        copies = ReferenceCopy.objects.filter(connection=connection, kind="item", external_id__in=list(ids))
        found |= {ids[copy.external_id]: copy for copy in copies if ids[copy.external_id] in missing}
    for sku, copy in found.items():
        _bind(connection, SKU, sku, copy.external_id, "found")
    return found


def _ask(ledger: Ledger, kind: str, by: str, values: list[str]) -> list[ReferenceItem]:
    found = ledger.target.find_references(ledger.door, ledger.connection.account(), kind, by, values)
    reference.remember(connection=ledger.connection, items=found)
    return found


def _found(copy: ReferenceCopy) -> FoundItem:
    return FoundItem(ItemRef(copy.external_id, copy.name), str(copy.facts.get("account") or ""))


# ------------------------------------------------------------------ making


def _create_item(ledger: Ledger, kind: str, local_ref: str, spec: ItemSpec) -> ReferenceCopy:
    connection = ledger.connection
    request_id = _request_id(connection, kind, local_ref)
    made = ledger.target.create_item(ledger.door, connection.account(), spec, request_id=request_id)
    reference.remember(connection=connection, items=[made])
    _bind(connection, kind, local_ref, made.external_id, "ours")
    return ReferenceCopy.objects.get(connection=connection, kind="item", external_id=made.external_id)


@transaction.atomic
def _bind(connection: Connection, kind: str, local_ref: str, external_id: str, origin: str) -> None:
    """Write down that ours and theirs are the same; what was bound to either before is not any more."""
    same = Binding.objects.filter(connection=connection, kind=kind)
    if same.filter(local_ref=local_ref, external_id=external_id, tombstoned_at__isnull=True).exists():
        return
    same.filter(local_ref=local_ref).delete()
    same.filter(external_id=external_id).delete()
    binding = Binding.objects.create(
        connection=connection, kind=kind, local_ref=local_ref, external_id=external_id, origin=origin
    )
    if origin == "ours":
        audit("ledger.entity_created", binding, after={"kind": _kind(kind), "id": external_id})
        publish("ledger.entity_created", binding, kind=_kind(kind))


def _kind(kind: str) -> str:
    return kind if kind in (CUSTOMER, SUPPLIER) else "item"


def _named(text: str) -> str:
    """A name that every ledger takes: no colon, tab or line end, at most 100 characters."""
    clean = "".join(" " if letter in ":\t\r\n" else letter for letter in text).strip()
    return clean[:_NAME_LIMIT].strip()


def _request_id(connection: Connection, kind: str, local_ref: str) -> str:
    text = f"{connection.ledger_name}\x1f{kind}\x1f{local_ref}"
    return "tie-" + hashlib.sha256(text.encode()).hexdigest()[:32]

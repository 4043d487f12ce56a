"""Whom a settlement's documents name: the marketplace as the ledger's customer, and as the supplier of its fees.

Made in the ledger once, by the step that composes, and only after the integration was switched on: trying out
writes nothing. Until then a document names somebody without an id, which no ledger is ever sent.
"""

from __future__ import annotations

from collections.abc import Iterable

from canonical.accounting import AccountRef, AccountType, PartyRef
from connections import selectors as connection_selectors
from connections.contracts import Door, LedgerForms
from connections.models import Connection, ReferenceCopy
from connections.registry import provider
from reconciliation.engine import Parties, Shape
from reconciliation.models import Settlement
from syncs import entities
from syncs.models import Integration, LedgerDocument

SUPPLIER = "Amazon"


def parties_for(settlement: Settlement, integration: Integration, forms: LedgerForms) -> Parties | None:
    """Those of this settlement, as far as they are known; None where none of its documents names anybody."""
    ledger, currency = integration.ledger, settlement.currency
    if not _needed(settlement, integration, forms):
        return None
    customer = _known(ledger, entities.CUSTOMER, customer_name(settlement), currency)
    if integration.posting_shape == Shape.DOCUMENTS.value:
        return Parties(customer, _known(ledger, entities.SUPPLIER, SUPPLIER, currency))
    return Parties(customer, None, receivable(ledger, currency))


def ensure(settlement: Settlement, integration: Integration, door: Door) -> None:
    """See to it that the ledger has them: found by name, else made. Raises Failure; safe to repeat."""
    forms = connection_selectors.forms(integration.ledger)
    wanted = parties_for(settlement, integration, forms)
    target = provider(integration.ledger.provider).target
    if wanted is None or target is None:
        return
    ledger = entities.Ledger(integration.ledger, target, door)
    if not wanted.customer.key:
        entities.customer(ledger, customer_name(settlement), currency=settlement.currency)
    if wanted.supplier is not None and not wanted.supplier.key:
        entities.supplier(ledger, SUPPLIER, currency=settlement.currency)


def customer_name(settlement: Settlement) -> str:
    return settlement.marketplace or SUPPLIER


def unnamed(documents: Iterable[LedgerDocument]) -> bool:
    """Whether a planned document names somebody whom the ledger does not have yet."""
    said = [document.current_revision.canonical for document in documents if document.current_revision is not None]
    return any(party is not None and not party["key"] for each in said for party in (each.get("customer"), each.get("supplier")))


def receivable(ledger: Connection, currency: str) -> AccountRef | None:
    """The ledger's receivable account in a currency, the oldest where there are several.

    One that states no currency, or says that it takes every one, serves for all, as in ledgers that keep a single one.
    """
    accounts = ReferenceCopy.objects.filter(
        connection=ledger, kind="account", active=True, facts__type=AccountType.RECEIVABLE.value
    ).order_by("id")
    fitting = [
        copy for copy in accounts if copy.facts.get("every_currency") or str(copy.facts.get("currency") or currency) == currency
    ]
    return AccountRef(fitting[0].external_id, fitting[0].name) if fitting else None


def _needed(settlement: Settlement, integration: Integration, forms: LedgerForms) -> bool:
    """Sales, purchases and invoices name somebody; a journal's place is taken by an invoice where it cannot be in the currency."""
    if integration.posting_shape in (Shape.INVOICE.value, Shape.DOCUMENTS.value):
        return True
    abroad = settlement.currency != integration.ledger.home_currency
    return abroad and not forms.journal_currencies and Shape.INVOICE.value in forms.shapes


def _known(ledger: Connection, kind: str, name: str, currency: str) -> PartyRef:
    return entities.known_party(ledger, kind, name, currency=currency) or PartyRef("", name)

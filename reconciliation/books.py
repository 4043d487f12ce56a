"""From what a tenant decided (mapping, wizard, references) to the `Book` that composition takes.

The last impure step before the engine: everything read here is frozen into one value, so that the
same settlement under the same mapping version always gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef, TaxRef
from connections import selectors as connection_selectors
from connections.models import Connection, ReferenceCopy
from connections.registry import provider
from reconciliation import chain
from reconciliation.engine import (
    AccountRule,
    Book,
    Catalogue,
    Journals,
    LineCategory,
    PayoutState,
    Registration,
    Shape,
    SkuGroup,
    TaxScheme,
    Triple,
)
from reconciliation.models import Payout, PayoutSettlement, Settlement
from reconciliation.parties import parties_for
from syncs import mappings
from syncs.mapping.rules import KIND, ROLE, TRIPLE, Rule
from syncs.models import Integration, MappingVersion

# A transfer that never reached the bank leaves the money with Amazon.
_NOT_PAID = frozenset({"FAILED", "CANCELLED"})


def book_for(settlement: Settlement, integration: Integration, version: MappingVersion | None) -> Book:
    """Everything `compose` must know to post this settlement for this integration."""
    taxes = _tax_refs(integration.ledger)
    accounts = mappings.known_accounts(integration.ledger)
    options = integration.options
    forms = connection_selectors.forms(integration.ledger)
    return Book(
        accounts=tuple(_account_rule(rule, taxes) for rule in mappings.rules_of(version) if rule.account_id),
        payout_accounts={
            currency: AccountRef(account_id, accounts[account_id].name)
            for currency, account_id in options.get("payout_accounts", {}).items()
            if account_id in accounts and accounts[account_id].active
        },
        shape=Shape(integration.posting_shape),
        month_split=integration.split_months,
        timezone=integration.timezone,
        tax_schemes=_schemes(options.get("tax"), taxes),
        opening=chain.opening(settlement),
        payout_state=_payout_state(settlement),
        home_currency=integration.ledger.home_currency,
        home_marketplace=home_marketplace(settlement, integration),
        ledger_currencies=ledger_currencies(integration.ledger),
        per_marketplace=bool(options.get("per_marketplace", False)),
        dimensions={name: tuple(sorted(pairs.items())) for name, pairs in options.get("dimensions", {}).items()},
        card_on_own_date=bool(options.get("card_on_own_date", False)),
        consolidate=bool(options.get("consolidate", False)),
        sku_groups=sku_groups(options),
        journals=Journals(forms.journal_takes_bank, forms.journal_takes_tax, forms.journal_currencies),
        parties=parties_for(settlement, integration, forms),
        feed_receives=bool(options.get("feed_receives", False)),
    )


def order_book(integration: Integration, version: MappingVersion | None) -> Book:
    """As much of the book as orders and refunds need: accounts, taxes, tracking. Their money goes to clearing."""
    taxes, options = _tax_refs(integration.ledger), integration.options
    return Book(
        accounts=tuple(_account_rule(rule, taxes) for rule in mappings.rules_of(version) if rule.account_id),
        timezone=integration.timezone,
        tax_schemes=_schemes(options.get("tax"), taxes),
        home_currency=integration.ledger.home_currency,
        dimensions={name: tuple(sorted(pairs.items())) for name, pairs in options.get("dimensions", {}).items()},
        sku_groups=sku_groups(options),
        source=provider(integration.source.provider).info.name,
        methods=_method_accounts(integration),
    )


def _method_accounts(integration: Integration) -> dict[str, AccountRef]:
    """The accounts that a shop's methods of payment were given, as far as the ledger still has them."""
    given: Mapping[str, Mapping[str, str]] = (integration.options.get("orders") or {}).get("methods") or {}
    chosen = {method: paying["account"] for method, paying in given.items() if paying.get("account")}
    if not chosen:
        return {}
    accounts = mappings.known_accounts(integration.ledger)
    known = {method: accounts[key] for method, key in chosen.items() if key in accounts and accounts[key].active}
    return {method: AccountRef(account.external_id, account.name) for method, account in known.items()}


def sku_groups(options: Mapping[str, Any]) -> tuple[SkuGroup, ...]:
    """The families of products, by name: a SKU that fits several belongs to the first (the database keeps no order)."""
    given = options.get("sku_groups") or {}
    return tuple(SkuGroup(name, tuple(given[name])) for name in sorted(given, key=lambda name: (name.casefold(), name)))


def home_marketplace(settlement: Settlement, integration: Integration) -> str:
    """Whose tax rules hold for rows of the account as a whole, where no row of the file names a marketplace.

    A file of storage and advertising alone still has a currency: the taxed marketplace that pays out in
    it, when there is only one. "" leaves it to the rows.
    """
    if settlement.marketplace:
        return ""
    taxed = {str(answer["marketplace"]).casefold() for answer in integration.options.get("tax") or ()}
    listed = integration.source.facts.get("marketplaces", [])
    names = {str(each["name"]) for each in listed if each["currency"] == settlement.currency}
    fitting = [name for name in names if name.casefold() in taxed]
    return fitting[0] if len(fitting) == 1 else ""


def reading_book(integration: Integration) -> Book:
    """As much of the book as decides how rows are added up: known before there is a settlement."""
    answers = integration.options.get("tax")
    schemes = None if answers is None else _schemes(answers, _tax_refs(integration.ledger))
    return Book(timezone=integration.timezone, tax_schemes=schemes)


def ledger_currencies(ledger: Connection) -> frozenset[str]:
    """What the ledger can post in: its own currency and, with several switched on, each it has an account in."""
    company = ledger.facts.get("company", {})
    home = str(company.get("home_currency") or ledger.home_currency)
    if not company.get("multicurrency"):
        return frozenset({home})
    kept = ReferenceCopy.objects.filter(connection=ledger, kind="account", active=True).values_list("facts__currency", flat=True)
    return frozenset({home, *(str(currency) for currency in kept.distinct() if currency)})


def catalogue_for(version: MappingVersion | None) -> Catalogue:
    """The shipped catalogue plus what the tenant decided about rows it does not know."""
    decided = {
        Triple(*rule.target.triple_parts()): LineCategory(rule.treat_as)
        for rule in mappings.rules_of(version)
        if rule.target.of == TRIPLE and rule.treat_as
    }
    return Catalogue(overrides=decided)


def payouts_of(settlement: Settlement) -> list[Payout]:
    ids = PayoutSettlement.objects.filter(source_id=settlement.source_id, settlement_id=settlement.settlement_id).values_list(
        "payout_id", flat=True
    )
    return list(Payout.objects.filter(pk__in=list(ids), currency=settlement.currency).order_by("id"))


def _payout_state(settlement: Settlement) -> PayoutState:
    statuses = {payout.status for payout in payouts_of(settlement)}
    return PayoutState.FAILED if statuses and statuses <= _NOT_PAID else PayoutState.EXPECTED


def _account_rule(rule: Rule, taxes: Mapping[str, TaxRef]) -> AccountRule:
    target = rule.target
    return AccountRule(
        account=AccountRef(rule.account_id, rule.account_name or rule.account_id),
        role=target.name if target.of == ROLE else "",
        kind=target.name if target.of == KIND else "",
        triple=Triple(*target.triple_parts()) if target.of == TRIPLE else None,
        marketplace=rule.marketplace,
        tax=taxes.get(rule.tax_code_id),
        dimensions=rule.dimensions,
        sku_group=rule.sku_group,
    )


def _tax_refs(ledger: Connection) -> dict[str, TaxRef]:
    """The ledger's active tax codes by id. A code's rate may differ for sales and purchases; facts say both."""
    found = ReferenceCopy.objects.filter(connection=ledger, kind="tax_code", active=True)
    return {ref.external_id: _tax_ref(ref, "sales") for ref in found} | {
        f"{ref.external_id}:purchase": _tax_ref(ref, "purchase") for ref in found
    }


def _tax_ref(ref: ReferenceCopy, side: str) -> TaxRef:
    rate = ref.facts.get("sales_rate" if side == "sales" else "purchase_rate")
    return TaxRef(key=ref.external_id, name=ref.name, rate=Decimal(str(rate or 0)), applies_on=side)


def _schemes(answers: Iterable[Mapping[str, Any]] | None, taxes: Mapping[str, TaxRef]) -> tuple[TaxScheme, ...] | None:
    """The wizard's tax answers, one a marketplace and period; None where the ledger keeps no VAT."""
    if answers is None:
        return None
    return tuple(
        TaxScheme(
            marketplace=str(answer["marketplace"]),
            registration=Registration(answer["registration"]),
            starts_on=_day(answer.get("starts_on")) or date.min,
            ends_on=_day(answer.get("ends_on")),
            sales=taxes.get(str(answer.get("sales", ""))),
            purchases=taxes.get(f"{answer.get('purchases', '')}:purchase"),
            zero=taxes.get(str(answer.get("zero", ""))),
            none=taxes.get(str(answer.get("none", ""))),
            reverse=taxes.get(f"{answer.get('reverse', '')}:purchase"),
        )
        for answer in answers
    )


def _day(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None

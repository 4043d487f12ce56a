"""What source and ledger say of themselves, read once for a page of the wizard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from connections import selectors
from connections.contracts import CompanyFacts, LedgerForms
from connections.models import ReferenceCopy
from connections.reference import company_of
from reconciliation import books, setup
from reconciliation.engine import Shape, is_marketplace
from reconciliation.engine.chart import ChartAccount
from reconciliation.wizard import roles, taxes, validate
from syncs import mappings
from syncs.mapping.rules import ROLE, Rule
from syncs.mapping.validate import KnownAccount
from syncs.models import Integration, MappingVersion

EVERY_STORE = "*"


@dataclass(frozen=True, slots=True)
class Store:
    """One marketplace of the source. `name` is what settlement files call it."""

    id: str
    name: str
    country: str
    currency: str
    open: bool


class Known:
    """Facts for one integration. Reads are made when first asked for, once each."""

    def __init__(self, integration: Integration) -> None:
        self.integration = integration
        self.ledger = integration.ledger
        self.source = integration.source

    # ---------------------------------------------------------------- the source

    @cached_property
    def stores(self) -> list[Store]:
        """The seller's stores, those open for him first."""
        listed = [_store(entry) for entry in self.source.facts.get("marketplaces", [])]
        real = [store for store in listed if is_marketplace(store.name)]
        return sorted(real, key=lambda store: (not store.open, store.name))

    @cached_property
    def chosen(self) -> list[Store]:
        """The stores in scope."""
        return in_scope(self.stores, self.integration.marketplace_scope)

    @property
    def currencies(self) -> list[str]:
        """The currencies that payouts of the chosen stores come in, the ledger's own first."""
        found = {store.currency for store in self.chosen if store.currency} or {self.home}
        return sorted(found, key=lambda currency: (currency != self.home, currency))

    @cached_property
    def taken(self) -> dict[str, str]:
        """Store ids that another integration of the same source carries, and its name."""
        others = Integration.objects.filter(source=self.source).exclude(pk=self.integration.pk)
        return {
            store.id: other.name
            for other in others.exclude(wizard_step="", state=Integration.State.SETTING_UP)
            for store in in_scope(self.stores, other.marketplace_scope)
        }

    # ---------------------------------------------------------------- the ledger

    @cached_property
    def company(self) -> CompanyFacts | None:
        """None until the ledger has been read for the first time."""
        return company_of(self.ledger)

    @property
    def home(self) -> str:
        return self.company.home_currency if self.company else self.ledger.home_currency

    @property
    def keeps_vat(self) -> bool:
        """Whether lines carry tax codes (VAT, GST); in the United States they do not."""
        return self.company is not None and self.company.sales_tax == "codes"

    @cached_property
    def forms(self) -> LedgerForms:
        """What its books can be told."""
        return selectors.forms(self.ledger)

    @property
    def banks(self) -> bool:
        """Whether lines may stand on accounts of money."""
        return self.forms.journal_takes_bank and Shape.DOCUMENTS.value not in self.forms.shapes

    @cached_property
    def chart(self) -> dict[str, ChartAccount]:
        """The default account of each role as this ledger has it."""
        return {account.role.value: account for account in setup.chart_of(self.ledger)}

    @cached_property
    def needed(self) -> list[ChartAccount]:
        """The default accounts of the roles that entries may need, in the chart's order."""
        return [self.chart[role] for role in setup.needed(self.ledger)]

    @cached_property
    def ledger_currencies(self) -> frozenset[str]:
        return books.ledger_currencies(self.ledger)

    @cached_property
    def accounts(self) -> dict[str, KnownAccount]:
        return mappings.known_accounts(self.ledger)

    @cached_property
    def offered(self) -> list[KnownAccount]:
        """Active accounts that lines may stand on, without those the ledger keeps for itself."""
        system = {
            row.external_id for row in self.references("account") if str(row.facts.get("subtype", "")) in roles.SYSTEM_SUBTYPES
        }
        usable = [
            known for known in self.accounts.values() if known.active and not known.system and known.external_id not in system
        ]
        return sorted(usable, key=lambda known: known.name.casefold())

    @cached_property
    def tax_codes(self) -> list[taxes.Code]:
        rows = [row for row in self.references("tax_code") if not row.facts.get("hidden")]
        return [
            taxes.Code(row.external_id, row.name, _rate(row.facts.get("sales_rate")), _rate(row.facts.get("purchase_rate")))
            for row in rows
        ]

    def references(self, kind: str) -> list[ReferenceCopy]:
        return list(selectors.references(connection=self.ledger, kind=kind))

    @property
    def tracked(self) -> list[str]:
        """What the company tracks besides accounts: "class", "department"."""
        if self.company is None:
            return []
        pairs = (("class", self.company.classes), ("department", self.company.departments))
        return [kind for kind, on in pairs if on]

    @cached_property
    def checks(self) -> validate.Ledger:
        """The ledger as the answers are checked against it."""
        return validate.Ledger(
            accounts=self.accounts,
            home=self.home,
            currencies=self.ledger_currencies,
            tax_codes=frozenset(code.id for code in self.tax_codes),
            keeps_vat=self.keeps_vat,
            close_date=self.company.close_date if self.company else None,
            dimensions={kind: {row.external_id for row in self.references(kind)} for kind in self.tracked},
            chart=self.chart,
            banks=self.banks,
        )

    # ---------------------------------------------------------------- the mapping

    @cached_property
    def published(self) -> MappingVersion | None:
        return mappings.published_version(self.integration.mapping_set)

    @cached_property
    def mapped_roles(self) -> dict[str, Rule]:
        """Each role's rule for all marketplaces, currencies and products, from the draft where there is one."""
        rules = rules_now(self.integration)
        return {rule.target.name: rule for rule in rules if rule.target.of == ROLE and rule.is_general}

    @property
    def is_mapped(self) -> bool:
        """Whether a published mapping covers every role that an entry may need."""
        live = {rule.target.name for rule in mappings.rules_of(self.published) if rule.target.of == ROLE and not rule.sku_group}
        return self.published is not None and live.issuperset(account.role.value for account in self.needed)


def rules_now(integration: Integration) -> list[Rule]:
    """The draft's rules, else the published ones."""
    draft = MappingVersion.objects.filter(mapping_set=integration.mapping_set, state=MappingVersion.State.DRAFT).first()
    return mappings.rules_of(draft or mappings.published_version(integration.mapping_set))


def in_scope(stores: Iterable[Store], scope: str) -> list[Store]:
    wanted = {part.strip() for part in scope.split(",")}
    return [store for store in stores if scope == EVERY_STORE or store.id in wanted]


def _store(entry: Mapping[str, Any]) -> Store:
    return Store(
        id=str(entry.get("id", "")),
        name=str(entry.get("name", "")),
        country=str(entry.get("country", "")),
        currency=str(entry.get("currency", "")),
        open=bool(entry.get("participating", True)),
    )


def _rate(text: Any) -> Decimal | None:
    return Decimal(str(text)) if text not in (None, "") else None

"""The questions about a shop: as what its orders are booked, where each way of paying leads, what its own fields become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from canonical.accounting import AccountType
from connections.contracts import UpdatesItems
from connections.models import ReferenceCopy
from connections.registry import provider
from reconciliation.models import Order
from reconciliation.orders.policy import MEMO, TRACKED, Customers, Discounts, DocumentChoice, UnknownSkus, When, settings_of
from syncs.models import Integration

RECENT, MOST = 60, 30
MONEY = (AccountType.OTHER_CURRENT_ASSET.value, AccountType.BANK.value)

_DOCUMENTS = (
    (DocumentChoice.BY_TERMS.value, _("Paid: sales receipt · not paid yet: invoice, with its payments when they come")),
    (DocumentChoice.INVOICE.value, _("Always an invoice, with its payments")),
    (DocumentChoice.RECEIPT.value, _("Always a sales receipt")),
)
_WHEN = (
    (When.PLACED.value, _("As soon as it is placed and paid, or trusted with the goods")),
    (When.SHIPPED.value, _("When it is shipped")),
)
_CUSTOMERS = (
    (Customers.BUYER.value, _("A customer for each buyer, by e-mail or name")),
    (Customers.GENERIC.value, _("One customer a store view; nothing is kept about buyers")),
)
_SKUS = (
    (UnknownSkus.CREATE.value, _("Create an item for it, sold without stock")),
    (UnknownSkus.HOLD.value, _("Hold the order until somebody chooses an item")),
)
_DISCOUNTS = (
    (Discounts.LINES.value, _("As lines of their own")),
    (Discounts.PRICES.value, _("Taken off the prices they belong to")),
)
_TARGETS = (("", _("Not used")), (MEMO, _("In the memo")), *((kind, _("Tracked by it: %s") % kind) for kind in TRACKED))


class ShopForm(forms.Form):
    """One form for `options["orders"]` of a shop. Methods of payment and fields are those that its orders have named."""

    document = forms.ChoiceField(label=_("As which document"), choices=_DOCUMENTS)
    when = forms.ChoiceField(label=_("When"), choices=_WHEN)
    customers = forms.ChoiceField(label=_("On which customer"), choices=_CUSTOMERS)
    unknown_skus = forms.ChoiceField(label=_("A SKU that the ledger does not know"), choices=_SKUS)
    discounts = forms.ChoiceField(label=_("Discounts"), choices=_DISCOUNTS)
    due_days = forms.IntegerField(label=_("Days until an invoice is due"), min_value=0, max_value=365)
    comment = forms.BooleanField(
        label=_("Write a comment on the order when it is posted"), required=False,
        help_text=_("The integration needs the right Magento_Sales::comment. Customers are not told."),
    )  # fmt: skip

    update_items = forms.BooleanField(
        label=_("Write the shop's names and prices over those of the ledger's items"), required=False,
        help_text=_("Only with the product master, and only products whose SKU the ledger has."),
    )  # fmt: skip

    def __init__(self, integration: Integration, data: Any = None) -> None:
        self.kept = settings_of(integration)
        super().__init__(data, initial=_start(self.kept))
        if not isinstance(provider(integration.ledger.provider).target, UpdatesItems):
            del self.fields["update_items"]
        self.methods = methods_of(integration, self.kept)
        self.attributes = attributes_of(integration, self.kept)
        accounts, ways = _accounts(integration), _ways(integration)
        for method in self.methods:
            chosen = (self.kept.get("methods") or {}).get(method, {})
            self.fields[f"account:{method}"] = _choice(accounts, _("Clearing, as the rest"), chosen.get("account", ""))
            self.fields[f"method:{method}"] = _choice(ways, _("Of the same name"), chosen.get("method", ""))
        targets = {one["from"]: one["to"] for one in self.kept.get("attributes") or ()}
        for name in self.attributes:
            self.fields[f"field:{name}"] = forms.ChoiceField(choices=_TARGETS, required=False, initial=targets.get(name, ""))

    def rows(self) -> list[tuple[str, Any, Any]]:
        """(method of payment, its account's question, its name's question)."""
        return [(method, self[f"account:{method}"], self[f"method:{method}"]) for method in self.methods]

    def used(self) -> list[tuple[str, Any]]:
        return [(name, self[f"field:{name}"]) for name in self.attributes]

    def plain(self) -> list[Any]:
        """The questions that are not rows of a table."""
        return [self[name] for name in self.fields if ":" not in name]

    def settings(self) -> dict[str, Any]:
        """The decisions as they are kept."""
        good = self.cleaned_data
        names = ("document", "when", "customers", "unknown_skus", "discounts", "due_days")
        said = {method: _said(good[f"account:{method}"], good[f"method:{method}"]) for method in self.methods}
        fields = [{"from": name, "to": good[f"field:{name}"]} for name in self.attributes if good[f"field:{name}"]]
        return {
            **self.kept,
            **{name: good[name] for name in names},
            "methods": {method: paying for method, paying in said.items() if paying},
            "attributes": fields,
            "comment": {**(self.kept.get("comment") or {})} or {"status": ""} if good["comment"] else None,
            "update_items": good.get("update_items", False),
        }


def methods_of(integration: Integration, kept: Mapping[str, Any]) -> list[str]:
    """Ways of paying that orders have named, and those that were decided about."""
    named = (
        Order.objects.filter(integration=integration).exclude(method="").order_by().values_list("method", flat=True).distinct()
    )
    return sorted({*named[:MOST], *(kept.get("methods") or {})})


def attributes_of(integration: Integration, kept: Mapping[str, Any]) -> list[str]:
    """The shop's own fields in its latest orders, and those that are used."""
    bodies = Order.objects.filter(integration=integration).order_by("-id").values_list("record__body", flat=True)[:RECENT]
    named = {name for body in bodies for name in body.get("shop", {}).get("attributes", {})}
    return sorted({*sorted(named)[:MOST], *(one["from"] for one in kept.get("attributes") or ())})


def _said(account: str, method: str) -> dict[str, str]:
    return {name: value for name, value in (("account", account), ("method", method)) if value}


def _start(kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "document": kept.get("document", DocumentChoice.BY_TERMS.value),
        "when": kept.get("when", When.PLACED.value),
        "customers": kept.get("customers", Customers.BUYER.value),
        "unknown_skus": kept.get("unknown_skus", UnknownSkus.CREATE.value),
        "discounts": kept.get("discounts", Discounts.LINES.value),
        "due_days": kept.get("due_days", 30),
        "comment": bool(kept.get("comment")),
        "update_items": bool(kept.get("update_items")),
    }


def _accounts(integration: Integration) -> list[tuple[str, str]]:
    rows = ReferenceCopy.objects.filter(connection=integration.ledger, kind="account", active=True, facts__type__in=MONEY)
    return [(row.external_id, row.name) for row in rows.order_by("name")]


def _ways(integration: Integration) -> list[tuple[str, str]]:
    rows = ReferenceCopy.objects.filter(connection=integration.ledger, kind="payment_method", active=True).order_by("name")
    return [(row.external_id, row.name) for row in rows]


def _choice(choices: Sequence[tuple[str, str]], none: Any, chosen: str) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[("", none), *choices], required=False, initial=chosen)

"""The questions about orders: whether each is posted by itself, as what, when, on whom."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from canonical.accounting import DocumentType
from canonical.commerce import OrderStatus
from reconciliation.orders.policy import Customers, DocumentChoice, UnknownSkus, When

_EACH = (
    ("", _("Keep orders, post settlements only")),
    ("each", _("Post every order and refund by itself, against Amazon Clearing")),
)
_DOCUMENTS = (
    (DocumentChoice.BY_TERMS.value, _("Paid at once: sales receipt · on credit terms: invoice")),
    (DocumentChoice.BY_CHANNEL.value, _("Sent by Amazon: sales receipt · sent by you: invoice")),
    (DocumentChoice.RECEIPT.value, _("Always a sales receipt")),
    (DocumentChoice.INVOICE.value, _("Always an invoice, paid by its settlement")),
)
_ALL = frozenset(DocumentType)
# The same in a ledger without sales receipts: what was paid is an invoice all the same, and is paid at once.
_INVOICES = (
    (DocumentChoice.BY_TERMS.value, _("An invoice. Paid at once: with its payment · on credit terms: paid by its settlement")),
    (DocumentChoice.BY_CHANNEL.value, _("An invoice. Sent by Amazon: with its payment · sent by you: paid by its settlement")),
    (DocumentChoice.RECEIPT.value, _("Always an invoice with its payment")),
    (DocumentChoice.INVOICE.value, _("Always an invoice, paid by its settlement")),
)
_WHEN = (
    (When.SHIPPED.value, _("When it is shipped")),
    (When.PLACED.value, _("As soon as it is placed and paid")),
    (When.SETTLED.value, _("When its settlement arrives")),
)
_CUSTOMERS = (
    (Customers.GENERIC.value, _("One customer a marketplace; nothing is asked about buyers")),
    (Customers.BUYER.value, _("A customer for each buyer; name and address are then asked of Amazon")),
)
_SKUS = (
    (UnknownSkus.CREATE.value, _("Create an item for it, sold without stock")),
    (UnknownSkus.HOLD.value, _("Hold the order until somebody chooses an item")),
)
_MEANINGS = tuple(
    (status.value, status.value.replace("_", " ").capitalize()) for status in OrderStatus if status is not OrderStatus.UNKNOWN
)


def _documents(takes: Collection[DocumentType]) -> Sequence[tuple[str, Any]]:
    """What may be said of the document, in the words of what the ledger has."""
    if DocumentType.SALES_RECEIPT not in takes:
        return _INVOICES
    return _DOCUMENTS if DocumentType.INVOICE in takes else _DOCUMENTS[2:3]


class OrderSettingsForm(forms.Form):
    """One form for `options["orders"]`; what it does not ask (chosen items, meanings of words) it leaves alone."""

    each = forms.ChoiceField(label=_("Orders"), choices=_EACH, required=False)
    document = forms.ChoiceField(label=_("As which document"), choices=_DOCUMENTS)
    when = forms.ChoiceField(label=_("When"), choices=_WHEN)
    customers = forms.ChoiceField(label=_("On which customer"), choices=_CUSTOMERS)
    unknown_skus = forms.ChoiceField(label=_("A SKU that the ledger does not know"), choices=_SKUS)
    tolerance = forms.DecimalField(
        label=_("Residual that goes to rounding"), min_value=Decimal(0), max_value=Decimal(5), max_digits=4, decimal_places=2,
        help_text=_("What is left of a closed order, up to this amount, goes to Amazon Rounding; more is held for you."),
    )  # fmt: skip
    closes_after_days = forms.IntegerField(
        label=_("Days without rows until an order is closed"), min_value=0, max_value=365,
        help_text=_("Refunds may come for weeks; 45 days is usual."),
    )  # fmt: skip

    @classmethod
    def of(cls, settings: Mapping[str, Any], data: Any = None, *, takes: Collection[DocumentType] = _ALL) -> OrderSettingsForm:
        """The form with the answers so far; `takes` are the documents of the ledger."""
        start = {
            "each": "each" if settings.get("each") else "",
            "document": settings.get("document", _documents(takes)[0][0]),
            "when": settings.get("when", When.SHIPPED.value),
            "customers": settings.get("customers", Customers.GENERIC.value),
            "unknown_skus": settings.get("unknown_skus", UnknownSkus.CREATE.value),
            "tolerance": settings.get("tolerance", "0.05"),
            "closes_after_days": settings.get("closes_after_days", 45),
        }
        form = cls(data, initial=start)
        form.fields["document"].choices = _documents(takes)  # type: ignore[attr-defined]
        return form

    def settings(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The decisions as they are kept."""
        good = dict(self.cleaned_data)
        return {**before, **good, "each": bool(good["each"]), "tolerance": f"{good['tolerance']:f}"}


class BackFillForm(forms.Form):
    since = forms.DateField(label=_("Read orders from"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean_since(self) -> date:
        day: date = self.cleaned_data["since"]
        if day > date.today():  # noqa: DTZ011 - a coarse check; the service compares moments
            raise forms.ValidationError(_("Choose a day that has begun."))
        return day


class StatusForm(forms.Form):
    """What a word of the source means."""

    word = forms.CharField(max_length=40, widget=forms.HiddenInput)
    meaning = forms.ChoiceField(label=_("It means"), choices=_MEANINGS)


class ItemForm(forms.Form):
    """Which item of the ledger a SKU is."""

    sku = forms.CharField(max_length=100, widget=forms.HiddenInput)
    item = forms.CharField(max_length=120)


class CloseForm(forms.Form):
    reason = forms.CharField(label=_("What was done about it"), min_length=5, max_length=200)

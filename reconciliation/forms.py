"""Forms of the settlement pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from reconciliation.bank.selectors import MATCHED, WAITING
from reconciliation.selectors_pages import TABS, TOGETHER, Wanted
from reconciliation.transactions import Narrowing
from reconciliation.words import kind_choices
from syncs.models import Integration

MOST_FILES = 20


class ListFilter(forms.Form):
    """The list's filters as they stand in the address; junk is ignored, never an error page."""

    state = forms.ChoiceField(
        required=False, choices=[("", ""), *((group, "") for group in TOGETHER), *((state.value, state.label) for state in TABS)]
    )
    q = forms.CharField(required=False, max_length=80)
    integration = forms.CharField(required=False, max_length=40)
    marketplace = forms.CharField(required=False, max_length=60)
    currency = forms.CharField(required=False, max_length=3)
    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    bank = forms.ChoiceField(required=False, choices=[("", ""), (MATCHED, ""), (WAITING, "")])

    def wanted(self) -> Wanted:
        self.is_valid()
        good = self.cleaned_data
        return Wanted(
            state=good.get("state", ""),
            search=good.get("q", ""),
            integration=good.get("integration", ""),
            marketplace=good.get("marketplace", ""),
            currency=good.get("currency", "").upper(),
            since=good.get("since"),
            until=good.get("until"),
            bank=good.get("bank", ""),
        )


class NarrowingForm(forms.Form):
    category = forms.CharField(required=False, max_length=400)
    unknown = forms.BooleanField(required=False)
    order = forms.CharField(required=False, max_length=60)
    sku = forms.CharField(required=False, max_length=120)
    line = forms.CharField(required=False, max_length=40)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**31)

    def narrowing(self) -> Narrowing:
        self.is_valid()
        good = self.cleaned_data
        return Narrowing(
            category=good.get("category", ""),
            unknown=bool(good.get("unknown")),
            order=good.get("order", ""),
            sku=good.get("sku", ""),
            line=good.get("line", ""),
            after=good.get("after") or 0,
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=200, min_length=3)


class DecideRowForm(forms.Form):
    """What an unknown row is; holds for this settlement and for all to come."""

    transaction_type = forms.CharField(required=False, strip=False, max_length=300)
    amount_type = forms.CharField(required=False, strip=False, max_length=300)
    amount_description = forms.CharField(required=False, strip=False, max_length=300)
    treat_as = forms.ChoiceField(label=_("Treat as"))
    account = forms.CharField(required=False, max_length=120)
    tax_code = forms.CharField(required=False, max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["treat_as"].choices = kind_choices()  # type: ignore[attr-defined]


class ChooseAccountForm(forms.Form):
    target = forms.RegexField(r"^(role|kind|triple):.+", max_length=300)
    account = forms.CharField(max_length=120)
    tax_code = forms.CharField(required=False, max_length=120)
    marketplace = forms.CharField(required=False, max_length=60)


class PayoutAccountForm(forms.Form):
    currency = forms.RegexField(r"^[A-Z]{3}$")
    account = forms.CharField(max_length=120)


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files in one field, each checked like one."""

    widget = ManyFiles(attrs={"multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, (list, tuple)) else [data]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(_("At most %(n)d files at once."), params={"n": MOST_FILES})
        return [super(FilesField, self).clean(one, initial) for one in files]


class UploadForm(forms.Form):
    integration = forms.ChoiceField(label=_("For"))
    file = FilesField(label=_("Settlement files"), allow_empty_file=True)

    def __init__(self, *args: Any, integrations: list[Integration], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["integration"].choices = [(one.public_id, one.name) for one in integrations]  # type: ignore[attr-defined]

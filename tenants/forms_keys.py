"""Forms about API keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants import clock
from tenants.partner.scopes import Scope

DAYS = (("", _("Never")), ("30", _("In 30 days")), ("90", _("In 90 days")), ("365", _("In a year")))
OVERLAPS = (
    ("0", _("Ends now")),
    ("1", _("Works for another hour")),
    ("24", _("Works for another day")),
    ("168", _("Works for another week")),
)


class KeyForm(forms.Form):
    """A new key: what it is for, what it may do, and until when."""

    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("What uses it, so that you know it again."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})
    )
    days = forms.ChoiceField(label=_("Ends"), choices=DAYS, required=False)

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return clock.now() + timedelta(days=int(days)) if days else None


class RollForm(forms.Form):
    hours = forms.ChoiceField(choices=OVERLAPS)

    def overlap(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))

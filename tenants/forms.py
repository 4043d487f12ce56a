"""Forms about companies and people."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from tenants import countries
from tenants.models import Tenant, User
from tenants.roles import Role


class TenantForm(forms.ModelForm):  # type: ignore[type-arg]
    """A company: four questions, each with a guess in it."""

    name = forms.CharField(
        label=_("Company name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    country = forms.ChoiceField(label=_("Country"), help_text=_("Where the company is registered."))
    home_currency = forms.ChoiceField(label=_("Currency of the books"))
    timezone = forms.ChoiceField(label=_("Time zone"), help_text=_("Decides which day a payout falls on."))

    class Meta:
        model = Tenant
        fields = ("name", "country", "home_currency", "timezone")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [(c.code, c.name) for c in countries.COUNTRIES]  # type: ignore[attr-defined]
        self.fields["home_currency"].choices = [(c, c) for c in countries.currencies()]  # type: ignore[attr-defined]
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in countries.zones()]  # type: ignore[attr-defined]

    def clean_timezone(self) -> str:
        zone = str(self.cleaned_data["timezone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("This machine does not know that time zone."))
        return zone


class InvitationForm(forms.Form):
    email = forms.EmailField(label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.BOOKKEEPER)


class RoleForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    name = forms.CharField(
        label=_("Your name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("As colleagues see it in the team, in invitations and in the audit trail."),
    )  # fmt: skip

    class Meta:
        model = User
        fields = ("name",)


class AuditFilter(forms.Form):
    subject = forms.CharField(required=False, max_length=64)
    actor = forms.CharField(required=False, max_length=254)
    action = forms.CharField(required=False, max_length=60)

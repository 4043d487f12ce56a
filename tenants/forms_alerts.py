"""Forms about alerts: a rule, and one person's own wishes."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from tenants import countries
from tenants.alerting.kinds import LABELS
from tenants.models import AlertPreference, AlertRule
from tenants.roles import Role


class RuleForm(forms.Form):
    """Which kinds go to whom, and how often."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("How you will recognise it in the list."))
    kinds = forms.MultipleChoiceField(
        label=_("About"), required=False, choices=list(LABELS.items()), widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        help_text=_("None chosen means all."),
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        label=_("To everybody who is"),
        required=False,
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    emails = forms.CharField(
        label=_("To these addresses"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One a line. They need no account here."),
    )  # fmt: skip
    webhook_url = forms.CharField(
        label=_("To this webhook"), required=False, max_length=500,
        help_text=_("An address that begins with https://, such as Slack's incoming webhook."),
    )  # fmt: skip
    webhook_format = forms.ChoiceField(label=_("The webhook is"), choices=AlertRule.Format.choices)
    cadence = forms.ChoiceField(label=_("When"), choices=AlertRule.Cadence.choices)
    enabled = forms.BooleanField(label=_("Switched on"), required=False, initial=True)

    def clean_emails(self) -> list[str]:
        found = [line.strip() for line in str(self.cleaned_data["emails"]).replace(",", "\n").splitlines() if line.strip()]
        for address in found:
            validate_email(address)
        return found

    @classmethod
    def of(cls, rule: AlertRule) -> RuleForm:
        names = ("name", "kinds", "roles", "webhook_url", "webhook_format", "cadence", "enabled")
        return cls(initial={name: getattr(rule, name) for name in names} | {"emails": "\n".join(rule.emails)})


class PreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What I want to hear, and when not."""

    timezone = forms.ChoiceField(label=_("My time zone"))

    class Meta:
        model = AlertPreference
        fields = ("letters", "quiet_from", "quiet_until", "timezone")
        labels = {"letters": _("Letters"), "quiet_from": _("Quiet from"), "quiet_until": _("until")}
        widgets = {
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted({*countries.zones(), self.instance.timezone or "UTC"} & available_timezones())
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if bool(data.get("quiet_from")) != bool(data.get("quiet_until")):
            self.add_error("quiet_until", _("Give both times, or neither."))
        return data

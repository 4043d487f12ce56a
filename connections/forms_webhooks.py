"""Forms about webhook endpoints."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from connections.outbound.catalogue import OFFERED, TYPES
from connections.outbound.endpoints import ANY

SPANS = (("1", _("the last hour")), ("24", _("the last day")), ("72", _("the last three days")), ("168", _("the last week")))


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """The types in groups by what they are about, each in words."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for type_ in TYPES:
        groups[type_.partition(".")[0]].append((type_, f"{type_} – {_now(OFFERED[type_].summary)}"))
    return list(groups.items())


class EndpointForm(forms.Form):
    """Where to, and of what."""

    url = forms.CharField(
        label=_("Address"), max_length=600, help_text=_("https:// and a host that can be reached from the internet."),
        widget=forms.URLInput(attrs={"placeholder": "https://hooks.example.com/tieout", "autocomplete": "off"}),
    )  # fmt: skip
    description = forms.CharField(label=_("What it is for"), max_length=120, required=False)
    everything = forms.BooleanField(label=_("Every event, also those to come"), required=False)
    types = forms.MultipleChoiceField(
        label=_("Or only these"),
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )

    def chosen(self) -> list[str]:
        return [ANY] if self.cleaned_data["everything"] else list(self.cleaned_data["types"])


class ReplayForm(forms.Form):
    hours = forms.ChoiceField(choices=SPANS)

    def span(self) -> timedelta:
        return timedelta(hours=int(self.cleaned_data["hours"]))

"""The connect form of any provider, made from its declaration."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from connections import registry
from connections.contracts import Entrance, Environment, FormField
from connections.registry import Provider

ENVIRONMENTS = {
    Environment.TWIN: _("Our simulator: try everything, nothing is real"),
    Environment.VENDOR_SANDBOX: _("The provider's sandbox: their test accounts"),
    Environment.PRODUCTION: _("Production: the real account"),
}


class ConnectForm(forms.Form):
    """Environment, region and the provider's own questions, for one way in. Secret answers are never shown again."""

    def __init__(self, provider: Provider, entrance: Entrance, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.provider, self.entrance = provider, entrance
        offered = [(e.value, ENVIRONMENTS[e]) for e in registry.environments(provider.info.key)]
        self.fields["environment"] = forms.ChoiceField(
            label=_("Environment"), choices=offered, initial=offered[-1][0] if offered else None
        )
        if provider.info.regions:
            regions = [("", gettext("Choose a region")), *((key, gettext(label)) for key, label in provider.info.regions)]
            self.fields["region"] = forms.ChoiceField(label=_("Region"), choices=regions)
        for question in provider.info.fields:
            if entrance in question.entrances and question.name != "region":
                self.fields[question.name] = _field(question)

    def answers(self) -> dict[str, str]:
        """What the provider asked, without environment and region."""
        return {
            name: str(value)
            for name, value in self.cleaned_data.items()
            if name not in ("environment", "region") and value not in (None, "")
        }


def _field(question: FormField) -> forms.Field:
    label, help_text = gettext(question.label), gettext(question.help) if question.help else ""
    if question.choices:
        choices = [(key, gettext(word)) for key, word in question.choices]
        if not question.required or choices[0][0]:
            choices = [("", gettext("Choose")), *choices]
        return forms.ChoiceField(label=label, help_text=help_text, required=question.required, choices=choices)
    widget = forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False) if question.secret else forms.TextInput()
    return forms.CharField(label=label, help_text=help_text, required=question.required, widget=widget, max_length=4000)

"""Forms about integrations: pairing a source with a ledger, and the name of a pair."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from connections.models import Connection


class PairForm(forms.Form):
    """Which source goes into which ledger."""

    source = forms.ChoiceField(label=_("Where you sell"), widget=forms.RadioSelect)
    ledger = forms.ChoiceField(label=_("Where your books are"), widget=forms.RadioSelect)
    name = forms.CharField(
        label=_("Name"),
        max_length=160,
        required=False,
        help_text=_("As it is called in lists. Left empty, both names are joined."),
    )

    def __init__(self, *args: Any, sources: list[Connection], ledgers: list[Connection], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sides = {"source": sources, "ledger": ledgers}
        for name, connections in self.sides.items():
            field = self.fields[name]
            field.choices = [(one.public_id, one.name) for one in connections]  # type: ignore[attr-defined]
            if len(connections) == 1:
                field.initial = connections[0].public_id

    def chosen(self, side: str) -> Connection:
        return next(one for one in self.sides[side] if one.public_id == self.cleaned_data[side])


class NameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=160)


class PauseForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=120, required=False)

"""Forms about schedules and runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from syncs.inbox.reading import Wanted
from syncs.models import Case, SyncRun, SyncSchedule

CADENCES = (
    (900, _("every 15 minutes")),
    (3600, _("every hour")),
    (3 * 3600, _("every 3 hours")),
    (6 * 3600, _("every 6 hours")),
    (12 * 3600, _("every 12 hours")),
    (86400, _("every day")),
    (7 * 86400, _("every week")),
)


class CadenceForm(forms.Form):
    """How often, and for whole days at which time."""

    every_s = forms.TypedChoiceField(label=_("How often"), choices=CADENCES, coerce=int)
    at = forms.TimeField(label=_("At"), required=False, widget=forms.TimeInput(attrs={"type": "time"}))
    enabled = forms.BooleanField(label=_("On"), required=False)

    def every(self) -> timedelta:
        return timedelta(seconds=self.cleaned_data["every_s"])

    @classmethod
    def of(cls, schedule: SyncSchedule, **kwargs: Any) -> CadenceForm:
        at = None if schedule.at_minute is None else f"{schedule.at_minute // 60:02d}:{schedule.at_minute % 60:02d}"
        form = cls(
            initial={"every_s": schedule.every_s, "at": at, "enabled": schedule.enabled}, prefix=schedule.public_id, **kwargs
        )
        known = {seconds for seconds, _word in CADENCES}
        if schedule.every_s not in known:
            field = form.fields["every_s"]
            field.choices = [*CADENCES, (schedule.every_s, str(timedelta(seconds=schedule.every_s)))]  # type: ignore[attr-defined]
        return form


class RunFilter(forms.Form):
    state = forms.ChoiceField(required=False, choices=[("", ""), *SyncRun.State.choices])
    integration = forms.CharField(required=False, max_length=40)
    trigger = forms.CharField(required=False, max_length=20)

    def chosen(self) -> dict[str, str]:
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in ("state", "integration", "trigger")}


class InboxFilter(forms.Form):
    """The inbox's filters; an address with a mistake in it shows what the rest of it asks for."""

    tab = forms.CharField(required=False, max_length=10)
    kind = forms.CharField(required=False, max_length=10)
    integration = forms.CharField(required=False, max_length=40)
    whose = forms.CharField(required=False, max_length=12)
    q = forms.CharField(required=False, max_length=120)

    def wanted(self) -> Wanted:
        self.is_valid()
        got = {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
        return Wanted(
            tab=got["tab"] if got["tab"] in ("assigned", "resolved", "retries") else "open",
            kind=got["kind"] if got["kind"] in Case.Kind.values else "",
            integration=got["integration"],
            whose=got["whose"],
            search=got["q"],
        )

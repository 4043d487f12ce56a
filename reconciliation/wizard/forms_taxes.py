"""The wizard's tax question: for each marketplace one registration, or several that follow each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from canonical.problems import Problem
from reconciliation.engine import Registration
from reconciliation.wizard import answers, taxes, validate
from reconciliation.wizard.forms import StepForm, business_country
from reconciliation.wizard.known import Known, Store
from tenants.problems import shown

REGISTRATIONS = (
    ("", gettext_lazy("Not known yet: settlements are held")),
    (Registration.REGISTERED.value, gettext_lazy("Registered, and established there")),
    (Registration.REGISTERED_ABROAD.value, gettext_lazy("Registered, but established elsewhere")),
    (Registration.NOT_REGISTERED.value, gettext_lazy("Not registered")),
    (Registration.FLAT_RATE.value, gettext_lazy("Registered, on the flat rate scheme")),
    (Registration.OUTSIDE.value, gettext_lazy("No VAT or GST there")),
)
WORDS = dict(REGISTRATIONS)
MOST_PERIODS = 5


class PeriodForm(forms.Form):
    """One registration: from when until when, and the codes it uses."""

    registration = forms.ChoiceField(label=gettext_lazy("Registration"), choices=REGISTRATIONS, required=False)
    starts_on = forms.DateField(label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(
        self, data: Mapping[str, Any] | None, *, prefix: str, store: Store, codes: Sequence[taxes.Code], row: Mapping[str, str]
    ) -> None:
        super().__init__(data, prefix=prefix, initial={key: value for key, value in row.items() if key != "marketplace"})
        self.store = store
        self.proposed = taxes.proposals(codes, store.country)
        for which in taxes.CODES:
            label, help_text = taxes.LABELS[which]
            self.fields[which] = forms.ChoiceField(
                label=_(label),
                help_text=_(help_text),
                required=False,
                choices=[("", _("Choose…") if which != taxes.NONE else _("None: the line carries no code")), *choices_of(codes)],
                initial=row.get(which, self.proposed.get(which, "")),
            )

    @property
    def codes(self) -> list[dict[str, Any]]:
        """The pickers, each with the registrations that use it, and whether its choice is only proposed."""
        found = []
        for which in taxes.CODES:
            users = [value for value, _word in REGISTRATIONS if value and which in taxes.used(value)]
            proposed = not self.is_bound and which not in self.initial and which in self.proposed
            found.append({"which": which, "field": self[which], "users": users, "proposed": proposed})
        return found

    def row(self) -> dict[str, str]:
        """The answer as `options` keeps it; codes that the registration has no use for are left out."""
        good = self.cleaned_data
        dates = {name: good[name].isoformat() for name in ("starts_on", "ends_on") if good.get(name)}
        codes = {which: good.get(which, "") for which in taxes.CODES}
        answer = {"marketplace": self.store.name, "registration": good["registration"], **dates, **codes}
        return taxes.keep_used(answer) if good["registration"] else answer


def choices_of(codes: Sequence[taxes.Code]) -> list[tuple[str, str]]:
    return [(code.id, code.name) for code in codes]


@dataclass
class Place:
    """One marketplace with its periods."""

    store: Store
    index: int
    periods: list[PeriodForm]

    @property
    def more(self) -> bool:
        return len(self.periods) < MOST_PERIODS

    @property
    def held(self) -> bool:
        """Nobody has said, so settlements will wait."""
        return all(not period["registration"].value() for period in self.periods)


class TaxesForm(StepForm):
    """A form of forms. `add` in the data asks for one more period of that marketplace, `drop` for one less; neither is kept."""

    step = "taxes"

    def build(self) -> None:
        self.places = [self._place(index, store) for index, store in enumerate(self.known.chosen)] if self.known.keeps_vat else []

    def _place(self, index: int, store: Store) -> Place:
        kept = [row for row in self.now.get("tax") or [] if row["marketplace"] == store.name]
        if not kept and "tax" not in self.now:
            kept = [{"registration": taxes.likely_registration(store.country, business_country(self.known))}]
        count = self._count(index, len(kept) or 1)
        rows = [*kept, *({} for _more in range(count))][:count]
        codes = self.known.tax_codes
        bound = self.data if self.is_bound else None
        periods = [PeriodForm(bound, prefix=f"m{index}p{n}", store=store, codes=codes, row=row) for n, row in enumerate(rows)]
        return Place(store, index, periods)

    def _count(self, index: int, kept: int) -> int:
        if not self.is_bound:
            return kept
        asked = str(self.data.get(f"m{index}-periods", ""))
        count = int(asked) if asked.isdigit() else 1
        count += (self.data.get("add") == str(index)) - (self.data.get("drop") == str(index))
        return max(1, min(count, MOST_PERIODS))

    @property
    def only_reshapes(self) -> bool:
        """Whether the person only asked for more or fewer periods."""
        return self.is_bound and ("add" in self.data or "drop" in self.data)

    def clean(self) -> dict[str, Any]:
        self.rows: list[dict[str, str]] = []
        self._owners: list[PeriodForm] = []
        for period in self.periods:
            if not period.is_valid():
                self.add_error(None, _("A date for %(marketplace)s cannot be read.") % {"marketplace": period.store.name})
            elif period.cleaned_data["registration"]:
                self.rows.append(period.row())
                self._owners.append(period)
        self._blame_periods(list(validate.tax(self.rows, self.known.checks)))
        return self.cleaned_data

    @property
    def periods(self) -> list[PeriodForm]:
        return [period for place in self.places for period in place.periods]

    def _blame_periods(self, problems: list[Problem]) -> None:
        """At the field of its period, and above, so that nobody has to look for it."""
        for problem in problems:
            _tax, index, field = problem.where.field.split(".")
            period, words = self._owners[int(index)], shown(problem)
            period.add_error(field, f"{words.text} {words.remedy}")
            label = period.fields[field].label
            self.add_error(None, f"{period.store.name}, {label}: {words.text}")

    def keep(self) -> None:
        kept = None
        if self.known.keeps_vat:
            here = {store.name for store in self.known.chosen}
            kept = [row for row in self.now.get("tax") or [] if row["marketplace"] not in here] + self.rows
        answers.keep(self.integration, step=self.step, options={"tax": kept})

    def extra(self) -> dict[str, Any]:
        return {"places": self.places}


def describe(row: Mapping[str, str], known: Known) -> dict[str, Any]:
    """One kept answer in words, for the summary."""
    names = {code.id: code.name for code in known.tax_codes}
    codes = [(_(taxes.LABELS[which][0]), names.get(row[which], row[which])) for which in taxes.CODES if row.get(which)]
    return {"registration": WORDS[row["registration"]], "row": row, "codes": codes}

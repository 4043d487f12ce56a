"""The wizard's forms, one a step. Each shows a default, checks with `validate`, and keeps with `answers`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from canonical.problems import Problem
from reconciliation.engine import Shape
from reconciliation.engine.chart import Role
from reconciliation.wizard import answers, roles, shapes, validate
from reconciliation.wizard.known import EVERY_STORE, Known
from syncs.mapping.validate import KnownAccount
from syncs.models import Integration
from tenants import clock, countries
from tenants.problems import shown

Choices = list[tuple[str, Any]]


class StepForm(forms.Form):
    """Answers to one step. After `is_valid()`, `keep()` stores them."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, known: Known) -> None:
        self.known = known
        self.integration: Integration = known.integration
        super().__init__(data)
        self.build()

    def build(self) -> None:
        """Add the fields that depend on what is known."""

    def keep(self) -> None:
        answers.keep(self.integration, step=self.step)

    def extra(self) -> dict[str, Any]:
        """What the step's template needs besides the form."""
        return {}

    step = ""

    def blame(self, problems: Iterable[Problem]) -> None:
        """Put each problem, with its remedy, at the field it belongs to."""
        for problem in problems:
            words = shown(problem)
            field = self.field_of(problem.where.field)
            self.add_error(field if field in self.fields else None, f"{words.text} {words.remedy}")

    def field_of(self, where: str) -> str:
        return where

    @property
    def now(self) -> dict[str, Any]:
        """The integration's options as they stand."""
        return dict(self.integration.options)


class InfoForm(StepForm):
    """A step that only tells: reading it and going on is the answer."""


class LedgerForm(InfoForm):
    step = "ledger"

    def clean(self) -> dict[str, Any]:
        if self.known.company is None:
            raise forms.ValidationError(_("The ledger has not been read yet. Read it first: the questions depend on it."))
        return self.cleaned_data


class NumbersForm(InfoForm):
    step = "numbers"


class GoodsForm(InfoForm):
    step = "goods"


class MarketplacesForm(StepForm):
    step = "marketplaces"
    marketplaces = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    business_country = forms.ChoiceField(
        label=gettext_lazy("Country of the business"),
        help_text=gettext_lazy("Where the company is established: it decides how Amazon's fees are taxed."),
    )

    def build(self) -> None:
        places = self.fields["marketplaces"]
        places.choices = [(store.id, store.name) for store in self.known.stores]  # type: ignore[attr-defined]
        first_time = not self.integration.wizard_step or self.integration.wizard_step == self.step
        chosen = [store for store in self.known.stores if store.open and store.id not in self.known.taken]
        if not first_time or self.integration.marketplace_scope != EVERY_STORE:
            chosen = self.known.chosen
        places.initial = [store.id for store in chosen]
        self.fields["business_country"].choices = [(c.code, c.name) for c in countries.COUNTRIES]  # type: ignore[attr-defined]
        self.fields["business_country"].initial = business_country(self.known)

    def clean(self) -> dict[str, Any]:
        if not self.known.stores:  # the source did not say where it sells: everything it lists is taken
            return self.cleaned_data
        names = {store.id: store.name for store in self.known.stores}
        self.blame(validate.marketplaces(self.cleaned_data.get("marketplaces", []), self.known.taken, names))
        return self.cleaned_data

    def keep(self) -> None:
        chosen = self.cleaned_data["marketplaces"]
        everything = {store.id for store in self.known.stores if store.open} <= set(chosen)
        scope = EVERY_STORE if everything and not self.known.taken else ",".join(chosen)
        answers.keep_marketplaces(self.integration, scope=scope, business_country=self.cleaned_data["business_country"])


def business_country(known: Known) -> str:
    """The answer, else what the ledger says, else the tenant's country."""
    for code in (known.integration.options.get("business_country"), known.ledger.country, known.integration.tenant.country):
        if code in countries.BY_CODE:
            return str(code)
    return countries.BY_CODE["US"].code


# ---------------------------------------------------------------- payouts


class BanksForm(StepForm):
    """One picker per currency that the ledger keeps, and the account of the card that Amazon charges."""

    step = "banks"
    card = forms.ChoiceField(
        label=gettext_lazy("Account for card charges"),
        help_text=gettext_lazy(
            "When a settlement ends below zero, Amazon may charge your card. Choose the card's account if you keep one."
        ),
    )
    card_on_own_date = forms.BooleanField(
        required=False,
        label=gettext_lazy("Give a card charge a journal of its own, dated as on the card statement"),
    )

    def build(self) -> None:
        kept = self.now.get("payout_accounts", {})
        for currency in self.possible:
            fitting = self._in(currency)
            suggested = roles.suggest_payout(fitting, currency, self.known.home)
            later = _("Not yet: settlements in %(currency)s are held") % {"currency": currency}
            self.fields[field_of_currency(currency)] = forms.ChoiceField(
                required=False,
                label=_("Payouts in %(currency)s arrive in") % {"currency": currency},
                choices=[("", later), *grouped(fitting)],
                initial=kept.get(currency) or (suggested.external_id if suggested and "payout_accounts" not in self.now else ""),
            )
        card = self.fields["card"]
        charged = self.known.chart[Role.CARD.value]
        fitting = [known for known in self.known.offered if roles.fits(charged, known, banks=self.known.banks)]
        card.choices = grouped(fitting)  # type: ignore[attr-defined]
        rule = self.known.mapped_roles.get("card_charges")
        card.initial = rule.account_id if rule else ""
        self.fields["card_on_own_date"].initial = bool(self.now.get("card_on_own_date"))

    def _in(self, currency: str) -> list[KnownAccount]:
        """The accounts that payouts in this currency can arrive in."""
        ours = {rule.account_id for name, rule in self.known.mapped_roles.items() if name != Role.BANK.value}
        banks = [
            known
            for known in self.known.offered
            if known.type in self.known.checks.payout_types
            and known.external_id not in ours
            and roles.currency_of(known, self.known.home) == currency
        ]
        return sorted(banks, key=lambda known: roles.PAYOUT_TYPES.index(known.type))  # banks first

    @property
    def possible(self) -> list[str]:
        return [currency for currency in self.known.currencies if currency in self.known.ledger_currencies]

    def field_of(self, where: str) -> str:
        return field_of_currency(where.removeprefix("payout_accounts.")) if where.startswith("payout_accounts.") else "card"

    def chosen(self) -> dict[str, str]:
        return {currency: self.cleaned_data.get(field_of_currency(currency), "") for currency in self.possible}

    def clean(self) -> dict[str, Any]:
        chosen = {currency: account for currency, account in self.chosen().items() if account}
        self.blame(validate.payout_accounts(chosen, self.known.checks))
        if self.cleaned_data.get("card"):
            self.blame(validate.role_accounts({"card_charges": self.cleaned_data["card"]}, self.known.checks))
        return self.cleaned_data

    def keep(self) -> None:
        answers.keep_banks(
            self.integration,
            payout_accounts=self.chosen(),
            card=self.cleaned_data["card"],
            card_on_own_date=self.cleaned_data["card_on_own_date"],
        )

    def extra(self) -> dict[str, Any]:
        """Each currency with its picker, or why there is none."""
        rows = []
        for currency in self.known.currencies:
            name = field_of_currency(currency)
            field = self[name] if name in self.fields else None
            rows.append({
                "currency": currency,
                "stores": [store.name for store in self.known.chosen if store.currency == currency],
                "field": field,
                "suggested": field is not None and "payout_accounts" not in self.now and bool(field.initial),
                "empty": field is not None and not self._in(currency),
                "problem": None if field is not None else shown(Problem(validate.CURRENCY_NOT_KEPT, {"currency": currency})),
            })  # fmt: skip
        return {"rows": rows}


def field_of_currency(currency: str) -> str:
    return f"bank_{currency}"


def grouped(accounts: Iterable[KnownAccount]) -> Choices:
    """Accounts as choices under the names of their types."""
    by_type: dict[str, list[tuple[str, str]]] = {}
    for account in accounts:
        by_type.setdefault(account.type, []).append((account.external_id, account.name))
    return list(by_type.items())


# ---------------------------------------------------------------- style


class StyleForm(StepForm):
    step = "style"
    posting_shape = forms.ChoiceField(widget=forms.RadioSelect)
    split_months = forms.BooleanField(required=False, label=gettext_lazy("Cut at the month's end"))
    per_marketplace = forms.BooleanField(required=False, label=gettext_lazy("A line for each marketplace"))
    consolidate = forms.BooleanField(
        required=False, label=gettext_lazy("Fewer lines: one line an account instead of one a kind of row")
    )

    feed_receives = forms.BooleanField(
        required=False, label=gettext_lazy("The bank feed of the ledger writes the receipt that brings a payout to the bank")
    )

    def build(self) -> None:
        self.shapes = shapes.offered(self.known)
        self.fields["posting_shape"].choices = [(each.value, each.name) for each in self.shapes]  # type: ignore[attr-defined]
        now = self.integration.posting_shape
        self.fields["posting_shape"].initial = now if now in self.known.forms.shapes else self.shapes[0].value
        self.fields["feed_receives"].initial = bool(self.now.get("feed_receives"))
        self.fields["split_months"].initial = self.integration.split_months
        for name in ("per_marketplace", "consolidate"):
            self.fields[name].initial = bool(self.now.get(name))
        kept = self.now.get("dimensions", {})
        for index, store in enumerate(self.known.chosen):
            for kind in self.known.tracked:
                self.fields[f"{kind}_{index}"] = forms.ChoiceField(
                    required=False,
                    label=f"{dimension_word(kind)}: {store.name}",
                    choices=[("", _("None")), *((row.external_id, row.name) for row in self.known.references(kind))],
                    initial=kept.get(store.name, {}).get(kind, ""),
                )

    def chosen(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for index, store in enumerate(self.known.chosen):
            pairs = {kind: self.cleaned_data.get(f"{kind}_{index}", "") for kind in self.known.tracked}
            if any(pairs.values()):
                found[store.name] = {kind: value for kind, value in pairs.items() if value}
        return found

    def clean(self) -> dict[str, Any]:
        self.blame(validate.dimensions(self.chosen(), self.known.checks))
        return self.cleaned_data

    def keep(self) -> None:
        good = self.cleaned_data
        answers.keep(
            self.integration,
            step=self.step,
            options={
                "per_marketplace": good["per_marketplace"],
                "consolidate": good["consolidate"],
                **({"feed_receives": good["feed_receives"]} if self._asks_for_receipts else {}),
                "dimensions": self.chosen(),
            },
            posting_shape=good["posting_shape"],
            split_months=good["split_months"],
        )

    def extra(self) -> dict[str, Any]:
        rows = [
            {"store": store, "fields": [self[f"{kind}_{index}"] for kind in self.known.tracked]}
            for index, store in enumerate(self.known.chosen)
        ]
        return {
            "shapes": self.shapes,
            "asks_for_receipts": self._asks_for_receipts,
            "dimension_rows": rows if self.known.tracked else [],
            "tracked": [dimension_word(k) for k in self.known.tracked],
        }

    @property
    def _asks_for_receipts(self) -> bool:
        """Only where a journal is kept off the bank is there a receipt beside it."""
        return not self.known.forms.journal_takes_bank and Shape.SUMMARY_JOURNAL.value in self.known.forms.shapes


def dimension_word(kind: str) -> str:
    return _("Class") if kind == "class" else _("Location")


# ---------------------------------------------------------------- start and review


class StartForm(StepForm):
    step = "start"
    starts_on = forms.DateField(
        label=gettext_lazy("Post payouts deposited on or after"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Earlier ones are listed, so that you see them, but left out of the books."),
    )
    timezone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the books"),
        help_text=gettext_lazy("Amazon states moments in UTC; this zone decides which day, and so which month, they fall on."),
    )

    def build(self) -> None:
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in countries.zones()]  # type: ignore[attr-defined]
        self.fields["timezone"].initial = self.integration.timezone
        self.fields["starts_on"].initial = self.integration.starts_on or first_day(self.known)

    def clean(self) -> dict[str, Any]:
        self.blame(validate.start(self.cleaned_data.get("starts_on"), self.known.checks))
        return self.cleaned_data

    def keep(self) -> None:
        answers.keep_start(self.integration, **self.cleaned_data)


def first_day(known: Known) -> date:
    """The first of last month, or the day after the period that the ledger has closed, whichever is later."""
    last_month = (clock.today(known.integration.timezone).replace(day=1) - timedelta(days=1)).replace(day=1)
    closed = known.company.close_date if known.company else None
    return max(last_month, closed + timedelta(days=1)) if closed else last_month


class ReviewForm(StepForm):
    step = "review"
    autopost = forms.TypedChoiceField(
        widget=forms.RadioSelect,
        choices=[
            ("no", gettext_lazy("I look at each one and press Post")),
            ("yes", gettext_lazy("Post by itself whatever ties out")),
        ],
        coerce=lambda value: value == "yes",
    )

    def build(self) -> None:
        self.fields["autopost"].initial = "yes" if self.integration.autopost else "no"

    def keep(self) -> None:
        answers.keep(self.integration, step=self.step, autopost=self.cleaned_data["autopost"])

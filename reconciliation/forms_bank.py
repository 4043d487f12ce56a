"""Forms of the bank's pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from reconciliation.bank.accounts import Choice
from reconciliation.bank.expected import MOST_DAYS
from reconciliation.statements.layout import Column, Layout


class StatementForm(forms.Form):
    """One or several statement files of one bank account."""

    account = forms.ChoiceField(label=_("Bank account"))

    def __init__(self, *args: Any, choices: list[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [(one.key, one.label) for one in choices]  # type: ignore[attr-defined]


class WindowForm(forms.Form):
    """Days before and after the deposit date."""

    integration = forms.CharField(max_length=40)
    before = forms.IntegerField(label=_("Days before"), min_value=0, max_value=MOST_DAYS)
    after = forms.IntegerField(label=_("Days after"), min_value=0, max_value=MOST_DAYS)


class MatchForm(forms.Form):
    """A payout and a line: of one suggestion ("payout:line"), or one chosen on each side."""

    pair = forms.RegexField(r"^pay_[0-9a-z]+:bln_[0-9a-z]+$", required=False)
    payout = forms.CharField(required=False, max_length=40)
    line = forms.CharField(required=False, max_length=40)
    note = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        good: dict[str, Any] = super().clean() or {}
        if good.get("pair"):
            good["payout"], _colon, good["line"] = good["pair"].partition(":")
        if not (good.get("payout") and good.get("line")):
            raise forms.ValidationError(_("Choose a payout on one side and a bank line on the other."))
        return good


WORDS: dict[str, Any] = {
    Column.DATE: _("Date"),
    Column.AMOUNT: _("Amount, signed"),
    Column.DEBIT: _("Money out"),
    Column.CREDIT: _("Money in"),
    Column.DESCRIPTION: _("Description"),
    Column.REFERENCE: _("Reference"),
    Column.BALANCE: _("Balance"),
    Column.CURRENCY: _("Currency"),
}


class ColumnsForm(forms.Form):
    """What each column is, and how days and amounts are written where the file does not decide it."""

    day_first = forms.ChoiceField(
        label=_("Dates"),
        required=False,
        choices=[("", _("as the file shows")), ("day", _("day before month")), ("month", _("month before day"))],
    )
    decimal_mark = forms.ChoiceField(
        label=_("Before the cents stands"),
        required=False,
        choices=[("", _("what the file shows")), (".", _("a point: 1,234.56")), (",", _("a comma: 1.234,56"))],
    )

    def __init__(self, *args: Any, columns: int, layout: Layout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.columns = columns
        choices = [("", _("not used")), *((column.value, WORDS[column]) for column in Column)]
        for index in range(columns):
            self.fields[f"column_{index}"] = forms.ChoiceField(required=False, choices=choices, initial=_initial(layout, index))
        self.fields["day_first"].initial = {True: "day", False: "month", None: ""}[layout.day_first]
        self.fields["decimal_mark"].initial = layout.decimal_mark

    def clean(self) -> dict[str, Any]:
        good: dict[str, Any] = super().clean() or {}
        if not self._layout(good).complete:
            raise forms.ValidationError(_("Choose the column of the date, and either a signed amount or money in and money out."))
        for column in Column:
            if column is not Column.DESCRIPTION and len(self._those(good, column)) > 1:
                raise forms.ValidationError(_("Only one column can be: %(what)s."), params={"what": WORDS[column]})
        return good

    def layout(self) -> Layout:
        return self._layout(self.cleaned_data)

    def _those(self, good: dict[str, Any], column: Column) -> list[int]:
        return [index for index in range(self.columns) if good.get(f"column_{index}") == column.value]

    def _layout(self, good: dict[str, Any]) -> Layout:
        def one(column: Column) -> int | None:
            return next(iter(self._those(good, column)), None)

        amount = one(Column.AMOUNT)
        return Layout(
            date=one(Column.DATE),
            amount=amount,
            debit=one(Column.DEBIT) if amount is None else None,
            credit=one(Column.CREDIT) if amount is None else None,
            description=tuple(self._those(good, Column.DESCRIPTION)),
            reference=one(Column.REFERENCE),
            balance=one(Column.BALANCE),
            currency=one(Column.CURRENCY),
            day_first={"day": True, "month": False}.get(str(good.get("day_first") or "")),
            decimal_mark=str(good.get("decimal_mark") or ""),
        )


def _initial(layout: Layout, index: int) -> str:
    for column in Column:
        chosen = getattr(layout, column.value)
        if chosen == index or (isinstance(chosen, tuple) and index in chosen):
            return column.value
    return ""

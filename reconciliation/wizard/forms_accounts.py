"""The wizard's question about accounts: make the default ones, map to mine, or keep what is mapped already."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reconciliation import setup, words
from reconciliation.engine.chart import ChartAccount
from reconciliation.wizard import answers, roles, validate
from reconciliation.wizard.forms import StepForm, grouped
from syncs import mappings
from tenants.problems import shown

MODES = (
    (answers.DEFAULT, gettext_lazy("Use the default accounts")),
    (answers.OWN, gettext_lazy("Use accounts of mine")),
    (answers.KEEP, gettext_lazy("Keep the mapping as it is")),
)


class AccountsForm(StepForm):
    """`mode`, and under `own` a picker per role whose first choice is the account that suggests itself by name."""

    step = "accounts"
    mode = forms.ChoiceField(widget=forms.RadioSelect)

    def build(self) -> None:
        self.defaults = setup.default_accounts(self.known.ledger)
        self.suggestions = {
            account.role.value: roles.suggest(account, self.known.offered, banks=self.known.banks)
            for account in self.known.needed
        }
        modes = [mode for mode in MODES if mode[0] != answers.KEEP or self.known.is_mapped]
        self.fields["mode"].choices = modes  # type: ignore[attr-defined]
        self.fields["mode"].initial = self._first_mode()
        for account in self.known.needed:
            self.fields[account.role.value] = self._picker(account)

    def _first_mode(self) -> str:
        if self.known.is_mapped:
            return answers.KEEP
        return str(self.now.get("accounts", {}).get("mode", answers.DEFAULT))

    def _picker(self, account: ChartAccount) -> forms.ChoiceField:
        rule = self.known.mapped_roles.get(account.role.value)
        suggestion = self.suggestions[account.role.value]
        fitting = [known for known in self.known.offered if roles.fits(account, known, banks=self.known.banks)]
        there = any(known.name.casefold() == account.name.casefold() for known in fitting)
        make = [] if there else [(answers.CREATE, _("Create “%(name)s”") % {"name": account.name})]
        initial = rule.account_id if rule else suggestion.account.external_id if suggestion else answers.CREATE
        return forms.ChoiceField(
            required=False, label=words.role_word(account.role.value), choices=[*make, *grouped(fitting)], initial=initial
        )

    def field_of(self, where: str) -> str:
        return where.removeprefix("role.").removeprefix("role:")

    @property
    def chosen(self) -> dict[str, str]:
        """What was picked for each role under `own`."""
        picked = {account.role.value: self.cleaned_data.get(account.role.value, "") for account in self.known.needed}
        return {role: value for role, value in picked.items() if value}

    def clean(self) -> dict[str, Any]:
        mode = self.cleaned_data.get("mode")
        if mode == answers.OWN:
            self._check_own()
        elif mode == answers.DEFAULT:
            for problem in filter(None, (default.problem for default in self.defaults)):
                text = shown(problem)
                self.add_error("mode", f"{text.text} {text.remedy}")
        return self.cleaned_data

    def _check_own(self) -> None:
        for account in self.known.needed:
            role = account.role.value
            if role not in self.chosen and role not in self.errors:
                self.add_error(role, _("Choose an account, or let the default one be created."))
        existing = {role: value for role, value in self.chosen.items() if value != answers.CREATE}
        self.blame(validate.role_accounts(existing, self.known.checks))

    def keep(self) -> None:
        """Take the choice in. Where accounts are still to be made, publishing waits for them."""
        mode = self.cleaned_data["mode"]
        if mode == answers.KEEP:
            answers.begin_accounts(self.integration, mode=mode)
            answers.keep(self.integration, step=self.step)
            return
        made, existing = [account.role.value for account in self.known.needed], {}
        if mode == answers.OWN:
            made = [role for role, value in self.chosen.items() if value == answers.CREATE]
            existing = {role: value for role, value in self.chosen.items() if value != answers.CREATE}
        if not answers.begin_accounts(self.integration, mode=mode, roles=made, chosen=existing):
            answers.finish_accounts(self.integration)

    def extra(self) -> dict[str, Any]:
        missing = sum(default.found is None for default in self.defaults)
        return {
            "sections": self._sections(),
            "missing": missing,
            "existing": len(self.defaults) - missing,
            "version": self.known.published,
            "draft_changes": len(mappings.difference(self.integration.mapping_set)) if self.known.published else 0,
        }

    def _sections(self) -> list[dict[str, Any]]:
        by_role = {default.account.role: default for default in self.defaults}
        return [
            {
                "label": _(roles.SECTION_LABELS[section]),
                "rows": [self._row(account, by_role[account.role]) for account in accounts],
            }
            for section, accounts in roles.by_section(by_role)
            if accounts
        ]

    def _row(self, account: ChartAccount, default: setup.DefaultAccount) -> dict[str, Any]:
        role = account.role.value
        suggestion = self.suggestions[role]
        return {
            "account": account,
            "word": words.role_word(role),
            "covers": [words.kind_word(kind.value) for kind in account.kinds],
            "default": default,
            "problem": shown(default.problem) if default.problem else None,
            "field": self[role],
            "suggested": suggestion is not None and role not in self.known.mapped_roles and not self.is_bound,
        }

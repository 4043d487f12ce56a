"""All answers in words, what they will hold back, and what still stands in the way of switching on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from canonical.problems import N_, Problem, Severity, Where, declare
from reconciliation import words
from reconciliation.engine import Shape
from reconciliation.setup import needed
from reconciliation.wizard import steps, validate
from reconciliation.wizard.forms import business_country, dimension_word
from reconciliation.wizard.forms_taxes import describe
from reconciliation.wizard.known import EVERY_STORE, Known
from syncs import mappings
from tenants import countries

NOT_MAPPED = declare(
    "wizard.not_mapped",
    N_("The accounts are not chosen yet."),
    N_("Answer the question about accounts; the default ones are made in one go."),
)
NOT_READ = declare(
    "wizard.not_read",
    N_("The ledger has not been read yet."),
    N_("Open the first question and read the ledger's accounts."),
)
TAX_OPEN = declare(
    "wizard.tax_open",
    N_("%(name)s keeps VAT by codes, but the question about taxes was answered before it did."),
    N_("Answer the question about taxes again."),
)
WILL_HOLD_TAX = declare(
    "wizard.will_hold_tax",
    N_("Nobody has said how %(marketplace)s is taxed, so its settlements are held."),
    N_("Nothing to do now: answer it when you know, and they go on by themselves."),
    Severity.TELLS,
)
WILL_HOLD_FLAT_RATE = declare(
    "wizard.will_hold_flat_rate",
    N_("%(marketplace)s is on the flat rate scheme, whose VAT is not part of the entry: its settlements are held."),
    N_("Agree with your accountant how to enter them, or state another registration."),
    Severity.TELLS,
)
WILL_HOLD_CURRENCY = declare(
    "wizard.will_hold_currency",
    N_("There is no payout account in %(currency)s yet, so settlements in %(currency)s are held."),
    N_("Choose one when the ledger has it; nothing is converted for you."),
    Severity.TELLS,
)


@dataclass
class Answered:
    """One step with its answers as pairs of label and words."""

    step: steps.Step
    lines: list[tuple[str, str]] = field(default_factory=list)


def answers(known: Known) -> list[Answered]:
    """Every answer given so far, in the order of the questions."""
    tellers = {
        "ledger": _ledger,
        "marketplaces": _marketplaces,
        "taxes": _taxes,
        "accounts": _accounts,
        "banks": _banks,
        "style": _style,
        "start": _start,
        "review": _review,
    }
    reached = steps.position(known.integration.wizard_step)
    answered = [step for step in steps.STEPS if step.key in tellers and steps.position(step.key) < reached]
    return [Answered(step, list(tellers[step.key](known))) for step in answered]


def blockers(known: Known) -> list[Problem]:
    """What must be mended before the integration can be switched on, each with the step's key as its place."""
    if known.company is None:
        return [Problem(NOT_READ, {}, Where(field="ledger"))]
    integration = known.integration
    found = list(validate.options(integration.options, known.checks))
    found += validate.start(integration.starts_on, known.checks)
    found += (
        mappings.check(known.ledger, mappings.rules_of(known.published), needed_roles=needed(known.ledger))
        if known.published
        else []
    )
    if known.published is None:
        found.append(Problem(NOT_MAPPED, {}, Where(field="accounts")))
    if known.keeps_vat and integration.options.get("tax") is None:
        found.append(Problem(TAX_OPEN, {"name": known.ledger.name}, Where(field="tax")))
    return found


def step_of(problem: Problem) -> str:
    """The key of the step where a problem is mended."""
    name = problem.where.field.partition(".")[0].partition(":")[0]
    places = {
        "payout_accounts": "banks",
        "tax": "taxes",
        "dimensions": "style",
        "starts_on": "start",
        "marketplaces": "marketplaces",
    }
    return name if name in steps.BY_KEY else places.get(name, "accounts")


def will_hold(known: Known) -> list[Problem]:
    """What will be listed but held by these answers; none of it keeps the rest from being posted."""
    found: list[Problem] = []
    rows = known.integration.options.get("tax") or []
    for store in known.chosen if known.keeps_vat else []:
        standings = {row["registration"] for row in rows if row["marketplace"] == store.name}
        if not standings:
            found.append(Problem(WILL_HOLD_TAX, {"marketplace": store.name}))
        elif "flat_rate" in standings:
            found.append(Problem(WILL_HOLD_FLAT_RATE, {"marketplace": store.name}))
    if known.integration.posting_shape == Shape.INVOICE.value:  # the bank line is matched with the invoice over there
        return found
    banks = known.integration.options.get("payout_accounts", {})
    missing = [currency for currency in known.currencies if currency not in banks]
    return found + [Problem(WILL_HOLD_CURRENCY, {"currency": one}) for one in missing]


Lines = Iterator[tuple[str, str]]


def _ledger(known: Known) -> Lines:
    yield _("Company"), known.ledger.name
    country = countries.BY_CODE.get(known.ledger.country)
    yield _("Country and currency"), f"{country.name if country else known.ledger.country}, {known.home}"
    if known.company and known.company.close_date:
        yield _("Closed until"), date_format(known.company.close_date, "j M Y")


def _marketplaces(known: Known) -> Lines:
    names = ", ".join(store.name for store in known.chosen) or _("All that are listed")
    every = known.integration.marketplace_scope == EVERY_STORE
    yield _("Marketplaces"), _("%(names)s, and those opened later") % {"names": names} if every else names
    yield _("Country of the business"), str(countries.BY_CODE[business_country(known)].name)


def _taxes(known: Known) -> Lines:
    if not known.keeps_vat:
        yield _("Tax on sales"), _("Collected and paid by the marketplace; lines carry no tax codes")
        return
    rows = known.integration.options.get("tax") or []
    for store in known.chosen:
        told = [_registration(describe(row, known)) for row in rows if row["marketplace"] == store.name]
        yield store.name, "; ".join(told) or _("Not known yet: held")


def _registration(told: dict[str, Any]) -> str:
    codes = ", ".join(name for _label, name in told["codes"])
    since = told["row"].get("starts_on")
    text = f"{told['registration']} ({codes})" if codes else str(told["registration"])
    return _("%(registration)s, from %(day)s") % {"registration": text, "day": since} if since else text


def _accounts(known: Known) -> Lines:
    if known.published is None:
        yield _("Accounts"), _("Not chosen yet")
        return
    count = len(known.mapped_roles)
    text = ngettext("%(n)d role has its account", "%(n)d roles have their accounts", count) % {"n": count}
    yield _("Accounts"), _("%(text)s, version %(number)s") % {"text": text, "number": known.published.number}


def _banks(known: Known) -> Lines:
    banks = known.integration.options.get("payout_accounts", {})
    by_invoice = known.integration.posting_shape == Shape.INVOICE.value
    without = _("None: its invoice is matched with the bank line") if by_invoice else _("Not yet: held")
    for currency in known.currencies:
        account = known.accounts.get(banks.get(currency, ""))
        yield _("Payouts in %(currency)s") % {"currency": currency}, account.name if account else without
    card = known.mapped_roles.get("card_charges")
    if card:
        yield words.role_word("card_charges"), card.account_name


def _style(known: Known) -> Lines:
    integration = known.integration
    yield _("Shape"), integration.get_posting_shape_display()
    if integration.options.get("feed_receives"):
        yield _("Receipt at the bank"), _("Written by the bank feed")
    yield (
        _("Month's end"),
        _("Cut: each month gets its own part") if integration.split_months else _("One entry, on the deposit date"),
    )
    if integration.options.get("per_marketplace"):
        yield _("Lines"), _("One for each marketplace")
    if integration.options.get("consolidate"):
        yield _("Lines"), _("One for each account, whatever the kind of row")
    names = {kind: {row.external_id: row.name for row in known.references(kind)} for kind in known.tracked}
    for store, pairs in integration.options.get("dimensions", {}).items():
        told = [f"{dimension_word(kind)} {names.get(kind, {}).get(value, value)}" for kind, value in pairs.items()]
        yield store, ", ".join(told)


def _start(known: Known) -> Lines:
    day = known.integration.starts_on
    yield (
        _("From"),
        _("Payouts from %(day)s on") % {"day": date_format(day, "j M Y")} if day else _("Every payout that is listed"),
    )
    yield _("Time zone"), known.integration.timezone.replace("_", " ")


def _review(known: Known) -> Lines:
    yield _("Posting"), _("By itself, whatever ties out") if known.integration.autopost else _("Each one is looked at first")

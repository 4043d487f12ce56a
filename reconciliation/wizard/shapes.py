"""The shapes of an entry that a ledger takes, in plain words, its own default first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from reconciliation.engine import Shape
from reconciliation.wizard.known import Known
from syncs.models import Integration


@dataclass(frozen=True, slots=True)
class Offered:
    """One shape: its value, its name, and what it does to the books."""

    value: str
    name: str
    text: str


def offered(known: Known) -> list[Offered]:
    """What may be chosen for this ledger; the first is recommended."""
    names = dict(Integration.Shape.choices)
    return [Offered(shape, str(names[shape]), " ".join(_told(shape, known))) for shape in known.forms.shapes]


def _told(shape: str, known: Known) -> Iterable[str]:
    if shape == Shape.SUMMARY_JOURNAL.value:
        yield from _journal(known)
    if shape == Shape.ONE_DEPOSIT.value:
        yield _(
            "A deposit dated the day the money arrives, with the same lines. The ledger takes no deposit of zero or less: "
            "such a payout is posted as a journal, and its page says so."
        )
        if known.keeps_vat and known.forms.journal_takes_bank:
            yield _(
                "On a deposit the ledger works out the VAT itself; where that would differ by a cent from ours, "
                "the settlement is held and you are told."
            )
    if shape == Shape.INVOICE.value:
        yield _(
            "One invoice to the marketplace, due the day the money arrives and of just its amount: match it with the bank line. "
            "Nobody enters a payment. A payout of zero or less is set aside, and its page says how."
        )
    if shape == Shape.DOCUMENTS.value:
        yield _(
            "A sale and a purchase with their VAT, the rest as movements of Amazon Clearing, and a transfer of the payout from "
            "there to your bank. The VAT return counts all of it. Without VAT, one journal and the transfer are enough."
        )


def _journal(known: Known) -> Iterable[str]:
    if known.forms.journal_takes_bank:
        yield _(
            "One journal entry: a line for each kind of row, and the payout on your bank account. Works for every payout, also below zero."
        )
    else:
        yield _(
            "One journal entry: a line for each kind of row, and the payout on Amazon Payouts in Transit. "
            "A receipt brings it from there to your bank account. Works for every payout, also below zero."
        )
    if not known.forms.journal_currencies and Shape.INVOICE.value in known.forms.shapes:
        yield _("In the ledger's own currency; other currencies are posted as an invoice.")

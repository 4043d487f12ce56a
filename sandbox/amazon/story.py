"""What happens to these sellers on purpose, period by period; everything else is drawn from the seed.

Trouble that must be held stands in the newest period that had ended when the world was made, so that
it blocks nothing but itself until new settlements arrive.
"""

from __future__ import annotations

from enum import StrEnum

HARBOUR, THISTLE, KOALA = "A2HARBOURPINE1", "A1THISTLEWARE3", "A4KOALAKOUBO44"


class Event(StrEnum):
    """Something that a settlement was seeded with."""

    LOAN_ADVANCE = "loan_advance"
    LOAN_REPAYMENT = "loan_repayment"
    NEGATIVE = "negative"
    PAYOUT_FAILED = "payout_failed"
    ALL_RESERVED = "all_reserved"
    PAID_WITH_ANOTHER = "paid_with_another"
    DEBT_FROM = "debt_from_another_store"
    DEBT_TO = "debt_to_another_store"
    MICRO_DEPOSIT = "micro_deposit"
    UNKNOWN_TYPE = "unknown_type"
    DOES_NOT_FOOT = "does_not_foot"


TROUBLE = {
    Event.UNKNOWN_TYPE: "one row has a type that Amazon has never used before: held until somebody maps it",
    Event.DOES_NOT_FOOT: "the header total is 0.01 more than the sum of the rows: held, a file that doesn't foot is never posted",
}
TOLD = {
    Event.LOAN_ADVANCE: "a loan by Amazon is paid out",
    Event.LOAN_REPAYMENT: "a part of the loan is paid back",
    Event.NEGATIVE: "charges exceed sales: no payout, and the next file opens with Payable to Amazon and a card charge",
    Event.PAYOUT_FAILED: "the bank refused the transfer, which comes back in the next file",
    Event.ALL_RESERVED: "Amazon keeps the whole balance in reserve: total 0.00, no payout",
    Event.PAID_WITH_ANOTHER: "one payout covers this settlement and that of another store in the same currency",
    Event.DEBT_FROM: "a debt of this store is settled with another one",
    Event.DEBT_TO: "a debt of another store is settled here",
    Event.MICRO_DEPOSIT: "the bank account is verified with the smallest amount",
}

_STORY = {
    (HARBOUR, "US", 1): {Event.LOAN_ADVANCE},
    (HARBOUR, "US", 5): {Event.NEGATIVE},
    (HARBOUR, "US", 7): {Event.PAYOUT_FAILED},
    (HARBOUR, "CA", 9): {Event.UNKNOWN_TYPE},
    (THISTLE, "UK", 9): {Event.DOES_NOT_FOOT},
    (THISTLE, "UK", 6): {Event.NEGATIVE},
    (THISTLE, "DE", 7): {Event.DEBT_FROM},
    (THISTLE, "ES", 7): {Event.DEBT_TO},
    (THISTLE, "DE", 8): {Event.PAID_WITH_ANOTHER},
    (THISTLE, "ES", 8): {Event.PAID_WITH_ANOTHER},
    (THISTLE, "ES", 4): {Event.MICRO_DEPOSIT},
    (KOALA, "AU", 7): {Event.ALL_RESERVED},
}
REPAYMENTS = range(2, 18)


def events_of(seller_id: str, code: str, number: int) -> frozenset[Event]:
    """What is seeded into period `number` of a store."""
    told = set(_STORY.get((seller_id, code, number), set()))
    if seller_id == HARBOUR and code == "US" and number in REPAYMENTS:
        told.add(Event.LOAN_REPAYMENT)
    return frozenset(told)

"""What KashFlow does not document and no live account has shown yet: one constant each, and the words that say so.

Whoever has an account to try it on changes the constant here and takes its note off; nothing else in the provider
knows. The twin can be told each of the other readings (its verbs `journal_sign` and `rules`).
"""

from __future__ import annotations

from canonical.accounting import Side
from canonical.problems import N_

# The side of a journal line whose amount is positive.
POSITIVE_IN_A_JOURNAL = Side.DEBIT

# How money moves from one bank account to another: "bank" (a bank transaction of the one, coded to the other's
# nominal) or "journal" (between both nominals).
TRANSFER_BY = "bank"

# Whether journals may stand on the nominals of bank accounts.
JOURNALS_TAKE_BANK = True

NOTES = (
    N_(
        "KashFlow offers other companies no sign-in of its own: there is no OAuth for them. Its interface asks for a user name "
        "and a password with every call, so both are stored here, encrypted, and are used for nothing else."
    ),
    N_(
        "Make a password for this alone: in KashFlow, open Settings, then API Settings, enable the API and choose a separate API "
        "password. It can be changed at any time without changing your own."
    ),
    N_(
        "Not confirmed on a live account yet, because KashFlow does not publish it: on which side a positive amount of a journal "
        "stands, how a transfer between bank accounts is written, whether a journal may stand on a bank account, and how a "
        "closed accounting period is told. Post one settlement and compare it with its preview before you let it run by itself."
    ),
)

"""The accounts-and-taxes wizard: questions in order, each with a default and the reason it is asked.

    steps       the questions and their order; which one comes next
    known       what source and ledger say of themselves, read once for a page
    taxes       PURE: which codes a registration needs, and which the ledger's own list suggests
    roles       PURE: what each account is for, and which of the ledger's accounts suggest themselves
    validate    PURE: what is wrong with the answers, as problems with the field they belong to
    answers     keeping answers: on the integration, in the mapping; always through the services
    summary     all answers in words, and what still stands in the way of switching on
    trial       the last payout as it would be posted

Answers live on the integration (`options`, read by reconciliation.books) and in the ledger's mapping
from the first step on, so that one can leave at any step and go on later.
"""

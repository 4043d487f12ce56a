"""The only place that writes to a ledger: claim, find, post, record.

No ledger remembers our requests for long (Xero's idempotency keys live six minutes, QuickBooks does not
say), so exactly once must be ours. A document's row says what should exist. Before a call goes out, an
attempt row says `sent` and is committed; whatever happens to us or to the answer afterwards, that row is
there, and the next worker asks the ledger "do you have it?" before it sends anything again. The provider's
own idempotency key is sent as well, the same for every retry of one intent: belt and braces.

    results.py   what became of each document
    checks.py    is it what was shown, and may it be written today?
    claims.py    one worker at a time
    calls.py     which documents go together, and which wait for which
    create.py    post()
    amend.py     amend()
    comparing.py what we wrote, what we would write, what stands there now
    proof.py     compare(), and reading back in few calls
    doubt.py     "do you have it?"
    undo.py      undo()
    records.py   states, attempts, events and audit, in one commit
    reading.py   what the ledger holds, read back
    recover.py   resume(), verify(), watch(), look(), release(), leave()
    ledgers.py   a ledger opened for work
"""

from __future__ import annotations

from .amend import amend
from .checks import shown
from .create import post
from .follow import follow, follow_due
from .proof import compare
from .recover import CALLFUL, leave, look, planned, release, resume, unfinished, unwatched, verify, watch
from .results import Posting, Result, Verdict
from .undo import undo

__all__ = [
    "CALLFUL",
    "Posting",
    "Result",
    "Verdict",
    "amend",
    "compare",
    "follow",
    "follow_due",
    "leave",
    "look",
    "planned",
    "post",
    "release",
    "resume",
    "shown",
    "undo",
    "unfinished",
    "unwatched",
    "verify",
    "watch",
]

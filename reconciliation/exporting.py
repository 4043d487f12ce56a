"""A settlement's entry as a file for books that nobody is connected to."""

from __future__ import annotations

from canonical.problems import Problem, Refused, declare
from reconciliation.engine import iif as interchange
from reconciliation.models import Settlement
from reconciliation.state import documents_of
from syncs.documents import said_by

NOTHING = declare(
    "settlement.nothing_to_export",
    "There is no entry for settlement %(settlement)s yet.",
    "See what it is held for on its page; export it when it is composed.",
)


def iif(settlement: Settlement) -> bytes:
    """What is planned or posted for it, all parts. Raises Refused when there is nothing, or of a kind IIF does not hold."""
    documents = [each for each in documents_of(settlement).select_related("current_revision") if each.current_revision]
    if not documents:
        raise Refused(Problem(NOTHING, {"settlement": settlement.settlement_id}))
    return interchange.written(interchange.Entry(each.number, said_by(each.current_revision)) for each in documents)

"""A ledger opened for work: its target, its door, and the requests that stand for our documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connections.contracts import CompanyFacts, Door, ExternalAccount, Found, Outcome, PostRequest, Target
from connections.errors import Failure
from connections.http import door_for
from connections.models import Connection
from connections.polled import polls_us
from connections.registry import provider
from connections.selectors import company
from syncs.documents import payload_of, posting_key, said_by
from syncs.models import DocumentRevision, LedgerDocument, PostingAttempt


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """One company's books, ready to be asked and written to. Every method is a call to the network."""

    connection: Connection
    target: Target
    door: Door
    account: ExternalAccount
    company: CompanyFacts

    @property
    def remembers(self) -> bool:
        """Whether what is asked waits until they come to fetch it: then asking again tells what became of it."""
        return polls_us(self.connection)

    @property
    def batch(self) -> int:
        """How many documents one call carries."""
        return self.target.batch

    def post(self, requests: Sequence[PostRequest]) -> Sequence[Outcome | Failure]:
        outcomes = self.target.post(self.door, self.account, requests)
        if len(outcomes) != len(requests):
            raise RuntimeError(f"{len(requests)} documents were given and {len(outcomes)} outcomes came back")
        return outcomes

    def find(self, requests: Sequence[PostRequest]) -> dict[str, Found]:
        return self.target.find(self.door, self.account, requests)

    def read(self, document: LedgerDocument) -> Found | None:
        return self.target.read(self.door, self.account, document.document_type, document.external_id)

    def remove(self, document: LedgerDocument, version: str) -> Outcome:
        return self.target.remove(self.door, self.account, document.document_type, document.external_id, version)


def open_ledger(connection: Connection, *, correlation_id: str = "") -> OpenLedger:
    """Open a ledger connection. Raises Refused when its company facts were never fetched."""
    target = provider(connection.provider).target
    if target is None:
        raise ValueError(f"{connection.provider} keeps no books")
    door = door_for(connection, mode="live", correlation_id=correlation_id)
    return OpenLedger(connection, target, door, connection.account(), company(connection))


def request_id(document: LedgerDocument, action: str) -> str:
    """The idempotency key of this intent: the same for every retry, another after an undo or a refusal."""
    return posting_key(document).request_id(action, document.epoch)


def marker_of(document: LedgerDocument) -> str:
    """How the document is found again in the ledger."""
    return posting_key(document).marker()


def update_id(document: LedgerDocument, revision: DocumentRevision, version: str, refusals: int) -> str:
    """The idempotency key of one update: of this revision, on top of this version of theirs. What they refused and a
    person then mended is another intent."""
    return posting_key(document).request_id(f"update:{revision.number}:{version}:{refusals}", document.epoch)


def update_for(
    document: LedgerDocument, revision: DocumentRevision, ledger: OpenLedger, *, version: str, request_id: str
) -> PostRequest:
    """The revision as it replaces what stands in the ledger at `version`."""
    again = times_lost(document, request_id) if ledger.remembers else 0
    update = request_for(document, revision, ledger)
    return replace(update, action="update", request_id=request_id, external_version=version, again=again)


def request_for(document: LedgerDocument, revision: DocumentRevision, ledger: OpenLedger) -> PostRequest:
    """The revision as it will be sent. Its payload is made afresh by the pure mapper, so that amounts are numbers again;
    `checks.payload_problem` makes sure beforehand that it says exactly what was shown."""
    said = said_by(revision)
    return PostRequest(
        marker=marker_of(document),
        request_id=request_id(document, "create"),
        document=said,
        payload=payload_of(document, said, document.number, ledger.company, ledger.target),
        number=document.number,
        external_id=document.external_id,
        external_version=document.external_version,
        again=times_lost(document, request_id(document, "create")) if ledger.remembers else 0,
    )


def times_lost(document: LedgerDocument, key: str) -> int:
    """How often this intent was sent and never arrived."""
    return PostingAttempt.objects.filter(document=document, provider_key=key, phase=PostingAttempt.Phase.LOST).count()

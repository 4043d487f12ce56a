"""What people change and delete in QuickBooks comes back: by webhooks where they arrive, by one sweep a day where not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side
from connections import budgets, changes, inbound, reference, registry, tasks, vault
from connections.contracts import TokenSet
from connections.models import Connection, Grant, InboundNotice, ReferenceCopy
from connections.oauth import ExternalAccount, establish
from connections.providers.quickbooks_online import auth
from connections.selectors import company
from syncs import dispatch, posting
from syncs import tasks as sync_tasks
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument
from tenants import clock
from tenants.models import Alert, Tenant
from tenants.scope import no_tenant, tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)
US = "9130350000000101"


class Books:
    """A company in the twin with documents of ours in it, and what a person does to them there."""

    def __init__(self, twins: Any) -> None:
        given = twins.command("quickbooks_online", "authorise", realm=US)
        tokens = TokenSet(given["access_token"], given["refresh_token"], access_expires=clock.now().replace(year=2030))
        account = ExternalAccount(US, "Harbor Lane Goods")
        self.twins = twins
        self.ledger = establish(provider="quickbooks_online", environment="twin", region="", given=tokens, account=account)
        reference.refresh(connection=self.ledger)
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
        self.source = Connection.objects.create(
            provider="amazon", environment="twin", external_account="A1", name="A1", home_currency="USD", grant=grant
        )

    def post(self, count: int) -> list[LedgerDocument]:
        planned = [self._plan(number) for number in range(count)]
        shown = {document.public_id: document.current_revision.hash for document in planned}
        assert posting.post(documents=planned, shown=shown).posted
        return [LedgerDocument.objects.get(pk=document.pk) for document in planned]

    def _plan(self, number: int) -> LedgerDocument:
        names = dict(ReferenceCopy.objects.filter(kind="account").values_list("name", "external_id"))
        amount = Decimal(f"{number + 1}.00")
        lines = (
            DocumentLine(AccountRef(names["Checking"], ""), Side.DEBIT, amount, "in", "settling", settling=True),
            DocumentLine(AccountRef(names["Sales of Product Income"], ""), Side.CREDIT, amount, "sales", "sale"),
        )
        (document,) = plan(
            ledger=self.ledger,
            source=self.source,
            source_ref=f"1928374{number:04}",
            parts=[PlannedPart("", JournalEntry(date(2026, 11, 5), "USD", lines))],
            mapping_version=None,
            company=company(self.ledger),
            target=registry.provider("quickbooks_online").target,
        )
        return document

    def edit(self, document: LedgerDocument) -> None:
        self.do("edit", document, changes={"TxnDate": "2026-11-04"})

    def delete(self, document: LedgerDocument) -> None:
        self.do("delete", document)

    def do(self, verb: str, document: LedgerDocument, **more: Any) -> None:
        self.twins.command("quickbooks_online", verb, realm=US, kind="JournalEntry", id=document.external_id, **more)

    def listen(self, url: str, key: str, **how: Any) -> None:
        self.twins.command("quickbooks_online", "webhook", url=url, verifier=key, waits=[], **how)

    def calls(self) -> list[str]:
        return [entry["operation"] for entry in self.twins.journal() if entry["provider"] == "quickbooks_online"]


@pytest.fixture
def tenant(db: None) -> Iterator[Tenant]:
    """A tenant in scope, committed, so that the web server's threads see it."""
    row = Tenant.objects.create(name="Kestrel Mugs", home_currency="USD")
    with tenant_scope(row):
        yield row
    vault.forget_keys()


@pytest.fixture
def books(tenant: Tenant, twins: Any, settings: Any) -> Iterator[Books]:
    settings.POSTING_CONFIRM_SECONDS = 0  # else a fresh document's absence says nothing for some minutes
    budgets.forget_leases()
    auth._discovered.clear()
    yield Books(twins)
    twins.command("quickbooks_online", "webhook", url="")


@pytest.fixture
def address(live_server: Any) -> str:
    return f"{live_server.url}/connections/quickbooks_online/webhook/"


@pytest.fixture
def key(settings: Any) -> str:
    return str(settings.PROVIDERS["quickbooks_online"]["twin"]["extra"]["webhook_key"])


def noticed() -> dict[str, str]:
    rows = LedgerDocument.objects.exclude(problem_code="").values_list("external_id", "problem_code")
    return dict(rows)


def wait_for(count: int) -> None:
    for _attempt in range(200):
        if InboundNotice.objects.count() >= count:
            return
        time.sleep(0.05)
    raise AssertionError(f"{InboundNotice.objects.count()} of {count} notices came")


def test_our_own_writes_are_no_news(books: Books) -> None:
    books.post(5)
    before = len(books.calls())
    done = posting.follow(ledger=books.ledger)
    assert (done.changes, done.compared) == (5, 0)
    assert books.calls()[before:] == ["cdc"]
    assert noticed() == {}


def test_one_sweep_finds_what_was_changed_and_deleted(books: Books) -> None:
    ours = books.post(8)
    for document in ours[:3]:
        books.edit(document)
    for document in ours[3:5]:
        books.delete(document)
    before = len(books.calls())
    assert posting.follow_due() == 1
    assert books.calls()[before:] == ["cdc"]  # one call, whatever the number of documents
    expected = {document.external_id: "document.differs" for document in ours[:3]}
    expected |= {document.external_id: "document.vanished" for document in ours[3:5]}
    assert noticed() == expected
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 5


def test_what_was_put_right_there_is_in_order_here(books: Books) -> None:
    (document,) = books.post(1)
    books.edit(document)
    posting.follow(ledger=books.ledger)
    assert noticed() == {document.external_id: "document.differs"}
    books.do("edit", document, changes={"TxnDate": "2026-11-05"})
    posting.follow(ledger=books.ledger)
    assert noticed() == {}


def test_a_document_that_cannot_be_read_does_not_stop_the_others(books: Books) -> None:
    ours = books.post(3)
    books.do("edit", ours[0], changes={"PrivateNote": "x"})
    books.edit(ours[2])
    target = registry.provider("quickbooks_online").target
    real = target.found_in

    def broken(door: Any, account: Any, changed: Any) -> Any:
        return {key: found for key, found in real(door, account, changed).items() if key != ours[0].external_id}

    target.found_in = broken
    try:
        posting.follow(ledger=books.ledger)
    finally:
        del target.found_in
    assert noticed() == {ours[0].external_id: "document.differs", ours[2].external_id: "document.differs"}


def test_a_fifth_of_the_webhooks_lost_is_repaired_by_one_sweep(books: Books, address: str, key: str) -> None:
    ours = books.post(20)
    books.listen(address, key, drop=0.2)
    for document in ours[:15]:
        books.edit(document)
    for document in ours[15:]:
        books.delete(document)
    books.twins.command("quickbooks_online", "deliver")
    wait_for(16)
    time.sleep(0.3)
    assert InboundNotice.objects.count() == 16
    tasks.process_notices(books.ledger.tenant_id, books.ledger.pk)
    assert posting.follow_due() == 1
    assert set(noticed()) == {document.external_id for document in ours}


def test_a_receiver_that_was_down_for_hours_loses_nothing(books: Books, address: str, key: str) -> None:
    ours = books.post(4)
    books.listen("http://127.0.0.1:9/nobody/", key)
    for document in ours[:2]:
        books.edit(document)
    assert books.twins.command("quickbooks_online", "deliver")["failed"] > 0
    with clock.shifted(timedelta(hours=8)):
        assert [ledger.pk for ledger in changes.due()] == [books.ledger.pk]
        posting.follow_due()
        assert set(noticed()) == {document.external_id for document in ours[:2]}
        assert changes.due() == []
    with clock.shifted(timedelta(hours=33)):
        assert [ledger.pk for ledger in changes.due()] == [books.ledger.pk]


@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_webhooks_ten_times_over_and_backwards_change_nothing(books: Books, address: str, key: str, shape: str) -> None:
    ours = books.post(4)
    posting.follow(ledger=books.ledger)
    books.listen(address, key, format=shape, repeat=10, newest_first=True)
    books.edit(ours[0])
    books.do("edit", ours[0], changes={"TxnDate": "2026-11-03"})
    books.delete(ours[1])
    books.twins.command("quickbooks_online", "deliver")
    wait_for(2)
    time.sleep(0.3)
    with clock.shifted(timedelta(hours=3)):
        for _time in range(3):
            tasks.process_notices(books.ledger.tenant_id, books.ledger.pk)
        posting.follow_due()
    assert noticed() == {ours[0].external_id: "document.differs", ours[1].external_id: "document.vanished"}
    assert LedgerDocument.objects.get(pk=ours[0].pk).read_back["date"] == "2026-11-03"
    assert Alert.objects.filter(resolved_at__isnull=True).count() == 2


def test_notices_say_what_must_be_read_again(books: Books) -> None:
    def told(kind: str) -> set[str]:
        Connection.objects.filter(pk=books.ledger.pk).update(reference_stale_at=None, changes_stale_at=None)
        InboundNotice.objects.create(
            connection=books.ledger, provider_event_id=f"e-{kind}", kind=kind, external_id="1", operation="updated"
        )
        inbound.process(connection=books.ledger)
        row = Connection.objects.get(pk=books.ledger.pk)
        return {field for field in ("reference_stale_at", "changes_stale_at") if getattr(row, field)}

    assert told("journalentry") == told("salesreceipt") == told("payment") == {"changes_stale_at"}
    assert told("item") == told("customer") == told("account") == {"reference_stale_at"}
    assert told("bill") == set()  # nothing of ours


def test_a_webhook_is_answered_once_the_burst_is_over(books: Books) -> None:
    books.post(1)
    posting.follow_due()
    with clock.shifted(timedelta(minutes=2)):
        Connection.objects.filter(pk=books.ledger.pk).update(changes_stale_at=clock.now())
        assert changes.due() == []
    with clock.shifted(timedelta(minutes=6)):
        assert [ledger.pk for ledger in changes.due()] == [books.ledger.pk]
        posting.follow_due()
        assert changes.due() == []


def test_the_sweep_wakes_the_tenants_whose_ledgers_are_due(books: Books, monkeypatch: Any) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *message: sent.append(message))
    books.post(1)
    with no_tenant():
        sync_tasks.follow_ledgers()
    assert sent == [("syncs.tasks.follow_tenant", books.ledger.tenant_id)]
    with no_tenant():
        sync_tasks.follow_tenant(books.ledger.tenant_id)
        sync_tasks.follow_ledgers()
        sync_tasks.follow_ledger(books.ledger.tenant_id, books.ledger.pk)
    assert len(sent) == 1
    assert books.calls().count("cdc") == 1


def test_a_busy_company_is_read_page_by_page_and_says_that_deletions_are_unknown(books: Books, monkeypatch: Any) -> None:
    from connections.providers.quickbooks_online import changes as feed

    ours = books.post(6)
    monkeypatch.setattr(feed, "CDC_LIMIT", 4)
    books.edit(ours[0])
    done = posting.follow(ledger=books.ledger)
    assert done.changes == 6
    assert noticed() == {ours[0].external_id: "document.differs"}
    row = Connection.objects.get(pk=books.ledger.pk)
    assert row.changes_read_at is not None
    assert row.deletions_read_at is None

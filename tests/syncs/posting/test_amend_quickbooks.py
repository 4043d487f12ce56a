"""Orders changed after they were posted, in the QuickBooks twin: their documents follow, and people's edits stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, DocumentLine, Invoice, ItemRef, PartyRef, SalesReceipt, Side
from connections import budgets, reference, registry, services, vault
from connections.contracts import ItemSpec, PartySpec, TokenSet
from connections.http import door_for
from connections.models import Connection, Grant, ReferenceCopy
from connections.oauth import ExternalAccount, establish
from connections.providers.quickbooks_online import auth
from connections.selectors import company
from syncs import posting
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument, PostingAttempt
from syncs.posting import Verdict
from tenants import clock
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.syncs.posting.conftest import fresh, shown

pytestmark = pytest.mark.django_db(transaction=True)
US = "9130350000000101"


class Company:
    """A company in the twin with a customer and an item, orders posted to it, and what a person does to them there."""

    def __init__(self, twins: Any) -> None:
        given = twins.command("quickbooks_online", "authorise", realm=US)
        tokens = TokenSet(given["access_token"], given["refresh_token"], access_expires=clock.now().replace(year=2030))
        account = ExternalAccount(US, "Harbor Lane Goods")
        self.twins = twins
        self.ledger = establish(provider="quickbooks_online", environment="twin", region="", given=tokens, account=account)
        self.target: Any = registry.provider("quickbooks_online").target
        reference.refresh(connection=self.ledger)
        grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
        self.source = Connection.objects.create(
            provider="amazon", environment="twin", external_account="A1", name="A1", home_currency="USD", grant=grant
        )
        self._stock()

    def _stock(self) -> None:
        accounts = ReferenceCopy.objects.filter(kind="account")
        names = dict(accounts.values_list("name", "external_id"))
        self.owed = AccountRef(next(row.external_id for row in accounts if row.facts["type"] == "Accounts Receivable"), "")
        self.sales, self.bank = AccountRef(names["Sales of Product Income"], ""), AccountRef(names["Checking"], "")
        door, account = door_for(self.ledger), self.ledger.account()
        party = self.target.create_party(door, account, PartySpec("Amazon.com"), request_id="party-1")
        item = self.target.create_item(door, account, ItemSpec("Mug", "MUG", self.sales.key), request_id="item-1")
        services.remember_references(connection=self.ledger, items=[party, item])
        self.customer, self.item = PartyRef(party.external_id, ""), ItemRef(item.external_id, "")

    def receipt(self, amount: str = "100.00", **more: Any) -> SalesReceipt:
        return SalesReceipt(**self._form(amount), account=self.bank, **more)

    def invoice(self, amount: str = "100.00", **more: Any) -> Invoice:
        return Invoice(**self._form(amount), account=self.owed, due_on=date(2026, 12, 5), **more)

    def _form(self, amount: str) -> dict[str, Any]:
        line = DocumentLine(self.sales, Side.CREDIT, Decimal(amount), "Mug", "sale", item=self.item, quantity=Decimal(1))
        return {"date": date(2026, 11, 5), "currency": "USD", "customer": self.customer, "lines": (line,), "memo": "Order"}

    def order(self, number: int, document: Any) -> LedgerDocument:
        (planned,) = plan(
            ledger=self.ledger,
            source=self.source,
            source_ref=f"113-1234567-{number:07}",
            source_kind="order",
            amendable=True,
            parts=[PlannedPart("", replace(document, reference=f"113-1234567-{number:07}"))],
            mapping_version=None,
            company=company(self.ledger),
            target=self.target,
        )
        return fresh(planned)

    def post(self, *documents: LedgerDocument) -> list[LedgerDocument]:
        outcome = posting.post(documents=documents, shown=shown(*documents))
        assert outcome.posted, outcome.problem
        return [fresh(document) for document in documents]

    def edit(self, document: LedgerDocument, kind: str, **changes: Any) -> None:
        self.twins.command("quickbooks_online", "edit", realm=US, kind=kind, id=document.external_id, changes=changes)

    def body(self, document: LedgerDocument, kind: str = "SalesReceipt") -> Any:
        rows = self.twins.command("quickbooks_online", "documents", realm=US, kind=kind)["documents"]
        return next(row for row in rows if row["Id"] == document.external_id)

    def calls(self) -> list[str]:
        return [entry["operation"] for entry in self.twins.journal() if entry["provider"] == "quickbooks_online"]


@pytest.fixture
def books(db: None, twins: Any, settings: Any) -> Iterator[Company]:
    tenant = Tenant.objects.create(name="Kestrel Mugs", home_currency="USD")
    settings.POSTING_CONFIRM_SECONDS = 0
    budgets.forget_leases()
    auth._discovered.clear()
    with tenant_scope(tenant):
        yield Company(twins)
    vault.forget_keys()


def amend(*documents: LedgerDocument, **more: Any) -> posting.Posting:
    given = [fresh(document) for document in documents]
    return posting.amend(documents=given, shown=shown(*given), **more)


def test_a_changed_order_updates_the_same_receipt_under_a_new_sync_token(books: Company) -> None:
    (document,) = books.post(books.order(1, books.receipt("100.00")))
    books.order(1, books.receipt("120.00"))
    before = len(books.calls())
    outcome = amend(document)
    assert outcome.results[0].verdict is Verdict.AMENDED, outcome.problem
    assert len(books.calls()) - before == 2
    now = fresh(document)
    assert (now.external_id, now.external_version) == (document.external_id, "1")
    assert Decimal(str(books.body(now)["TotalAmt"])) == Decimal("120.00")
    assert now.read_back["total"] == "120.00"


def test_many_orders_are_posted_and_changed_thirty_a_call(books: Company) -> None:
    planned = [books.order(number, books.receipt(f"{number}.00")) for number in range(1, 41)]
    before = len(books.calls())
    documents = books.post(*planned)
    assert len(books.calls()) - before == 2
    for number in range(1, 41):
        books.order(number, books.receipt(f"{number}.50"))
    before = len(books.calls())
    assert amend(*documents).posted
    assert len(books.calls()) - before == 4
    assert {fresh(document).external_version for document in documents} == {"1"}
    assert not LedgerDocument.objects.exclude(problem_code="").exists()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"TxnDate": "2026-11-04"}, "date"),
        ({"CustomerMemo": {"value": "Thank you"}}, "CustomerMemo"),
        ({"DocNumber": "1037"}, "number"),
        ({"TrackingNum": "1Z999"}, "tracking"),
        ({"PrivateNote": "called the buyer"}, "memo"),
    ],
)
def test_a_persons_edit_is_never_written_over_silently(books: Company, changes: dict[str, Any], what: str) -> None:
    (document,) = books.post(books.order(1, books.receipt("100.00")))
    books.edit(document, "SalesReceipt", **changes)
    books.order(1, books.receipt("120.00"))
    outcome = amend(document)
    assert outcome.problem is not None
    assert (outcome.problem.code, outcome.problem.params["what"]) == ("amend.edited_there", what)
    assert Decimal(str(books.body(document)["TotalAmt"])) == Decimal("100.00")
    assert amend(document, overwrite=True).posted
    assert Decimal(str(books.body(document)["TotalAmt"])) == Decimal("120.00")


@pytest.mark.parametrize(
    "changed", [{"tracking": ("1Z12345",)}, {"shipping": ("1 High Street", "Leeds")}, {"email": "a@example.com"}]
)
def test_an_update_whose_answer_is_lost_is_known_again(books: Company, changed: dict[str, Any]) -> None:
    (document,) = books.post(books.order(1, books.invoice("100.00")))
    books.order(1, books.invoice("120.00", **changed))
    books.twins.fault("quickbooks_online", "drop-after-commit", "invoice.update", count=1)
    outcome = amend(document)
    if outcome.results[0].verdict is Verdict.WAITING:
        with clock.frozen(clock.now() + timedelta(hours=1)):
            outcome = posting.resume()
    assert outcome.results[0].verdict is Verdict.AMENDED, outcome.problem
    assert PostingAttempt.objects.filter(document=document).latest("number").phase == "found"
    assert (fresh(document).external_version, fresh(document).problem_code) == ("1", "")
    books.order(1, books.invoice("130.00", **changed))
    assert amend(document).posted


def test_an_amended_order_is_cancelled(books: Company) -> None:
    (document,) = books.post(books.order(1, books.receipt("100.00")))
    books.order(1, books.receipt("120.00"))
    amend(document)
    assert posting.undo(documents=[fresh(document)]).results[0].verdict is Verdict.UNDONE
    assert books.twins.command("quickbooks_online", "documents", realm=US, kind="SalesReceipt")["documents"] == []

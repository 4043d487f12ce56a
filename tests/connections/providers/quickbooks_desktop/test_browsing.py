"""What a company file holds is asked for on a page, brought by the next visit, and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from django.test import Client

from connections.errors import Failure
from connections.http import door_for
from connections.models import Connection
from connections.providers.quickbooks_desktop.client import Books
from tenants.models import Membership, User
from tenants.scope import no_tenant, tenant_scope
from tests.connections.contract.browser import BrowserContract, Look
from tests.connections.providers.quickbooks_desktop.conftest import Desktop
from tests.sandbox.quickbooks_desktop.conftest import credit, debit, journal, ref
from tests.sandbox.quickbooks_desktop.test_books import deposit, invoice, line, money_in, payment, sale
from tests.support.people import with_two_steps


class DesktopLook(Look):
    provider, simplest = "quickbooks_desktop", "Account"
    unfilled = {
        "Customer": frozenset({"Email"}),
        "Item": frozenset({"ManufacturerPartNumber"}),
        "Account": frozenset({"AccountNumber"}),
        "Vendor": frozenset({"CompanyName"}),
        "InventoryAdjustment": frozenset({"RefNumber"}),
        "Invoice": frozenset({"RefNumber"}),
        "ReceivePayment": frozenset({"RefNumber"}),
        "JournalEntry": frozenset({"RefNumber"}),
    }

    def __init__(self, one: Desktop) -> None:
        self.one = one
        super().__init__(one.twins)

    def connect(self) -> Connection:
        return self.one.fresh()

    def fill(self) -> None:
        """A document of every kind, entered with one visit."""
        number = "<RefNumber>A-1</RefNumber>"
        goods = [line(kind, "Consulting", "<Amount>20.00</Amount>") for kind in ("SalesReceipt", "CreditMemo")]
        head = ref("CustomerRef", "Walk-in") + f"<TxnDate>2026-11-10</TxnDate>{number}"
        bought = f"<ExpenseLineAdd>{ref('AccountRef', 'Marketplace Fees')}<Amount>7.20</Amount></ExpenseLineAdd>"
        requests = (
            invoice("211.00"),
            sale("SalesReceipt", goods[0], head=head),
            sale("CreditMemo", goods[1], head=head),
            payment("211.00", "<IsAutoApply>true</IsAutoApply>"),
            journal(debit("Checking", "5.00"), credit("Merchandise Sales", "5.00")),
            deposit(money_in("Merchandise Sales", "12.00"), head="<Memo>Payout</Memo>"),
            f"<BillAddRq><BillAdd>{ref('VendorRef', 'Packing Depot')}<RefNumber>B-1</RefNumber>{bought}</BillAdd></BillAddRq>",
        )
        books = Books(door_for(self.connection))
        for turn, request in enumerate(requests):
            with suppress(Failure):
                books.write("enter", request.encode(), key=f"enter-{turn}")
        self.one.poll()
        for turn, request in enumerate(requests):
            books.write("enter", request.encode(), key=f"enter-{turn}")
        for kind in self.browser.entities:  # one visit brings the first page of each
            with suppress(Failure):
                self.browser.page(door_for(self.connection, "test"), self.connection.account(), kind.key)
        self.one.poll()

    def wait(self) -> None:
        self.one.poll()


class TestLooking(BrowserContract):
    @pytest.fixture
    def look(self, desktop: Callable[..., Desktop]) -> Iterator[Look]:
        one = desktop()
        with tenant_scope(one.tenant):
            yield DesktopLook(one)


def test_a_page_says_that_it_waits_and_looks_again(desktop: Callable[..., Desktop]) -> None:
    one = desktop()
    person = User.objects.create_user("ola@kestrel.test", "a long enough password", name="Ola")
    with tenant_scope(one.tenant):
        Membership.objects.create(user=person, tenant=one.tenant, role="owner")
    browser = Client()
    browser.force_login(with_two_steps(person))
    where = f"/app/{one.tenant.public_id}/connections/{one.connection.public_id}/data/Account/"
    with no_tenant():
        waiting = browser.get(where)
        assert waiting.headers["Refresh"] == "15; url=?cursor="
        assert "waits until QuickBooks Desktop comes to fetch it" in waiting.content.decode()
        one.poll()
        brought = browser.get(where)
    assert "Refresh" not in brought.headers
    assert "Checking" in brought.content.decode()

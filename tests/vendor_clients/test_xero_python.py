"""xero-python, unmodified, against the twin over a socket: refresh, connections, documents, attachments, history."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from xero_python.accounting import (
    Account,
    AccountingApi,
    AccountType,
    Allocation,
    Allocations,
    BankTransaction,
    BankTransactions,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    CurrencyCode,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    Item,
    Items,
    LineAmountTypes,
    LineItem,
    LineItemTracking,
    ManualJournal,
    ManualJournalLine,
    ManualJournals,
    Payment,
    PaymentDelete,
    TrackingCategory,
    TrackingOption,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException, HTTPStatusException, RateLimitException
from xero_python.identity import IdentityApi

from sandbox.xero.seed import UK
from sandbox.xero.sign_in import CLIENT_ID, CLIENT_SECRET
from tests.vendor_clients.xero_served import Served, _twin, served

__all__ = ["_twin", "served"]


class Client:
    """Xero's client pointed at the twin: constructor arguments and class attributes, no other change."""

    def __init__(self, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(TokenApi, "refresh_token_url", f"{served.base}/connect/token")
        monkeypatch.setattr(TokenApi, "revoke_token_url", f"{served.base}/connect/revocation")
        self.token: dict[str, Any] = served.tokens()
        self.token["scope"] = self.token["scope"].split()
        oauth = OAuth2Token(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        self.client = ApiClient(Configuration(oauth2_token=oauth), pool_threads=1)
        self.client.oauth2_token_getter(lambda: self.token)
        self.client.oauth2_token_saver(lambda token: setattr(self, "token", token))
        self.books = AccountingApi(self.client, base_url=f"{served.base}/api.xro/2.0")
        self.identity = IdentityApi(self.client, base_url=served.base)


@pytest.fixture
def client(served: Served, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(served, monkeypatch)


def _line(amount: str, account: str = "200", **more: Any) -> LineItem:
    return LineItem(description="Goods", quantity=Decimal(1), unit_amount=Decimal(amount), account_code=account, **more)


def _invoice(client: Client, *lines: LineItem, **more: Any) -> Any:
    asked = {
        "type": "ACCREC", "status": "AUTHORISED", "contact": Contact(name="Zoë's Mugs"), "date": date(2026, 11, 18),
        "due_date": date(2026, 11, 18), "line_amount_types": LineAmountTypes.INCLUSIVE,
        "line_items": list(lines) or [_line("120.00")],
    }  # fmt: skip
    sent = Invoices(invoices=[Invoice(**{**asked, **more})])
    return client.books.create_invoices(UK, sent, idempotency_key=f"k-{more.get('invoice_number', '')}").invoices[0]


def test_refreshes_and_lists_connections(client: Client, served: Served) -> None:
    before = client.token["refresh_token"]
    client.client.refresh_oauth2_token()
    assert client.token["refresh_token"] != before
    assert [one.tenant_id for one in client.identity.get_connections()] == [UK]
    client.identity.delete_connection(client.identity.get_connections()[0].id)
    assert client.identity.get_connections() == []


def test_revoked_tokens_cannot_be_refreshed(client: Client) -> None:
    before = dict(client.token)
    client.client.revoke_oauth2_token()
    client.token = before
    with pytest.raises(HTTPStatusException, match="invalid_grant"):
        client.client.refresh_oauth2_token()


def test_reads_the_organisation_and_its_lists(client: Client) -> None:
    organisation = client.books.get_organisations(UK).organisations[0]
    assert (organisation.name, organisation.base_currency) == ("Fenwick Trading Ltd", CurrencyCode.GBP)
    accounts = client.books.get_accounts(UK, where='Type=="BANK" AND Status=="ACTIVE"').accounts
    assert [account.code for account in accounts] == ["090", "091", "092"]
    assert "OUTPUT2" in {rate.tax_type for rate in client.books.get_tax_rates(UK).tax_rates}
    assert [order.purchase_order_number for order in client.books.get_purchase_orders(UK).purchase_orders] == ["PO-0001"]
    assert client.books.get_items(UK).items[0].quantity_on_hand == 0


def test_makes_and_archives_an_account(client: Client) -> None:
    made = client.books.create_account(
        UK, Account(code="6110", name="Amazon Clearing", type=AccountType.CURRENT, enable_payments_to_account=True)
    ).accounts[0]
    gone = client.books.update_account(UK, made.account_id, {"Accounts": [{"Status": "ARCHIVED"}]}).accounts[0]
    assert (made.tax_type, gone.status) == ("NONE", "ARCHIVED")


def test_an_invoice_its_payment_attachment_and_history(client: Client) -> None:
    made = _invoice(client, invoice_number="AMZ-1")
    assert (made.total_tax, made.contact.name) == (Decimal("20.00"), "Zoë's Mugs")
    assert _invoice(client, invoice_number="AMZ-1").invoice_id == made.invoice_id  # the same key again
    sent = Payment(account=Account(code="090"), amount=Decimal("120.00"), date=date(2026, 11, 20))
    sent.invoice = Invoice(invoice_id=made.invoice_id)
    paid = client.books.create_payment(UK, sent).payments[0]
    assert client.books.get_invoice(UK, made.invoice_id).invoices[0].status == "PAID"
    assert client.books.delete_payment(UK, paid.payment_id, PaymentDelete(status="DELETED")).payments[0].status == "DELETED"
    client.books.create_invoice_attachment_by_file_name(UK, made.invoice_id, "proof.txt", b"tied out")
    files = client.books.get_invoice_attachments(UK, made.invoice_id).attachments
    assert [(one.file_name, one.content_length) for one in files] == [("proof.txt", 8)]
    note = HistoryRecords(history_records=[HistoryRecord(details="Posted by Tieout")])
    client.books.create_invoice_history(UK, made.invoice_id, note)
    assert client.books.get_invoice_history(UK, made.invoice_id).history_records[0].details == "Posted by Tieout"


def test_a_batch_with_one_bad_invoice(client: Client) -> None:
    good = Invoice(type="ACCREC", contact=Contact(name="Bea"), line_items=[_line("1.00")])
    bad = Invoice(type="ACCREC", contact=Contact(name="Cyd"), line_items=[_line("1.00", "9999")], status="AUTHORISED")
    found = client.books.create_invoices(UK, Invoices(invoices=[good, bad]), summarize_errors=False).invoices
    assert [one.status_attribute_string for one in found] == ["OK", "ERROR"]
    assert "due date" in found[1].validation_errors[0].message
    with pytest.raises(AccountingBadRequestException):
        client.books.create_invoices(UK, Invoices(invoices=[good, bad]))
    assert len(client.books.get_invoices(UK, page=1, page_size=10).invoices) == 1


def test_contacts_pages_and_search(client: Client) -> None:
    names = ["Ada", "Bea", "Cyd"]
    made = client.books.create_contacts(UK, Contacts(contacts=[Contact(name=name, contact_number=f"n-{name}") for name in names]))
    page = client.books.get_contacts(UK, page=2, page_size=2, order="Name ASC")
    assert (page.pagination.item_count, [one.name for one in page.contacts]) == (5, ["Coastline Cafe", "Cyd"])
    changed = client.books.update_contact(
        UK, made.contacts[0].contact_id, Contacts(contacts=[Contact(email_address="a@example.test")])
    )
    assert changed.contacts[0].email_address == "a@example.test"
    assert [one.name for one in client.books.get_contacts(UK, search_term="example.test").contacts] == ["Ada"]
    assert client.books.get_contact_by_contact_number(UK, "n-Cyd").contacts[0].name == "Cyd"


def test_a_manual_journal_posted_and_voided(client: Client) -> None:
    lines = [
        ManualJournalLine(line_amount=Decimal(amount), account_code=code)
        for amount, code in (("86.25", "620"), ("-86.25", "200"))
    ]
    sent = ManualJournal(
        narration="Settlement 1",
        date=date(2026, 11, 18),
        status="POSTED",
        line_amount_types=LineAmountTypes.NOTAX,
        journal_lines=lines,
    )
    made = client.books.create_manual_journals(UK, ManualJournals(manual_journals=[sent])).manual_journals[0]
    assert [line.line_amount for line in made.journal_lines] == [Decimal("86.25"), Decimal("-86.25")]
    gone = ManualJournals(manual_journals=[ManualJournal(narration="Settlement 1", status="VOIDED")])
    assert client.books.update_manual_journal(UK, made.manual_journal_id, gone).manual_journals[0].status == "VOIDED"


def test_credit_notes_and_their_allocation(client: Client) -> None:
    made = _invoice(client)
    sent = CreditNote(
        type="ACCRECCREDIT", status="AUTHORISED", contact=Contact(contact_id=made.contact.contact_id), date=date(2026, 11, 19),
        line_amount_types=LineAmountTypes.INCLUSIVE, line_items=[_line("24.00")],
    )  # fmt: skip
    note = client.books.create_credit_notes(UK, CreditNotes(credit_notes=[sent])).credit_notes[0]
    one = Allocation(amount=Decimal("24.00"), date=date(2026, 11, 19), invoice=Invoice(invoice_id=made.invoice_id))
    client.books.create_credit_note_allocation(UK, note.credit_note_id, Allocations(allocations=[one]))
    assert client.books.get_invoice(UK, made.invoice_id).invoices[0].amount_due == Decimal("96.00")
    allocation = client.books.get_credit_note(UK, note.credit_note_id).credit_notes[0].allocations[0]
    client.books.delete_credit_note_allocations(UK, note.credit_note_id, allocation.allocation_id)
    assert client.books.get_invoice(UK, made.invoice_id).invoices[0].amount_due == Decimal("120.00")


def test_items_tracking_and_money_received(client: Client) -> None:
    item = client.books.create_items(UK, Items(items=[Item(code="CUP", name="Cup")])).items[0]
    assert client.books.get_item(UK, item.item_id).items[0].code == "CUP"
    region = client.books.create_tracking_category(UK, TrackingCategory(name="Region")).tracking_categories[0]
    client.books.create_tracking_options(UK, region.tracking_category_id, TrackingOption(name="North"))
    line = _line("64.51", "620", tax_type="NONE", tracking=[LineItemTracking(name="Region", option="North")])
    sent = BankTransaction(
        type="RECEIVE",
        contact=Contact(name="Amazon"),
        bank_account=Account(code="090"),
        line_items=[line],
        date=date(2026, 11, 18),
    )
    made = client.books.create_bank_transactions(UK, BankTransactions(bank_transactions=[sent])).bank_transactions[0]
    assert (made.total, made.line_items[0].tracking[0].option) == (Decimal("64.51"), "North")


def test_a_limit_becomes_the_clients_exception(client: Client, served: Served) -> None:
    # Not the day's: its Retry-After would put the client's own retries to sleep until midnight.
    served.app.twins["xero"].command("limits", {"tenant": UK, "concurrent": 0})
    with pytest.raises(RateLimitException) as refused:
        client.books.get_organisations(UK)
    assert refused.value.rate_limit == "concurrent"

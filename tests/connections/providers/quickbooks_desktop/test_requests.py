"""What QuickBooks Desktop is sent, letter for letter, and the numbers and names it is sent under."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from canonical.accounting import (
    AccountRef,
    Applied,
    CreditMemo,
    Deposit,
    DocumentLine,
    DocumentType,
    Invoice,
    ItemRef,
    JournalEntry,
    PartyRef,
    Payment,
    SalesReceipt,
    Side,
    TaxRef,
)
from connections.contracts import CompanyFacts, ReferenceItem
from connections.providers.quickbooks_desktop import mapper, names, numbers, preflight, qbxml, qwc

HOME = CompanyFacts(
    "USD", "US", multicurrency=False, custom_numbers=True, close_date=date(2026, 6, 30), sales_tax="us", classes=True
)
MARKER = "tieout:0d9c2e0a5b614e639f0b6e2f5b0e7a11aabbccdd"
GUID = numbers.guid(MARKER)
BANK, CLEARING = AccountRef("80000001-1", "Checking"), AccountRef("80000002-1", "Amazon Clearing")
OWED, SALES, FEES = AccountRef("80000003-1", "Receivable"), AccountRef("80000004-1", "Sales"), AccountRef("80000005-1", "Fees")
BUYER = PartyRef("80000010-1", "Amazon US")
MUG, POSTAGE, TAX = ItemRef("80000020-1", "MUG-1"), ItemRef("80000021-1", "Shipping"), ItemRef("80000022-1", "Marketplace tax")


QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def line(account, side, amount, text="", **more):
    return DocumentLine(account, side, Decimal(amount), text, "sale", **more)


def written(document, number="000000123"):
    entity, element = mapper.add_request(mapper.payload(document, number=number, marker=MARKER, company=HOME))
    return qbxml.request(f"{entity}AddRq", {f"{entity}Add": element}).decode()


SHOP_ORDER = {
    "date": date(2026, 11, 14),
    "currency": "USD",
    "customer": BUYER,
    "lines": (
        line(SALES, Side.CREDIT, "39.90", "Mug, blue", item=MUG, quantity=Decimal(2)),
        line(SALES, Side.CREDIT, "5.00", "Shipping", item=POSTAGE),
        line(SALES, Side.DEBIT, "4.00", "Coupon & gift – 10 %", item=MUG),
        line(SALES, Side.CREDIT, "3.27", "Tax", item=TAX),
    ),
    "memo": "Order 000000123",
    "reference": "000000123",
    "shipping": ("Zoë Ångström", "12 Rue de l'Été", "Springfield, IL 62701", "US"),
}


def test_a_shops_order_as_a_sales_receipt():
    assert written(SalesReceipt(account=CLEARING, **SHOP_ORDER)) == (
        "<SalesReceiptAddRq><SalesReceiptAdd><CustomerRef><ListID>80000010-1</ListID></CustomerRef>"
        "<TxnDate>2026-11-14</TxnDate><RefNumber>000000123</RefNumber>"
        "<ShipAddress><Addr1>Zo&#235; &#197;ngstr&#246;m</Addr1><Addr2>12 Rue de l&apos;&#201;t&#233;</Addr2>"
        "<Addr3>Springfield, IL 62701</Addr3><Addr4>US</Addr4></ShipAddress><CheckNumber>000000123</CheckNumber>"
        f"<Memo>Order 000000123 | {MARKER}</Memo><DepositToAccountRef><ListID>80000002-1</ListID></DepositToAccountRef>"
        f"<ExternalGUID>{GUID}</ExternalGUID>"
        "<SalesReceiptLineAdd><ItemRef><ListID>80000020-1</ListID></ItemRef><Desc>Mug, blue</Desc><Quantity>2</Quantity>"
        "<Amount>39.90</Amount><SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></SalesReceiptLineAdd>"
        "<SalesReceiptLineAdd><ItemRef><ListID>80000021-1</ListID></ItemRef><Desc>Shipping</Desc>"
        "<Amount>5.00</Amount><SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></SalesReceiptLineAdd>"
        "<SalesReceiptLineAdd><ItemRef><ListID>80000020-1</ListID></ItemRef><Desc>Coupon &amp; gift &#8211; 10 %</Desc>"
        "<Amount>-4.00</Amount><SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></SalesReceiptLineAdd>"
        "<SalesReceiptLineAdd><ItemRef><ListID>80000022-1</ListID></ItemRef><Desc>Tax</Desc>"
        "<Amount>3.27</Amount><SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></SalesReceiptLineAdd>"
        "</SalesReceiptAdd></SalesReceiptAddRq>"
    )


def test_the_same_order_as_an_invoice():
    short = {**SHOP_ORDER, "lines": SHOP_ORDER["lines"][1:2], "shipping": (), "due_on": date(2026, 12, 14)}
    assert written(Invoice(account=OWED, **short)) == (
        "<InvoiceAddRq><InvoiceAdd><CustomerRef><ListID>80000010-1</ListID></CustomerRef>"
        "<ARAccountRef><ListID>80000003-1</ListID></ARAccountRef><TxnDate>2026-11-14</TxnDate>"
        "<RefNumber>000000123</RefNumber><PONumber>000000123</PONumber><DueDate>2026-12-14</DueDate>"
        f"<Memo>Order 000000123 | {MARKER}</Memo><ExternalGUID>{GUID}</ExternalGUID>"
        "<InvoiceLineAdd><ItemRef><ListID>80000021-1</ListID></ItemRef><Desc>Shipping</Desc><Amount>5.00</Amount>"
        "<SalesTaxCodeRef><FullName>Non</FullName></SalesTaxCodeRef></InvoiceLineAdd></InvoiceAdd></InvoiceAddRq>"
    )


def test_a_settlements_journal_says_on_each_line_what_it_is_for():
    document = JournalEntry(
        date(2026, 11, 14),
        "USD",
        (
            line(BANK, Side.DEBIT, "86.25", "Payout"),
            line(FEES, Side.DEBIT, "13.75", "Referral fees", dimensions=(("class", "80000099-1"),)),
            line(SALES, Side.CREDIT, "100.00", ""),
        ),
        "Amazon settlement 12395580393",
    )
    assert written(document, "12395580393") == (
        "<JournalEntryAddRq><JournalEntryAdd><TxnDate>2026-11-14</TxnDate><RefNumber>12395580393</RefNumber>"
        f"<ExternalGUID>{GUID}</ExternalGUID>"
        "<JournalDebitLine><AccountRef><ListID>80000001-1</ListID></AccountRef><Amount>86.25</Amount>"
        f"<Memo>Payout | Amazon settlement 12395580393 | {MARKER}</Memo></JournalDebitLine>"
        "<JournalDebitLine><AccountRef><ListID>80000005-1</ListID></AccountRef><Amount>13.75</Amount>"
        "<Memo>Referral fees | Amazon settlement 12395580393</Memo>"
        "<ClassRef><ListID>80000099-1</ListID></ClassRef></JournalDebitLine>"
        "<JournalCreditLine><AccountRef><ListID>80000004-1</ListID></AccountRef><Amount>100.00</Amount>"
        "<Memo>Amazon settlement 12395580393</Memo></JournalCreditLine></JournalEntryAdd></JournalEntryAddRq>"
    )


@pytest.mark.parametrize(
    ("text", "memo"), [("Payout", "m" * 5000), ("p" * 5000, "m" * 5000), ("p" * 5000, "Settlement 1"), ("Payout", "m" * 4040)]
)
def test_texts_that_are_too_long_give_way_to_our_mark(text, memo):
    lines = (line(BANK, Side.DEBIT, "5.00", text), line(SALES, Side.CREDIT, "5.00", text))
    sent = etree.fromstring(written(JournalEntry(date(2026, 11, 14), "USD", lines, memo)))
    first, second = (each.text for each in sent.iter("Memo"))
    assert max(len(first), len(second)) <= 4095
    assert first.endswith(f" | {MARKER}")
    assert memo[:4000] in first
    assert memo[:4000] in second


def test_a_deposit_has_signed_lines():
    lines = (line(SALES, Side.CREDIT, "100.00", "Sales"), line(FEES, Side.DEBIT, "13.75", "Fees"))
    assert written(Deposit(date(2026, 11, 14), "USD", BANK, lines, "Amazon settlement 1")) == (
        "<DepositAddRq><DepositAdd><TxnDate>2026-11-14</TxnDate>"
        f"<DepositToAccountRef><ListID>80000001-1</ListID></DepositToAccountRef><Memo>Amazon settlement 1 | {MARKER}</Memo>"
        f"<ExternalGUID>{GUID}</ExternalGUID>"
        "<DepositLineAdd><AccountRef><ListID>80000004-1</ListID></AccountRef><Memo>Sales</Memo><Amount>100.00</Amount>"
        "</DepositLineAdd><DepositLineAdd><AccountRef><ListID>80000005-1</ListID></AccountRef><Memo>Fees</Memo>"
        "<Amount>-13.75</Amount></DepositLineAdd></DepositAdd></DepositAddRq>"
    )


def test_money_from_a_customer_uses_up_the_credits_first():
    applied = (
        Applied(DocumentType.INVOICE, "A1-1", Decimal("211.00")),
        Applied(DocumentType.CREDIT_MEMO, "C1-1", Decimal("43.20")),
    )
    document = Payment(date(2026, 11, 14), "USD", BUYER, CLEARING, OWED, applied, "Settled")
    assert written(document) == (
        "<ReceivePaymentAddRq><ReceivePaymentAdd><CustomerRef><ListID>80000010-1</ListID></CustomerRef>"
        "<ARAccountRef><ListID>80000003-1</ListID></ARAccountRef><TxnDate>2026-11-14</TxnDate>"
        f"<RefNumber>000000123</RefNumber><TotalAmount>167.80</TotalAmount><Memo>Settled | {MARKER}</Memo>"
        f"<DepositToAccountRef><ListID>80000002-1</ListID></DepositToAccountRef><ExternalGUID>{GUID}</ExternalGUID>"
        "<AppliedToTxnAdd><TxnID>A1-1</TxnID><PaymentAmount>167.80</PaymentAmount>"
        "<SetCredit><CreditTxnID>C1-1</CreditTxnID><AppliedAmount>43.20</AppliedAmount></SetCredit></AppliedToTxnAdd>"
        "</ReceivePaymentAdd></ReceivePaymentAddRq>"
    )


def test_money_back_to_a_customer_is_a_transaction_of_its_own():
    applied = (Applied(DocumentType.CREDIT_MEMO, "C1-1", Decimal("43.20")),)
    document = Payment(date(2026, 11, 14), "USD", BUYER, CLEARING, OWED, applied)
    assert "<ARRefundCreditCardAdd>" in written(document)
    assert "<RefundAppliedToTxnAdd><TxnID>C1-1</TxnID><RefundAmount>43.20</RefundAmount></RefundAppliedToTxnAdd>" in written(
        document
    )


def test_a_change_replaces_all_lines_at_the_version_that_was_read():
    payload = mapper.payload(SalesReceipt(account=CLEARING, **SHOP_ORDER), number="000000123", marker=MARKER, company=HOME)
    entity, body = mapper.mod_body(payload, "A1-1", "1764500000")
    text = qbxml.request(f"{entity}ModRq", body).decode()
    assert text.startswith(
        "<SalesReceiptModRq><SalesReceiptMod><TxnID>A1-1</TxnID><EditSequence>1764500000</EditSequence><CustomerRef>"
    )
    assert "ExternalGUID" not in text
    assert text.count("<SalesReceiptLineMod><TxnLineID>-1</TxnLineID>") == 4


@pytest.mark.parametrize(
    ("source_ref", "part", "kind", "number"),
    [
        ("12395580393", "", "settlement", "12395580393"),
        ("12395580393", "1", "settlement", "395580393-1"),
        ("12395580393", "12", "settlement", "95580393-12"),
        ("113-1234567-7654321", "", "order", "33DW3V0D5IP"),
        ("000000123", "", "order", "000000123"),
    ],
)
def test_numbers_fit_into_eleven_characters(source_ref, part, kind, number):
    made = numbers.number(source_ref, part, kind)
    assert made == number
    assert len(made) <= 11


@QUICK
@given(st.lists(st.integers(1, 99999999999999999), min_size=2, max_size=40, unique=True))
def test_no_two_of_amazons_orders_share_a_number(ids):
    made = [numbers.number(f"{each:017}", "", "order") for each in ids]
    assert len(set(made)) == len(made)
    assert max(map(len, made)) <= 11


@QUICK
@given(st.text(max_size=80), st.sampled_from([names.ACCOUNT, names.CUSTOMER]))
def test_names_fit_and_stay_the_same(name, limit):
    made = names.fitting(name, limit)
    assert 0 < len(made) <= limit
    assert names.fitting(name, limit) == made
    assert ":" not in made


def test_two_long_names_never_become_one():
    first, second = (f"Amazon marketplace facilitator tax withheld {which}" for which in ("Ohio", "Iowa"))
    assert names.fitting(first, 31) != names.fitting(second, 31)


@QUICK
@given(st.text(max_size=200))
def test_any_text_survives_the_way_there_and_back(text):
    sent = qbxml.request("ARq", {"Memo": text})
    assert sent.isascii()
    back = etree.fromstring(sent).findtext("Memo") or ""
    kept = "".join(char for char in text if char in "\t\n\r" or (ord(char) >= 0x20 and char not in "\ufffe\uffff"))
    assert back.replace("\r\n", "\n").replace("\r", "\n") == kept.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    "text",
    [b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"<a" + b" " * (8 * 1024 * 1024), b"<a>" * 400, b"<a>&nope;</a>", b""],
)
def test_what_could_do_harm_is_not_read(text):
    with pytest.raises(qbxml.Unreadable):
        qbxml.parsed(text)


def test_the_qwc_file():
    file = qwc.written(
        user="tieout-1", file_id="90a44fb7-33d9-4815-ac85-ac86a7e7d1eb", owner_id="57f3b9b6-86f1-4fcd-b1ef-166de1813d20",
        address="https://books.example/connections/quickbooks_desktop/poll/", support="https://books.example/", every="15",
        company="Kestrel & Sons",
    )  # fmt: skip
    root = etree.fromstring(file)
    assert root.tag == "QBWCXML"
    assert root.findtext("AppName") == "Tieout (Kestrel & Sons)"
    assert (root.findtext("FileID"), root.findtext("AuthFlags")) == ("{90a44fb7-33d9-4815-ac85-ac86a7e7d1eb}", "0x8")
    assert root.findtext("Scheduler/RunEveryNMinutes") == "15"


# ------------------------------------------------------------------ what would be refused


def known(**changes):
    rows = [
        ReferenceItem("account", BANK.key, "Checking", True, {"type": "Bank"}, {}),
        ReferenceItem("account", OWED.key, "Receivable", True, {"type": "Accounts Receivable"}, {}),
        ReferenceItem("account", SALES.key, "Sales", True, {"type": "Income"}, {}),
        ReferenceItem("account", FEES.key, "Fees", changes.get("fees_active", True), {"type": "Expense"}, {}),
        ReferenceItem("account", "9", "Sales Tax Payable", True, {"type": "Other Current Liability", "system": True}, {}),
    ]
    return {(row.kind, row.external_id): row for row in rows}


def found(document, company=HOME, **changes):
    return [problem.code.rpartition(".")[2] for problem in preflight.problems(document, company, known(**changes))]


def entry(*lines, on=date(2026, 11, 14), currency="USD"):
    return JournalEntry(on, currency, lines or (line(BANK, Side.DEBIT, "5.00"), line(SALES, Side.CREDIT, "5.00")))


@pytest.mark.parametrize(
    ("document", "problems"),
    [
        (entry(), []),
        (entry(on=date(2026, 6, 30)), ["period_closed"]),
        (entry(currency="EUR"), ["currency_off"]),
        (entry(line(BANK, Side.DEBIT, "5.00"), line(AccountRef("8", "Gone"), Side.CREDIT, "5.00")), ["account_missing"]),
        (entry(line(BANK, Side.DEBIT, "5.00"), line(AccountRef("9", ""), Side.CREDIT, "5.00")), ["system_account"]),
        (entry(line(OWED, Side.DEBIT, "5.00"), line(OWED, Side.CREDIT, "5.00")), ["one_receivable", "needs_entity"]),
        (entry(line(BANK, Side.DEBIT, "5.001"), line(SALES, Side.CREDIT, "5.001")), ["cents"]),
        (
            entry(
                line(BANK, Side.DEBIT, "5.00"),
                line(SALES, Side.CREDIT, "5.00", tax=TaxRef("1", "S", Decimal(20)), tax_amount=Decimal("0.83")),
            ),
            ["tax_not_kept"],
        ),
        (Deposit(date(2026, 11, 14), "USD", SALES, (line(FEES, Side.CREDIT, "5.00"),)), ["not_into"]),
    ],
)
def test_what_would_be_refused_is_found_before(document, problems):
    assert found(document) == problems


def test_an_inactive_account_and_a_class_without_classes():
    document = entry(line(BANK, Side.DEBIT, "5.00"), line(FEES, Side.CREDIT, "5.00", dimensions=(("class", "1"),)))
    assert found(document, replace(HOME, classes=False), fees_active=False) == ["account_inactive", "dimension_off"]


def test_a_credit_memo_reads_back_as_it_was_written():
    document = CreditMemo(
        account=OWED, **{**SHOP_ORDER, "lines": (line(SALES, Side.DEBIT, "40.00", "Mug", item=MUG),), "shipping": ()}
    )
    assert "<Amount>40.00</Amount>" in written(document)

"""The very bodies of sales documents and payments, and the way back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from canonical.accounting import AccountRef, DocumentLine, ItemRef, Side, TaxRef
from canonical.money import round_half_up
from connections import jsontext
from connections.contracts import CompanyFacts
from connections.providers.quickbooks_online import mapper

from . import orders

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="us")
UK = CompanyFacts("GBP", "GB", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="codes")
MARKER = "tieout:0123456789abcdef0123456789abcdef01234567"


def body(document, number="AMZ11312345671234567", company=US):
    return jsontext.dumps(mapper.payload(document, number=number, marker=MARKER, company=company))


def line(item, amount, text, more=""):
    detail = f'{{"ItemRef":{{"value":"I-{item}"}},"TaxCodeRef":{{"value":"NON"}}{more}}}'
    return f'{{"DetailType":"SalesItemLineDetail","Amount":{amount},"Description":"{text}","SalesItemLineDetail":{detail}}}'


def test_an_order_as_a_sales_receipt():
    assert body(orders.receipt()) == (
        '{"TxnDate":"2026-10-25","PrivateNote":"113-1234567-1234567\\nTracking: 1Z999AA10123456784\\n'
        + MARKER
        + '","DocNumber":"AMZ11312345671234567","CustomerRef":{"value":"C-7"},'
        + '"BillEmail":{"Address":"abc123@marketplace.example.test"},'
        + '"ShipAddr":{"Line1":"Dana Osei","Line2":"4 Quay St","Line3":"Springfield IL 62701","Line4":"US"},'
        + '"TrackingNum":"1Z999AA10123456784","Line":['
        + ",".join(
            [
                line("Sales", "200.00", "Mug, blue", ',"Qty":4,"UnitPrice":50.00'),
                line("Marketplace Tax", "16.00", "Tax collected by Amazon"),
                line("Shipping Income", "5.00", "Shipping"),
                line("Promotions", "-10.00", "Promotion"),
            ]
        )
        + '],"DepositToAccountRef":{"value":"A-Clearing"},"PaymentRefNum":"113-1234567-1234567"}'
    )


def test_a_refund_as_a_refund_receipt():
    assert body(orders.refund(), "AMR11312345671234567K") == (
        '{"TxnDate":"2026-11-02","PrivateNote":"113-1234567-1234567\\n'
        + MARKER
        + '","DocNumber":"AMR11312345671234567K","CustomerRef":{"value":"C-7"},"Line":['
        + line("Refunds", "40.00", "Mug, blue", ',"Qty":1,"UnitPrice":40.00')
        + ","
        + line("Marketplace Tax", "3.20", "Tax given back")
        + '],"DepositToAccountRef":{"value":"A-Clearing"},"PaymentRefNum":"113-1234567-1234567"}'
    )


def test_an_order_as_an_invoice_shows_every_parcel():
    sent = mapper.payload(orders.invoice(), number="AMZ11312345671234567", marker=MARKER, company=US)
    tracking = "1Z999AA10123456784, TBA123456789000, 9400111899223197428490"
    assert sent["TrackingNum"] == "1Z999AA10123456784"  # the next one does not fit the field whole
    assert sent["CustomerMemo"] == {"value": f"Order 113-1234567-1234567\nTracking: {tracking}"}
    assert sent["PrivateNote"] == f"113-1234567-1234567\nTracking: {tracking}\n{MARKER}"
    assert sent["DueDate"] == "2026-11-24"
    assert "DepositToAccountRef" not in sent
    assert "ARAccountRef" not in sent


def test_a_credit_memo_counts_what_is_given_back_as_positive():
    sent = mapper.payload(orders.credit_memo(), number="AMR11312345671234567K", marker=MARKER, company=US)
    assert [entry["Amount"] for entry in sent["Line"]] == [Decimal("40.00"), Decimal("3.20")]
    assert "DepositToAccountRef" not in sent


def test_one_payment_for_many_invoices():
    paid = orders.payment(orders.applied("invoice", "145", "211.00"), orders.applied("invoice", "146", "20.00"))
    assert body(paid, "TIE-19283746501") == (
        '{"TxnDate":"2026-11-05","PrivateNote":"Amazon settlement 19283746501\\n'
        + MARKER
        + '","PaymentRefNum":"TIE-19283746501","CustomerRef":{"value":"C-7"},"TotalAmt":231.00,'
        + '"DepositToAccountRef":{"value":"A-Clearing"},"ARAccountRef":{"value":"A-Receivable"},"Line":['
        + '{"Amount":211.00,"LinkedTxn":[{"TxnId":"145","TxnType":"Invoice"}]},'
        + '{"Amount":20.00,"LinkedTxn":[{"TxnId":"146","TxnType":"Invoice"}]}]}'
    )


def test_a_payment_of_nothing_links_a_credit_memo_with_the_cash_that_went_out():
    links = orders.payment(orders.applied("journal_entry", "9", "43.20"), orders.applied("credit_memo", "8", "43.20"))
    sent = mapper.payload(links, number="N", marker=MARKER, company=US)
    assert sent["TotalAmt"] == 0
    assert [(entry["Amount"], entry["LinkedTxn"][0]["TxnType"]) for entry in sent["Line"]] == [
        (Decimal("43.20"), "JournalEntry"),
        (Decimal("43.20"), "CreditMemo"),
    ]


def test_the_receivable_line_of_a_journal_names_its_customer():
    sent = mapper.payload(orders.cash_out("43.20"), number="N", marker=MARKER, company=US)
    details = [entry["JournalEntryLineDetail"] for entry in sent["Line"]]
    assert details[0]["Entity"] == {"Type": "Customer", "EntityRef": {"value": "C-7"}}
    assert "Entity" not in details[1]


def test_elsewhere_the_gross_is_stated_beside_the_net():
    tax = TaxRef("20S", "20.0% S", Decimal(20))
    sold = orders.receipt(
        currency="GBP",
        lines=orders.lines(
            (("Sales", "credit", "120.00", "Mug", "2"), ("Promotions", "debit", "12.00", "Promotion", "")),
            tax=tax,
            vat={"120.00": "20.00", "12.00": "2.00"},
        ),
    )
    sent = mapper.payload(sold, number="N", marker=MARKER, company=UK)
    assert sent["GlobalTaxCalculation"] == "TaxInclusive"
    assert [(entry["Amount"], entry["SalesItemLineDetail"]) for entry in sent["Line"]] == [
        (
            Decimal("100.00"),
            {
                "ItemRef": {"value": "I-Sales"},
                "TaxCodeRef": {"value": "20S"},
                "TaxInclusiveAmt": Decimal("120.00"),
                "Qty": Decimal(2),
                "UnitPrice": Decimal("50.00"),
            },
        ),
        (
            Decimal("-10.00"),
            {"ItemRef": {"value": "I-Promotions"}, "TaxCodeRef": {"value": "20S"}, "TaxInclusiveAmt": Decimal("-12.00")},
        ),
    ]


def test_without_any_tax_code_the_form_keeps_no_tax():
    sent = mapper.payload(orders.receipt(currency="GBP"), number="N", marker=MARKER, company=UK)
    assert sent["GlobalTaxCalculation"] == "NotApplicable"
    assert "TaxCodeRef" not in sent["Line"][0]["SalesItemLineDetail"]


def test_without_custom_numbers_the_order_is_found_by_its_memo_alone():
    sent = mapper.payload(orders.receipt(), number="X", marker=MARKER, company=replace(US, custom_numbers=False))
    assert "DocNumber" not in sent
    assert MARKER in sent["PrivateNote"]


@pytest.mark.parametrize(
    ("gross", "quantity", "expected"),
    [
        ("10.00", "3", {"Qty": Decimal(3)}),
        ("10.00", "4", {"Qty": Decimal(4), "UnitPrice": Decimal("2.50")}),
        ("0.10", "8", {"Qty": Decimal(8), "UnitPrice": Decimal("0.0125")}),
        ("0.01", "3", {"Qty": Decimal(3)}),
        ("9.99", "1", {"Qty": Decimal(1), "UnitPrice": Decimal("9.99")}),
    ],
)
def test_a_unit_price_only_where_it_multiplies_exactly(gross, quantity, expected):
    sold = orders.receipt(lines=orders.lines((("Sales", "credit", gross, "Mug", quantity),)))
    detail = mapper.payload(sold, number="N", marker=MARKER, company=US)["Line"][0]["SalesItemLineDetail"]
    assert {name: detail[name] for name in ("Qty", "UnitPrice") if name in detail} == expected


@given(st.decimals("0.01", "99999.99", places=2), st.integers(1, 999))
def test_quantity_and_price_never_disagree_with_the_amount(gross, quantity):
    entry = DocumentLine(AccountRef("1", ""), Side.CREDIT, gross, "", "sale", item=ItemRef("2", ""), quantity=Decimal(quantity))
    detail = mapper.payload(orders.receipt(lines=(entry,)), number="N", marker=MARKER, company=US)["Line"][0]
    price = detail["SalesItemLineDetail"].get("UnitPrice")
    assert detail["Amount"] == gross
    assert price is None or price * quantity == gross


def test_an_address_of_many_lines_keeps_its_end():
    sent = mapper.payload(orders.receipt(shipping=tuple("abcdefg")), number="N", marker=MARKER, company=US)
    assert sent["ShipAddr"] == {"Line1": "a", "Line2": "b", "Line3": "c", "Line4": "d", "Line5": "e, f, g"}


@pytest.mark.parametrize(
    ("reference", "part", "kind", "expected"),
    [
        ("113-1234567-1234567", "", "order", "AMZ11312345671234567"),
        ("S01-1234567-1234567", "", "order", "AMZS0112345671234567"),
        ("113-1234567-1234567#17", "", "refund", "AMR113123456712345675"),
    ],
)
def test_numbers_of_orders_and_refunds_can_be_searched_by_the_order(reference, part, kind, expected):
    assert mapper.number(reference, part, kind) == expected


@given(
    st.from_regex(r"\A[0-9]{3}-[0-9]{7}-[0-9]{7}#[A-Za-z0-9-]{1,40}\Z"), st.sampled_from(["", "2", "cash-out", "payment-of-it"])
)
def test_refund_numbers_fit_whatever_the_part(reference, part):
    number = mapper.number(reference, part, "refund")
    assert len(number) <= 21
    assert part or number.startswith("AMR" + reference.split("#")[0].replace("-", ""))


# ------------------------------------------------------------------ the way back


def answered(sent, **more):
    """A body as QuickBooks would hold it."""
    return {"Id": "7", "SyncToken": "3", "CurrencyRef": {"value": "USD"}, **sent, **more}


@pytest.mark.parametrize(("make", "kind"), [("receipt", "sales_receipt"), ("refund", "refund_receipt")])
def test_a_receipt_reads_back_as_what_was_planned(make, kind):
    planned = getattr(orders, make)()
    sent = mapper.payload(planned, number="N", marker=MARKER, company=US)
    for entry in sent["Line"]:
        key = entry["SalesItemLineDetail"]["ItemRef"]["value"].replace("I-", "A-")
        entry["SalesItemLineDetail"]["ItemAccountRef"] = {"value": key}
    found = mapper.found(kind, answered(sent), {})
    assert (found.number, found.marker, found.external_version) == ("N", MARKER, "3")
    assert found.document.total == planned.total
    read = [(line.account.key, line.signed, line.item.key, line.quantity) for line in found.document.lines]
    assert read == [(line.account.key, line.signed, line.item.key, line.quantity) for line in planned.lines]
    assert found.document.reference == orders.ORDER
    assert found.document.shipping == planned.shipping


def test_tax_that_quickbooks_added_by_itself_is_never_hidden():
    sent = mapper.payload(orders.receipt(), number="N", marker=MARKER, company=US)
    found = mapper.found("sales_receipt", answered(sent, TxnTaxDetail={"TotalTax": Decimal("14.50")}), {})
    assert found.document.total == Decimal("225.50")
    assert found.document.lines[-1].signed == Decimal("14.50")


def test_a_discount_that_a_person_gave_reads_as_one():
    sent = mapper.payload(orders.receipt(), number="N", marker=MARKER, company=US)
    discount = {
        "DetailType": "DiscountLineDetail",
        "Amount": Decimal("11.00"),
        "DiscountLineDetail": {"DiscountAccountRef": {"value": "A-Discounts"}},
    }
    found = mapper.found("sales_receipt", answered({**sent, "Line": [*sent["Line"], discount]}), {})
    assert found.document.total == Decimal("200.00")


def test_money_that_is_set_against_nothing_any_more_shows():
    sent = mapper.payload(orders.payment(orders.applied("invoice", "145", "211.00")), number="N", marker=MARKER, company=US)
    found = mapper.found("payment", answered({**sent, "Line": []}), {})
    assert found.number == "N"
    assert found.document.total == Decimal("211.00")
    assert [(each.external_id, each.amount, each.reference) for each in found.document.applied] == [
        ("", Decimal("211.00"), "unapplied")
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"Line": [{"Amount": Decimal(1), "LinkedTxn": [{"TxnId": "1", "TxnType": "Expense"}]}]},
        {"TotalAmt": None},
        {"TxnDate": "soon"},
        {"TotalAmt": Decimal(0), "Line": []},
    ],
)
def test_a_payment_that_cannot_be_one_is_unreadable(broken):
    sent = mapper.payload(orders.payment(orders.applied("invoice", "145", "211.00")), number="N", marker=MARKER, company=US)
    with pytest.raises(mapper.Unreadable):
        mapper.found("payment", answered({**sent, **broken}), {})


ROWS = st.lists(
    st.tuples(st.decimals("0.01", "9999.99", places=2), st.booleans(), st.sampled_from(["0", "5", "20"])), min_size=1, max_size=8
)


@given(ROWS, st.sampled_from(["receipt", "invoice", "refund", "credit_memo"]), st.sampled_from(["0.00", "0.01", "-0.01"]))
def test_every_line_comes_back_with_its_net_tax_and_gross(rows, kind, off):
    """Whatever the mix of rates and signs; and a tax that QuickBooks sums up otherwise shows on a taxed line."""
    direction = -1 if kind in ("refund", "credit_memo") else 1
    lines = []
    for gross, adds, rate in rows:
        side = Side.CREDIT if adds == (direction > 0) else Side.DEBIT
        vat = round_half_up(gross * Decimal(rate) / (100 + Decimal(rate)), "GBP")
        tax = TaxRef(f"V{rate}", "", Decimal(rate))
        lines.append(DocumentLine(AccountRef("A", ""), side, gross, "", "sale", tax, vat, item=ItemRef("I", "")))
    assume(direction * sum(line.signed for line in lines) >= 0)
    planned = getattr(orders, kind)(lines=tuple(lines), currency="GBP")
    sent = mapper.payload(planned, number="N", marker=MARKER, company=UK)
    stated = direction * sum(line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in lines) + Decimal(off)
    for entry in sent["Line"]:
        entry["SalesItemLineDetail"]["ItemAccountRef"] = {"value": "A"}
    rates = {(f"V{rate}", "sales"): Decimal(rate) for rate in ("0", "5", "20")}
    back = {**sent, "Id": "1", "SyncToken": "0", "CurrencyRef": {"value": "GBP"}, "TxnTaxDetail": {"TotalTax": stated}}
    found = mapper.found(planned.document_type.value, back, rates).document
    assert found.total == planned.total
    seen = [(line.signed, line.net, line.tax_amount, line.tax.key) for line in found.lines]
    ours = [(line.signed, line.net, line.tax_amount, line.tax.key) for line in lines]
    assert (seen == ours) is (Decimal(off) == 0)
    taxes = sum(line.tax_amount if line.side is Side.CREDIT else -line.tax_amount for line in found.lines)
    assert direction * taxes == stated

"""One Magento order, literally, as the bodies that QuickBooks Online is sent: a sales receipt, an invoice, their refund."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import AccountRef, DocumentType, ItemRef, MethodRef, PartyRef
from canonical.commerce import ChargeKind, OrderStatus, Terms, with_discounts_in_prices
from connections import jsontext
from connections.contracts import CompanyFacts
from connections.providers.magento import mapper as magento
from connections.providers.quickbooks_online import mapper as quickbooks
from reconciliation.engine.book import AccountRule, Book, Registration, TaxScheme
from reconciliation.engine.chart import LEDGER_ACCOUNTS, Role
from reconciliation.engine.orders import Entities, Item, compose_order, compose_refund
from reconciliation.orders.policy import read

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="us")
MARKER = "tieout:0123456789abcdef0123456789abcdef01234567"
SHOP = magento.shop_of({"marketplaces": [{"store_id": "1", "id": "default", "code": "default", "name": "Main Store"}]})

PEOPLE: dict[str, Any] = {
    "customer_id": 42, "customer_firstname": "Veronica", "customer_lastname": "Costello", "customer_email": "roni_cost@example.com",
    "billing_address": {
        "firstname": "Veronica", "lastname": "Costello", "company": "Costello Studio", "street": ["6146 Honey Bluff Parkway"],
        "city": "Calder", "region_code": "MI", "postcode": "49628-7978", "country_id": "US",
    },
}  # fmt: skip
ITEM = {
    "item_id": 7, "sku": "MUG-12", "name": "Mug, blue", "product_type": "simple", "product_id": 3, "qty_ordered": 2,
    "qty_canceled": 0, "qty_shipped": 0, "tax_percent": Decimal("8.25"), "base_row_total": Decimal("40.0000"),
    "base_tax_amount": Decimal("2.9700"), "base_discount_amount": Decimal("4.0000"),
}  # fmt: skip
ORDER: dict[str, Any] = {
    "entity_id": 61, "increment_id": "000000061", "state": "processing", "status": "processing", "store_id": 1,
    "created_at": "2026-11-24 18:03:11", "updated_at": "2026-11-24 18:05:00", "base_currency_code": "USD",
    "order_currency_code": "EUR", "base_grand_total": Decimal("46.9700"), "base_total_paid": Decimal("46.9700"),
    "base_subtotal": 40, "base_shipping_amount": 8, "base_tax_amount": Decimal("2.9700"), "base_discount_amount": -4,
    "base_to_order_rate": Decimal("0.92"), "grand_total": Decimal("43.21"), "shipping_description": "Flat Rate - Fixed",
    "coupon_code": "AUTUMN10", "items": [ITEM], "payment": {"method": "braintree", "last_trans_id": "ch_61"},
    "extension_attributes": {
        "gift_note": "wrap it twice", "sales_channel": "wholesale",
        "shipping_assignments": [{"shipping": {"address": {**PEOPLE["billing_address"], "company": None}, "method": "flatrate_flatrate"}}],
    },
    **PEOPLE,
}  # fmt: skip
INVOICE = {
    "entity_id": 9, "increment_id": "000000009", "order_id": 61, "state": 2, "created_at": "2026-11-24 18:04:00",
    "updated_at": "2026-11-24 18:04:00", "base_grand_total": Decimal("46.97"), "transaction_id": "ch_61",
}  # fmt: skip
SHIPMENT = {
    "order_id": 61, "created_at": "2026-11-25 09:00:00", "updated_at": "2026-11-25 09:00:00",
    "tracks": [{"track_number": "JD014600006281230704", "title": "DHL", "carrier_code": "dhl"}],
}  # fmt: skip

ACCOUNTS = {account.role: AccountRef(f"A-{account.role.value}", account.name_for("Magento")) for account in LEDGER_ACCOUNTS}
BOOK = Book(tuple(AccountRule(ref, role=role.value) for role, ref in ACCOUNTS.items()), source="Magento")
KNOWN = Entities(
    PartyRef("C-42", "Costello Studio"),
    {"MUG-12": Item(ItemRef("I-MUG", "MUG-12"), ACCOUNTS[Role.SALES])},
    {ref.key: ItemRef(f"I-{role.value}", ref.name) for role, ref in ACCOUNTS.items()},
    AccountRef("A-receivable", "Accounts Receivable"),
    methods={"braintree": MethodRef("P-3", "Credit Card")},
    due_on=date(2026, 12, 24),
    noted=("gift_note: wrap it twice",),
    dimensions=(("class", "5000"),),
)


def said(**changes: Any):
    return magento.order({**ORDER, **changes}, [INVOICE], [SHIPMENT], SHOP, people=True)


def sent(document, number: str = "TIE-000000061") -> Any:
    return jsontext.loads(jsontext.dumps(quickbooks.payload(document, number=number, marker=MARKER, company=US)))


def line(item: str, amount: str, text: str, **more: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": item}, "ClassRef": {"value": "5000"}, "TaxCodeRef": {"value": "NON"}, **more}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "Description": text, "SalesItemLineDetail": detail}


LINES = [
    line("I-MUG", "40.00", "Mug, blue", Qty=2, UnitPrice=Decimal("20.00")),
    line("I-sales_tax_payable", "2.97", "Sales tax collected"),
    line("I-promotions", "-4.00", "Promotion discount"),
    line("I-shipping_income", "8.00", "Shipping income"),
]
ADDRESS = {"Line1": "Veronica Costello", "Line2": "6146 Honey Bluff Parkway", "Line3": "49628-7978 Calder MI", "Line4": "US"}
BILLING = {
    "Line1": "Veronica Costello", "Line2": "Costello Studio", "Line3": "6146 Honey Bluff Parkway", "Line4": "49628-7978 Calder MI",
    "Line5": "US",
}  # fmt: skip


def test_a_paid_order_as_a_sales_receipt() -> None:
    order = said()
    assert read({}).document_type(order) is DocumentType.SALES_RECEIPT
    composed = compose_order(order, BOOK, KNOWN, as_type=DocumentType.SALES_RECEIPT, on=date(2026, 11, 24))
    assert composed.problems == ()
    assert sent(composed.document) == {
        "TxnDate": "2026-11-24",
        "PrivateNote": "Magento order 000000061\nbraintree ch_61\ngift_note: wrap it twice\nTracking: JD014600006281230704\n"
        + MARKER,
        "DocNumber": "TIE-000000061",
        "CustomerRef": {"value": "C-42"},
        "BillEmail": {"Address": "roni_cost@example.com"},
        "ShipAddr": ADDRESS,
        "BillAddr": BILLING,
        "TrackingNum": "JD014600006281230704",
        "Line": LINES,
        "DepositToAccountRef": {"value": "A-clearing"},
        "PaymentMethodRef": {"value": "P-3"},
        "PaymentRefNum": "000000061",
    }
    assert composed.document.total == order.total == Decimal("46.97")  # QuickBooks' TotalAmt is the sum of these lines


def test_an_order_on_terms_as_an_invoice() -> None:
    order = said(base_total_paid=0, payment={"method": "purchaseorder", "po_number": "PO-9"})
    assert read({}).document_type(order) is DocumentType.INVOICE
    composed = compose_order(order, BOOK, KNOWN, as_type=DocumentType.INVOICE, on=date(2026, 11, 24))
    body = sent(composed.document)
    assert body == {
        "TxnDate": "2026-11-24",
        "PrivateNote": "Magento order 000000061\ngift_note: wrap it twice\nTracking: JD014600006281230704\n" + MARKER,
        "DocNumber": "TIE-000000061",
        "CustomerRef": {"value": "C-42"},
        "BillEmail": {"Address": "roni_cost@example.com"},
        "ShipAddr": ADDRESS,
        "BillAddr": BILLING,
        "TrackingNum": "JD014600006281230704",
        "CustomerMemo": {"value": "Order 000000061\nTracking: JD014600006281230704"},
        "Line": LINES,
        "DueDate": "2026-12-24",
    }
    assert order.shop.attributes["po_number"] == "PO-9"


def test_a_credit_memo_with_adjustment_and_postage() -> None:
    memo = {
        "entity_id": 3, "increment_id": "000000003", "order_id": 61, "store_id": 1, "state": 2, "created_at": "2026-11-28 10:00:00",
        "updated_at": "2026-11-28 10:00:00", "base_currency_code": "USD", "base_grand_total": Decimal("24.24"),
        "base_shipping_amount": Decimal("3.00"), "base_tax_amount": Decimal("1.49"), "base_discount_amount": Decimal("-2.00"),
        "base_adjustment_positive": Decimal("2.00"), "base_adjustment_negative": Decimal("0.25"),
        "items": [{"order_item_id": 7, "sku": "MUG-12", "qty": 1, "base_row_total": 20, "base_tax_amount": Decimal("1.49"),
                   "base_discount_amount": 2}],
    }  # fmt: skip
    refund = magento.refund(memo, ORDER, SHOP)
    composed = compose_refund(refund, BOOK, KNOWN, as_type=DocumentType.REFUND_RECEIPT, on=date(2026, 11, 28))
    body = sent(composed.document, "TIE-CM000000003")
    assert [(entry["Amount"], entry["Description"]) for entry in body["Line"]] == [
        (Decimal("20.00"), "Mug, blue"),
        (Decimal("1.49"), "Refund sales tax"),
        (Decimal("-2.00"), "Refund promotion"),
        (Decimal("3.00"), "Refund shipping"),
        (Decimal("1.75"), "Refund goodwill"),
    ]
    assert composed.document.total == Decimal("24.24")
    assert body["PaymentMethodRef"] == {"value": "P-3"}
    assert body["PrivateNote"].startswith("Refund of Magento order 000000061")


def test_names_addresses_and_own_fields_are_put_together() -> None:
    order = said()
    assert (order.buyer.name, order.buyer.company) == ("Veronica Costello", "Costello Studio")
    assert (order.shop.number, order.shop.customer_id, order.shop.coupons) == ("000000061", "42", ("AUTUMN10",))
    wanted = {
        "gift_note": "wrap it twice",
        "sales_channel": "wholesale",
        "order_currency_code": "EUR",
        "base_to_order_rate": "0.92",
    }
    assert wanted.items() <= order.shop.attributes.items()


def test_discounts_as_lines_or_in_prices_give_the_same_total() -> None:
    order = said()
    lowered = replace(order, lines=with_discounts_in_prices(order.lines))
    assert lowered.gross == order.gross == order.total
    assert {charge.kind for each in lowered.lines for charge in each.charges} == {ChargeKind.ITEM, ChargeKind.SHIPPING}
    composed = compose_order(lowered, BOOK, KNOWN, as_type=DocumentType.SALES_RECEIPT, on=date(2026, 11, 24))
    assert [entry["Amount"] for entry in sent(composed.document)["Line"]] == [Decimal("36.00"), Decimal("2.97"), Decimal("8.00")]


@pytest.mark.parametrize(
    ("changes", "status", "terms"),
    [
        ({"state": "new", "base_total_paid": 0}, OrderStatus.PENDING, Terms.CREDIT),
        ({"state": "new", "base_total_paid": 0, "payment": {"method": "checkmo"}}, OrderStatus.UNSHIPPED, Terms.CREDIT),
        ({"base_total_paid": 10}, OrderStatus.UNSHIPPED, Terms.CREDIT),
        ({}, OrderStatus.UNSHIPPED, Terms.PAID),
        ({"state": "complete"}, OrderStatus.SHIPPED, Terms.PAID),
        ({"state": "closed"}, OrderStatus.SHIPPED, Terms.PAID),
        ({"state": "holded"}, OrderStatus.PENDING, Terms.PAID),
        ({"state": "payment_review"}, OrderStatus.PENDING, Terms.PAID),
        ({"state": "canceled"}, OrderStatus.CANCELLED, Terms.PAID),
        ({"state": "fraud_check"}, OrderStatus.UNKNOWN, Terms.PAID),
        ({"status": "awaiting_pickup"}, OrderStatus.UNSHIPPED, Terms.PAID),
    ],
)
def test_where_an_order_stands(changes: dict[str, Any], status: OrderStatus, terms: Terms) -> None:
    order = said(**changes)
    assert (order.status, order.terms) == (status, terms)


def test_a_header_that_does_not_foot_is_held() -> None:
    composed = compose_order(said(base_grand_total=50), BOOK, KNOWN, as_type=DocumentType.SALES_RECEIPT, on=date(2026, 11, 24))
    assert composed.document is None
    assert composed.problems[0].code == "order.total_differs"
    assert composed.problems[0].params["difference"] == "3.03"


def test_another_tax_rate_than_the_codes_is_held() -> None:
    from canonical.accounting import TaxRef

    scheme = TaxScheme(
        "Main Store", Registration.REGISTERED, sales=TaxRef("T-20", "20% S", Decimal(20)), zero=TaxRef("T-0", "0% Z", Decimal(0)),
        none=TaxRef("T-N", "No VAT", Decimal(0)),
    )  # fmt: skip
    book = replace(BOOK, tax_schemes=(scheme,))
    composed = compose_order(said(), book, KNOWN, as_type=DocumentType.SALES_RECEIPT, on=date(2026, 11, 24))
    assert {problem.code for problem in composed.problems} == {"order.rate_differs"}

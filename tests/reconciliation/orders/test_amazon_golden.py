"""One Amazon order, literally, as the bodies that QuickBooks Online is sent: eight fields of it, tax, shipping, tracking.

It was placed and sent on the last evening of October in the seller's zone, when it was November in UTC.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from canonical.accounting import AccountRef, DocumentType, ItemRef, PartyRef
from connections import jsontext
from connections.contracts import CompanyFacts
from connections.providers.amazon import commerce
from connections.providers.quickbooks_online import mapper as quickbooks
from reconciliation.engine.book import AccountRule, Book
from reconciliation.engine.chart import LEDGER_ACCOUNTS, Role
from reconciliation.engine.orders import Entities, Item, compose_order
from reconciliation.orders.policy import read

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="us")
MARKER = "tieout:0123456789abcdef0123456789abcdef01234567"
NUMBER, ZONE = "AMZ11200000010000001", "America/Los_Angeles"


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


def part(kind: str, amount: str, **detailed: str) -> dict[str, Any]:
    details = [{"subtype": name, "value": usd(value)} for name, value in detailed.items()]
    return {"type": kind, "subtotal": usd(amount), **({"detailedBreakdowns": details} if details else {})}


ITEM: dict[str, Any] = {
    "orderItemId": "10000000000001",
    "quantityOrdered": 2,
    "product": {"asin": "B0AAAAAAA1", "title": "Enamel mug, set of two", "sellerSku": "HP-ENAMEL-MUG-2"},
    "fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 0},
    "tax": {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}]},
    "proceeds": {
        "proceedsTotal": usd("46.54"),
        "breakdowns": [
            part("ITEM", "37.00"),
            part("SHIPPING", "5.99"),
            part("TAX", "3.55", ITEM="3.05", SHIPPING="0.50"),
        ],
    },
}
ORDER: dict[str, Any] = {
    "orderId": "112-0000001-0000001",
    "createdTime": "2026-11-01T03:30:00Z",
    "lastUpdatedTime": "2026-11-01T06:45:00Z",
    "salesChannel": {"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "Amazon.com"},
    "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
    "payment": {"paymentExecutions": [{"paymentMethod": "CreditCard", "paymentAmount": usd("46.54")}]},
    "proceeds": {"grandTotal": usd("46.54")},
    "orderItems": [ITEM],
    "packages": [
        {"packageReferenceId": "1", "carrier": "UPS", "trackingNumber": "1Z999AA10123456784", "shipTime": "2026-11-01T06:40:00Z"}
    ],
    "buyer": {"buyerName": "Ada Ashe", "buyerEmail": "3f9a@marketplace.amazon.com"},
    "recipient": {
        "deliveryAddress": {
            "name": "Ada Ashe", "addressLine1": "17 Orchard Row", "city": "Millbrook", "stateOrRegion": "MN", "postalCode": "55401",
            "countryCode": "US",
        }
    },
}  # fmt: skip

ACCOUNTS = {account.role: AccountRef(f"A-{account.role.value}", account.name_for("Amazon")) for account in LEDGER_ACCOUNTS}
BOOK = Book(tuple(AccountRule(ref, role=role.value) for role, ref in ACCOUNTS.items()))
KNOWN = Entities(
    PartyRef("C-7", "Ada Ashe"),
    {"HP-ENAMEL-MUG-2": Item(ItemRef("I-MUG", "HP-ENAMEL-MUG-2"), ACCOUNTS[Role.SALES])},
    {ref.key: ItemRef(f"I-{role.value}", ref.name) for role, ref in ACCOUNTS.items()},
    AccountRef("A-receivable", "Accounts Receivable"),
    due_on=date(2026, 11, 30),
)


def line(item: str, amount: str, text: str, **more: Any) -> dict[str, Any]:
    detail = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": "NON"}, **more}
    return {"DetailType": "SalesItemLineDetail", "Amount": Decimal(amount), "Description": text, "SalesItemLineDetail": detail}


COMMON = {
    "TxnDate": "2026-10-31",  # purchaseDate, in the seller's zone
    "PrivateNote": f"Amazon order 112-0000001-0000001\nTracking: 1Z999AA10123456784\n{MARKER}",  # amazonOrderId
    "DocNumber": NUMBER,
    "CustomerRef": {"value": "C-7"},
    "BillEmail": {"Address": "3f9a@marketplace.amazon.com"},
    "ShipAddr": {"Line1": "Ada Ashe", "Line2": "17 Orchard Row", "Line3": "55401 Millbrook MN", "Line4": "US"},
    "TrackingNum": "1Z999AA10123456784",
    "Line": [
        line("I-MUG", "37.00", "Enamel mug, set of two", Qty=2, UnitPrice=Decimal("18.50")),  # sellerSKU, itemPrice, title
        line("I-marketplace_tax", "3.55", "Sales tax collected"),
        line("I-shipping_income", "5.99", "Shipping income"),
    ],
}


def composed(**changes: Any) -> tuple[Any, Any]:
    """(the order as read, the body that is sent)."""
    order, policy = commerce.order({**ORDER, **changes}), read({"each": True, "when": "placed"})
    made = compose_order(order, BOOK, KNOWN, as_type=policy.document_type(order), on=policy.day(order, ZONE))
    assert made.problems == ()
    body = quickbooks.payload(made.document, number=NUMBER, marker=MARKER, company=US)
    return order, (made.document, jsontext.loads(jsontext.dumps(body)))


def test_an_order_paid_at_once_is_a_sales_receipt() -> None:
    order, (document, body) = composed()
    assert document.document_type is DocumentType.SALES_RECEIPT
    assert body == {**COMMON, "DepositToAccountRef": {"value": "A-clearing"}, "PaymentRefNum": "112-0000001-0000001"}
    # QuickBooks works TotalAmt out of the lines: it is orderTotal.
    assert sum(entry["Amount"] for entry in body["Line"]) == document.total == order.total == Decimal("46.54")


def test_an_order_on_terms_is_an_invoice_with_its_tracking_number() -> None:
    on_account = {"paymentExecutions": [{"paymentMethod": "Invoice", "paymentAmount": usd("46.54")}]}
    _order, (document, body) = composed(payment=on_account)
    assert document.document_type is DocumentType.INVOICE
    memo = {"value": "Order 112-0000001-0000001\nTracking: 1Z999AA10123456784"}
    assert body == {**COMMON, "CustomerMemo": memo, "DueDate": "2026-11-30"}

"""What an order and a refund of Amazon become, literally: charges, taxes, statuses, terms, parcels, people."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.commerce import (
    Address,
    Charge,
    ChargeKind,
    FulfilledBy,
    OrderStatus,
    Package,
    Party,
    TaxCollector,
    Terms,
)
from connections.providers.amazon import commerce
from connections.providers.amazon.mapper import Unreadable


def usd(amount):
    return {"amount": amount, "currencyCode": "USD"}


def order(**changes):
    whole = {
        "orderId": "112-0000001-0000001",
        "createdTime": "2026-11-01T10:00:00Z",
        "lastUpdatedTime": "2026-11-02T11:30:00Z",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "amazon.com"},
        "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
        "payment": {"paymentExecutions": [{"paymentMethod": "CreditCard", "paymentAmount": usd("41.13")}]},
        "proceeds": {"grandTotal": usd("41.13")},
        "orderItems": [item()],
        "packages": [
            {"packageReferenceId": "1", "carrier": "UPS", "trackingNumber": "1Z1", "shipTime": "2026-11-02T09:00:00Z"},
            {"packageReferenceId": "2", "carrier": "UPS", "trackingNumber": "1Z2", "shipTime": "2026-11-02T11:00:00Z"},
        ],
    }
    return {**whole, **changes}


def item(**changes):
    whole = {
        "orderItemId": "111",
        "quantityOrdered": 3,
        "product": {"asin": "B01", "sellerSku": "1E10", "title": "Folding ruler"},
        "fulfillment": {"quantityFulfilled": 2, "quantityUnfulfilled": 0},
        "tax": {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR", "responsibleParty": "Amazon Services, Inc."}]},
        "proceeds": {
            "proceedsTotal": usd("41.13"),
            "breakdowns": [
                {"type": "ITEM", "subtotal": usd("30.00")},
                {"type": "SHIPPING", "subtotal": usd("5.99")},
                {"type": "GIFT_WRAP", "subtotal": usd("3.99")},
                {"type": "COD_FEE", "subtotal": usd("1.00")},
                {"type": "OTHER", "subtotal": usd("0.50")},
                {
                    "type": "TAX",
                    "subtotal": usd("2.64"),
                    "detailedBreakdowns": [
                        {"subtype": "ITEM", "value": usd("2.40")},
                        {"subtype": "SHIPPING", "value": usd("0.30")},
                        {"subtype": "GIFT_WRAP", "value": usd("0.10")},
                        {"subtype": "DISCOUNT", "value": usd("-0.16")},
                    ],
                },
                {
                    "type": "DISCOUNT",
                    "subtotal": usd("-2.99"),
                    "detailedBreakdowns": [
                        {"subtype": "ITEM", "value": usd("-2.00")},
                        {"subtype": "SHIPPING", "value": usd("-0.99")},
                    ],
                },
            ],
        },
    }
    return {**whole, **changes}


def charges(*parts):
    return tuple(Charge(kind, Decimal(amount), Decimal(tax)) for kind, amount, tax in parts)


GOLDEN = charges(
    (ChargeKind.ITEM, "30.00", "2.40"),
    (ChargeKind.SHIPPING, "5.99", "0.30"),
    (ChargeKind.GIFT_WRAP, "3.99", "0.10"),
    (ChargeKind.OTHER, "1.50", "0"),
    (ChargeKind.DISCOUNT, "-2.00", "-0.16"),
    (ChargeKind.SHIPPING_DISCOUNT, "-0.99", "0"),
)


def test_a_shipped_order():
    read = commerce.order(order())
    assert (read.order_id, read.status, read.stated_status) == ("112-0000001-0000001", OrderStatus.SHIPPED, "SHIPPED")
    assert read.purchased_at == datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert read.updated_at == datetime(2026, 11, 2, 11, 30, tzinfo=UTC)
    assert (read.currency, read.marketplace, read.fulfilled_by) == ("USD", "Amazon.com", FulfilledBy.MERCHANT)
    assert (read.total, read.gross, read.terms) == (Decimal("41.13"), Decimal("41.13"), Terms.PAID)
    assert read.shipped_at == datetime(2026, 11, 2, 11, tzinfo=UTC)
    assert read.packages[0] == Package("UPS", "1Z1", datetime(2026, 11, 2, 9, tzinfo=UTC))
    assert (read.buyer, read.ship_to, read.replaces) == (None, None, "")
    (line,) = read.lines
    assert line.charges == GOLDEN
    assert (line.line_id, line.sku, line.title, line.product_id) == ("111", "1E10", "Folding ruler", "B01")
    # Three ordered, two sent, none waiting: one was cancelled.
    assert (line.quantity, line.shipped, line.tax_collector) == (Decimal(2), Decimal(2), TaxCollector.MARKETPLACE)


def breakdowns_with_positive_discounts():
    changed = item()
    for entry in changed["proceeds"]["breakdowns"]:
        if entry["type"] == "DISCOUNT":
            entry["subtotal"] = usd("2.99")
            entry["detailedBreakdowns"] = [
                {"subtype": "ITEM", "value": usd("2.00")},
                {"subtype": "SHIPPING", "value": usd("0.99")},
            ]
        if entry["type"] == "TAX":
            entry["detailedBreakdowns"][3]["value"] = usd("0.16")
    return changed


def test_discounts_lower_the_order_whichever_sign_they_are_written_with():
    (line,) = commerce.order(order(orderItems=[breakdowns_with_positive_discounts()])).lines
    assert line.charges == GOLDEN


def test_prices_that_include_their_tax_are_told_by_the_total():
    proceeds = {
        "proceedsTotal": usd("120.00"),
        "breakdowns": [
            {"type": "ITEM", "subtotal": usd("108.00")},
            {"type": "SHIPPING", "subtotal": usd("12.00")},
            {
                "type": "TAX",
                "subtotal": usd("20.00"),
                "detailedBreakdowns": [{"subtype": "ITEM", "value": usd("18.00")}, {"subtype": "SHIPPING", "value": usd("2.00")}],
            },
        ],
    }
    (line,) = commerce.order(order(orderItems=[item(proceeds=proceeds, tax={})])).lines
    assert line.charges == charges((ChargeKind.ITEM, "90.00", "18.00"), (ChargeKind.SHIPPING, "10.00", "2.00"))
    assert (line.gross, line.tax_collector) == (Decimal("120.00"), TaxCollector.SELLER)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("PENDING_AVAILABILITY", OrderStatus.PENDING),
        ("PENDING", OrderStatus.PENDING),
        ("UNSHIPPED", OrderStatus.UNSHIPPED),
        ("PARTIALLY_SHIPPED", OrderStatus.PARTLY_SHIPPED),
        ("SHIPPED", OrderStatus.SHIPPED),
        ("CANCELLED", OrderStatus.CANCELLED),
        ("UNFULFILLABLE", OrderStatus.UNFULFILLABLE),
        ("BIRTHDAY", OrderStatus.UNKNOWN),
    ],
)
def test_statuses(said, status):
    read = commerce.order(order(fulfillment={"fulfillmentStatus": said, "fulfilledBy": "AMAZON"}))
    assert (read.status, read.stated_status, read.fulfilled_by) == (status, said, FulfilledBy.MARKETPLACE)


@pytest.mark.parametrize(
    "fulfillment", [None, {}, {"fulfillmentStatus": "SHIPPED"}, {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "X"}]
)
def test_an_order_that_nobody_we_know_sends_is_held(fulfillment):
    read = commerce.order(order(fulfillment=fulfillment))
    assert read.status is OrderStatus.UNKNOWN
    assert "fulfilled by" in read.stated_status


def test_proceeds_of_an_unknown_kind_leave_the_lines_short_of_the_total():
    odd = item()
    odd["proceeds"]["breakdowns"].append({"type": "BIRTHDAY_CARD", "subtotal": usd("4.00")})
    odd["proceeds"]["proceedsTotal"] = usd("45.13")
    read = commerce.order(order(orderItems=[odd], proceeds={"grandTotal": usd("45.13")}))
    assert read.total - read.gross == Decimal("4.00")
    without_total = commerce.order(order(orderItems=[odd], proceeds=None))
    assert without_total.total - without_total.gross == Decimal("4.00")


def test_a_pending_order_has_no_money_and_its_stores_currency():
    pending = order(
        fulfillment={"fulfillmentStatus": "PENDING", "fulfilledBy": "AMAZON"},
        proceeds=None,
        payment=None,
        packages=None,
        orderItems=[item(proceeds=None, fulfillment={"quantityFulfilled": 0, "quantityUnfulfilled": 3})],
    )
    read = commerce.order(pending)
    assert (read.currency, read.total, read.gross, read.lines[0].charges) == ("USD", None, Decimal(0), ())
    assert (read.lines[0].quantity, read.lines[0].shipped, read.shipped_at) == (Decimal(3), Decimal(0), None)
    newer = {**pending, "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A0NEW"}}
    assert commerce.order(newer).currency == "XXX"


@pytest.mark.parametrize(
    ("methods", "terms"),
    [(["CreditCard"], Terms.PAID), (["Invoice"], Terms.CREDIT), (["GiftCard", "Invoice"], Terms.CREDIT), ([], Terms.PAID)],
)
def test_paid_on_invoice_is_on_credit(methods, terms):
    executions = [{"paymentMethod": method} for method in methods]
    assert commerce.order(order(payment={"paymentExecutions": executions})).terms is terms


def test_people_where_they_were_asked_for():
    read = commerce.order(
        order(
            buyer={"buyerName": "Ada Ashe", "buyerCompanyName": "Quayside Cafe"},
            recipient={
                "deliveryAddress": {
                    "name": "Ada Ashe",
                    "addressLine1": "1 Orchard Row",
                    "addressLine2": "",
                    "addressLine3": "Floor 2",
                    "city": "Millbrook",
                    "stateOrRegion": "MN",
                    "postalCode": "55001",
                    "countryCode": "US",
                }
            },
        )
    )
    assert read.buyer == Party("Ada Ashe", "", "Quayside Cafe")
    assert read.ship_to == Address("Ada Ashe", ("1 Orchard Row", "Floor 2"), "Millbrook", "MN", "55001", "US")


def test_a_replacement_names_what_it_replaces():
    related = [{"orderId": "112-0000009-0000009", "associationType": "REPLACEMENT_ORIGINAL_ID"}]
    assert commerce.order(order(associatedOrders=related)).replaces == "112-0000009-0000009"


@pytest.mark.parametrize(("status", "gross"), [("FINALIZED", "46.13"), (None, "46.13"), ("PENDING", "41.13")])
def test_a_tip_is_a_line_of_its_own_once_it_is_final(status, gross):
    tip = {"type": "DELIVERY_TIP", "subtotal": usd("5.00"), **({"status": status} if status else {})}
    read = commerce.order(order(proceeds={"grandTotal": usd("46.13"), "breakdowns": [tip]}))
    assert read.gross == Decimal(gross)


def test_an_order_from_elsewhere_sent_by_amazon():
    read = commerce.order(order(salesChannel={"channelName": "NON_AMAZON", "marketplaceName": "Non-Amazon CA"}))
    assert read.marketplace == "Non-Amazon CA"


@pytest.mark.parametrize("name", ["orderId", "createdTime", "lastUpdatedTime"])
def test_what_the_model_requires_must_be_there(name):
    with pytest.raises(Unreadable):
        commerce.order({key: value for key, value in order().items() if key != name})


@pytest.mark.parametrize("amount", ["", "ten", "NaN", "1,00", None, True, []])
def test_money_that_is_no_decimal_is_refused(amount):
    with pytest.raises(Unreadable):
        commerce.order(order(proceeds={"grandTotal": {"amount": amount, "currencyCode": "USD"}}))


def test_two_currencies_in_one_order_are_refused():
    with pytest.raises(Unreadable):
        commerce.order(order(proceeds={"grandTotal": {"amount": "41.13", "currencyCode": "CAD"}}))


cents = st.decimals(min_value=0, max_value=9999, places=2)


@given(price=cents, shipping=cents, price_tax=cents, shipping_tax=cents, off=cents, shipping_off=cents)
def test_the_lines_add_up_to_the_stated_total(price, shipping, price_tax, shipping_tax, off, shipping_off):
    total = price + shipping + price_tax + shipping_tax - off - shipping_off
    entries = [
        {"type": "ITEM", "subtotal": usd(f"{price}")},
        {"type": "SHIPPING", "subtotal": usd(f"{shipping}")},
        {
            "type": "TAX",
            "subtotal": usd(f"{price_tax + shipping_tax}"),
            "detailedBreakdowns": [
                {"subtype": "ITEM", "value": usd(f"{price_tax}")},
                {"subtype": "SHIPPING", "value": usd(f"{shipping_tax}")},
            ],
        },
        {
            "type": "DISCOUNT",
            "subtotal": usd(f"{-off - shipping_off}"),
            "detailedBreakdowns": [{"subtype": "SHIPPING", "value": usd(f"{-shipping_off}")}],
        },
    ]
    proceeds = {"proceedsTotal": usd(f"{total}"), "breakdowns": entries}
    read = commerce.order(order(orderItems=[item(proceeds=proceeds)], proceeds={"grandTotal": usd(f"{total}")}))
    assert read.gross == read.total == total


# ------------------------------------------------------------------ refunds


def part(name, amount, *below):
    money = {"currencyAmount": Decimal(amount), "currencyCode": "USD"}
    return {"breakdownType": name, "breakdownAmount": money, "breakdowns": list(below) or None}


def refund(**changes):
    """As answers of Amazon were seen to be built: groups of parts in items, totals of the groups above."""
    whole = {
        "transactionType": "Refund",
        "transactionStatus": "RELEASED",
        "transactionId": "T1",
        "postedDate": "2026-11-05T08:00:00Z",
        "totalAmount": {"currencyAmount": Decimal("-33.60"), "currencyCode": "USD"},
        "marketplaceDetails": {"marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "Amazon.com"},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "112-0000001-0000001"},
            {"relatedIdentifierName": "REFUND_ID", "relatedIdentifierValue": "amzn1:crow:1"},
        ],
        "items": [
            {
                "description": "Folding ruler",
                "relatedIdentifiers": [
                    {"itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID", "itemRelatedIdentifierValue": "111"}
                ],
                "contexts": [{"contextType": "ProductContext", "asin": "B01", "sku": "1E10", "quantityShipped": 2}],
                "breakdowns": [
                    part(
                        "Tax",
                        "0",
                        part("OurPriceTax", "-2.40"),
                        part("ShippingTax", "-0.30"),
                        part("MarketplaceFacilitatorTax-Principal", "2.40"),
                        part("MarketplaceFacilitatorTax-Shipping", "0.30"),
                    ),
                    part("ProductCharges", "-30.00", part("OurPricePrincipal", "-30.00")),
                    part("Shipping", "-5.99", part("ShippingPrincipal", "-5.99")),
                    part("PromoRebates", "2.99", part("OurPriceDiscount", "2.00"), part("ShippingDiscount", "0.99")),
                    part(
                        "AmazonFees", "3.60", part("Commission", "4.50", part("Base", "4.50")), part("RefundCommission", "-0.90")
                    ),
                ],
            }
        ],
    }
    return {**whole, **changes}


BACK = charges(
    (ChargeKind.ITEM, "30.00", "2.40"),
    (ChargeKind.SHIPPING, "5.99", "0.30"),
    (ChargeKind.DISCOUNT, "-2.00", "0"),
    (ChargeKind.SHIPPING_DISCOUNT, "-0.99", "0"),
)


def test_a_refund_gives_back_what_the_buyer_paid():
    read = commerce.refund(refund())
    assert (read.refund_id, read.order_id, read.currency, read.marketplace) == (
        "amzn1:crow:1",
        "112-0000001-0000001",
        "USD",
        "Amazon.com",
    )
    assert read.posted_at == datetime(2026, 11, 5, 8, tzinfo=UTC)
    (line,) = read.lines
    assert (line.line_id, line.sku, line.quantity, line.tax_collector) == ("111", "1E10", Decimal(2), TaxCollector.MARKETPLACE)
    assert line.charges == BACK
    assert read.gross == Decimal("35.70")


def test_the_names_of_settlement_files_are_understood_too():
    renamed = copy.deepcopy(refund())
    renamed["items"][0]["breakdowns"] = [
        part("ProductCharges", "-38.69", part("Principal", "-30.00"), part("Tax", "-2.40"), part("Shipping", "-5.99"),
             part("ShippingTax", "-0.30")),
        part("PromotionalRebates", "2.99", part("Principal", "2.00"), part("Shipping", "0.99")),
        part("TaxWithheld", "2.70", part("MarketplaceFacilitatorTax-Principal", "2.40")),
        part("AmazonFees", "3.60", part("Commission", "4.50"), part("RefundCommission", "-0.90")),
    ]  # fmt: skip
    assert commerce.refund(renamed).lines[0].charges == BACK


def test_groups_below_sales_and_parts_without_a_name_of_ours():
    other = copy.deepcopy(refund())
    other["items"][0]["breakdowns"] = [
        part(
            "Refunded Sales",
            "-25.00",
            part(
                "ProductCharges",
                "-25.00",
                part("OurPricePrincipal", "-30.00"),
                part("GoodwillPrincipal", "-3.00"),
                part("RestockingDeductionPrincipal", "8.00"),
            ),
        ),
        part("Refunded Expenses", "4.50", part("AmazonFees", "4.50", part("Commission", "4.50"))),
    ]
    assert commerce.refund(other).lines[0].charges == charges((ChargeKind.ITEM, "30.00", "0"), (ChargeKind.OTHER, "-5.00", "0"))


@pytest.mark.parametrize(
    "changes",
    [{"transactionType": "Shipment"}, {"transactionStatus": "DEFERRED"}, {"transactionStatus": "DEFERRED_RELEASED"}],
)
def test_only_a_released_refund_counts(changes):
    assert commerce.refund(refund(**changes)) is None

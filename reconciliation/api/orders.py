"""Partner API: orders and refunds, without anything about their buyers."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reconciliation.models import Order, Refund
from syncs.api.operations import problem_shown
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import Door, operation
from tenants.partner.listing import Between, Choice, Exact, Listing, Since, page
from tenants.partner.scopes import Scope


class ChargeShown(serializers.Serializer):  # type: ignore[type-arg]
    """One part of what a line costs: principal, shipping, gift wrap, promotion ..."""

    kind = serializers.CharField()
    amount = serializers.CharField(help_text="Without tax, in the order's currency.")
    tax = serializers.CharField()


class OrderLineShown(serializers.Serializer):  # type: ignore[type-arg]
    """One line of an order or refund."""

    line_id = serializers.CharField()
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.CharField()
    shipped = serializers.CharField()
    charges = ChargeShown(many=True)


class PackageShown(serializers.Serializer):  # type: ignore[type-arg]
    """One parcel on its way."""

    carrier = serializers.CharField()
    tracking = serializers.CharField()


class OrderShown(serializers.Serializer):  # type: ignore[type-arg]
    """One order as its source stated it last."""

    example: dict[str, Any] = {
        "id": "ord_01kav0zr4g8m2c6n9q3s7t5w1x", "order_id": "203-1234567-7654321", "state": "synced", "status": "shipped",
        "stated_status": "SHIPPED", "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x", "integration": "int_01kav0zr4g8m2c6n9q3s7t5w1x",
        "marketplace": "Amazon.co.uk", "fulfilled_by": "marketplace", "purchased_at": "2026-11-01T08:12:44.000000Z",
        "gross": {"amount": "24.00", "currency": "GBP"}, "stated_total": {"amount": "24.00", "currency": "GBP"},
        "lines": [{"line_id": "1", "sku": "OAK-1", "title": "Oak board", "quantity": "1", "shipped": "1",
                   "charges": [{"kind": "principal", "amount": "20.00", "tax": "4.00"}]}],
        "packages": [], "problem": None, "source_updated_at": "2026-11-02T10:00:00.000000Z",
        "created_at": "2026-11-01T08:20:00.000000Z", "updated_at": "2026-11-02T10:05:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    order_id = serializers.CharField(help_text="The marketplace's own id.")
    state = serializers.ChoiceField(Order.State.choices, help_text="What the integration makes of it.")
    status = serializers.CharField(help_text="How far it is: pending, unshipped, shipped, cancelled ...")
    stated_status = serializers.CharField(help_text="The same in the source's own word.")
    source = serializers.CharField(source="source.public_id")  # type: ignore[assignment]
    integration = serializers.SerializerMethodField(allow_null=True)
    marketplace = serializers.CharField()
    fulfilled_by = serializers.CharField()
    purchased_at = fields.Moment()
    gross = fields.Money("gross")
    stated_total = fields.Money("stated_total")
    lines = OrderLineShown(many=True, source="record.body.lines")
    packages = PackageShown(many=True, source="record.body.packages")
    problem = serializers.SerializerMethodField(allow_null=True)
    source_updated_at = fields.Moment()
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_integration(self, order: Order) -> str | None:
        return order.integration.public_id if order.integration else None

    def get_problem(self, order: Order) -> dict[str, str] | None:
        return problem_shown(order.problem_code, order.problem_params)


class RefundShown(serializers.Serializer):  # type: ignore[type-arg]
    """Money given back on an order."""

    example: dict[str, Any] = {
        "id": "rfd_01kav0zr4g8m2c6n9q3s7t5w1x", "refund_id": "amzn1:crow:abc", "order_id": "203-1234567-7654321", "state": "synced",
        "source": "con_01kav0zr4g8m2c6n9q3s7t5w1x", "integration": None, "refunded_at": "2026-11-09T08:12:44.000000Z",
        "gross": {"amount": "24.00", "currency": "GBP"},
        "lines": [{"line_id": "1", "sku": "OAK-1", "title": "Oak board", "quantity": "1", "shipped": "0",
                   "charges": [{"kind": "principal", "amount": "20.00", "tax": "4.00"}]}],
        "problem": None, "created_at": "2026-11-09T08:20:00.000000Z", "updated_at": "2026-11-09T08:20:00.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    refund_id = serializers.CharField(help_text="The marketplace's own id.")
    order_id = serializers.CharField(source="order_ref")
    state = serializers.ChoiceField(Order.State.choices)
    source = serializers.CharField(source="source.public_id")  # type: ignore[assignment]
    integration = serializers.SerializerMethodField(allow_null=True)
    refunded_at = fields.Moment(source="posted_at")
    gross = fields.Money("gross")
    lines = OrderLineShown(many=True, source="record.body.lines")
    problem = serializers.SerializerMethodField(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()

    def get_integration(self, refund: Refund) -> str | None:
        return refund.integration.public_id if refund.integration else None

    def get_problem(self, refund: Refund) -> dict[str, str] | None:
        return problem_shown(refund.problem_code, refund.problem_params)


_STATES = [state.value for state in Order.State]
ORDERS = Listing(
    filters=(
        Choice("status", "state", _STATES),
        Exact("order_id", "order_id", "The marketplace's own id."),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Exact("source", "source__public_id", "The id of a connection."),
        Exact("marketplace", "marketplace", "Such as Amazon.co.uk."),
        Between("purchased_at", "purchased_at"),
        Since(),
    ),
    sorts={"created_at": "id", "purchased_at": "purchased_at"},
    default="-purchased_at",
)
REFUNDS = Listing(
    filters=(
        Choice("status", "state", _STATES),
        Exact("order_id", "order_ref", "The marketplace's own id of the order."),
        Exact("integration", "integration__public_id", "The id of an integration."),
        Between("refunded_at", "posted_at"),
        Since(),
    ),
    sorts={"created_at": "id", "refunded_at": "posted_at"},
    default="-refunded_at",
)


def orders() -> QuerySet[Order]:
    found: QuerySet[Order] = Order.objects.select_related("source", "integration", "record")
    return found


def refunds() -> QuerySet[Refund]:
    found: QuerySet[Refund] = Refund.objects.select_related("source", "integration", "record")
    return found


class Orders(Door):
    tag = "Orders"

    @operation(
        Scope.ORDERS_READ,
        "List orders",
        "Newest first. Buyers' names and addresses are not given.",
        answer=OrderShown,
        listing=ORDERS,
    )
    def get(self, request: Request) -> Response:
        return page(request, orders(), ORDERS, OrderShown)


class OneOrder(Door):
    tag = "Orders"

    @operation(Scope.ORDERS_READ, "Show an order", "One order with its lines.", answer=OrderShown)
    def get(self, request: Request, order: str) -> Response:
        return Response(OrderShown(get_object_or_404(orders(), public_id=order)).data)


class Refunds(Door):
    tag = "Orders"

    @operation(Scope.ORDERS_READ, "List refunds", "Money given back, newest first.", answer=RefundShown, listing=REFUNDS)
    def get(self, request: Request) -> Response:
        return page(request, refunds(), REFUNDS, RefundShown)


class OneRefund(Door):
    tag = "Orders"

    @operation(Scope.ORDERS_READ, "Show a refund", "One refund with its lines.", answer=RefundShown)
    def get(self, request: Request, refund: str) -> Response:
        return Response(RefundShown(get_object_or_404(refunds(), public_id=refund)).data)


URLS = [
    address("orders", Orders, "orders"),
    address("orders/<pid:order>", OneOrder, "order"),
    address("refunds", Refunds, "refunds"),
    address("refunds/<pid:refund>", OneRefund, "refund"),
]

"""The Selling Partner API of one region: who may call what, how often, and in which shape it is refused.

Rates and bursts are the defaults that the models state. A bucket belongs to (application, seller,
operation); the header `x-amzn-RateLimit-Limit` tells the rate in force and, as at Amazon, may be absent.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.amazon import inventory, listings, notifications, orders, payouts, reports, requested, sellers, transactions
from sandbox.amazon.calls import Call, Refusal, denied
from sandbox.amazon.grants import Caller, Grants
from sandbox.amazon.places import SELLERS, Seller
from sandbox.amazon.shops import Shops
from sandbox.faults import Fault, Kind
from sandbox.jsontext import dump
from sandbox.world import World


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a model: `rate` calls a second, `burst` at once."""

    name: str
    method: str
    path: str
    rate: float
    burst: float
    run: Callable[[Call], dict[str, Any]]
    status: int = 200
    grantless: bool = False
    """Asked for by the application itself, with a token that speaks for no seller."""

    def match(self, path: str) -> dict[str, str] | None:
        """The parameters in the path, None when it is another one."""
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return found.groupdict() if found else None


_REPORTS = "/reports/2021-06-30"
_NOTICES = "/notifications/v1"
_TRANSFERS = "/finances/transfers/2024-06-01"
OPERATIONS = (
    Operation("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", 0.016, 15,
              sellers.marketplace_participations),
    Operation("getAccount", "GET", "/sellers/v1/account", 0.016, 15, sellers.account),
    Operation("searchOrders", "GET", "/orders/2026-01-01/orders", 0.0056, 20, orders.search_orders),
    Operation("getOrder", "GET", "/orders/2026-01-01/orders/{orderId}", 0.5, 30, orders.get_order),
    Operation("getReports", "GET", f"{_REPORTS}/reports", 0.0222, 10, reports.get_reports),
    Operation("createReport", "POST", f"{_REPORTS}/reports", 0.0167, 15, requested.create_report, 202),
    Operation("getReport", "GET", f"{_REPORTS}/reports/{{reportId}}", 2, 15, reports.get_report),
    Operation("getReportDocument", "GET", f"{_REPORTS}/documents/{{reportDocumentId}}", 0.0167, 15,
              reports.get_report_document),
    Operation("getInventorySummaries", "GET", "/fba/inventory/v1/summaries", 2, 2, inventory.get_inventory_summaries),
    Operation("searchListingsItems", "GET", "/listings/2021-08-01/items/{sellerId}", 5, 5, listings.search_listings_items),
    Operation("listTransactions", "GET", "/finances/2024-06-19/transactions", 0.5, 10, transactions.list_transactions),
    Operation("listPayouts", "GET", f"{_TRANSFERS}/payouts", 0.5, 10, payouts.list_payouts),
    Operation("listExpectedPayouts", "GET", f"{_TRANSFERS}/payouts/expected", 0.5, 10, payouts.list_expected_payouts),
    Operation("listFinancialEventGroups", "GET", "/finances/v0/financialEventGroups", 0.5, 30, payouts.list_event_groups),
    Operation("getSubscription", "GET", f"{_NOTICES}/subscriptions/{{notificationType}}", 1, 5, notifications.get_subscription),
    Operation("createSubscription", "POST", f"{_NOTICES}/subscriptions/{{notificationType}}", 1, 5,
              notifications.create_subscription),
    Operation("getSubscriptionById", "GET", f"{_NOTICES}/subscriptions/{{notificationType}}/{{subscriptionId}}", 1, 5,
              notifications.get_subscription_by_id, grantless=True),
    Operation("deleteSubscriptionById", "DELETE", f"{_NOTICES}/subscriptions/{{notificationType}}/{{subscriptionId}}", 1, 5,
              notifications.delete_subscription, grantless=True),
    Operation("getDestinations", "GET", f"{_NOTICES}/destinations", 1, 5, notifications.get_destinations, grantless=True),
    Operation("createDestination", "POST", f"{_NOTICES}/destinations", 1, 5, notifications.create_destination, grantless=True),
    Operation("getDestination", "GET", f"{_NOTICES}/destinations/{{destinationId}}", 1, 5, notifications.get_destination,
              grantless=True),
    Operation("deleteDestination", "DELETE", f"{_NOTICES}/destinations/{{destinationId}}", 1, 5,
              notifications.delete_destination, grantless=True),
)  # fmt: skip
UNKNOWN = "unknown"
NOBODY = Seller("", "", "", (), "", "", "", "")


class Api:
    """Answers below `/na`, `/eu` and `/fe`."""

    def __init__(self, world: World, shops: Shops, grants: Grants) -> None:
        self._world, self._shops, self._grants = world, shops, grants

    def handle(self, request: Request, region: str, path: str) -> Response:
        found = next(
            ((op, params) for op in OPERATIONS if op.method == request.method and (params := op.match(path)) is not None), None
        )
        name = found[0].name if found else UNKNOWN
        response = self._world.act(
            "amazon", name, request,
            commit=lambda: self._answer(request, region, found),
            refuse=lambda fault: self._refuse(request, fault),
        )  # fmt: skip
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response

    def _answer(self, request: Request, region: str, found: tuple[Operation, dict[str, str]] | None) -> Response:
        limit: float | None = None
        try:
            caller = self._caller(request, region, grantless=found is not None and found[0].grantless)
            if found is None:
                raise Refusal(404, "NotFound", "The requested resource doesn't exist.", request.path)
            operation, params = found
            limit = self._throttle(operation, caller)
            seller = SELLERS.get(caller.seller_id, NOBODY)
            call = Call(self._world, self._shops, caller, seller, request, params)
            data, status = operation.run(call), operation.status
        except Refusal as refusal:
            data, status = refusal.body, refusal.status
        response = _json(data, status)
        if limit is not None:
            response.headers["x-amzn-RateLimit-Limit"] = f"{limit:g}"
        return response

    def _caller(self, request: Request, region: str, *, grantless: bool) -> Caller:
        """Who calls. Raises Refusal 403 as Amazon words it."""
        token = request.headers.get("x-amz-access-token")
        if not token:
            raise denied("Access token is missing in the request header.")
        caller = self._grants.caller(token)
        if caller is None:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if caller.expired:
            raise denied("The access token you provided has expired.")
        if caller.revoked:
            raise denied("The access token you provided is revoked, malformed or invalid.")
        if grantless:
            if caller.seller_id:
                raise denied("The operation is grantless and asks for a token of the application.")
            return caller
        if caller.seller_id not in SELLERS or SELLERS[caller.seller_id].region != region:
            raise denied("The selling partner is not authorized in this region.")
        return caller

    def _throttle(self, operation: Operation, caller: Caller) -> float | None:
        """Take a token; the rate in force, None while limits are off. Raises Refusal 429."""
        key = f"amazon:{caller.client_id}:{caller.seller_id}:{operation.name}"
        if self._world.take(key, operation.rate, operation.burst):
            raise quota_exceeded()
        return operation.rate * self._world.scale if self._world.scale else None

    def _refuse(self, request: Request, fault: Fault) -> Response:
        token = request.headers.get("x-amz-access-token", "")
        caller = self._grants.caller(token)
        refusal = denied("The access token you provided has expired.")
        if fault.kind is Kind.THROTTLE:
            refusal = quota_exceeded()
        elif fault.kind is Kind.ERROR_500:
            refusal = Refusal(500, "InternalFailure", "We encountered an internal error. Please try again.")
        elif fault.kind is Kind.EXPIRE:
            self._grants.expire(token)
        elif caller is not None and caller.grant_id is not None:
            self._grants.revoke(grant_id=caller.grant_id)
            refusal = denied("The access token you provided is revoked, malformed or invalid.")
        return _json(refusal.body, refusal.status)


def quota_exceeded() -> Refusal:
    return Refusal(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


def _json(data: dict[str, Any], status: int) -> Response:
    return Response(dump(data), status=status, content_type="application/json")

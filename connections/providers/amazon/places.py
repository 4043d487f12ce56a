"""Amazon's regions, marketplaces and operations, as data.

Pure. Marketplace ids, regions and currencies: Amazon's marketplace table and the endpoint list of the
Selling Partner API documentation. Seller Central hosts: Amazon's list of consent addresses by
marketplace. Rates and bursts: the usage plans stated in Amazon's models (orders_2026-01-01, sellers, reports_2021-06-30,
finances_2024-06-19, financesV0, transfers_2024-06-01, listingsItems_2021-08-01, fbaInventory); they are defaults, and `x-amzn-RateLimit-Limit`
tells the rate in force.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from canonical.problems import N_

REGIONS: tuple[tuple[str, str], ...] = (
    ("na", N_("North America")),
    ("eu", N_("Europe, Middle East, Africa and India")),
    ("fe", N_("Far East")),
)


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One Amazon store: where it is, what it settles in, and where its sellers give consent."""

    code: str
    id: str
    region: str
    currency: str
    name: str  # as settlement files call it
    host: str  # its Seller Central


_EUROPE = "sellercentral-europe.amazon.com"
MARKETPLACES: tuple[Marketplace, ...] = (
    Marketplace("US", "ATVPDKIKX0DER", "na", "USD", "Amazon.com", "sellercentral.amazon.com"),
    Marketplace("CA", "A2EUQ1WTGCTBG2", "na", "CAD", "Amazon.ca", "sellercentral.amazon.ca"),
    Marketplace("MX", "A1AM78C64UM0Y8", "na", "MXN", "Amazon.com.mx", "sellercentral.amazon.com.mx"),
    Marketplace("BR", "A2Q3Y263D00KWC", "na", "BRL", "Amazon.com.br", "sellercentral.amazon.com.br"),
    Marketplace("GB", "A1F83G8C2ARO7P", "eu", "GBP", "Amazon.co.uk", _EUROPE),
    Marketplace("DE", "A1PA6795UKMFR9", "eu", "EUR", "Amazon.de", _EUROPE),
    Marketplace("FR", "A13V1IB3VIYZZH", "eu", "EUR", "Amazon.fr", _EUROPE),
    Marketplace("IT", "APJ6JRA9NG5V4", "eu", "EUR", "Amazon.it", _EUROPE),
    Marketplace("ES", "A1RKKUPIHCS9HS", "eu", "EUR", "Amazon.es", _EUROPE),
    Marketplace("NL", "A1805IZSGTT6HS", "eu", "EUR", "Amazon.nl", "sellercentral.amazon.nl"),
    Marketplace("BE", "AMEN7PMS3EDWL", "eu", "EUR", "Amazon.com.be", "sellercentral.amazon.com.be"),
    Marketplace("IE", "A28R8C7NBKEWEA", "eu", "EUR", "Amazon.ie", "sellercentral.amazon.ie"),
    Marketplace("SE", "A2NODRKZP88ZB9", "eu", "SEK", "Amazon.se", "sellercentral.amazon.se"),
    Marketplace("PL", "A1C3SOZRARQ6R3", "eu", "PLN", "Amazon.pl", "sellercentral.amazon.pl"),
    Marketplace("TR", "A33AVAJ2PDY3EV", "eu", "TRY", "Amazon.com.tr", "sellercentral.amazon.com.tr"),
    Marketplace("AE", "A2VIGQ35RCS4UG", "eu", "AED", "Amazon.ae", "sellercentral.amazon.ae"),
    Marketplace("SA", "A17E79C6D8DWNP", "eu", "SAR", "Amazon.sa", "sellercentral.amazon.sa"),
    Marketplace("EG", "ARBP9OOSHTCHU", "eu", "EGP", "Amazon.eg", "sellercentral.amazon.eg"),
    Marketplace("ZA", "AE08WJ6YKNBMC", "eu", "ZAR", "Amazon.co.za", "sellercentral.amazon.co.za"),
    Marketplace("IN", "A21TJRUUN4KGV", "eu", "INR", "Amazon.in", "sellercentral.amazon.in"),
    Marketplace("JP", "A1VC38T7YXB528", "fe", "JPY", "Amazon.co.jp", "sellercentral.amazon.co.jp"),
    Marketplace("AU", "A39IBJ37TRP1C6", "fe", "AUD", "Amazon.com.au", "sellercentral.amazon.com.au"),
    Marketplace("SG", "A19VAU5U5O7RUS", "fe", "SGD", "Amazon.sg", "sellercentral.amazon.sg"),
)
BY_CODE = {place.code: place for place in MARKETPLACES}
BY_ID = {place.id: place for place in MARKETPLACES}

# Orders are kept two years; those of Japan, Australia and Singapore from 2016 on (guide of the Orders API).
SINCE_2016 = frozenset(BY_CODE[code].id for code in ("JP", "AU", "SG"))
OLDEST_ORDER = datetime(2016, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation we use: `rate` calls a second, `burst` at once."""

    name: str
    method: str
    path: str
    rate: float
    burst: int

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is this operation; the host may put a prefix before the path."""
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.search(rf"{pattern}$", path) is not None


# The whole of what we ask of Amazon about a seller. What is not in this table is not sent: least of all initiatePayout.
OPERATIONS: tuple[Operation, ...] = (
    Operation("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations", 0.016, 15),
    Operation("getReports", "GET", "/reports/2021-06-30/reports", 0.0222, 10),
    Operation("getReport", "GET", "/reports/2021-06-30/reports/{reportId}", 2, 15),
    Operation("getReportDocument", "GET", "/reports/2021-06-30/documents/{reportDocumentId}", 0.0167, 15),
    Operation("listTransactions", "GET", "/finances/2024-06-19/transactions", 0.5, 10),
    Operation("listFinancialEventGroups", "GET", "/finances/v0/financialEventGroups", 0.5, 30),
    Operation("searchOrders", "GET", "/orders/2026-01-01/orders", 0.0056, 20),
    Operation("getOrder", "GET", "/orders/2026-01-01/orders/{orderId}", 0.5, 30),
    Operation("listPayouts", "GET", "/finances/transfers/2024-06-01/payouts", 0.5, 10),
)

# What we ask without the library: looking at goods and returns, and being told of changes. A report that is asked for
# changes nothing of the seller's, and neither does a subscription.
OWN_OPERATIONS: tuple[Operation, ...] = (
    Operation("searchListingsItems", "GET", "/listings/2021-08-01/items/{sellerId}", 5, 5),
    Operation("getInventorySummaries", "GET", "/fba/inventory/v1/summaries", 2, 2),
    Operation("createReport", "POST", "/reports/2021-06-30/reports", 0.0167, 15),
    Operation("getSubscription", "GET", "/notifications/v1/subscriptions/{notificationType}", 1, 5),
    Operation("createSubscription", "POST", "/notifications/v1/subscriptions/{notificationType}", 1, 5),
    Operation("getDestinations", "GET", "/notifications/v1/destinations", 1, 5),
    Operation("createDestination", "POST", "/notifications/v1/destinations", 1, 5),
)


def operation_of(method: str, path: str) -> Operation | None:
    """The operation a request is, None for one we do not use."""
    return next((operation for operation in OPERATIONS if operation.matches(method, path)), None)

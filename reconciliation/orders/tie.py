"""The proof of a shop: what it sold is what the documents say, and what came is what the ledger has as payments.

A shop pays nothing out, so there is no settlement to tie to. Instead, for a day or a month and for each method of payment:

    orders - refunds, as the shop states them  =  documents in the ledger
    what the shop says came, less what it gave back  =  payments in the ledger

The two differ by what is still owed. An order counts on the day it was placed, whenever its money comes; a refund on its
own day. Cancelled orders and those whose gateway has brought nothing yet are no sale.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from canonical.commerce import OrderStatus
from reconciliation.orders.policy import When, policy_of
from syncs.models import Integration
from tenants.scope import require_tenant_id

DAY, MONTH = "day", "month"
ZERO = Decimal(0)
_SHIPPED = (OrderStatus.SHIPPED,)
_SOLD = (OrderStatus.UNSHIPPED, OrderStatus.PARTLY_SHIPPED, *_SHIPPED)


@dataclass(frozen=True, slots=True)
class Row:
    """One method of payment in one period and currency. Amounts are the shop's or the ledger's, never computed from the other."""

    since: date
    method: str
    currency: str
    orders: int
    refunds: int
    sold: Decimal
    refunded: Decimal
    documents: Decimal
    came: Decimal
    payments: Decimal
    last: date | None = None

    @property
    def net(self) -> Decimal:
        return self.sold - self.refunded

    @property
    def owed(self) -> Decimal:
        """What the shop's customers still owe."""
        return self.net - self.came

    @property
    def difference(self) -> Decimal:
        return self.net - self.documents

    @property
    def missing(self) -> Decimal:
        """Payments that the ledger lacks (or has too many of, below zero)."""
        return self.came - self.payments

    @property
    def ties(self) -> bool:
        return not self.difference and not self.missing


@dataclass(frozen=True, slots=True)
class Tie:
    """All rows of an integration in a span of days, the newest period first."""

    integration: Integration
    rows: tuple[Row, ...]

    @property
    def ties(self) -> bool:
        return all(row.ties for row in self.rows)

    @property
    def totals(self) -> list[Row]:
        """One row a currency, over all periods and methods."""
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.currency, []).append(row)
        return [_together(rows) for rows in found.values()]


def tie(integration: Integration, *, since: date, until: date, period: str = MONTH) -> Tie:
    """Compare from `since` to `until` (both inclusive, in the integration's zone), a row a period and method."""
    if period not in (DAY, MONTH):
        raise ValueError(f"a period is a day or a month, not {period!r}")
    first = max(since, integration.starts_on) if integration.starts_on else since
    zone = ZoneInfo(integration.timezone)
    params: dict[str, Any] = {
        "tenant": require_tenant_id(),
        "integration": integration.pk,
        "ledger": integration.ledger_id,
        "source": integration.source_id,
        "since": datetime.combine(first, time(), zone),
        "until": datetime.combine(date.fromordinal(until.toordinal() + 1), time(), zone),
        "zone": integration.timezone,
        "period": period,
        "sold": [status.value for status in (_SHIPPED if policy_of(integration).when is When.SHIPPED else _SOLD)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SQL, params)
        rows = tuple(_row(values, period) for values in cursor.fetchall())
    return Tie(integration, rows)


def say(found: Tie) -> Iterator[str]:
    """The proof as lines of text, for a terminal."""
    for row in found.rows:
        verdict = "ties" if row.ties else f"DIFFERS by {row.difference or row.missing}"
        yield (
            f"  {row.since:%Y-%m-%d}  {row.method or '-':<16} {row.net:>12} {row.currency}  = documents {row.documents:>12}"
            f"  paid {row.payments:>12}  owed {row.owed:>10}  {verdict}"
        )


def _row(values: Sequence[Any], period: str) -> Row:
    since, method, currency, orders, refunds, *sums = values
    sold, refunded, said, came, payments = (Decimal(amount or 0) for amount in sums)
    last = since if period == DAY else (since.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return Row(since, str(method), str(currency), int(orders), int(refunds), sold, refunded, said, came, payments, last)


def _together(rows: Sequence[Row]) -> Row:
    def total(name: str) -> Any:
        return sum(getattr(row, name) for row in rows)

    sold, refunded, said, came, payments = (total(name) for name in ("sold", "refunded", "documents", "came", "payments"))
    return Row(rows[-1].since, "", rows[0].currency, total("orders"), total("refunds"), sold, refunded, said, came, payments)


# Documents by what they are for; a credit memo's money goes out by its cash-out, or by a payment below zero.
_SQL = """
    WITH said AS (
        SELECT document.source_kind, document.source_ref, document.document_type, sum(revision.total) AS total
          FROM syncs_ledgerdocument document
          JOIN syncs_documentrevision revision
            ON revision.tenant_id = document.tenant_id AND revision.id = document.current_revision_id
         WHERE document.tenant_id = %(tenant)s AND document.ledger_id = %(ledger)s AND document.source_id = %(source)s
           AND document.source_kind IN ('order', 'refund', 'payment') AND document.state IN ('posted', 'amending')
         GROUP BY 1, 2, 3
    ), back AS (
        SELECT document.source_ref, sum(CASE WHEN document.part = 'back' THEN -revision.total ELSE revision.total END) AS total
          FROM syncs_ledgerdocument document
          JOIN syncs_documentrevision revision
            ON revision.tenant_id = document.tenant_id AND revision.id = document.current_revision_id
         WHERE document.tenant_id = %(tenant)s AND document.ledger_id = %(ledger)s AND document.source_id = %(source)s
           AND document.source_kind = 'closing' AND document.part IN ('out', 'back') AND document.state IN ('posted', 'amending')
         GROUP BY 1
    ), sales AS (
        SELECT date_trunc(%(period)s, o.purchased_at AT TIME ZONE %(zone)s)::date AS since, o.method, o.currency,
               1 AS orders, 0 AS refunds, coalesce(o.stated_total, o.gross) AS sold, 0 AS refunded,
               coalesce(d.total, 0) AS documents, coalesce(o.paid, 0) AS came,
               CASE WHEN d.document_type = 'sales_receipt' THEN d.total ELSE coalesce(p.total, 0) END AS payments
          FROM reconciliation_order o
          LEFT JOIN said d ON d.source_kind = 'order' AND d.source_ref = o.order_id
          LEFT JOIN said p ON p.source_kind = 'payment' AND p.source_ref = o.order_id
         WHERE o.tenant_id = %(tenant)s AND o.integration_id = %(integration)s
           AND (o.status = ANY(%(sold)s) OR d.source_ref IS NOT NULL)
           AND o.purchased_at >= %(since)s AND o.purchased_at < %(until)s
    ), returns AS (
        SELECT date_trunc(%(period)s, r.posted_at AT TIME ZONE %(zone)s)::date AS since, r.method, r.currency,
               0 AS orders, 1 AS refunds, 0 AS sold, r.gross AS refunded, -coalesce(d.total, 0) AS documents, -r.gross AS came,
               -CASE WHEN d.document_type = 'refund_receipt' THEN d.total ELSE coalesce(c.total, 0) END AS payments
          FROM reconciliation_refund r
          LEFT JOIN said d ON d.source_kind = 'refund' AND d.source_ref = r.order_ref || '#' || r.refund_id
          LEFT JOIN back c ON c.source_ref = r.order_ref || '#' || r.refund_id
         WHERE r.tenant_id = %(tenant)s AND r.integration_id = %(integration)s
           AND r.posted_at >= %(since)s AND r.posted_at < %(until)s
    )
    SELECT since, method, currency, sum(orders), sum(refunds), sum(sold), sum(refunded), sum(documents), sum(came), sum(payments)
      FROM (SELECT * FROM sales UNION ALL SELECT * FROM returns) row
     GROUP BY 1, 2, 3
     ORDER BY 1 DESC, 2, 3
"""

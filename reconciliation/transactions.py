"""Reading a settlement's rows: filtered, page by page, and back to the very line of the file."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, BinaryIO, cast

from django.db.models import Q, QuerySet

from connections import blobs
from reconciliation.models import Settlement, SettlementLine
from syncs.models import DocumentLine, LineTrace

PAGE = 25
GZIP = b"\x1f\x8b"
LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Filters of the transactions table. `line` is the public id of a document's line; `after` the last ordinal seen."""

    category: str = ""
    unknown: bool = False
    order: str = ""
    sku: str = ""
    line: str = ""
    after: int = 0

    @property
    def any(self) -> bool:
        return bool(self.category or self.unknown or self.order or self.sku or self.line)


@dataclass(frozen=True, slots=True)
class RowPage:
    rows: list[SettlementLine]
    last: int
    more: bool


def page(settlement: Settlement, narrowing: Narrowing) -> RowPage:
    """The next rows after the last one seen: stays quick at the millionth row, as counting pages would not."""
    found = list(select(settlement, narrowing).filter(ordinal__gt=narrowing.after)[: PAGE + 1])
    rows = found[:PAGE]
    return RowPage(rows=rows, last=rows[-1].ordinal if rows else 0, more=len(found) > PAGE)


def select(settlement: Settlement, narrowing: Narrowing) -> QuerySet[SettlementLine]:
    """The rows that match, in the file's order."""
    found = SettlementLine.objects.filter(settlement_id=settlement.pk)
    if narrowing.unknown:
        found = found.filter(category="")
    elif narrowing.category:
        found = found.filter(category__in=narrowing.category.split(","))
    if narrowing.order:
        found = found.filter(order_ref=narrowing.order.strip())
    if narrowing.sku:
        found = found.filter(sku=narrowing.sku)
    if narrowing.line:
        found = found.filter(_ranges(settlement, narrowing.line))
    return found.order_by("ordinal")


def _ranges(settlement: Settlement, line: str) -> Q:
    """The rows a document line carries, as the ranges kept when it was made."""
    document_line = DocumentLine.objects.filter(public_id=line).first()
    if document_line is None:
        return Q(pk__in=[])
    traces = LineTrace.objects.filter(line=document_line, settlement_id=settlement.pk)
    inside = Q()
    for first, last in traces.values_list("first", "last"):
        inside |= Q(ordinal__gte=first, ordinal__lte=last)
    return inside or Q(pk__in=[])


HEAD = (
    "row", "file line", "date", "transaction type", "amount type", "description", "kind", "amount", "currency", "order", "item",
    "sku", "quantity", "marketplace", "fulfilment",
)  # fmt: skip


def as_cells(line: SettlementLine, currency: str) -> Sequence[Any]:
    return (
        line.ordinal, line.line_no, line.posted_at, line.transaction_type, line.amount_type,
        line.amount_description, line.category, line.amount, currency, line.order_ref, line.item_ref, line.sku, line.quantity,
        line.marketplace, line.fulfillment,
    )  # fmt: skip


# ------------------------------------------------------------------ the kept file


def plain_stream(settlement: Settlement, stack: ExitStack) -> BinaryIO:
    """The file's bytes as the marketplace wrote them, unpacked if they came packed."""
    stream = stack.enter_context(blobs.open_stream(settlement.document.blob))
    packed = cast(BufferedReader, stream).peek(2)[:2] == GZIP
    return cast(BinaryIO, stack.enter_context(gzip.GzipFile(fileobj=stream))) if packed else stream


def raw_line(settlement: Settlement, line_no: int) -> tuple[bytes, bytes]:
    """The file's heading and the physical line `line_no` (from 1), byte for byte without the line end."""
    with ExitStack() as stack:
        stream = plain_stream(settlement, stack)
        head = b""
        for number, line in enumerate(iter(lambda: stream.readline(LONGEST_LINE), b""), start=1):
            if number == 1:
                head = line.rstrip(b"\r\n")
            if number == line_no:
                return head, line.rstrip(b"\r\n")
    return head, b""


def raw_chunks(settlement: Settlement) -> Iterator[bytes]:
    """The file as kept, piece by piece, for a download."""
    with blobs.open_stream(settlement.document.blob) as stream:
        while piece := stream.read(1 << 16):
            yield piece

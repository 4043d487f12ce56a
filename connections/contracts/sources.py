"""Where things are sold: settlements, orders, refunds, products, and what may be written back. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from canonical.commerce import Order, Product, Refund
from canonical.problems import Problem

from .declaration import ProviderInfo
from .letting_in import Door, ExternalAccount


@dataclass(frozen=True, slots=True)
class SettlementListing:
    """One settlement report as listed, before it is downloaded. `revision` is the provider's report id."""

    report_id: str
    document_id: str
    created_at: datetime
    period_start: datetime | None
    period_end: datetime | None
    marketplaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PayoutFact:
    """A transfer to the seller's bank as the marketplace reports it."""

    payout_id: str
    status: str
    amount: Decimal
    currency: str
    initiated_at: datetime | None
    settlement_ids: tuple[str, ...] = ()
    trace_id: str = ""
    account_tail: str = ""
    converted_amount: Decimal | None = None
    converted_currency: str = ""
    period_start: datetime | None = None
    period_end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes as received (decompressed or not is told by `encoding`), with the charset the server named."""

    content: bytes
    media_type: str
    charset: str = ""
    encoding: str = ""  # "gzip" when `content` is still compressed


class Source(Protocol):
    """Where things are sold. Read only: financial data is never written back."""

    info: ProviderInfo

    def settlement_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None
    ) -> Iterator[list[SettlementListing]]: ...

    def download_settlement(self, door: Door, account: ExternalAccount, listing: SettlementListing) -> Download: ...

    def payout_pages(self, door: Door, account: ExternalAccount, *, since: datetime | None) -> Iterator[list[PayoutFact]]: ...


@dataclass(frozen=True, slots=True)
class Unread:
    """An order, or with `refund_id` a refund, that could not be read; its neighbours on the page are none the worse.

    `number` is what people know it by. What changed since is worth another look. `changed` is None, and `marketplace` "",
    where that could not be read either.
    """

    order_id: str
    number: str
    changed: datetime | None
    problem: Problem
    marketplace: str = ""
    refund_id: str = ""


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One page of changed orders, and the bytes it came in.

    `token` continues the listing (it dies with the provider's own time limit); `until` is the moment up
    to which the listing is complete, the next watermark.
    """

    orders: tuple[Order, ...]
    raw: Download
    token: str = ""
    until: datetime | None = None
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundPage:
    """One page of refunds posted since, and the bytes it came in."""

    refunds: tuple[Refund, ...]
    raw: Download
    unread: tuple[Unread, ...] = ()


class OrderSource(Protocol):
    """A source that also tells single orders and refunds; read only."""

    info: ProviderInfo
    order_history: timedelta  # how far back orders can be read at all
    order_overlap: timedelta  # how much of the last listing is read again

    def order_pages(
        self,
        door: Door,
        account: ExternalAccount,
        *,
        since: datetime,
        marketplaces: Sequence[str] = (),
        people: bool = False,
        token: str = "",
    ) -> Iterator[OrderPage]:
        """Orders changed since, a page a call. `people` asks for buyer and recipient too; `token` resumes a listing."""
        ...

    def order(self, door: Door, account: ExternalAccount, order_id: str, *, people: bool = False) -> OrderPage:
        """One order, read again; a page of one."""
        ...

    def refund_pages(self, door: Door, account: ExternalAccount, *, since: datetime) -> Iterator[RefundPage]: ...


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of changed products, and the bytes it came in. `token` and `until` are as those of an OrderPage."""

    products: tuple[Product, ...]
    raw: Download
    token: str = ""
    until: datetime | None = None


class ProductSource(Protocol):
    """A source that tells its catalogue; read only."""

    info: ProviderInfo

    def product_pages(
        self, door: Door, account: ExternalAccount, *, since: datetime | None, token: str = ""
    ) -> Iterator[ProductPage]:
        """Products changed since, oldest change first; all of them without `since`."""
        ...


@dataclass(frozen=True, slots=True)
class StockLevel:
    """How many of a SKU a place holds: an absolute quantity. `place` is "" where a source knows only one."""

    sku: str
    quantity: Decimal
    place: str = ""


@dataclass(frozen=True, slots=True)
class Consignment:
    """What was sent of an order: quantities by line (all that is left where none are named), carrier and tracking number."""

    order_id: str
    carrier: str
    title: str
    tracking: str
    lines: Mapping[str, Decimal] = field(default_factory=dict)
    place: str = ""
    tell_buyer: bool = False


class SourceWriter(Protocol):
    """A source that can be written to, where a flow is told to; nothing writes to a source by itself.

    None of it is idempotent over there, so each asks first whether it is done already, and does it once.
    """

    info: ProviderInfo

    def comment(self, door: Door, account: ExternalAccount, order_id: str, text: str, *, mark: str, status: str = "") -> bool:
        """A line in an order's history, unless one with this `mark` stands there. False when it did already."""
        ...

    def ship(self, door: Door, account: ExternalAccount, parcel: Consignment) -> str:
        """A shipment with its tracking number; the id of the one that has that number already, if there is one."""
        ...

    def set_stock(self, door: Door, account: ExternalAccount, levels: Sequence[StockLevel]) -> None: ...

    def set_prices(self, door: Door, account: ExternalAccount, prices: Mapping[str, Decimal]) -> None: ...

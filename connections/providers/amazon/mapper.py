"""Amazon's answers as our values.

Pure. A missing or misshapen field that we need raises Unreadable; a word we do not know (a new status,
say) is kept as the text it is, for whoever decides to hold on it. Nothing is guessed.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.message import Message
from typing import Any

from connections.contracts import Download, PayoutFact, SettlementListing

from .places import BY_CODE, BY_ID

Body = Mapping[str, Any]
ZERO = Decimal(0)
GZIP = b"\x1f\x8b"
# Names that object stores give and Python does not know.
_CHARSETS = {"windows-31j": "cp932"}
# FundTransferStatus of the older event groups, in the words of the payouts.
_TRANSFER_WORDS = {"succeeded": "PAID", "failed": "FAILED", "initiated": "IN_TRANSIT", "processing": "IN_TRANSIT"}


class Unreadable(ValueError):
    """An answer that lacks, or misshapes, something we need."""


@dataclass(frozen=True, slots=True)
class TransactionFact:
    """One transaction as listTransactions tells it. `identifiers`: ORDER_ID, SETTLEMENT_ID ... -> values."""

    transaction_id: str
    type: str
    status: str
    posted_at: datetime | None
    amount: Decimal
    currency: str
    description: str = ""
    marketplace_id: str = ""
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# ------------------------------------------------------------------ reports


def listing(body: Body) -> SettlementListing | None:
    """A report of getReports; None when it is not (or no longer) ready."""
    if text(body, "processingStatus") != "DONE":
        return None
    return SettlementListing(
        report_id=text(body, "reportId"),
        document_id=text(body, "reportDocumentId"),
        created_at=_need(moment(body.get("createdTime")), "createdTime"),
        period_start=moment(body.get("dataStartTime")),
        period_end=moment(body.get("dataEndTime")),
        marketplaces=tuple(str(place) for place in body.get("marketplaceIds") or ()),
    )


def document_address(body: Body) -> str:
    """Where a report document is to be fetched, within five minutes. An unknown compression is refused."""
    if body.get("compressionAlgorithm") not in (None, "", "GZIP"):
        raise Unreadable(f"compression {body['compressionAlgorithm']!r}")
    return text(body, "url")


def download(content: bytes, content_type: str) -> Download:
    """The file as received. Whether it is still compressed is told by its own first bytes: the address may be
    served with Content-Encoding, and then the network layer has unpacked it already."""
    header = Message()
    header["content-type"] = content_type or "application/octet-stream"
    charset = str(header.get_param("charset") or "")
    encoding = "gzip" if content.startswith(GZIP) else ""
    return Download(content, header.get_content_type(), _codec(charset), encoding)


def _codec(charset: str) -> str:
    """Python's name of a charset, "" for one it does not know."""
    try:
        return codecs.lookup(_CHARSETS.get(charset.lower(), charset)).name if charset else ""
    except LookupError:
        return ""


# ------------------------------------------------------------------ payouts


def payout(body: Body) -> PayoutFact:
    """A payout of listPayouts. One that never moves money (NO_PAYOUT) states no amount: zero then."""
    status = text(body, "currentStatus")
    stated, period = body.get("amount"), body.get("period") or {}
    home = BY_ID.get(str((body.get("partnerMetadata") or {}).get("marketplaceId")))
    if isinstance(stated, Mapping):
        amount, currency = number(stated, "currencyAmount"), text(stated, "currencyCode")
    elif status == "NO_PAYOUT":
        amount, currency = ZERO, home.currency if home else ""
    else:
        raise Unreadable(f"a payout in state {status} without an amount")
    return PayoutFact(
        payout_id=text(body, "id"),
        status=status,
        amount=amount,
        currency=currency,
        initiated_at=moment(body.get("creationDate")),
        settlement_ids=_settlements(body),
        trace_id=str(body.get("traceId") or ""),
        account_tail=str(body.get("accountTail") or ""),
        period_start=moment(period.get("startDate")),
        period_end=moment(period.get("endDate")),
    )


def _settlements(body: Body) -> tuple[str, ...]:
    related = [entry for entry in body.get("relatedIdentifiers") or () if isinstance(entry, Mapping)]
    return tuple(
        str(entry["relatedIdentifierValue"])
        for entry in related
        if entry.get("relatedIdentifierName") == "SETTLEMENT_ID" and entry.get("relatedIdentifierValue")
    )


def event_group(body: Body) -> PayoutFact | None:
    """A closed financial event group as a payout; None while it is open. It names no settlement: the period tells."""
    if str(body.get("ProcessingStatus")).lower() == "open":
        return None
    original, converted = body.get("OriginalTotal"), body.get("ConvertedTotal")
    if not isinstance(original, Mapping):
        raise Unreadable("a closed event group without OriginalTotal")
    amount, currency = number(original, "CurrencyAmount"), text(original, "CurrencyCode")
    other = isinstance(converted, Mapping) and converted.get("CurrencyCode") != currency
    return PayoutFact(
        payout_id=text(body, "FinancialEventGroupId"),
        status=_group_status(body, amount),
        amount=amount,
        currency=currency,
        initiated_at=moment(body.get("FundTransferDate")),
        trace_id=str(body.get("TraceId") or ""),
        account_tail=str(body.get("AccountTail") or ""),
        converted_amount=number(converted, "CurrencyAmount") if other and isinstance(converted, Mapping) else None,
        converted_currency=text(converted, "CurrencyCode") if other and isinstance(converted, Mapping) else "",
        period_start=moment(body.get("FinancialEventGroupStart")),
        period_end=moment(body.get("FinancialEventGroupEnd")),
    )


def _group_status(body: Body, amount: Decimal) -> str:
    stated = str(body.get("FundTransferStatus") or "")
    if not stated and amount <= 0:
        return "NO_PAYOUT"
    return _TRANSFER_WORDS.get(stated.lower(), stated.upper() or "UNKNOWN")


# ------------------------------------------------------------------ transactions and stores


def transaction(body: Body) -> TransactionFact:
    total = body.get("totalAmount")
    if not isinstance(total, Mapping):
        raise Unreadable("a transaction without totalAmount")
    identifiers: dict[str, tuple[str, ...]] = {}
    for entry in body.get("relatedIdentifiers") or ():
        name, value = str(entry.get("relatedIdentifierName") or ""), str(entry.get("relatedIdentifierValue") or "")
        identifiers[name] = (*identifiers.get(name, ()), value)
    place = (body.get("marketplaceDetails") or {}).get("marketplaceId") or (body.get("sellingPartnerMetadata") or {}).get(
        "marketplaceId"
    )
    return TransactionFact(
        transaction_id=str(body.get("transactionId") or ""),
        type=text(body, "transactionType"),
        status=str(body.get("transactionStatus") or ""),
        posted_at=moment(body.get("postedDate")),
        amount=number(total, "currencyAmount"),
        currency=text(total, "currencyCode"),
        description=str(body.get("description") or ""),
        marketplace_id=str(place or ""),
        identifiers=identifiers,
    )


def participation(body: Body) -> dict[str, Any]:
    """One store the seller has: id, code, country, currency, name, store name, whether it is open for them."""
    place, state = body.get("marketplace"), body.get("participation")
    if not isinstance(place, Mapping) or not isinstance(state, Mapping):
        raise Unreadable("a participation without marketplace")
    known = BY_ID.get(text(place, "id"))
    return {
        "id": text(place, "id"),
        "code": known.code if known else text(place, "countryCode"),
        "country": text(place, "countryCode"),
        "currency": text(place, "defaultCurrencyCode"),
        "name": text(place, "name"),
        "store": str(body.get("storeName") or ""),
        "participating": bool(state.get("isParticipating")),
        "suspended": bool(state.get("hasSuspendedListings")),
    }


def home_of(stores: list[dict[str, Any]], region: str, wanted: str) -> dict[str, Any]:
    """The store that stands for the account: the one the seller named, else the first of the region they sell in."""
    known = BY_CODE.get(wanted)
    ours = [store for store in stores if _region(store) in ("", region)]
    best = (
        [store for store in ours if known and store["id"] == known.id]
        or [store for store in ours if store["participating"]]
        or ours
    )
    return best[0] if best else {}


def _region(store: Mapping[str, Any]) -> str:
    place = BY_ID.get(str(store["id"]))
    return place.region if place else ""


# ------------------------------------------------------------------ fields


def text(body: Body, name: str) -> str:
    """A text that must be there."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{name} is missing")
    return value


def number(body: Body, name: str) -> Decimal:
    """A number that must be there, exact."""
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, (Decimal, int)):
        raise Unreadable(f"{name} is not a number: {value!r}")
    return Decimal(value)


def moment(value: Any) -> datetime | None:
    """An ISO 8601 moment as aware UTC; None where there is none."""
    if value in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(f"not a date-time: {value!r}") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _need(value: datetime | None, name: str) -> datetime:
    if value is None:
        raise Unreadable(f"{name} is missing")
    return value

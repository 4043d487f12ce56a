"""Transfers 2024-06-01 and financial event groups: what became of each settlement's money.

A settlement above zero is paid out two days after it ends; one payout may cover the settlements of two
stores in one currency. At or below zero there is no payout. A refused transfer fails, and the next file
brings the money back (models `transfers_2024-06-01`, `financesV0`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.amazon.calls import Call, amount, bad_input, pack, unpack, zulu
from sandbox.amazon.chain import DEPOSIT_AFTER, Settlement, digest
from sandbox.amazon.places import Seller
from sandbox.amazon.rows import ZERO
from sandbox.amazon.shops import Shops
from sandbox.amazon.story import Event

PAGE = 10
ACCOUNT_TYPE = "STANDARD_ORDERS"
CREATED_AFTER, SENT_AFTER, FAILED_AFTER = timedelta(hours=1), timedelta(hours=7), timedelta(hours=31)
GROUP_STATUS = {"PAID": "Succeeded", "FAILED": "Failed", "IN_TRANSIT": "Initiated", "STARTED": "Initiated"}


@dataclass(frozen=True)
class Payout:
    """One transfer, or the note that there is none; `settlements` are those it covers."""

    settlements: tuple[Settlement, ...]

    @property
    def first(self) -> Settlement:
        return self.settlements[0]

    @property
    def id(self) -> str:
        return str(10**10 + int(digest("payout", self.first.id)[:12], 16) % (9 * 10**10))

    @property
    def trace_id(self) -> str:
        return digest("trace", self.first.id)[:15].upper()

    @property
    def amount(self) -> Decimal:
        return sum((settlement.total for settlement in self.settlements), ZERO)

    @property
    def created(self) -> datetime:
        return self.first.end + CREATED_AFTER

    def history(self, now: datetime) -> list[tuple[str, datetime]]:
        """The statuses it has had by `now`, oldest first."""
        end = self.first.end
        steps = [("NO_PAYOUT", self.created)]
        if self.amount > 0:
            failed = Event.PAYOUT_FAILED in self.first.events
            last = ("FAILED", end + FAILED_AFTER) if failed else ("PAID", end + DEPOSIT_AFTER)
            steps = [("STARTED", self.created), ("IN_TRANSIT", end + SENT_AFTER), last]
        return [step for step in steps if step[1] <= now]

    def data(self, now: datetime) -> dict[str, Any]:
        seller, place, history = self.first.seller, self.first.place, self.history(now)
        fields: dict[str, Any] = {
            "id": self.id,
            "partnerMetadata": {"partnerId": seller.id, "accountType": ACCOUNT_TYPE, "marketplaceId": place.id},
            "currentStatus": history[-1][0],
            "statusHistory": [_entry(status, at) for status, at in history],
            "creationDate": zulu(self.created),
            "period": {"startDate": zulu(self.first.start), "endDate": zulu(self.first.end)},
            "relatedIdentifiers": [
                {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement.id}
                for settlement in self.settlements
            ],
        }
        if self.amount > 0:
            fields |= {
                "type": "SCHEDULED",
                "amount": amount(self.amount, place.currency),
                "accountTail": seller.account_tail,
                "paymentMethod": "BANK_ACCOUNT",
                "paymentRail": place.rail,
            }
        if any(status == "IN_TRANSIT" for status, _ in history):
            fields["traceId"] = self.trace_id
        return fields


def _entry(status: str, at: datetime) -> dict[str, str]:
    entry = {"status": status, "lastUpdatedDate": zulu(at)}
    return {**entry, "failureReason": "The bank account could not be credited"} if status == "FAILED" else entry


def payouts_of(shops: Shops, seller: Seller, now: datetime) -> Iterator[Payout]:
    """Store by store, most recent first; a shared one stands with the first of its stores."""
    closed = list(shops.settlements(seller))
    shared: dict[tuple[str, int], list[Settlement]] = {}
    for settlement in closed:
        if Event.PAID_WITH_ANOTHER in settlement.events:
            shared.setdefault((settlement.place.currency, settlement.number), []).append(settlement)
    for chain in shops.chains(seller):
        for settlement in sorted((s for s in closed if s.place is chain.place), key=lambda s: s.end, reverse=True):
            together = shared.get((settlement.place.currency, settlement.number), [])
            payout = Payout(tuple(together) if settlement in together else (settlement,))
            if payout.first is settlement and payout.created <= now:
                yield payout


def list_payouts(call: Call) -> dict[str, Any]:
    """`listPayouts`: no wrapper, pages of ten."""
    places, payout_id, kind = call.many("marketplaceIds"), call.one("payoutId"), call.one("accountType")
    after, before = call.instant("createdAfter"), call.instant("createdBefore")
    found = [
        payout.data(call.now)
        for payout in payouts_of(call.shops, call.seller, call.now)
        if (not places or payout.first.place.id in places)
        and (payout_id is None or payout.id == payout_id)
        and (kind is None or kind == ACCOUNT_TYPE)
        and (after is None or payout.created >= after)
        and (before is None or payout.created < before)
    ]
    return _page(call, "payouts", found)


def _page(call: Call, name: str, found: list[dict[str, Any]]) -> dict[str, Any]:
    token = call.one("nextToken")
    offset = int(unpack(token)["offset"]) if token else 0
    page: dict[str, Any] = {name: found[offset : offset + PAGE]}
    if offset + PAGE < len(found):
        page["nextToken"] = pack({"offset": offset + PAGE})
    return page


def list_expected_payouts(call: Call) -> dict[str, Any]:
    """`listExpectedPayouts`: the running period of each store, with its balance so far."""
    places, kind = call.many("marketplaceIds"), call.one("accountType")
    found = [
        _expected(call, settlement)
        for settlement in call.shops.open(call.seller)
        if (not places or settlement.place.id in places) and (kind is None or kind == ACCOUNT_TYPE)
    ]
    return _page(call, "expectedPayouts", found)


def _expected(call: Call, settlement: Settlement) -> dict[str, Any]:
    place, balance = settlement.place, balance_so_far(settlement, call.now)
    fields: dict[str, Any] = {
        "partnerMetadata": {"partnerId": call.seller.id, "accountType": ACCOUNT_TYPE, "marketplaceId": place.id},
        "status": "SCHEDULED" if balance > 0 else "NO_PAYOUT_EXPECTED",
        "period": {"startDate": zulu(settlement.start), "endDate": zulu(settlement.end)},
        "relatedIdentifiers": [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement.id}],
    }
    if balance > 0:
        fields |= {
            "amount": amount(balance, place.currency),
            "scheduledDate": zulu(settlement.end + CREATED_AFTER),
            "accountTail": call.seller.account_tail,
            "paymentMethod": "BANK_ACCOUNT",
        }
    return fields


def balance_so_far(settlement: Settlement, now: datetime) -> Decimal:
    return sum((row.amount for row in settlement.rows if row.posted <= now), ZERO)


def list_event_groups(call: Call) -> dict[str, Any]:
    """`listFinancialEventGroups` (v0, wrapped in `payload`): one group a settlement, the open ones too."""
    size = call.whole("MaxResultsPerPage", 10, 1, 100)
    after = call.instant("FinancialEventGroupStartedAfter")
    before = call.instant("FinancialEventGroupStartedBefore")
    newest = call.now - timedelta(minutes=2)
    if (after and after > newest) or (before and before > newest):
        raise bad_input("the dates must be more than two minutes before the request")
    groups = sorted(_groups(call), key=lambda group: str(group["FinancialEventGroupStart"]), reverse=True)
    if after and (before or call.now) - after > timedelta(days=180):
        groups = []
    found = [
        group
        for group in groups
        if (after is None or group["FinancialEventGroupStart"] >= zulu(after))
        and (before is None or group["FinancialEventGroupStart"] < zulu(before))
    ]
    token = call.one("NextToken")
    offset = int(unpack(token)["offset"]) if token else 0
    payload: dict[str, Any] = {"FinancialEventGroupList": found[offset : offset + size]}
    if offset + size < len(found):
        payload["NextToken"] = pack({"offset": offset + size})
    return {"payload": payload}


def _groups(call: Call) -> Iterator[dict[str, Any]]:
    paid = {s.id: payout for payout in payouts_of(call.shops, call.seller, call.now) for s in payout.settlements}
    for settlement in [*call.shops.open(call.seller), *call.shops.settlements(call.seller)]:
        yield _group(settlement, paid.get(settlement.id), call.now)


def _group(settlement: Settlement, payout: Payout | None, now: datetime) -> dict[str, Any]:
    currency = settlement.place.currency
    closed = settlement.end <= now
    total = settlement.total if closed else balance_so_far(settlement, now)
    fields: dict[str, Any] = {
        "FinancialEventGroupId": settlement.group_id,
        "ProcessingStatus": "Closed" if closed else "Open",
        "OriginalTotal": {"CurrencyCode": currency, "CurrencyAmount": total},
        "FinancialEventGroupStart": zulu(settlement.start),
        "BeginningBalance": {"CurrencyCode": currency, "CurrencyAmount": _beginning(settlement)},
    }
    if closed:
        fields["FinancialEventGroupEnd"] = zulu(settlement.end)
    history = payout.history(now) if payout and payout.amount > 0 else []
    if payout and history:
        fields |= {
            "FundTransferStatus": GROUP_STATUS[history[-1][0]],
            "FundTransferDate": zulu(payout.created),
            "ConvertedTotal": {"CurrencyCode": currency, "CurrencyAmount": total},
            "TraceId": payout.trace_id,
            "AccountTail": settlement.seller.account_tail,
        }
    return fields


def _beginning(settlement: Settlement) -> Decimal:
    """What the settlement before left: the reserve given back, or the balance owed."""
    opening = ("Previous Reserve Amount Balance", "Payable to Amazon")
    return sum((row.amount for row in settlement.rows if row.description in opening), ZERO)

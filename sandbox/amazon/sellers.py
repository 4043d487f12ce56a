"""Sellers v1: who the seller is and in which stores it takes part (model `sellers`)."""

from __future__ import annotations

from typing import Any

from sandbox.amazon.calls import Call
from sandbox.amazon.places import Marketplace


def marketplace_participations(call: Call) -> dict[str, Any]:
    """`getMarketplaceParticipations`."""
    return {"payload": [_participation(call, place) for place in call.seller.marketplaces]}


def account(call: Call) -> dict[str, Any]:
    """`getAccount`: the business as registered. The twin knows no person and gives no contact."""
    seller = call.seller
    return {
        "payload": {
            "businessType": seller.business_type,
            "sellingPlan": "PROFESSIONAL",
            "business": {
                "name": seller.name,
                "registeredBusinessAddress": {
                    "addressLine1": "1 Wharf Road",
                    "city": seller.city,
                    "countryCode": seller.country,
                },
            },
            "marketplaceParticipationList": [_participation(call, place) for place in seller.marketplaces],
        }
    }


def _participation(call: Call, place: Marketplace) -> dict[str, Any]:
    return {
        "marketplace": {
            "id": place.id,
            "name": place.name,
            "countryCode": place.country,
            "defaultCurrencyCode": place.currency,
            "defaultLanguageCode": place.language,
            "domainName": place.domain,
        },
        "participation": {"isParticipating": True, "hasSuspendedListings": False},
        "storeName": call.seller.name,
    }

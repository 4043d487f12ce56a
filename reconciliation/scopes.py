"""Which integration a settlement belongs to: a seller's account lists the settlements of all its stores.

A unified account names every settlement once per store, whatever store it is of, so the listing
cannot tell. The rows can: they name their marketplace; a file without orders has at least a currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from syncs.models import Integration

EVERYTHING = "*"


def owner(asking: Integration, marketplace: str, currency: str) -> Integration | None:
    """The integration of this source whose scope holds the settlement, the asking one first; None when none does."""
    others = Integration.objects.filter(source_id=asking.source_id).exclude(pk=asking.pk).order_by("id")
    for integration in (asking, *others):
        if holds(integration, marketplace, currency):
            return integration
    return None


def holds(integration: Integration, marketplace: str, currency: str) -> bool:
    """Whether the scope names the settlement's marketplace, or its currency where no row names a marketplace."""
    if integration.marketplace_scope == EVERYTHING:
        return True
    wanted = {part.strip() for part in integration.marketplace_scope.split(",") if part.strip()}
    known: Iterable[Mapping[str, Any]] = integration.source.facts.get("marketplaces", [])
    scoped = [each for each in known if each["id"] in wanted]
    if marketplace:
        return any(str(each["name"]).casefold() == marketplace.casefold() for each in scoped)
    return any(each["currency"] == currency for each in scoped)

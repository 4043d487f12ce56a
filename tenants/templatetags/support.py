"""What the frame says when support looks on, or when writing to ledgers is stopped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any

from django import template

from tenants import clock, stops
from tenants.problems import shown
from tenants.templatetags.tieout import money_text

register = template.Library()

# Providers' names belong to rooms above; these are trade marks and the same in every language.
_NAMES = {"quickbooks_online": "QuickBooks", "xero": "Xero", "kashflow": "KashFlow", "quickbooks_desktop": "QuickBooks Desktop"}


@register.simple_tag(takes_context=True)
def write_stops(context: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stops that cover this page's company."""
    request = context.get("request")
    tenant = getattr(request, "tenant", None)
    if tenant is None:
        return []
    return [
        {"provider_name": _NAMES.get(stop.provider, stop.provider), "reason": stop.reason, "expires_at": stop.expires_at}
        for stop in stops.standing(tenant_id=tenant.pk)
    ]


@register.filter
def minutes_left(until: datetime) -> int:
    return max(0, ceil((until - clock.now()).total_seconds() / 60))


@register.simple_tag
def problem_words(row: Any) -> str:
    """The problem that a row carries, as one sentence."""
    return str(shown({"code": row.problem_code, "params": row.problem_params}).text)


@register.simple_tag
def difference(settlement: Any) -> str:
    """What the file's header says more than its lines; a dash where it has none."""
    if settlement.header_total is None:
        return "–"
    return money_text(settlement.header_total - settlement.line_total, settlement.currency)

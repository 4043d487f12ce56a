"""Calls used and left, connection by connection: today, this month, and how the month will end at this pace."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from connections import registry, selectors, usage
from connections.models import Connection
from connections.usage import Day, Usage
from tenants.charts import Chart, Column, bar_chart
from tenants.exports import table_response
from tenants.roles import Permission
from tenants.web import TenantRequest, tenant_view

EXPORTED = timedelta(days=366)


@require_GET
@tenant_view(Permission.VIEW)
def page(request: TenantRequest) -> HttpResponse:
    rows = [_section(row) for row in selectors.connections() if row.state != Connection.State.DISCONNECTED]
    return render(request, "connections/usage.html", {"sections": rows})


def _section(row: Connection) -> dict[str, Any]:
    found = usage.usage_of(row)
    provider = registry.provider(row.provider).info
    return {
        "usage": found,
        "provider": provider,
        "chart": _chart(found),
        "newest_first": [day for day in reversed(found.days) if day.calls],
        "quota": selectors.quota(connection=row) if registry.environments(row.provider) else [],
    }


def _chart(found: Usage) -> Chart:
    return bar_chart([Column(date_format(day.day, "j M"), day.calls, _words(day, found), day.metered) for day in found.days])


def _words(day: Day, found: Usage) -> str:
    text = _("%(day)s: %(calls)s calls") % {"day": date_format(day.day, "j M Y"), "calls": number_format(day.calls)}
    if found.meter:
        text += ", " + _("%(n)s of them metered") % {"n": number_format(day.metered)}
    return text


@require_GET
@tenant_view(Permission.VIEW)
def export(request: TenantRequest) -> HttpResponseBase:
    """A year of days, as CSV or Excel."""
    head = [_("connection"), _("provider"), _("day"), _("calls"), _("metered"), _("asked to wait"), _("failed")]
    return table_response(request, "api-usage", head, _lines())


def _lines() -> Iterator[list[Any]]:
    for row in selectors.connections():
        today = usage.usage_of(row).today.day
        for day in usage.days_of(row, since=today - EXPORTED):
            if day.calls:
                yield [row.name, row.provider, day.day, day.calls, day.metered, day.throttled, day.failed]

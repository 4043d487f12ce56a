"""What the frame around every page shows: where one can go, what waits there, and whether any of it is only a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from reconciliation import selectors_pages
from tenants.models import Membership
from tenants.roles import Permission

register = template.Library()


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the sidebar. `counts` names what waits there in `selectors_pages.waiting()`."""

    name: str
    label: Promise | str
    icon: str
    permission: Permission = Permission.VIEW
    counts: str = ""
    covers: tuple[str, ...] = ()


SIDEBAR: tuple[tuple[Promise | str, tuple[Place, ...]], ...] = (
    (
        "",
        (
            Place("overview", _("Overview"), "layout-dashboard"),
            Place("settlements", _("Settlements"), "receipt-2", counts="settlements", covers=("settlement",)),
            Place("orders", _("Orders"), "shopping-cart", covers=("order", "clearing")),
            Place("bank", _("Bank"), "building-bank", counts="bank"),
            Place("uploads", _("Uploads"), "file-upload", covers=("upload",)),
            Place("mappings", _("Mappings"), "arrows-shuffle", counts="mappings", covers=("mapping",)),
        ),
    ),
    (
        _("At work"),
        (
            Place("runs", _("Runs"), "history", covers=("run",)),
            Place("inbox", _("Errors"), "inbox", counts="inbox", covers=("held",)),
            Place("schedules", _("Schedules"), "calendar-time", covers=("schedule",)),
        ),
    ),
    (
        _("Company"),
        (
            Place("integrations", _("Integrations"), "arrows-left-right", covers=("integration", "wizard")),
            Place("connections:list", _("Connections"), "plug-connected", counts="connections", covers=("connections:",)),
            Place("alerts", _("Alerts"), "bell", covers=("alert_rule",)),
            Place("team", _("Team"), "users", covers=("invitation", "member")),
            Place("audit", _("Audit"), "shield-check", Permission.AUDIT),
        ),
    ),
    (
        _("Developers"),
        (
            Place("api_keys", _("API keys"), "key", Permission.DEVELOP),
            Place("connections:webhooks", _("Webhooks"), "bolt", Permission.DEVELOP, covers=("connections:webhook",)),
        ),
    ),
)


@register.simple_tag(takes_context=True)
def shell(context: Mapping[str, Any]) -> dict[str, Any]:
    """Sidebar groups, the person's companies, and the environments that are not production."""
    request = context["request"]
    memberships = _memberships(request)
    if getattr(request, "membership", None) is None:
        return {"groups": [], "memberships": memberships, "environments": []}
    waiting = selectors_pages.waiting()
    groups = [{"label": label, "links": links} for label, places in SIDEBAR if (links := _links(request, places, waiting))]
    return {"groups": groups, "memberships": memberships, "environments": selectors_pages.test_environments()}


def _memberships(request: Any) -> list[Membership]:
    if not request.user.is_authenticated:
        return []
    return list(Membership.objects.filter(user=request.user.pk).select_related("tenant").order_by("tenant__name"))


def _links(request: Any, places: tuple[Place, ...], waiting: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        _link(request, place, waiting.get(place.counts, 0)) for place in places if request.membership.allows(place.permission)
    ]


def _link(request: Any, place: Place, count: int) -> dict[str, Any]:
    here = request.resolver_match.view_name if request.resolver_match else ""
    covered = any(here == name or here.startswith(f"{name}_") for name in (place.name, *place.covers))
    return {
        "href": reverse(place.name, args=[request.tenant.public_id]),
        "label": place.label,
        "icon": place.icon,
        "here": covered,
        "count": count,
        "count_title": ngettext("%(n)d waits for you", "%(n)d wait for you", count) % {"n": count},
    }

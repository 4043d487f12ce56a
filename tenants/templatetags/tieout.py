"""How pages say money, numbers, dates, states and problems: one library, so that they say it alike.

{% load tieout %}
{% money line.debit "GBP" %}   {% money total currency bare=True %}   {% number rows %}
{% when run.started_at %}      {% day settlement.deposit_at zone="Europe/London" %}   {% ago connection.last_tested_at %}
{% chip document.state document.get_state_display %}   {% icon "upload" %}
{% problem item %}   {% tenant_url "settlement" settlement.public_id %}   {% if request|may:"post" %}
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from canonical.money import minor_units, to_decimal
from tenants.deeds import deed_word
from tenants.models import SavedView
from tenants.problems import Shown, shown
from tenants.roles import Permission
from tenants.saved_views import of as views_of
from tenants.tones import tone_of

register = template.Library()
MINUS = "\u2212"
NOTHING = "\u2013"  # an en dash where there is no value


def money_text(amount: Decimal | str | int | None, currency: str) -> str:
    """The amount in the reader's locale, with the currency's decimals (more where the amount has more)."""
    if amount is None or amount == "":
        return NOTHING
    value = to_decimal(amount)
    exponent = value.normalize().as_tuple().exponent if value else 0
    decimals = max(minor_units(currency or "USD"), -int(exponent))
    text = str(number_format(abs(value), decimal_pos=decimals, use_l10n=True, force_grouping=True))
    return f"{MINUS}{text}" if value < 0 else text


@register.simple_tag
def money(amount: Decimal | str | int | None, currency: str = "", *, bare: bool = False) -> SafeString:
    """`bare` leaves the currency out where the column's head names it."""
    text = money_text(amount, currency)
    negative = " is-negative" if text.startswith(MINUS) else ""
    if bare or not currency or text == NOTHING:
        return format_html('<span class="money{}">{}</span>', negative, text)
    return format_html('<span class="money{}">{}<span class="money-currency"> {}</span></span>', negative, text, currency)


@register.simple_tag
def number(value: int | None) -> str:
    return NOTHING if value is None else str(number_format(value, use_l10n=True, force_grouping=True))


@register.simple_tag
def when(moment: datetime | None, *, zone: str = "") -> SafeString | str:
    """Date and time in the tenant's zone (or `zone`); UTC on hover."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment, ZoneInfo(zone)) if zone else timezone.localtime(moment)
    text = f"{date_format(local, 'j M Y')}, {date_format(local, 'H:i')}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), _utc(moment), text)


@register.simple_tag
def day(value: date | datetime | None, *, zone: str = "") -> SafeString | str:
    """A calendar day, "14 Nov 2026"; a moment is first taken into the zone."""
    if value is None:
        return NOTHING
    if not isinstance(value, datetime):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, "j M Y"))
    local = timezone.localtime(value, ZoneInfo(zone)) if zone else timezone.localtime(value)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), _utc(value), date_format(local, "j M Y"))


@register.simple_tag
def period(start: datetime | None, end: datetime | None, *, zone: str = "") -> SafeString | str:
    """From a day until a day, the year said once where it is the same: "4 Nov – 18 Nov 2026"."""
    if start is None or end is None:
        return NOTHING
    first, last = (timezone.localtime(moment, ZoneInfo(zone)) if zone else timezone.localtime(moment) for moment in (start, end))
    begin = date_format(first, "j M" if first.year == last.year else "j M Y")
    title = f"{_utc(start)} – {_utc(end)}"
    return format_html('<span class="tabular" title="{}">{} – {}</span>', title, begin, date_format(last, "j M Y"))


@register.simple_tag
def ago(moment: datetime | None) -> SafeString | str:
    """How long ago, in the largest unit; the exact moment on hover."""
    if moment is None:
        return _("never")
    young = timezone.now() - moment < timedelta(minutes=1)
    text = _("just now") if young else _("%(time)s ago") % {"time": timesince(moment, depth=1)}
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), _utc(moment), text)


def _utc(moment: datetime) -> str:
    return f"{date_format(moment.astimezone(UTC), 'j M Y, H:i:s')} UTC"


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """One of the sprite's icons; decoration only, the words beside it carry the meaning."""
    href = f"{static('vendor/tabler-icons.svg')}#{name}"
    return format_html(
        '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><use href="{}"></use></svg>',
        css,
        href,
    )


@register.inclusion_tag("components/chip.html")
def chip(state: str, word: str = "", *, title: str = "") -> dict[str, Any]:
    """A state as icon and word in its own colours; never colour alone."""
    tone = tone_of(state)
    return {"tone": tone.name, "icon_name": tone.icon, "word": word or state, "title": title}


@register.inclusion_tag("components/problem.html", takes_context=True)
def problem(context: Mapping[str, Any], item: Any, params: Any = None, where: Any = None) -> dict[str, Any]:
    """A Problem, its stored form, or a code with parameters: what, why, remedy, code."""
    return {"problem": as_shown(item, params, where), "request": context.get("request")}


def as_shown(item: Any, params: Any = None, where: Any = None) -> Shown:
    if isinstance(item, str):
        return shown({"code": item, "params": params or {}, "where": where or {}})
    return shown(item)


register.filter("deed_word", deed_word)


@register.filter
def problem_text(item: Any) -> str:
    return as_shown(item).text


@register.simple_tag(takes_context=True)
def tenant_url(context: Mapping[str, Any], name: str, *args: Any) -> str:
    return reverse(name, args=[context["request"].tenant.public_id, *args])


@register.simple_tag(takes_context=True)
def saved_views(context: Mapping[str, Any], page: str) -> list[SavedView]:
    """The reader's own views of a list."""
    return views_of(context["request"].user, page)


@register.filter
def may(request: Any, permission: str) -> bool:
    """`{% if request|may:"post" %}`: actions somebody cannot do are not shown to him."""
    membership = getattr(request, "membership", None)
    return membership is not None and membership.allows(Permission(permission))


_SELECTS = {"select", "selectmultiple", "nullbooleanselect"}
_CHECKS = {"checkboxinput"}


@register.filter
def control(field: Any) -> Any:
    """A form field's widget in the house's clothes, with what a screen reader needs to know of its errors."""
    kind = type(field.field.widget).__name__.lower()
    css = "form-select" if kind in _SELECTS else "form-check-input" if kind in _CHECKS else "form-control"
    attributes = {"class": f"{css} {field.field.widget.attrs.get('class', '')}".strip()}
    if field.errors:
        attributes |= {"class": f"{attributes['class']} is-invalid", "aria-invalid": "true"}
        attributes["aria-describedby"] = f"{field.auto_id}_error"
    return field.as_widget(attrs=attributes)


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    return mapping.get(key)

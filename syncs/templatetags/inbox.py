"""Where a trouble is mended, as an address; streams and triggers of runs in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse

from syncs.inbox.places import Place
from syncs.models import WorkItem
from syncs.words import failure_word, stream_word, trigger_word
from tenants.problems import shown

register = template.Library()
register.filter("stream_word", stream_word)
register.filter("trigger_word", trigger_word)
register.filter("failure_word", failure_word)


@register.simple_tag(takes_context=True)
def place_href(context: Mapping[str, Any], found: tuple[Place, list[str]] | None) -> str:
    """The page that mends it; "" when there is none."""
    if found is None:
        return ""
    place, arguments = found
    anchor = f"#{place.anchor}" if place.anchor else ""
    return reverse(place.view, args=[context["request"].tenant.public_id, *arguments]) + anchor


@register.simple_tag
def problem_words(item: WorkItem) -> str:
    """What stops a record, in one sentence."""
    return shown({"code": item.problem_code, "params": item.problem_params, "where": item.problem_where}).text

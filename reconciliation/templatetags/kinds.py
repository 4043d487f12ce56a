"""Kinds of rows in words: `{{ line.category|kind_word }}`."""

from __future__ import annotations

from django import template

from connections.registry import provider
from reconciliation import words

register = template.Library()
register.filter("kind_word", words.kind_word)
register.filter("target_word", words.target_word)
register.filter("role_word", words.role_word)
register.filter("document_word", words.document_word)
register.filter("charge_word", words.charge_word)


@register.filter
def provider_word(key: str) -> str:
    """What a provider is called: "quickbooks_online" is QuickBooks Online."""
    return provider(key).info.name

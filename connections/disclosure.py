"""Showing an operator one exchange with a provider.

The console asks (`ask`), a worker opens the kept bodies and lays them out sealed (`lay_out`), the console
shows them and empties the row (`take`). Tokens and secrets were masked before the bodies were ever kept, so they
cannot be shown at all. Redacted means that every value of the body is blanked and its structure stays; as it was
means the customer's data, and that takes a reason, is shown once, and stands in the customer's audit trail.
"""

from __future__ import annotations

import logging
import re
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from connections import jsontext, sealed, selectors
from connections.models import ApiCall, Disclosure
from tenants.clock import now
from tenants.news import audit, current_actor

logger = logging.getLogger(__name__)
TASK = "connections.lay_out"
BLANK = "***"
# Names whose values say what went wrong and never whose money it is.
_TELLING = re.compile(
    r"(code|type|status|state|element|currency|version|token_?type|time|date|at|domain|minorversion)\Z", re.IGNORECASE
)
_PLAIN = re.compile(r"[A-Za-z0-9_.:+-]{1,40}\Z")


def ask(*, call: ApiCall, level: str, reason: str = "") -> Disclosure:
    """Ask for an exchange, inside its tenant. `level` is Disclosure.Level; as it was, it needs a reason and is told."""
    operator = current_actor().user
    if operator is None:
        raise PermissionError("only a person may see an exchange")
    with transaction.atomic():
        asked = Disclosure.objects.create(call=call, operator=operator, level=level, reason=reason)
        if level == Disclosure.Level.WHOLE:
            audit(
                "exchange.unmasked", call, after={"operation": call.operation, "trace_id": call.provider_trace_id}, reason=reason
            )
    try:
        current_app.send_task(TASK, args=(asked.tenant_id, asked.pk), ignore_result=True, retry=False)
    except (OperationalError, OSError):
        logger.warning("no worker could be woken to lay out %s", asked.public_id)
    return asked


def lay_out(*, asked: Disclosure) -> None:
    """A worker's part: open the bodies, blank their values if so asked, seal them for the console."""
    found = selectors.trace(asked.call)
    texts = {part: str(found[part]) for part in ("url", "request", "response")}
    if asked.level == Disclosure.Level.REDACTED:
        texts = {part: redacted_url(text) if part == "url" else redacted(text) for part, text in texts.items()}
    letter = sealed.seal(texts, purpose=_purpose(asked))
    Disclosure.objects.filter(pk=asked.pk, sealed_at=None).update(sealed=letter, sealed_at=now())


def take(asked: Disclosure) -> dict[str, str] | None:
    """The console's part: the texts, once, by emptying the row. None while they are not there, or when they were shown."""
    with transaction.atomic():
        row = Disclosure.objects.select_for_update().get(pk=asked.pk)
        if row.sealed is None or row.shown_at is not None:
            asked.shown_at = row.shown_at
            return None
        letter = bytes(row.sealed)
        row.shown_at, row.sealed = now(), None
        row.save(update_fields=["shown_at", "sealed"])
    try:
        return sealed.unseal(letter, purpose=_purpose(asked))
    except sealed.Unreadable:
        asked.shown_at = row.shown_at
        return None


def redacted(text: str) -> str:
    """A body with its values blanked: JSON keeps its structure and what tells an error's kind; anything else is its size."""
    if not text:
        return ""
    try:
        return jsontext.pretty(_blanked(jsontext.loads(text), ""))
    except (ValueError, RecursionError):
        return f"{BLANK} ({len(text)} characters)"


def redacted_url(url: str) -> str:
    """The address without the values of its query."""
    head, mark, query = url.partition("?")
    return head + mark + re.sub(r"=[^&]*", f"={BLANK}", query)


def _blanked(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _blanked(item, str(key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_blanked(item, name) for item in value]
    if value is None or isinstance(value, bool):
        return value
    return value if _TELLING.search(name) and _PLAIN.match(str(value)) else BLANK


def _purpose(asked: Disclosure) -> str:
    return f"exchange:{asked.public_id}:{asked.operator_id}"

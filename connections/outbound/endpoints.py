"""Webhook endpoints: making them, changing them, switching them off and on. Inside a tenant's scope."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from canonical.problems import Problem, Refused, Severity, declare
from connections import egress
from connections.models import WebhookDelivery, WebhookEndpoint
from connections.outbound import signing
from connections.outbound.catalogue import TYPES
from tenants.news import alert, audit, current_actor, settle_alerts

ANY = "*"
MOST = 20
STATE = WebhookEndpoint.State

GONE, EXHAUSTED, BY_PERSON = "gone", "exhausted", "by_person"

NO_TYPES = declare(
    "webhook.url_without_types",
    "No event is chosen, so nothing would ever be sent.",
    "Choose at least one type of event, or all.",
)
UNKNOWN_TYPE = declare("webhook.url_unknown_type", "There is no event called %(type)s.", "Choose from the list of event types.")
TOO_MANY = declare(
    "webhook.too_many",
    "There are %(most)s endpoints already.",
    "Delete one that is no longer used, or let one receive more types.",
)
SWITCHED_OFF_GONE = declare(
    "webhook.gone",
    "The webhook endpoint %(url)s answered that it is gone (410), so nothing is sent to it any more.",
    "Delete it under Developers, Webhooks, or give it a new address and switch it on.",
    Severity.WARNS,
)
SWITCHED_OFF_FAILING = declare(
    "webhook.exhausted",
    "The webhook endpoint %(url)s failed %(times)s times over more than three days, so nothing is sent to it any more.",
    "Mend the receiver, then switch the endpoint on under Developers, Webhooks; what waited is sent, what was given up can be sent again.",
    Severity.WARNS,
)


def create(*, url: str, types: Iterable[str], description: str = "") -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, which is never shown again. Raises Refused for an address that is not public."""
    wanted = _types(types)
    egress.check_url(url)
    with transaction.atomic():
        if WebhookEndpoint.objects.count() >= MOST:
            raise Refused(Problem(TOO_MANY, {"most": MOST}))
        endpoint = WebhookEndpoint.objects.create(
            url=url, types=wanted, description=description[:120], created_by=current_actor().user
        )
        secret = signing.give_secret(endpoint)
        audit("webhook.created", endpoint, after={"url": url, "types": wanted})
    return endpoint, secret


def change(
    *, endpoint: WebhookEndpoint, url: str | None = None, types: Iterable[str] | None = None, description: str | None = None
) -> WebhookEndpoint:
    """Another address, other types, another description."""
    wanted = {
        "url": endpoint.url if url is None else url,
        "types": endpoint.types if types is None else _types(types),
        "description": endpoint.description if description is None else description[:120],
    }
    before = {name: getattr(endpoint, name) for name in wanted}
    if url is not None and url != endpoint.url:
        egress.check_url(url)
    if wanted != before:
        with transaction.atomic():
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**wanted)
            audit("webhook.changed", endpoint, before=before, after=wanted)
        endpoint.refresh_from_db()
    return endpoint


def rotate(*, endpoint: WebhookEndpoint) -> str:
    """A new secret, returned this once; the one before signs along for a day."""
    with transaction.atomic():
        locked = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        secret = signing.give_secret(locked, overlap=signing.OVERLAP)
        audit("webhook.rotated", locked)
    return secret


def enable(*, endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Switch it on; what waited goes out."""
    with transaction.atomic():
        off = WebhookEndpoint.objects.filter(pk=endpoint.pk, state=STATE.DISABLED)
        if off.update(state=STATE.ACTIVE, disabled_reason="", failing_since=None):
            audit("webhook.enabled", endpoint)
            settle_alerts(_fingerprint(endpoint))
    endpoint.refresh_from_db()
    return endpoint


def disable(*, endpoint: WebhookEndpoint, reason: str = BY_PERSON) -> WebhookEndpoint:
    """Send nothing to it any more; what happens meanwhile waits. People are told when it was not a person who did it."""
    with transaction.atomic():
        on = WebhookEndpoint.objects.filter(pk=endpoint.pk, state=STATE.ACTIVE)
        if on.update(state=STATE.DISABLED, disabled_reason=reason):
            audit("webhook.disabled", endpoint, reason=reason)
            if reason != BY_PERSON:
                alert(_why(endpoint, reason), endpoint, fingerprint=_fingerprint(endpoint))
    endpoint.refresh_from_db()
    return endpoint


def delete(*, endpoint: WebhookEndpoint) -> None:
    """It and its log are gone; what waited is not sent."""
    with transaction.atomic():
        audit("webhook.deleted", endpoint, before={"url": endpoint.url})
        settle_alerts(_fingerprint(endpoint))
        WebhookDelivery.objects.filter(endpoint=endpoint).delete()
        endpoint.delete()


def _types(types: Iterable[str]) -> list[str]:
    wanted = list(dict.fromkeys(types))
    unknown = [type_ for type_ in wanted if type_ != ANY and type_ not in TYPES]
    if unknown:
        raise Refused(Problem(UNKNOWN_TYPE, {"type": unknown[0]}))
    if not wanted:
        raise Refused(Problem(NO_TYPES))
    return [ANY] if ANY in wanted else wanted


def _why(endpoint: WebhookEndpoint, reason: str) -> Problem:
    from connections.outbound.deliveries import TRIES

    code = SWITCHED_OFF_GONE if reason == GONE else SWITCHED_OFF_FAILING
    return Problem(code, {"url": endpoint.url, "times": TRIES})


def _fingerprint(endpoint: WebhookEndpoint) -> str:
    return f"webhook:{endpoint.public_id}"

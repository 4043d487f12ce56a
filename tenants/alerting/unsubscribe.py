"""Ending letters by a link: signed, so that it needs no login, and for one address in one company."""

from __future__ import annotations

from dataclasses import dataclass

from django.core import signing
from django.db import transaction
from django.urls import reverse

from tenants.models import AlertPreference, AlertRule, Tenant, User
from tenants.news import audit
from tenants.scope import tenant_scope

_SALT = "tenants.alerting.unsubscribe"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose letters about which company."""

    tenant: Tenant
    address: str


def link(tenant: Tenant, address: str) -> str:
    """The path in a letter to `address`."""
    return reverse("alerts_unsubscribe", args=[signing.dumps([tenant.public_id, address], salt=_SALT)])


def read(token: str) -> Subscription | None:
    """None for a link that was not written by us, or whose company is gone."""
    try:
        public_id, address = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    tenant = Tenant.objects.filter(public_id=public_id).first()
    return Subscription(tenant, str(address)) if tenant else None


def end(subscription: Subscription) -> None:
    """No more letters to this address about this company, by whatever rule."""
    with tenant_scope(subscription.tenant), transaction.atomic():
        user = User.objects.filter(email=subscription.address, memberships__tenant=subscription.tenant).first()
        if user is not None:
            AlertPreference.objects.update_or_create(
                user=user,
                defaults={"letters": AlertPreference.Letters.NEVER},
                create_defaults={"letters": AlertPreference.Letters.NEVER, "timezone": subscription.tenant.timezone},
            )
        for rule in AlertRule.objects.select_for_update():
            if subscription.address in rule.emails:
                rule.emails = [address for address in rule.emails if address != subscription.address]
                rule.save(update_fields=["emails"])
        audit("alerts.unsubscribed", subscription.tenant)

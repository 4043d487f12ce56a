"""What people change about who is told what. Keyword-only, inside a tenant's scope."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.db import transaction

from canonical.problems import Problem, Refused, declare
from tenants.alerting import channels, planning
from tenants.alerting.kinds import LABELS
from tenants.models import AlertDelivery, AlertPreference, AlertRule, Tenant, User
from tenants.news import audit
from tenants.roles import Role

NOBODY = declare(
    "alert.nobody",
    "This rule tells nobody.",
    "Choose a role, enter an e-mail address, or give a webhook address.",
)
MOST_RULES, MOST_ADDRESSES = 30, 20
TOO_MANY = declare(
    "alert.too_many",
    "There are too many of them: %(most)s at most.",
    "Put several into one rule, or use a mailing list.",
)


@transaction.atomic
def save_rule(*, rule: AlertRule | None = None, **facts: Any) -> AlertRule:
    """Make or change a rule. `facts` are its fields; a webhook's address is checked before it is kept."""
    made = rule is None
    row = rule or AlertRule()
    before = {} if made else _facts(row)
    for name, value in facts.items():
        setattr(row, name, value)
    row.kinds = [kind for kind in row.kinds if kind in LABELS]
    row.roles = [role for role in row.roles if role in Role.values]
    row.emails = list(dict.fromkeys(address.strip().lower() for address in row.emails if address.strip()))
    if not (row.roles or row.emails or row.webhook_url):
        raise Refused(Problem(NOBODY))
    if len(row.emails) > MOST_ADDRESSES or (made and AlertRule.objects.count() >= MOST_RULES):
        raise Refused(Problem(TOO_MANY, {"most": MOST_ADDRESSES if len(row.emails) > MOST_ADDRESSES else MOST_RULES}))
    if row.webhook_url:
        channels.check(row.webhook_url)
    row.save()
    if before != _facts(row):
        audit("alert_rule.changed", row, before=before, after=_facts(row))
    return row


@transaction.atomic
def remove_rule(*, rule: AlertRule) -> None:
    """Take a rule away; what it has planned already is not sent any more."""
    audit("alert_rule.removed", rule, before=_facts(rule))
    mine = AlertDelivery.objects.filter(rule=rule)
    mine.filter(state=AlertDelivery.State.WAITING).update(state=AlertDelivery.State.NO_NEWS)
    mine.update(rule=None)
    rule.delete()


def try_rule(*, tenant: Tenant, rule: AlertRule) -> int:
    """A test message to everybody the rule names, sent by the worker within a minute. Returns to how many."""
    return len(planning.plan_test(tenant=tenant, rule=rule))


@transaction.atomic
def set_preference(
    *, user: User, letters: str, quiet_from: time | None, quiet_until: time | None, timezone: str
) -> AlertPreference:
    """One person's wishes for this company's letters."""
    facts = {"letters": letters, "quiet_from": quiet_from, "quiet_until": quiet_until, "timezone": timezone}
    row, _made = AlertPreference.objects.update_or_create(user=user, defaults=facts)
    audit("alert_preference.changed", row, after={"letters": letters})
    return row


def _facts(rule: AlertRule) -> dict[str, Any]:
    """For the audit trail: a webhook's address may hold a secret, so only its host is told."""
    return {
        "name": rule.name, "kinds": rule.kinds, "roles": rule.roles, "emails": len(rule.emails),
        "webhook": rule.webhook_url.partition("//")[2].partition("/")[0], "cadence": rule.cadence, "enabled": rule.enabled,
    }  # fmt: skip

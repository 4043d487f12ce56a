"""What a webhook is sent: codes, words and a link into the product. No amounts, no names of accounts or buyers.

What came from a ledger or a marketplace must not be handed to third parties, so of a problem's parameters
only those on the list below are filled in; the others are left out of its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from canonical.problems import CATALOGUE, Problem
from tenants import clock, mails
from tenants.alerting.kinds import kind_of
from tenants.models import Alert, AlertDelivery, AlertRule, Tenant

_TOLD = frozenset(
    {
        "provider", "reason", "days", "times", "attempts", "stream", "kind", "triple", "settlement", "percent", "operation", "used",
        "limit", "month", "error", "code", "rows", "line", "step", "sku", "minutes",
    }
)  # fmt: skip
LEFT_OUT = "…"


def payload(tenant: Tenant, message: AlertDelivery, open_ones: Sequence[Alert], over: Sequence[Alert]) -> Mapping[str, Any]:
    """The JSON of one message, in the receiver's format."""
    link = mails.absolute(mails.inbox_of(tenant))
    if message.format == AlertRule.Format.GENERIC:
        return {
            "id": message.public_id,
            "type": f"alert.{message.news}",
            "timestamp": clock.now().isoformat(),
            "data": {
                "company": {"id": tenant.public_id, "name": tenant.name},
                "link": link,
                "open": [_facts(alert) for alert in open_ones],
                "over": [_facts(alert) for alert in over],
            },
        }
    return {"text": _text(tenant, message, open_ones, over, link)}


def _facts(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.public_id,
        "kind": kind_of(alert.problem_code),
        "code": alert.problem_code,
        "text": words(alert),
        "remedy": remedy(alert),
        "count": alert.count,
        "first_seen_at": alert.created_at.isoformat(),
        "last_seen_at": alert.last_seen_at.isoformat(),
    }


def _text(tenant: Tenant, message: AlertDelivery, open_ones: Sequence[Alert], over: Sequence[Alert], link: str) -> str:
    """Slack's own way of writing: bold between asterisks, a link between angle brackets. What others wrote is escaped."""
    if message.news == AlertDelivery.News.TEST:
        return _("This is a test from Tieout (%(company)s). Alerts will arrive here.") % {"company": _escaped(tenant.name)}
    lines = []
    if open_ones:
        title = ngettext("*%(company)s: %(n)d thing needs you*", "*%(company)s: %(n)d things need you*", len(open_ones))
        lines.append(title % {"company": _escaped(tenant.name), "n": len(open_ones)})
        lines += [_line(alert) for alert in open_ones]
    if over:
        lines.append(_("*%(company)s: it works again*") % {"company": _escaped(tenant.name)})
        lines += [f"• {_escaped(words(alert))}" for alert in over]
    return "\n".join([*lines, f"<{link}|{_('Open Tieout')}>"])


def _line(alert: Alert) -> str:
    times = f" ({alert.count}×)" if alert.count > 1 else ""
    return f"• {_escaped(words(alert))}{times}\n  {_escaped(remedy(alert))}"


def words(alert: Alert) -> str:
    """The problem's sentence with only what may be told outside."""
    return _problem(alert).text(_) if alert.problem_code in CATALOGUE else alert.problem_code


def remedy(alert: Alert) -> str:
    return _problem(alert).remedy(_) if alert.problem_code in CATALOGUE else ""


def _problem(alert: Alert) -> Problem:
    told = {key: value if key in _TOLD else LEFT_OUT for key, value in alert.problem_params.items()}
    return Problem(alert.problem_code, told)


def _escaped(text: str) -> str:
    """Slack reads three characters as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

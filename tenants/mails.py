"""Letters to people: always with a plain text part, a link that begins with PUBLIC_URL, and no buyer data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenants.models import Alert, Invitation, Tenant
from tenants.problems import shown


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def send_invitation(invitation: Invitation, token: str) -> None:
    """Mail the link with the token; it is kept nowhere else."""
    subject = _("%(person)s invites you to %(company)s on Tieout") % {
        "person": invitation.invited_by.get_full_name(),
        "company": invitation.tenant.name,
    }
    link = absolute(reverse("invitation", args=[token]))
    _send(subject, "invitation", [invitation.email], {"invitation": invitation, "link": link})


def send_alerts(tenant: Tenant, alerts: Sequence[Alert], recipients: Sequence[str]) -> None:
    """One letter for all that is new, however often each thing happened."""
    subject = ngettext("%(company)s: %(n)d thing needs you", "%(company)s: %(n)d things need you", len(alerts))
    items = [
        {"problem": shown({"code": alert.problem_code, "params": alert.problem_params}), "count": alert.count} for alert in alerts
    ]
    context = {"tenant": tenant, "items": items, "link": absolute(reverse("overview", args=[tenant.public_id]))}
    _send(subject % {"company": tenant.name, "n": len(alerts)}, "alerts", recipients, context)


def send_recovery(tenant: Tenant, alerts: Sequence[Alert], recipients: Sequence[str]) -> None:
    """The trouble of an earlier letter is over."""
    items = [{"problem": shown({"code": alert.problem_code, "params": alert.problem_params})} for alert in alerts]
    context = {"tenant": tenant, "items": items, "link": absolute(reverse("overview", args=[tenant.public_id]))}
    _send(_("%(company)s: it works again") % {"company": tenant.name}, "recovery", recipients, context)


def send_reconnect_request(
    tenant: Tenant, recipients: Sequence[str], *, account: str, provider: str, reason: str, path: str
) -> None:
    """Support asks for a renewed consent. `path` is the connection's page."""
    context = {"tenant": tenant, "account": account, "provider": provider, "reason": reason, "link": absolute(path)}
    subject = _("%(company)s: please reconnect %(account)s") % {"company": tenant.name, "account": account}
    _send(subject, "reconnect", recipients, context)


def _send(subject: str, name: str, recipients: Sequence[str], context: dict[str, Any]) -> None:
    one_line = " ".join(subject.split())
    letter = EmailMultiAlternatives(
        one_line, render_to_string(f"tenants/mail/{name}.txt", context), settings.DEFAULT_FROM_EMAIL, list(recipients)
    )
    letter.attach_alternative(render_to_string(f"tenants/mail/{name}.html", {**context, "subject": one_line}), "text/html")
    letter.send()

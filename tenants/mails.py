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

from tenants.alerting import unsubscribe
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


def inbox_of(tenant: Tenant) -> str:
    """Where whatever a letter tells of is listed."""
    return reverse("inbox", args=[tenant.public_id])


def send_alerts(
    tenant: Tenant, open_ones: Sequence[Alert], over: Sequence[Alert], recipient: str, *, test: bool = False, digest: bool = False
) -> None:
    """One letter for all that is new, however often each thing happened; and for what is over again."""
    ending = absolute(unsubscribe.link(tenant, recipient))
    context = {
        "tenant": tenant,
        "items": [_item(alert) for alert in open_ones],
        "over": [_item(alert) for alert in over],
        "test": test,
        "digest": digest,
        "link": absolute(inbox_of(tenant)),
        "unsubscribe": ending,
    }
    headers = {"List-Unsubscribe": f"<{ending}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    _send(_subject(tenant, len(open_ones), test=test), "alerts", [recipient], context, headers=headers)


def send_reconnect_request(
    tenant: Tenant, recipients: Sequence[str], *, account: str, provider: str, reason: str, path: str
) -> None:
    """Support asks for a renewed consent. `path` is the connection's page."""
    context = {"tenant": tenant, "account": account, "provider": provider, "reason": reason, "link": absolute(path)}
    subject = _("%(company)s: please reconnect %(account)s") % {"company": tenant.name, "account": account}
    _send(subject, "reconnect", recipients, context)


def _subject(tenant: Tenant, count: int, *, test: bool) -> str:
    if test:
        return _("%(company)s: a test") % {"company": tenant.name}
    if not count:
        return _("%(company)s: it works again") % {"company": tenant.name}
    subject = ngettext("%(company)s: %(n)d thing needs you", "%(company)s: %(n)d things need you", count)
    return subject % {"company": tenant.name, "n": count}


def _item(alert: Alert) -> dict[str, Any]:
    return {"problem": shown({"code": alert.problem_code, "params": alert.problem_params}), "count": alert.count}


def _send(
    subject: str, name: str, recipients: Sequence[str], context: dict[str, Any], *, headers: dict[str, str] | None = None
) -> None:
    one_line = " ".join(subject.split())
    letter = EmailMultiAlternatives(
        one_line,
        render_to_string(f"tenants/mail/{name}.txt", context),
        settings.DEFAULT_FROM_EMAIL,
        list(recipients),
        headers=headers,
    )
    letter.attach_alternative(render_to_string(f"tenants/mail/{name}.html", {**context, "subject": one_line}), "text/html")
    letter.send()

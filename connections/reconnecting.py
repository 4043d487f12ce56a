"""What support does about a connection whose permission has to be renewed by a person."""

from __future__ import annotations

from django.db import transaction
from django.urls import reverse

from canonical.problems import N_, Problem, Refused, declare
from connections import handover, registry
from connections.models import Connection
from tenants import mails
from tenants.alerts import audience
from tenants.news import audit

NOBODY = declare("reconnect.nobody", N_("Nobody of this company may be written to."), N_("See who its owner is under People."))


def ask_by_mail(*, connection: Connection, reason: str) -> int:
    """Ask owners and administrators by mail to reconnect. Returns how many were written to. Raises Refused."""
    recipients = audience(connection.tenant)
    if not recipients:
        raise Refused(Problem(NOBODY))
    with transaction.atomic():
        audit("connection.reconnect_asked", connection, reason=reason)
    mails.send_reconnect_request(
        connection.tenant,
        recipients,
        account=connection.name,
        provider=registry.provider(connection.provider).info.name,
        reason=reason,
        path=reverse("connections:detail", args=[connection.tenant.public_id, connection.public_id], urlconf="config.urls"),
    )
    return len(recipients)


def pasted(connection: Connection, *, token: str, account: str) -> dict[str, str]:
    """The answers a provider expects with a pasted token, from what support has: the rest is known of the connection."""
    info = registry.provider(connection.provider).info
    known = {"marketplace": str(connection.facts.get("home", "")), "region": connection.region}
    answers: dict[str, str] = {}
    for question in info.fields:
        if question.name not in handover.questions(connection):
            continue
        if question.secret:
            answers[question.name] = token.strip()
        elif question.name in ("seller_id", "account"):
            answers[question.name] = account.strip() or connection.external_account
        else:
            answers[question.name] = known.get(question.name, "")
    return answers

"""A credential that an operator was given by a customer, on its way into the vault.

The console seals it into a row it cannot read back (`hand_over`); a worker opens it, tries it with the provider
as any pasted credential, and destroys the letter whatever comes of it (`put_in_use`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from canonical.problems import N_, Problem, Refused, declare
from connections import registry, sealed, services
from connections.contracts import Entrance
from connections.errors import Failure
from connections.models import Connection, CredentialHandover
from tenants.clock import now
from tenants.fields import new_public_id
from tenants.news import Actor, acting, audit, current_actor, publish

logger = logging.getLogger(__name__)
TASK = "connections.put_in_use"
PATIENCE = timedelta(minutes=25)  # a letter that no worker opened by then is destroyed

NO_PASTING = declare(
    "handover.no_pasting",
    N_("%(provider)s gives its permission only on its own page; there is no credential to paste."),
    N_("Ask the customer to reconnect instead."),
)
LOST = declare(
    "handover.lost",
    N_("No worker came for the credential, or it could not be opened."),
    N_("See that workers run, and hand it over again."),
)


def questions(connection: Connection) -> list[str]:
    """The names of what the provider asks when a credential is pasted."""
    info = registry.provider(connection.provider).info
    return [question.name for question in info.fields if Entrance.PASTED_TOKEN in question.entrances]


def hand_over(*, connection: Connection, answers: Mapping[str, str], reason: str) -> str:
    """Seal a credential for a worker, inside the tenant. Returns the letter's public id. Raises Refused."""
    info = registry.provider(connection.provider).info
    if Entrance.PASTED_TOKEN not in info.entrances:
        raise Refused(Problem(NO_PASTING, {"provider": info.name}))
    operator = current_actor().user
    if operator is None:
        raise PermissionError("only a person hands a credential over")
    public_id = new_public_id(CredentialHandover.prefix)
    letter = sealed.seal(answers, purpose=f"credential:{public_id}")
    with transaction.atomic():
        row = CredentialHandover(public_id=public_id, connection=connection, operator=operator, reason=reason, sealed=letter)
        row.save(force_insert=True)
        audit("connection.credential_handed_over", connection, after={"letter": public_id}, reason=reason)
    tenant_id, pk = row.tenant_id, row.pk
    try:
        current_app.send_task(TASK, args=(tenant_id, pk), ignore_result=True, retry=False)
    except (OperationalError, OSError):
        logger.warning("no worker could be woken for %s; the sweep will find it", public_id)
    return public_id


def put_in_use(*, letter_id: int) -> None:
    """A worker's part: open, destroy, try, and say what came of it."""
    with transaction.atomic():
        row = CredentialHandover.objects.select_for_update().select_related("connection", "operator").get(pk=letter_id)
        if row.state != CredentialHandover.State.WAITING or not row.sealed:
            return
        letter = bytes(row.sealed)
        row.sealed = b""
        row.save(update_fields=["sealed"])
    with acting(Actor(user=row.operator, kind="operator", reason=row.reason)):
        problem = _try(row, letter)
    state = CredentialHandover.State.REFUSED if problem else CredentialHandover.State.DONE
    told = {"code": problem.code, "params": dict(problem.params)} if problem else {}
    CredentialHandover.objects.filter(pk=row.pk).update(state=state, problem=told, done_at=now())


def sweep() -> None:
    """Open what waits; a letter that nobody opened in time, or that a dying worker had open, is over."""
    waiting = CredentialHandover.objects.filter(state=CredentialHandover.State.WAITING)
    stale = waiting.filter(created_at__lt=now() - PATIENCE)
    stale.update(state=CredentialHandover.State.REFUSED, sealed=b"", problem={"code": LOST, "params": {}}, done_at=now())
    for pk in waiting.exclude(sealed=b"").values_list("pk", flat=True):
        put_in_use(letter_id=pk)


def _try(row: CredentialHandover, letter: bytes) -> Problem | None:
    connection: Connection = row.connection
    try:
        answers = sealed.unseal(letter, purpose=f"credential:{row.public_id}")
        services.adopt(
            provider=connection.provider,
            environment=connection.environment,
            region=connection.region,
            answers=answers,
            reconnects=connection.public_id,
        )
    except sealed.Unreadable:
        return Problem(LOST)
    except Refused as refused:
        return refused.problems[0]
    except Failure as failure:
        return failure.problem
    with transaction.atomic():
        audit("connection.credential_replaced", connection)
        publish("connection.credential_replaced", connection)
    return None

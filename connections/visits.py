"""What can be asked about the visits of a program that polls us: when it was here, what waits, what it last said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

from canonical.problems import Problem
from connections import registry
from connections.contracts import ExternalAccount, SetupFile
from connections.models import Connection, PolledAccess, PolledCall
from tenants.clock import now

State = PolledCall.State
LATE = timedelta(hours=6)  # a computer that sleeps over night is no trouble; one that is silent all day may be


@dataclass(frozen=True, slots=True)
class Visits:
    """`waiting`, `out` and `today` count requests: not fetched yet, fetched and not answered, answered since midnight UTC."""

    connection: Connection
    access: PolledAccess | None
    waiting: int
    out: int
    today: int
    at: datetime

    @property
    def has_password(self) -> bool:
        return self.access is not None and bool(self.access.password_hash)

    @property
    def last(self) -> datetime | None:
        return self.access.last_visit_at if self.access else None

    @property
    def pinned(self) -> str:
        return str(self.access.pinned.get("name", "")) if self.access else ""

    @property
    def product(self) -> str:
        return str(self.access.pinned.get("product", "")) if self.access else ""

    @property
    def problem(self) -> Problem | None:
        """What the other end said last, when it was trouble."""
        if self.access is None or not self.access.problem_code:
            return None
        return Problem(self.access.problem_code, self.access.problem_params)

    @property
    def is_silent(self) -> bool:
        """Something waits, and nobody has come for long."""
        return bool(self.waiting) and self.last is not None and self.at - self.last > LATE


def of(connection: Connection) -> Visits:
    """How it stands with a connection's visits."""
    at = now()
    calls = PolledCall.objects.filter(connection=connection)
    return Visits(
        connection=connection,
        access=PolledAccess.objects.filter(connection=connection).first(),
        waiting=calls.filter(state=State.QUEUED).count(),
        out=calls.filter(state=State.SENT).count(),
        today=calls.filter(state=State.ANSWERED, answered_at__gte=at.replace(hour=0, minute=0, second=0)).count(),
        at=at,
    )


# ------------------------------------------------------------------ setting it up


def user_name(connection: Connection) -> str:
    """By which name the connection's program logs in."""
    poller = registry.provider(connection.provider).poller
    assert poller is not None  # noqa: S101 - the page has looked
    return poller.user_name(connection.account())


def address(provider: str) -> str:
    """Where a provider's program comes to."""
    return f"{settings.PUBLIC_URL}{reverse('connections:poll', args=[provider])}"


def can_be_reached() -> bool:
    """Programs come by https, or from the very computer that we run on."""
    parts = urlsplit(settings.PUBLIC_URL)
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")


def setup_file(connection: Connection) -> SetupFile:
    """The file in which the program learns of us. There is no password in it."""
    poller = registry.provider(connection.provider).poller
    assert poller is not None  # noqa: S101 - the page has looked
    known, extra = connection.account(), registry.endpoints(connection.provider, connection.environment).extra
    account = ExternalAccount(known.external_id, known.name, facts={"every_minutes": extra.get("every_minutes", "")})
    return poller.setup_file(
        account, address=address(connection.provider), support=f"{settings.PUBLIC_URL}/", installation=installation()
    )


def installation() -> str:
    """This installation's own id, by which QuickBooks tells our applications from others'."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, settings.PUBLIC_URL))

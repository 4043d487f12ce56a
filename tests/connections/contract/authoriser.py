"""AuthoriserContract: how we are let in, stay in, and leave, by the services that the pages call."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.db import connection as database

from canonical.problems import Refused
from connections import budgets, registry, services
from connections.contracts import Entrance
from connections.errors import Failure, FailureKind
from connections.models import Connection, Grant, GrantSecret
from tenants.clock import shifted
from tenants.models import Tenant, User
from tenants.scope import tenant_scope

WORKERS = 6
PATIENCE_S = 60


class Entry:
    """What a provider's own test file fills in: which account of the twin is entered, and what is done to it there.

    `decision` is what is pressed on the consent page for the account, `other` for another one, `denied` for neither.
    A provider that is entered by credentials says what is typed instead: `answers`, `other_answers`, `wrong_answers`.
    """

    provider: str
    account: str
    region: str = ""
    decision: Mapping[str, str] = {}
    other: Mapping[str, str] = {}
    denied: Mapping[str, str] = {"decision": "deny"}
    answers: Mapping[str, str] = {}
    other_answers: Mapping[str, str] = {}
    wrong_answers: Mapping[str, str] = {}
    # How long an access token lives; None where there is none to renew.
    token_life: timedelta | None = timedelta(hours=1)
    secrets: tuple[str, ...] = ()

    def __init__(self, twins: Any) -> None:
        self.twins = twins

    def refreshes(self) -> int:
        """How often the twin was asked for new tokens."""
        return sum(1 for row in self.twins.journal() if row["provider"] == self.provider and row["operation"] == "refresh")

    def revoke(self) -> None:
        """The customer takes the permission back, over there."""
        raise NotImplementedError

    def is_over(self) -> bool:
        """Whether the twin knows that we gave the permission back; True where there is nothing to give back."""
        raise NotImplementedError

    # ------------------------------------------------------------ the product's side

    @property
    def by_consent(self) -> bool:
        return Entrance.OAUTH_CODE in registry.provider(self.provider).info.entrances and bool(self.decision)

    def enter(self, user: User, decision: Mapping[str, str], answers: Mapping[str, str], *, reconnects: str = "") -> Connection:
        common = {"provider": self.provider, "environment": "twin", "region": self.region}
        if not self.by_consent:
            return services.adopt(**common, answers=answers, reconnects=reconnects)  # type: ignore[arg-type]
        told = {**answers, **({"region": self.region} if self.region else {})}
        url = services.begin(user=user, session_mark="here", **common, answers=told, reconnects=reconnects)  # type: ignore[arg-type]
        callback = _pressed(url, decision)
        return services.finish(user=user, session_mark="here", provider=self.provider, callback=callback)


def _pressed(url: str, decision: Mapping[str, str]) -> dict[str, str]:
    """The consent page answered, and what the browser brings back."""
    parts = urlsplit(url)
    asked = dict(parse_qsl(parts.query))
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    sent = httpx.post(page, params=asked, data={**asked, **decision}, follow_redirects=False, trust_env=False)
    assert sent.status_code == 302, sent.text
    return dict(parse_qsl(urlsplit(sent.headers["location"]).query))


class AuthoriserContract:
    """Inherit it, and say what `entry` is."""

    harness: type[Entry]

    @pytest.fixture
    def entry(self, twins: Any) -> Entry:
        budgets.forget_leases()
        return self.harness(twins)

    def test_connecting_ends_with_an_active_connection_that_tells_no_secret(
        self, entry: Entry, owner: User, tenant: Tenant
    ) -> None:
        made = entry.enter(owner, entry.decision, entry.answers)
        assert (made.state, made.external_account, made.provider) == ("active", entry.account, entry.provider)
        assert made.name
        shown = repr(made.facts) + repr(made.settings) + repr(made) + repr(made.grant.__dict__)
        assert not [secret for secret in entry.secrets if secret in shown]

    def test_one_harmless_read_proves_it(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        tested = services.test(connection=entry.enter(owner, entry.decision, entry.answers))
        assert tested.last_latency_ms is not None
        assert tested.last_tested_at is not None

    def test_no_is_told_in_words_and_leaves_nothing(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        with pytest.raises((Refused, Failure)) as refused:
            entry.enter(owner, entry.denied, entry.wrong_answers)
        problem = refused.value.problems[0] if isinstance(refused.value, Refused) else refused.value.problem
        assert problem.text()
        assert problem.remedy()
        assert not Connection.objects.exists()

    def test_reconnecting_with_another_account_is_refused(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        made = entry.enter(owner, entry.decision, entry.answers)
        with pytest.raises(Refused) as refused:
            entry.enter(owner, entry.other, entry.other_answers, reconnects=made.public_id)
        assert refused.value.problems[0].code == "connection.other_account"
        again = entry.enter(owner, entry.decision, entry.answers, reconnects=made.public_id)
        assert (again.pk, again.state) == (made.pk, "active")

    def test_a_permission_taken_back_over_there_asks_for_a_person(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        made = entry.enter(owner, entry.decision, entry.answers)
        entry.revoke()
        with pytest.raises(Failure) as failed:
            services.test(connection=made)
        assert failed.value.kind is FailureKind.NEEDS_RECONNECT
        made.refresh_from_db()
        assert made.state == "needs_reconnect"

    def test_leaving_destroys_the_credential_and_gives_it_back(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        made = entry.enter(owner, entry.decision, entry.answers)
        services.disconnect(connection=made)
        assert not GrantSecret.objects.exists()
        assert Grant.objects.get().state == Grant.State.REVOKED
        assert entry.is_over()

    @pytest.mark.django_db(transaction=True)
    def test_many_workers_renew_an_ended_token_once(self, entry: Entry, owner: User, tenant: Tenant) -> None:
        if entry.token_life is None:
            pytest.skip("there is no token to renew")
        made = entry.enter(owner, entry.decision, entry.answers)
        before = entry.refreshes()
        entry.twins.clock(shift=entry.token_life.total_seconds())
        failed: list[BaseException] = []
        with shifted(entry.token_life):
            workers = [threading.Thread(target=_look, args=(made, failed)) for _ in range(WORKERS)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        assert not failed
        assert entry.refreshes() == before + 1


def _look(made: Connection, failed: list[BaseException]) -> None:
    """As a worker does: what only came too soon, because others were in flight, is asked again."""
    until = time.monotonic() + PATIENCE_S
    try:
        with tenant_scope(made.tenant):
            while True:
                try:
                    services.test(connection=Connection.objects.get(pk=made.pk))
                    return
                except Failure as failure:
                    if not failure.held_back or time.monotonic() > until:
                        raise
                time.sleep(0.2)
    except BaseException as error:
        failed.append(error)
    finally:
        database.close()

"""QuickBooks Desktop keeps the promises of a ledger, though nobody can call it: its Web Connector comes while we wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar

import pytest

from canonical.accounting import AccountRef
from connections import budgets, polling, services, visits
from connections.contracts import OutcomeKind
from connections.errors import Failure, FailureKind
from connections.models import Connection, PolledCall
from connections.providers.quickbooks_desktop.mapper import ENTITIES
from sandbox.quickbooks_desktop.seed import LARKSPUR

from .ledger import Ledger
from .target import TargetContract

Done = TypeVar("Done")
MOST_VISITS = 8
# What a call's trouble is where there is no call: an answer that nobody keeps, or somebody else's open window.
_LOST, _BUSY = ("500", "503html", "malformed"), "throttle"


class QuickBooksDesktop(Ledger):
    provider, home, country, file = "quickbooks_desktop", "USD", "US", LARKSPUR
    renews = False

    def connect(self) -> Connection:
        made = services.adopt(provider=self.provider, environment="twin", answers={})
        self.connection = made
        password = polling.issue(connection=made)
        qwc = visits.setup_file(made).content.decode()
        self.application = self.command("install", file=self.file, qwc=qwc, password=password)["id"]
        self.settle(lambda: services.refresh_reference(connection=Connection.objects.get(pk=made.pk)))
        return Connection.objects.get(pk=made.pk)

    def visit(self) -> None:
        self.command("poll", application=self.application)

    def settle(self, act: Callable[[], Done]) -> Done:
        for _visit in range(MOST_VISITS):
            try:
                return act()
            except Failure as failure:
                if failure.kind is not FailureKind.QUEUED:
                    raise
            self.visit()
        return act()

    def fault(self, kind: str, document_type: str = "", **details: Any) -> Any:
        entity = ENTITIES[document_type]
        if kind == _BUSY:
            return self.command("trouble", file=self.file, kind="3175", request=f"{entity}Add")
        if kind in _LOST:
            self.command("trouble", file=self.file, kind="lost-state", request=f"{entity}Add")
            kind = "drop-after-commit"
        return self.twins.fault(self.provider, kind, "qbxml", count=1)

    def held(self, document_type: str) -> int:
        return len(self.command("documents", file=self.file, kind=ENTITIES[document_type])["documents"])

    def close_books(self, through: date) -> None:
        self.command("close", file=self.file, date=through.isoformat())

    def retire(self, account: AccountRef) -> None:
        self.command("edit", file=self.file, kind="Account", id=account.key, changes={"IsActive": "false"})
        self.forget_company()

    def forget_company(self) -> None:
        """Time passes, so that what was read before serves no more."""
        super().forget_company()
        PolledCall.objects.filter(writes=False).delete()

    def references(self, *kinds: str) -> Any:
        PolledCall.objects.filter(writes=False, operation__in=("lists", "list.item", "list.customer")).delete()
        return super().references(*kinds)


@pytest.mark.django_db(transaction=True)
class TestQuickBooksDesktop(TargetContract):
    harness = QuickBooksDesktop

    @pytest.fixture
    def ledger(self, live_server: Any, settings: Any, twins: Any, tenant: Any) -> Ledger:
        settings.PUBLIC_URL, settings.POLL_SETTLE_SECONDS = live_server.url, 0
        budgets.forget_leases()
        return self.harness(twins)

    def test_an_answer_lost_before_the_write_is_looked_for_in_vain(self, ledger: Ledger, some: Any) -> None:
        """The queue asks QuickBooks itself, which never heard of it, and hands it out once more."""
        asked = ledger.request(some, "never")
        ledger.fault("drop-before-commit", some.document_type.value)
        (outcome,) = ledger.post(asked)
        assert ledger.struck()
        assert outcome.kind is OutcomeKind.CREATED
        assert ledger.held(some.document_type.value) == 1

    def test_a_permission_taken_back_asks_for_a_person(self, ledger: Ledger, some: Any) -> None:
        """Nobody comes any more: nothing is lost, and what waits is taken by whoever comes again."""
        asked = ledger.request(some, "revoked")
        services.disconnect(connection=ledger.connection)
        with pytest.raises(Failure) as failed:
            ledger.post(asked)
        assert failed.value.kind is FailureKind.NEEDS_RECONNECT
        assert "%(" not in failed.value.problem.text() + failed.value.problem.remedy()
        assert ledger.held(some.document_type.value) == 0

"""A shop on the QuickBooks twin, workers in real processes, and the count of what came of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from canonical.accounting import AccountRef, ItemRef, PartyRef, balanced_lines
from connections import oauth, selectors, services
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection, Grant, ReferenceCopy
from connections.registry import provider
from reconciliation import ladders
from reconciliation.demo import job
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from syncs.documents import PlannedPart, plan, posting_key, said_by
from syncs.models import LedgerDocument
from tenants.models import Tenant
from tenants.scope import tenant_scope
from tests.faults.sources import DocumentSource

ROOT = Path(__file__).resolve().parents[2]
State = LedgerDocument.State
# Beyond lease and confirm window, so that whoever comes next may go on.
STEP = timedelta(minutes=10)
ON_ITS_WAY = timedelta(seconds=1)


@dataclass(frozen=True)
class Tally:
    """What was planned against what the ledger holds, by the mark we write on each document."""

    planned: int
    posted: int
    duplicates: int
    lost: int

    def __str__(self) -> str:
        return f"planned {self.planned}, posted {self.posted}, duplicates {self.duplicates}, lost {self.lost}"


class Worker:
    """One zygote: a process that forks a fresh worker for every job."""

    def __init__(self, twins_url: str, **more: str) -> None:
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "TIEOUT_TWINS_URL": twins_url, **more}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._answer() == "ready"

    def begin(self, **job: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()

    def end(self) -> str:
        return self._answer()

    def do(self, **job: Any) -> str:
        """How the job's process ended: "exit 0", "exit 1" or "killed 9"."""
        self.begin(**job)
        return self.end()

    def stop(self) -> None:
        self._process.communicate(timeout=60)

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


class TwinShop:
    """A tenant connected to one company of the QuickBooks twin; time moves on in steps, here and there alike."""

    def __init__(self, twins: Any, realm: str, kind: DocumentSource) -> None:
        self.twins, self.realm, self.offset, self.lost_answers, self.kind = twins, realm, 0.0, 0, kind
        self.tenant = Tenant.objects.create(name="Paper & Ink")
        with tenant_scope(self.tenant):
            self.ledger = self._connect_ledger()
            grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user="u")
            self.source = Connection.objects.create(
                provider="amazon", environment="twin", external_account="A1SELLER", name="Shop", grant=grant
            )
            services.refresh_reference(connection=self.ledger, full=True)
            self.ledger.refresh_from_db()
            self._items = [
                (ItemRef(row.external_id, row.name), AccountRef(row.facts["account"], "")) for row in self._references("item")
            ]
            customer = self._references("customer")[0]
            self._customer = PartyRef(customer.external_id, customer.name)
            self._accounts = {kind: self._account(kind) for kind in ("Income", "Expense", "Bank")}

    def _connect_ledger(self) -> Connection:
        given = self.twins.command("quickbooks_online", "authorise", realm=self.realm)
        tokens = TokenSet(given["access_token"], given["refresh_token"], datetime.now(UTC) + timedelta(hours=1))
        account = ExternalAccount(self.realm, "Company", country="US", currency="USD")
        return oauth.establish(provider="quickbooks_online", environment="twin", region="", given=tokens, account=account)

    def account(self, kind: str) -> AccountRef:
        return self._accounts[kind]

    def items(self) -> Sequence[tuple[ItemRef, AccountRef]]:
        return self._items

    def customer(self) -> PartyRef:
        return self._customer

    def _references(self, kind: str) -> list[ReferenceCopy]:
        return list(ReferenceCopy.objects.filter(connection=self.ledger, kind=kind, active=True).order_by("external_id"))

    def _account(self, kind: str) -> AccountRef:
        rows = ReferenceCopy.objects.filter(connection=self.ledger, kind="account", active=True).order_by("external_id")
        found = next(row for row in rows if row.facts["type"] == kind)
        return AccountRef(found.external_id, found.name)

    def plan(self, count: int) -> list[LedgerDocument]:
        """So many documents of the shop's kind, each of a source of its own."""
        with tenant_scope(self.tenant):
            company, target = selectors.company(self.ledger), provider("quickbooks_online").target
            assert target is not None
            made = []
            for number in range(count):
                made += plan(
                    ledger=self.ledger,
                    source=self.source,
                    source_ref=str(70_000_000 + number),
                    source_kind=self.kind.source_kind,
                    parts=[PlannedPart("", self.kind.document(self, number))],
                    mapping_version=None,
                    company=company,
                    target=target,
                )
        return made

    # ---------------------------------------------------------------- work

    def job(self, do: str, documents: Sequence[LedgerDocument] = (), hook: str = "") -> dict[str, Any]:
        ids = [document.pk for document in documents]
        return {"do": do, "tenant": self.tenant.pk, "documents": ids, "hook": hook, "offset": self.offset}

    def later(self) -> None:
        self.offset += STEP.total_seconds()
        self.twins.clock(shift=STEP.total_seconds())

    def in_state(self, *states: str) -> list[LedgerDocument]:
        with tenant_scope(self.tenant):
            return list(LedgerDocument.objects.filter(state__in=states).order_by("pk"))

    def lose(self, kind: str) -> None:
        """Let the answer to the next document written be lost, before or after the ledger did its work."""
        self.lost_answers += 1
        self.twins.fault("quickbooks_online", kind, self.kind.creates, count=1)

    def forget_request_ids(self) -> None:
        """Make the ledger forget every request id at once: exactly once must be ours, not theirs."""
        with self.twins.app.world.db() as connection:
            connection.execute(
                "CREATE TRIGGER IF NOT EXISTS forgetful AFTER INSERT ON qbo_request"
                " BEGIN DELETE FROM qbo_request WHERE rowid = NEW.rowid; END"
            )

    def remember_request_ids(self) -> None:
        with self.twins.app.world.db() as connection:
            connection.execute("DROP TRIGGER IF EXISTS forgetful")

    # ---------------------------------------------------------------- what came of it

    def held(self) -> list[dict[str, Any]]:
        """Our documents as the ledger itself lists them."""
        found = self.twins.command("quickbooks_online", "documents", realm=self.realm, kind=self.kind.kind)["documents"]
        return [document for document in found if "tieout:" in str(document.get("PrivateNote"))]

    def tally(self, planned: Sequence[LedgerDocument]) -> Tally:
        with tenant_scope(self.tenant):
            rows = LedgerDocument.objects.filter(pk__in=[document.pk for document in planned])
            wanted = {posting_key(row).marker() for row in rows.select_related("ledger", "source")}
        seen = Counter(marker_of(document) for document in self.held())
        twice = sum(count - 1 for count in seen.values())
        return Tally(len(wanted), sum(seen.values()), twice + len(seen.keys() - wanted), len(wanted - seen.keys()))

    def balances_in_ledger(self) -> dict[str, Decimal]:
        """What our documents do to each account, debit positive, by the ledger's own listing."""
        sums: dict[str, Decimal] = {}
        for document in self.held():
            for account, amount in self.kind.effect(self, document):
                sums[account] = sums.get(account, Decimal(0)) + amount
        return sums

    def balances_planned(self, planned: Sequence[LedgerDocument]) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = {}
        with tenant_scope(self.tenant):
            rows = LedgerDocument.objects.filter(pk__in=[each.pk for each in planned]).select_related("current_revision")
            for line in (line for row in rows for line in balanced_lines(said_by(row.current_revision))):
                sums[line.account.key] = sums.get(line.account.key, Decimal(0)) - line.signed
        return sums

    def in_balance(self) -> bool:
        companies = self.twins.world()["twins"]["quickbooks_online"]["companies"]
        return bool(next(company["in_balance"] for company in companies if company["realm"] == self.realm))


def early_calls(journal: Sequence[Mapping[str, Any]], provider: str) -> list[Mapping[str, Any]]:
    """Calls that came before a Retry-After was over, by the provider's own journal and clock.

    What was on its way already when another worker was told to wait is not early.
    """
    found: list[Mapping[str, Any]] = []
    told = until = datetime.min.replace(tzinfo=UTC)
    for row in journal:
        if row["provider"] != provider:
            continue
        at = datetime.fromisoformat(row["at"])
        if told + ON_ITS_WAY < at < until:
            found.append(row)
        if row["wait"] is not None:
            told, until = at, max(until, at + timedelta(seconds=row["wait"]))
    return found


def marker_of(document: dict[str, Any]) -> str:
    note = str(document["PrivateNote"])
    return note[note.index("tieout:") :].split()[0]


def not_tied(twins: Any) -> list[str]:
    """Settlements of the demo's shops that are not as they should be: posted with every rung equal, or held on purpose.

    Inside the tenant's scope. No bank statement is brought here, so what a statement would say is left out.
    """
    held = (Settlement.State.NEEDS_MAPPING, Settlement.State.NEEDS_REVIEW)
    done = (Settlement.State.POSTED, Settlement.State.NOTHING_TO_POST)
    seeded = twins.get("/world/seeded")["amazon"]["troubled"]
    troubled = {row["settlement_id"] for row in seeded if row["currency"] in ("CAD", "GBP")}
    wrong = []
    for settlement in job.settlements():
        expected = held if settlement.settlement_id in troubled else done
        differs = [rung.name for rung in ladders.ladder(settlement).rungs if rung.state is RungState.DIFFERS]
        if settlement.shown_state not in expected or (expected is done and differs):
            wrong.append(f"{settlement.settlement_id} {settlement.currency} is {settlement.shown_state}, differs: {differs}")
    return wrong

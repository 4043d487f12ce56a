"""A company file of the twin whose Web Connector polls the product over a real socket."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest
from lxml import etree

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side
from connections import polling, registry, services, upkeep, vault
from connections.models import Connection, Grant, ReferenceCopy
from connections.selectors import company
from syncs import posting
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument
from tenants.models import Tenant
from tenants.scope import tenant_scope

INSTALLATION = "57f3b9b6-86f1-4fcd-b1ef-166de1813d20"
ENVELOPE = '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
LARKSPUR = (
    "<QBXML><QBXMLMsgsRs><CompanyQueryRs><CompanyRet><CompanyName>Larkspur Trading Co</CompanyName></CompanyRet>"
    "</CompanyQueryRs></QBXMLMsgsRs></QBXML>"
)


class Desktop:
    """One connection and the computer at its other end."""

    def __init__(self, twins: Any, url: str, file: str, name: str = "Kestrel Mugs") -> None:
        self.twins, self.file = twins, file
        self.tenant = Tenant.objects.create(name=name, home_currency="USD")
        poller = registry.provider("quickbooks_desktop").poller
        assert poller is not None
        with tenant_scope(self.tenant):
            self.connection = services.adopt(provider="quickbooks_desktop", environment="twin", answers={})
            self.password = polling.issue(connection=self.connection)
            grant = Grant.objects.create(provider="amazon", environment="twin", application="a", provider_user=name)
            self.source = Connection.objects.create(
                provider="amazon", environment="twin", external_account=f"A1{file}", name="Seller", grant=grant
            )
        self.address = f"{url}/connections/quickbooks_desktop/poll/"
        self.user = poller.user_name(self.connection.account())
        setup = poller.setup_file(self.connection.account(), address=self.address, support=url, installation=INSTALLATION)
        given = {"file": file, "qwc": setup.content.decode(), "password": self.password}
        self.application = self.command("install", **given)["id"]

    def command(self, verb: str, **details: Any) -> Any:
        return self.twins.command("quickbooks_desktop", verb, **{"file": self.file, **details})

    def poll(self) -> dict[str, Any]:
        """One visit of the Web Connector; what it did, call by call."""
        done: dict[str, Any] = self.twins.command("quickbooks_desktop", "poll", application=self.application)
        return done

    def say(self, method: str, **given: str) -> str:
        """One call as a Web Connector makes it that is none of the twin's; the text of the answer."""
        inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in given.items())
        content = ENVELOPE.format(f"<{method}>{inside}</{method}>").encode()
        answer = httpx.post(self.address, content=content, trust_env=False)
        assert answer.status_code == 200
        return "".join(etree.fromstring(answer.content).itertext("{*}string", f"{{*}}{method}Result"))

    def log_in(self) -> str:
        """The ticket of a visit."""
        return self.say("authenticate", strUserName=self.user, strPassword=self.password)

    def trouble(self, kind: str, request: str = "*", **details: Any) -> None:
        self.command("trouble", kind=kind, request=request, **details)

    def lose(self, kind: str, operation: str) -> None:
        """The next call of that name loses its request (drop-before-commit) or its answer (drop-after-commit)."""
        self.twins.fault("quickbooks_desktop", kind, operation, count=1)

    def lose_with_memory(self, request: str = "JournalEntryAdd") -> None:
        """QuickBooks does the work, its answer is lost, and so is what it kept of it."""
        self.trouble("lost-state", request)
        self.lose("drop-after-commit", "qbxml")

    def documents(self, kind: str = "JournalEntry") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.command("documents", kind=kind)["documents"]
        return found

    def payouts(self) -> list[str]:
        """What each journal put into the bank."""
        lines = [line for each in self.documents() for line in each["lines"]]
        return [line["Amount"] for line in lines if line["AccountRef"]["FullName"] == "Checking"]

    def balance(self, name: str) -> Decimal:
        return Decimal(self.command("trial")["accounts"].get(name, "0"))

    # What people and workers do with it

    def read_lists(self) -> None:
        """Bring the copy of the company's lists up to date, in as many visits as that takes."""
        with tenant_scope(self.tenant):
            for _visit in range(8):
                if upkeep.refreshed(self.fresh()):
                    self.connection = self.fresh()
                    return
                self.poll()
        raise AssertionError("the lists were not read in eight visits")

    def fresh(self) -> Connection:
        row: Connection = Connection.objects.get(pk=self.connection.pk)
        return row

    def account(self, name: str) -> AccountRef:
        row = ReferenceCopy.objects.get(connection=self.connection, kind="account", name=name)
        return AccountRef(row.external_id, row.name)

    def journal(
        self, *, sales: str = "100.00", fees: str = "13.75", on: date = date(2026, 11, 14), memo: str = ""
    ) -> JournalEntry:
        gross, cost = Decimal(sales), Decimal(fees)
        return JournalEntry(
            date=on,
            currency="USD",
            memo=memo or "Amazon settlement 12395580393",
            lines=(
                DocumentLine(self.account("Merchandise Sales"), Side.CREDIT, gross, "Sales", "sale"),
                DocumentLine(self.account("Marketplace Fees"), Side.DEBIT, cost, "Referral fees", "referral_fee"),
                DocumentLine(self.account("Checking"), Side.DEBIT, gross - cost, "Payout", "settling", settling=True),
            ),
        )

    def plan(self, *documents: Any, ref: str = "12395580393", **more: Any) -> list[LedgerDocument]:
        target = registry.provider("quickbooks_desktop").target
        assert target is not None
        connection = self.fresh()
        slots = [""] if len(documents) == 1 else [str(number) for number in range(1, len(documents) + 1)]
        return plan(
            ledger=connection,
            source=self.source,
            source_ref=ref,
            parts=[PlannedPart(slot, document, settlement_id=7) for slot, document in zip(slots, documents, strict=True)],
            mapping_version=None,
            company=company(connection),
            target=target,
            **more,
        )

    def post(self, *documents: LedgerDocument) -> posting.Posting:
        rows = [LedgerDocument.objects.select_related("current_revision").get(pk=each.pk) for each in documents]
        return posting.post(documents=rows, shown=posting.shown(rows))

    def settle(self, visits: int = 6) -> None:
        """Visits and workers in turn until nothing that was begun is left."""
        for _visit in range(visits):
            self.poll()
            posting.resume()
            if not LedgerDocument.objects.filter(state__in=["posting", "unknown", "undoing", "amending"]).exists():
                return


@pytest.fixture
def desktop(transactional_db: None, live_server: Any, settings: Any, twins: Any) -> Iterator[Callable[..., Desktop]]:
    """`desktop()` is a connection to the twin's Larkspur; `desktop("brindle", "Other Ltd")` another tenant's to another file."""
    settings.PUBLIC_URL = live_server.url
    settings.POLL_SETTLE_SECONDS = 0  # one computer only, and what it lost is lost

    def connect(file: str = "larkspur", name: str = "Kestrel Mugs") -> Desktop:
        return Desktop(twins, live_server.url, file, name)

    yield connect
    vault.forget_keys()

"""A tenant ready to take a settlement: a seller, a company with the default accounts, everything mapped.

Made straight in the database, because no provider takes part in what is measured.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connections.models import Connection, SourceDocument
    from syncs.models import Integration
    from tenants.models import Tenant

BANK = "9001"


def tenant() -> Tenant:
    from tenants.models import Tenant

    return Tenant.objects.create(name="Bench", country="DE", timezone="Europe/Berlin", home_currency="EUR")


def integration() -> Integration:
    """Inside the tenant's scope: seller and company paired, mapped and switched on."""
    from reconciliation import setup
    from syncs import services

    source, ledger = _connection("amazon", "A1BENCH", "eu"), _connection("quickbooks_online", "9130", "")
    _references(ledger)
    made = services.create_integration(source=source, ledger=ledger, name="Bench", timezone="Europe/Berlin")
    setup.map_default_accounts(integration=made)
    services.change_integration(integration=made, options={"payout_accounts": {"EUR": BANK}})
    services.activate(integration=made)
    made.refresh_from_db()
    return made


def keep(made: Integration, path: Path) -> SourceDocument:
    """The file as the source step keeps it: compressed and sealed."""
    from connections import blobs
    from connections.models import SourceDocument
    from tenants import clock

    with path.open("rb") as content:
        blob = blobs.keep(content, media_type="text/tab-separated-values", origin="amazon")
    return SourceDocument.objects.create(
        connection=made.source,
        type="settlement_report",
        external_id=path.stem,
        blob=blob,
        file_name=path.name,
        fetched_at=clock.now(),
    )


def _connection(provider: str, account: str, region: str) -> Connection:
    from connections.contracts import CompanyFacts
    from connections.models import Connection, Grant

    company = CompanyFacts(home_currency="EUR", country="DE", multicurrency=False, custom_numbers=True, close_date=None)
    grant = Grant.objects.create(provider=provider, environment="twin", application="bench", provider_user=account)
    return Connection.objects.create(
        provider=provider,
        environment="twin",
        region=region,
        external_account=account,
        name=account,
        home_currency="EUR",
        grant=grant,
        facts={"company": asdict(company)},
    )


def _references(ledger: Connection) -> None:
    """The default accounts and a bank account, as if they had been read from the ledger."""
    from connections import services
    from connections.contracts import ReferenceItem
    from reconciliation.engine.chart import LEDGER_ACCOUNTS

    accounts = [(str(100 + n), account.name, account.type, account.subtype) for n, account in enumerate(LEDGER_ACCOUNTS)]
    accounts.append((BANK, "Bank", "Bank", "Checking"))
    items = [
        ReferenceItem("account", key, name, True, {"type": kind, "subtype": subtype, "currency": "EUR"}, {})
        for key, name, kind, subtype in accounts
    ]
    services.remember_references(connection=ledger, items=items)

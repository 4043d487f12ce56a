"""The QuickBooks twin calls our webhook, signed as Intuit signs."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from connections import budgets, tasks
from connections.contracts import TokenSet
from connections.models import Connection, InboundNotice, ReferenceCopy
from connections.oauth import ExternalAccount, establish
from connections.providers.quickbooks_online import auth
from tenants.clock import now
from tenants.models import Tenant
from tenants.scope import no_tenant

US = "9130350000000101"


@pytest.fixture
def books(tenant: Tenant, twins: Any, settings: Any) -> Connection:
    budgets.forget_leases()
    auth._discovered.clear()
    given = twins.command("quickbooks_online", "authorise", realm=US)
    tokens = TokenSet(given["access_token"], given["refresh_token"], access_expires=now().replace(year=2030))
    account = ExternalAccount(US, "Harbor Lane Goods")
    return establish(provider="quickbooks_online", environment="twin", region="", given=tokens, account=account)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shape", ["cloudevents", "legacy"])
def test_a_change_there_reaches_our_copy(books: Connection, twins: Any, live_server: Any, settings: Any, shape: str) -> None:
    tasks.refresh_reference(books.tenant_id, books.pk)
    account = ReferenceCopy.objects.get(kind="account", name="Checking")
    key = settings.PROVIDERS["quickbooks_online"]["twin"]["extra"]["webhook_key"]
    address = f"{live_server.url}/connections/quickbooks_online/webhook/"
    twins.command("quickbooks_online", "webhook", url=address, verifier=key, format=shape)
    changes = {"Name": "House bank"}
    twins.command("quickbooks_online", "edit", realm=US, kind="Account", id=account.external_id, changes=changes)
    twins.command("quickbooks_online", "deliver")
    for _attempt in range(100):
        if InboundNotice.objects.exists():
            break
        time.sleep(0.05)
    assert InboundNotice.objects.filter(connection=books, state="waiting").exists()
    tasks.process_notices(books.tenant_id, books.pk)
    account.refresh_from_db()
    assert account.name == "House bank"


@pytest.mark.django_db(transaction=True)
def test_a_forged_delivery_is_refused(books: Connection, twins: Any) -> None:
    body = b'[{"specversion":"1.0","id":"x","type":"qbo.account.updated.v1","intuitaccountid":"9130350000000101"}]'
    with no_tenant():
        answer = Client().post(
            "/connections/quickbooks_online/webhook/",
            body,
            content_type="application/json",
            headers={"intuit-signature": "AAAA"},
        )
    assert answer.status_code == 401
    assert not InboundNotice.objects.exists()

"""A contact that somebody edits in Xero reaches our copy: by Xero's signed call where it comes, by the next refresh where not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from connections import budgets, tasks
from connections.contracts import ExternalAccount, TokenSet
from connections.models import Connection, InboundNotice, ReferenceCopy
from connections.oauth import establish
from sandbox.xero.seed import OTHER, UK
from tenants.clock import now
from tenants.models import Tenant

pytestmark = pytest.mark.django_db(transaction=True)
CAFE = "Coastline Cafe"


def established(twins: Any, organisation: str) -> Connection:
    given = twins.command("xero", "authorise", tenant=organisation)
    tokens = TokenSet(given["access_token"], given["refresh_token"], access_expires=now().replace(year=2030))
    account = ExternalAccount(organisation, organisation)
    made = establish(provider="xero", environment="twin", region="", given=tokens, account=account)
    tasks.refresh_reference(made.tenant_id, made.pk)
    return made


@pytest.fixture
def books(tenant: Tenant, twins: Any) -> Connection:
    budgets.forget_leases()
    return established(twins, UK)


def edit(twins: Any, **changes: str) -> None:
    twins.command("xero", "edit", tenant=UK, kind="Contact", name=CAFE, changes=changes)


def test_an_edited_contact_is_seen_when_xero_calls(books: Connection, twins: Any, live_server: Any, settings: Any) -> None:
    before = ReferenceCopy.objects.get(connection=books, kind="customer", name=CAFE)
    other = established(twins, OTHER)
    key = settings.PROVIDERS["xero"]["twin"]["extra"]["webhook_key"]
    twins.command("xero", "webhook", url=f"{live_server.url}/connections/xero/webhook/", key=key)
    edit(twins, EmailAddress="hello@coastline.test")
    twins.command("xero", "deliver")
    for _attempt in range(100):
        if InboundNotice.objects.exists():
            break
        time.sleep(0.05)
    notice = InboundNotice.objects.get()
    assert (notice.connection_id, notice.kind, notice.operation) == (books.pk, "contact", "updated")
    assert notice.external_id == before.external_id
    tasks.process_notices(books.tenant_id, books.pk)
    after = ReferenceCopy.objects.get(pk=before.pk)
    assert (before.facts["email"], after.facts["email"]) == ("", "hello@coastline.test")
    assert after.as_of > before.as_of
    assert after.body["UpdatedDateUTC"] != before.body["UpdatedDateUTC"]
    assert ReferenceCopy.objects.get(connection=other, kind="customer", name=CAFE).facts["email"] == ""


def test_an_edited_contact_is_seen_at_the_next_refresh(books: Connection, twins: Any) -> None:
    kept = ReferenceCopy.objects.get(connection=books, kind="customer", name=CAFE)
    edit(twins, Name="Coastline Kitchen", EmailAddress="kitchen@coastline.test")
    twins.command("xero", "archive", tenant=UK, kind="Contact", name="Harbour Freight Lines")
    tasks.refresh_reference(books.tenant_id, books.pk)
    after = ReferenceCopy.objects.get(pk=kept.pk)
    assert (after.name, after.facts["email"]) == ("Coastline Kitchen", "kitchen@coastline.test")
    assert ReferenceCopy.objects.get(connection=books, kind="customer", name="Harbour Freight Lines").active is False

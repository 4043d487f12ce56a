"""What operators do: each act with a reason, through a service, in the company's audit trail and in the operators' log."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client

from connections import blobs, disclosure, handover, tokens
from connections.models import ApiCall, Connection, CredentialHandover, Disclosure, Grant, GrantSecret
from syncs.models import SyncRun
from tenants.models import AuditEvent, OperatorAct, SupportSession, Tenant, WriteStop
from tenants.scope import tenant_scope
from tests.config.console.conftest import REASON, act
from tests.security.world import Company
from tests.support.console import Answer

Console = Callable[..., list[Answer]]


def trail(company: Company, action: str) -> list[tuple[str, str]]:
    with tenant_scope(company.tenant):
        return list(AuditEvent.objects.filter(action=action).values_list("actor_kind", "reason"))


def test_the_tenant_page_shows_everything_and_is_written_down(alder: Company, birch: Company, console: Console) -> None:
    (page,) = console(("get", f"/console/tenant/{alder.tenant.public_id}/", {}))
    assert page.status == 200
    for word in (
        "owner@alderwood.test",
        "Alderwood amazon",
        "Alderwood quickbooks_online",
        "Alderwood pair",
        "Alderwood-1",
        "UTC",
    ):
        assert word in page.text
    assert "Birchgrove" not in page.text
    assert OperatorAct.objects.get(action="tenant.looked_at").tenant == alder.tenant


def test_pausing_a_company_a_pair_and_a_connection(alder: Company, console: Console) -> None:
    with tenant_scope(alder.tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
    page = f"/console/tenant/{alder.tenant.public_id}/"
    answers = console(
        act("tenants/tenant", "pause", alder.tenant.pk, next=page),
        act("connections/connection", "pause", ledger.pk, next=page),
        act("tenants/tenant", "pause", alder.tenant.pk, next="https://evil.test/"),
    )
    assert [answer.location for answer in answers[:2]] == [page, page]
    assert answers[2].location.startswith("/console/tenants/tenant/")
    assert Tenant.objects.get(pk=alder.tenant.pk).state == "paused"
    with tenant_scope(alder.tenant):
        assert Connection.objects.get(pk=ledger.pk).state == "paused"
    assert trail(alder, "connection.paused") == [("operator", REASON)]
    first = OperatorAct.objects.earliest("id")
    assert (first.action, first.reason, first.tenant) == ("tenant.pause", REASON, alder.tenant)


def test_no_act_without_a_reason_and_none_by_a_get(alder: Company, console: Console) -> None:
    told = console(
        ("post", "/console/tenants/tenant/", {"action": "pause", "_selected_action": alder.tenant.pk, "reason": "short"}),
        ("get", "/console/tenants/tenant/", {"action": "pause", "_selected_action": alder.tenant.pk, "reason": REASON}),
    )
    assert "at least 10 characters" in told[0].text
    assert Tenant.objects.get(pk=alder.tenant.pk).state == "active"


def test_a_run_is_requeued(alder: Company, console: Console) -> None:
    with tenant_scope(alder.tenant):
        SyncRun.objects.update(state="failed", crashes=3)
        run = SyncRun.objects.get()
    console(act("syncs/syncrun", "requeue", run.pk))
    with tenant_scope(alder.tenant):
        run.refresh_from_db()
    assert (run.state, run.crashes) == ("queued", 0)
    assert trail(alder, "run.requeued") == [("operator", REASON)]


def test_the_object_page_offers_the_acts_and_says_utc(alder: Company, console: Console) -> None:
    with tenant_scope(alder.tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
    (page,) = console(("get", f"/console/connections/connection/{ledger.pk}/change/", {}))
    assert 'name="action" value="replace_credential"' in page.text
    assert re.search(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", page.text)
    assert page.text.index(">quickbooks_online-Alderwood<") < page.text.index(">Facts<")


# ------------------------------------------------------------------ stops


def test_a_stop_for_one_company_and_for_everybody(alder: Company, birch: Company, console: Console) -> None:
    console(
        act("tenants/tenant", "stop_writing", alder.tenant.pk, hours=4),
        ("post", "/console/stop/", {"reason": REASON, "hours": 1, "provider": "quickbooks_online"}),
    )
    own, everybody = WriteStop.objects.order_by("id")
    assert (own.tenant, own.provider, everybody.tenant, everybody.provider) == (alder.tenant, "", None, "quickbooks_online")
    assert len(trail(alder, "ledger.writes_stopped")) == 2
    assert trail(birch, "ledger.writes_stopped") == [("operator", REASON)]


def test_a_stop_is_lifted_where_it_was_placed(alder: Company, birch: Company, console: Console) -> None:
    console(
        act("tenants/tenant", "stop_writing", alder.tenant.pk, hours=4),
        ("post", "/console/stop/", {"reason": REASON, "hours": 1}),
    )
    everybody = WriteStop.objects.get(tenant=None)
    console(act("tenants/tenant", "allow_writing", alder.tenant.pk), act("tenants/writestop", "lift", everybody.pk))
    assert WriteStop.objects.filter(lifted_at=None).count() == 0
    assert trail(birch, "ledger.writes_allowed") == [("operator", REASON)]
    assert len(trail(alder, "ledger.writes_allowed")) == 2


# ------------------------------------------------------------------ people


def test_support_unlocks_a_login_that_guessing_closed(alder: Company, console: Console) -> None:
    cache.clear()
    owner = alder.people["owner"]
    for _turn in range(6):
        Client().post("/accounts/login/", {"login": owner.email, "password": "wrong"})
    good = {"login": owner.email, "password": "a-long-enough-password"}
    assert Client().post("/accounts/login/", good).status_code == 200
    (before, _done) = console(("get", f"/console/tenant/{alder.tenant.public_id}/", {}), act("tenants/user", "unlock", owner.pk))
    assert "Unlock" in before.text
    assert Client().post("/accounts/login/", good).status_code == 302
    assert trail(alder, "login.unlocked") == [("operator", REASON)]


def test_support_ends_all_sessions_of_a_person(alder: Company, console: Console) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": "owner@alderwood.test", "password": "a-long-enough-password"})
    assert client.get("/me/").status_code == 200
    console(act("tenants/user", "end_sessions", alder.people["owner"].pk))
    assert client.get("/me/").status_code == 302
    assert trail(alder, "login.sessions_ended") == [("operator", REASON)]


def test_the_owner_is_asked_by_mail_to_reconnect(alder: Company, settings: Any) -> None:
    from connections import reconnecting

    settings.PUBLIC_URL = "https://books.example"
    with tenant_scope(alder.tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
        assert reconnecting.ask_by_mail(connection=ledger, reason=REASON) == 2
    letter = mail.outbox[-1]
    assert sorted(letter.to) == ["admin@alderwood.test", "owner@alderwood.test"]
    assert f"https://books.example/app/{alder.tenant.public_id}/connections/{ledger.public_id}/" in letter.body
    assert REASON in letter.body


# ------------------------------------------------------------------ one exchange


@pytest.fixture
def exchange(alder: Company) -> ApiCall:
    body = b'{"Fault": {"type": "ValidationFault", "Error": [{"code": "6240", "Message": "Duplicate Name: Jane Buyer", "amount": 86.25}]}}'
    with tenant_scope(alder.tenant):
        kept = blobs.keep(body, media_type="application/json", origin="quickbooks_online")
        ApiCall.objects.update(response_blob=kept, url="https://x.test/company?name=Jane")
        return ApiCall.objects.get()


def test_an_exchange_is_shown_with_its_values_blanked(alder: Company, exchange: ApiCall, console: Console) -> None:
    (asked,) = console(act("connections/apicall", "show", exchange.pk))
    worker(alder)
    shown, again = console(("get", asked.location, {}), ("get", asked.location, {}))
    assert "&quot;6240&quot;" in shown.text
    assert "ValidationFault" in shown.text
    for value in ("Jane", "86.25"):
        assert value not in shown.text
    assert "It was shown at" in again.text
    assert trail(alder, "exchange.unmasked") == []


def test_unmasking_is_for_a_reason_once_and_told(alder: Company, exchange: ApiCall, console: Console) -> None:
    (asked,) = console(act("connections/apicall", "unmask", exchange.pk))
    (waiting,) = console(("get", asked.location, {}))
    assert "A worker is laying it out" in waiting.text
    worker(alder)
    shown, again = console(("get", asked.location, {}), ("get", asked.location, {}))
    assert "Duplicate Name: Jane Buyer" in shown.text
    assert "86.25" in shown.text
    assert "Jane Buyer" not in again.text
    assert trail(alder, "exchange.unmasked") == [("operator", REASON)]
    with tenant_scope(alder.tenant):
        assert Disclosure.objects.get().sealed is None


def test_another_operator_does_not_get_the_exchange(
    alder: Company, exchange: ApiCall, console: Console, database_urls: Any
) -> None:
    from tests.support.console import drive, operator

    (asked,) = console(act("connections/apicall", "unmask", exchange.pk))
    worker(alder)
    other = operator("other@house.test")
    (refused,) = drive(database_urls, other.email, [("get", asked.location, {})])
    assert refused.status == 404
    with tenant_scope(alder.tenant):
        assert Disclosure.objects.get().sealed is not None


def worker(company: Company) -> None:
    with tenant_scope(company.tenant):
        for asked in Disclosure.objects.filter(sealed_at=None):
            disclosure.lay_out(asked=asked)


# ------------------------------------------------------------------ a credential


def test_a_pasted_credential_goes_sealed_to_a_worker_and_into_the_vault(
    twins: Any, settings: Any, alder: Company, console: Console, console_connection: psycopg.Connection[Any]
) -> None:
    seller = "A3LAKESIDEBKS2"
    token = twins.command("amazon", "authorize", seller=seller, client=settings.PROVIDERS["amazon"]["twin"]["client_id"])[
        "refresh_token"
    ]
    with tenant_scope(alder.tenant):
        Connection.objects.filter(provider="amazon").update(
            external_account=seller, region="na", facts={"home": "US"}, country="US"
        )
        source = Connection.objects.get(provider="amazon")
    (done,) = console(act("connections/connection", "replace_credential", source.pk, token=token, account=""))
    assert done.status == 302
    assert token not in done.text
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        console_connection.execute("SELECT sealed FROM connections_credentialhandover")
    with tenant_scope(alder.tenant):
        letter = CredentialHandover.objects.get()
        assert token.encode() not in bytes(letter.sealed)
        handover.put_in_use(letter_id=letter.pk)
        letter.refresh_from_db()
        assert (letter.state, bytes(letter.sealed), letter.problem) == ("done", b"", {})
        source.refresh_from_db()
        assert tokens.load(Grant.objects.get(pk=source.grant_id)).tokens.refresh_token == token
    assert trail(alder, "connection.credential_replaced") == [("operator", REASON)]


def test_a_credential_of_another_account_is_refused_and_destroyed(twins: Any, alder: Company, console: Console) -> None:
    with tenant_scope(alder.tenant):
        Connection.objects.filter(provider="amazon").update(region="na", facts={"home": "US"})
        source = Connection.objects.get(provider="amazon")
    console(act("connections/connection", "replace_credential", source.pk, token="Atzr|not-a-token-at-all", account=""))
    with tenant_scope(alder.tenant):
        letter = CredentialHandover.objects.get()
        handover.put_in_use(letter_id=letter.pk)
        letter.refresh_from_db()
        assert (letter.state, bytes(letter.sealed)) == ("refused", b"")
        assert GrantSecret.objects.count() == 0
    (page,) = console(("get", f"/console/tenant/{alder.tenant.public_id}/", {}))
    assert "Refused" in page.text


def test_quickbooks_has_no_credential_to_paste(alder: Company, console: Console) -> None:
    with tenant_scope(alder.tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
    console(act("connections/connection", "replace_credential", ledger.pk, token="x" * 20, account=""))
    with tenant_scope(alder.tenant):
        assert CredentialHandover.objects.count() == 0


# ------------------------------------------------------------------ a visit


def test_a_visit_begins_in_the_console_with_a_form_to_the_product(alder: Company, console: Console) -> None:
    (page,) = console(act("tenants/tenant", "look_as", alder.tenant.pk, minutes=15))
    assert 'action="http://127.0.0.1:8000/support/enter/"' in page.text
    assert "form-action 'self' http://127.0.0.1:8000" in page.policy
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert token
    with tenant_scope(alder.tenant):
        visit = SupportSession.objects.get()
    assert token.group(1) not in visit.token_hash
    assert trail(alder, "support.session_begun") == [("operator", REASON)]

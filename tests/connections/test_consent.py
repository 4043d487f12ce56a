"""Consent: an active connection at the end, and a plain refusal for everything that is not quite right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.messages import get_messages
from django.test import Client

from canonical.problems import Refused
from connections import services, tokens
from connections.models import AccountRoute, Connection, Grant, GrantSecret, OAuthState
from tenants.clock import shifted
from tenants.models import Alert, AuditEvent, Event, Membership, Tenant, User
from tenants.problems import shown
from tenants.scope import no_tenant, tenant_scope
from tests.connections.fake_server import FakeServer
from tests.support.people import with_two_steps


@pytest.fixture
def browser(owner: User) -> Client:
    client = Client()
    client.force_login(owner)
    return client


def post(client: Client, tenant: Tenant, path: str, **data: str) -> Any:
    with no_tenant():
        return client.post(f"/app/{tenant.public_id}/connections/{path}", data, headers={"hx-request": "true"})


def get(client: Client, address: str) -> Any:
    with no_tenant():
        return client.get(address)


def begin(client: Client, tenant: Tenant, path: str = "new/fake/", **data: str) -> str:
    """Press Continue; the state that travels to the provider."""
    answer = post(client, tenant, path, environment="twin", entrance="oauth_code", **data)
    return dict(parse_qsl(urlsplit(answer["HX-Redirect"]).query))["state"]


def come_back(client: Client, provider: str = "fake", **query: str) -> Any:
    with no_tenant():
        answer = client.get(f"/connections/{provider}/callback/", query)
    assert answer.status_code == 302
    assert answer.content == b""
    return answer


def said(answer: Any) -> str:
    """What a person reads of it: passing messages, and what stands on the page he is led to."""
    kept = answer.wsgi_request.session.get("connect_trouble", {}).get("problems", [])
    standing = [f"{shown(problem).text} {shown(problem).remedy}" for problem in kept]
    return " ".join([*(str(message) for message in get_messages(answer.wsgi_request)), *standing])


def test_connecting_ends_with_an_active_connection(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    answer = come_back(browser, state=state, code="c1", company="77")
    connection = Connection.objects.get()
    assert answer.url == f"/app/{tenant.public_id}/connections/{connection.public_id}/"
    assert (connection.state, connection.external_account, connection.environment) == ("active", "77", "twin")
    assert tokens.load(connection.grant).tokens.refresh_token == "refresh-1"
    assert AccountRoute.objects.get().tenant == tenant
    assert Event.objects.get().type == "connection.connected"
    assert AuditEvent.objects.get().actor.email == "owner@kestrel.test"
    page = get(browser, answer.url).content.decode()
    assert "Company 77" in page
    assert "refresh-1" not in page
    assert "access-1" not in page


def test_without_scripts_a_page_offers_the_way_out(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    with no_tenant():
        answer = browser.post(f"/app/{tenant.public_id}/connections/new/fake/", {"environment": "twin", "entrance": "oauth_code"})
    assert f"{fake.url}/authorize?state=" in answer.content.decode()


def test_a_denial_is_told_and_connects_nothing(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    answer = come_back(browser, state=begin(browser, tenant), error="access_denied")
    assert "permission was not given" in said(answer)
    page = browser.get(answer.url).content.decode()
    assert "permission was not given" in page
    assert "Try again" in page
    assert "permission was not given" not in browser.get(answer.url).content.decode(), "told once"
    assert not Connection.objects.exists()
    assert fake.seen == []


def test_a_state_works_once(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    come_back(browser, state=state, code="c1", company="77")
    answer = come_back(browser, state=state, code="c1", company="78")
    assert "used before" in said(answer)
    assert Connection.objects.count() == 1
    assert fake.calls("/token") == 1


@pytest.mark.parametrize("state", ["", "invented"])
def test_a_missing_or_invented_state_is_refused(tenant: Tenant, browser: Client, fake: FakeServer, state: str) -> None:
    begin(browser, tenant)
    come_back(browser, state=state, code="c1", company="77")
    assert not Connection.objects.exists()
    assert fake.seen == []


def test_another_browser_of_the_same_person_is_refused_and_burns_the_state(
    tenant: Tenant, browser: Client, owner: User, fake: FakeServer
) -> None:
    state = begin(browser, tenant)
    other = Client()
    other.force_login(owner)
    come_back(other, state=state, code="c1", company="77")
    come_back(browser, state=state, code="c1", company="77")
    assert not Connection.objects.exists()
    assert fake.seen == []


def test_another_person_is_refused(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    stranger = User.objects.create_user("stranger@else.test", "a long enough password")
    other = Client()
    other.force_login(stranger)
    come_back(other, state=begin(browser, tenant), code="c1", company="77")
    assert not Connection.objects.exists()


def test_an_answer_to_another_providers_address_is_refused(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    answer = come_back(browser, "other", state=state, code="c1", company="77")
    assert "does not belong" in said(answer)
    assert fake.seen == []


def test_a_state_ends_after_ten_minutes(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    with shifted(timedelta(minutes=11)):
        answer = come_back(browser, state=state, code="c1", company="77")
    assert "ten minutes" in said(answer)
    assert fake.seen == []


def test_somebody_logged_out_meanwhile_logs_in_without_the_code(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    answer = come_back(Client(), state=state, code="canary", company="77")
    assert "canary" not in answer.url


def test_a_role_lost_meanwhile_is_refused(tenant: Tenant, browser: Client, owner: User, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    Membership.objects.filter(user=owner).update(role="viewer")
    answer = come_back(browser, state=state, code="c1", company="77")
    assert "role may not" in said(answer)
    assert fake.seen == []


def test_only_a_hash_of_the_state_is_kept(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    state = begin(browser, tenant)
    row = OAuthState.objects.get()
    assert state not in str(vars(row))
    assert len(row.state_hash) == 64


def test_a_viewer_may_look_but_not_connect(tenant: Tenant, viewer: User, fake: FakeServer) -> None:
    client = Client()
    client.force_login(viewer)
    assert get(client, f"/app/{tenant.public_id}/connections/").status_code == 200
    assert get(client, f"/app/{tenant.public_id}/connections/new/").status_code == 403
    assert post(client, tenant, "new/fake/", environment="twin").status_code == 403


def test_an_environment_without_a_client_is_not_offered(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    page = get(browser, f"/app/{tenant.public_id}/connections/new/fake/").content.decode()
    assert 'value="twin"' in page
    assert 'value="production"' not in page
    answer = post(browser, tenant, "new/fake/", environment="production", entrance="oauth_code")
    assert "HX-Redirect" not in answer


def test_a_pasted_token_connects_and_is_never_shown(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    answer = post(browser, tenant, "new/fake/", environment="twin", entrance="pasted_token", token="refresh-0")
    connection = Connection.objects.get()
    assert answer["HX-Redirect"].endswith(f"{connection.public_id}/")
    assert "refresh-0" not in get(browser, answer["HX-Redirect"]).content.decode()
    assert tokens.load(connection.grant).tokens.refresh_token == "refresh-1"


# ------------------------------------------------------------------ reconnecting


def test_reconnecting_keeps_the_connection_and_settles_the_alert(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    from connections import services

    services.mark_needs_reconnect(connection=connection, reason="invalid_grant")
    assert Alert.objects.get().state == "open"
    page = get(browser, f"/app/{tenant.public_id}/connections/{connection.public_id}/").content.decode()
    assert "taken back or has lapsed" in page
    answer = post(browser, tenant, f"{connection.public_id}/reconnect/")
    state = dict(parse_qsl(urlsplit(answer["HX-Redirect"]).query))["state"]
    come_back(browser, state=state, code="c1", company="77")
    again = Connection.objects.get()
    assert (again.pk, again.state, again.reason) == (connection.pk, "active", "")
    assert Alert.objects.get().state == "resolved"


def test_reconnecting_refuses_another_company_and_hands_its_permission_back(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    answer = post(browser, tenant, f"{connection.public_id}/reconnect/")
    state = dict(parse_qsl(urlsplit(answer["HX-Redirect"]).query))["state"]
    answer = come_back(browser, state=state, code="c1", company="99")
    assert "is for Company 77, but the permission was given for Company 99" in said(answer)
    assert Connection.objects.get().external_account == "77"
    assert tokens.load(connection.grant).tokens.refresh_token == "refresh-0"
    assert fake.revoked == ["refresh-1"]


def test_an_account_active_in_another_tenant_is_refused(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    other = Tenant.objects.create(name="Somebody else")
    person = with_two_steps(User.objects.create_user("else@else.test", "a long enough password"))
    Membership.objects.create(user=person, tenant=other, role="owner")
    client = Client()
    client.force_login(person)
    post_state = post(client, other, "new/fake/", environment="vendor_sandbox", entrance="oauth_code")
    state = dict(parse_qsl(urlsplit(post_state["HX-Redirect"]).query))["state"]
    answer = come_back(client, state=state, code="c1", company="77")
    assert "invitation" in said(answer)
    assert fake.revoked == []  # the rightful owner's permission is not touched
    with tenant_scope(other):
        assert not Connection.objects.exists()
        assert not Grant.objects.exists()


# ------------------------------------------------------------------ ending


def test_disconnecting_revokes_forgets_and_frees_the_account(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    answer = post(browser, tenant, f"{connection.public_id}/disconnect/")
    assert answer.status_code == 302
    assert fake.revoked == ["refresh-0"]
    connection.refresh_from_db()
    assert connection.state == "disconnected"
    assert not GrantSecret.objects.exists()
    assert not AccountRoute.objects.exists()
    assert Event.objects.filter(type="connection.disconnected").count() == 1


def test_disconnecting_works_when_the_provider_does_not_answer(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    fake.close()
    answer = post(browser, tenant, f"{connection.public_id}/disconnect/")
    assert "did not confirm" in said(answer)
    assert not GrantSecret.objects.exists()


def test_pause_resume_and_test(tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer) -> None:
    post(browser, tenant, f"{connection.public_id}/pause/")
    connection.refresh_from_db()
    assert connection.state == "paused"
    answer = post(browser, tenant, f"{connection.public_id}/test/")
    assert "It works" in answer.content.decode()
    post(browser, tenant, f"{connection.public_id}/resume/")
    connection.refresh_from_db()
    assert (connection.state, connection.name) == ("active", "Kestrel Ltd")
    assert connection.last_latency_ms is not None


def test_a_test_meeting_another_company_says_so(
    tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer
) -> None:
    fake.company = "99"
    answer = post(browser, tenant, f"{connection.public_id}/test/")
    assert "other_account" in answer.content.decode()


def test_a_failed_test_shows_the_trace_id(tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer) -> None:
    from tests.connections.fake_server import ok

    fake.replies.append(ok({}, 500))
    page = post(browser, tenant, f"{connection.public_id}/test/").content.decode()
    assert "trace-1" in page


def test_a_farewell_there_is_noticed_by_asking(tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer) -> None:
    fake.valid_access, fake.valid_refresh = "", set()
    page = get(browser, "/connections/fake/disconnected/?realmId=77").content.decode()
    assert "Company 77" in page
    connection.refresh_from_db()
    assert connection.state == "needs_reconnect"


def test_a_false_farewell_changes_nothing(tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer) -> None:
    page = get(browser, "/connections/fake/disconnected/?realmId=77").content.decode()
    assert "None of your connections" in page
    connection.refresh_from_db()
    assert connection.state == "active"


def test_consent_that_begins_at_the_provider(tenant: Tenant, browser: Client, fake: FakeServer) -> None:
    address = f"/connections/fake/start/?callback_uri={fake.url}/confirm"
    assert tenant.name in get(browser, address).content.decode()
    with no_tenant():
        answer = browser.post(address, {"tenant": tenant.public_id}, headers={"hx-request": "true"})
    assert answer["HX-Redirect"].startswith(f"{fake.url}/confirm?state=")
    state = dict(parse_qsl(urlsplit(answer["HX-Redirect"]).query))["state"]
    come_back(browser, state=state, code="c1", company="77")
    assert Connection.objects.get().state == "active"


def test_one_call_is_read_by_who_may_connect(tenant: Tenant, browser: Client, connection: Connection, fake: FakeServer) -> None:
    post(browser, tenant, f"{connection.public_id}/test/")
    page = get(browser, f"/app/{tenant.public_id}/connections/{connection.public_id}/").content.decode()
    assert "trace-1" in page
    from connections.models import ApiCall

    call = ApiCall.objects.get(operation="ping")
    page = get(browser, f"/app/{tenant.public_id}/connections/{connection.public_id}/calls/{call.public_id}/").content.decode()
    assert "&quot;company&quot;: &quot;77&quot;" in page


def test_who_has_no_second_step_cannot_connect_by_any_door(
    tenant: Tenant, owner: User, connection: Connection, fake: FakeServer
) -> None:
    """The page shows the way to one; pressing on, reconnecting and the service itself refuse."""
    Authenticator.objects.filter(user=owner).delete()
    client = Client()
    client.force_login(owner)
    page = get(client, f"/app/{tenant.public_id}/connections/new/fake/")
    assert page.status_code == 403
    assert "/accounts/2fa/totp/activate/" in page.content.decode()
    pressed = post(client, tenant, "new/fake/", environment="twin", entrance="oauth_code")
    assert pressed["HX-Redirect"] == "/accounts/2fa/totp/activate/"
    again = post(client, tenant, f"{connection.public_id}/reconnect/")
    assert again["HX-Redirect"] == "/accounts/2fa/totp/activate/"
    with pytest.raises(Refused) as refused:
        services.begin(user=owner, session_mark="m", provider="fake", environment="twin")
    assert refused.value.problems[0].code == "connection.two_steps_first"
    assert not OAuthState.objects.exists()

"""The core against the simulators of Amazon and QuickBooks Online: by the pages a person uses, over real sockets."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.db import connection as database
from django.test import Client

from connections import budgets, registry, selectors, services, tokens
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection, Grant, GrantSecret
from connections.providers.quickbooks_online import auth
from tenants.clock import now, shifted
from tenants.models import Alert, Tenant, User
from tenants.scope import no_tenant, tenant_scope

US, UK = "9130350000000101", "9130350000000202"
AMAZON_US, AMAZON_UK = "A2HARBOURPINE1", "A1THISTLEWARE3"
committed = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh() -> None:
    budgets.forget_leases()
    auth._discovered.clear()


class Person:
    """Somebody at a browser: our pages through the test client, the provider's over the network."""

    def __init__(self, user: User, tenant: Tenant) -> None:
        self.client, self.tenant = Client(), tenant
        self.client.force_login(user)

    def press(self, path: str, **data: str) -> Any:
        with no_tenant():
            return self.client.post(f"/app/{self.tenant.public_id}/connections/{path}", data, headers={"hx-request": "true"})

    def open(self, address: str) -> Any:
        with no_tenant():
            return self.client.get(address)

    def answer(self, url: str, **decision: str) -> Any:
        """Decide on the provider's consent page, and follow it back to us."""
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        page = f"{parts.scheme}://{parts.netloc}{parts.path}"
        sent = httpx.post(page, params=asked, data={**asked, **decision}, follow_redirects=False, trust_env=False)
        assert sent.status_code == 302, sent.text
        back = urlsplit(sent.headers["location"])
        came = self.open(f"{back.path}?{back.query}")
        assert came.status_code == 302
        return came

    def connect(self, provider: str, decision: Mapping[str, str], **answers: str) -> Any:
        pressed = self.press(f"new/{provider}/", environment="twin", entrance="oauth_code", **answers)
        return self.answer(pressed["HX-Redirect"], **decision)


@pytest.fixture
def person(owner: User, tenant: Tenant, twins: Any) -> Person:
    return Person(owner, tenant)


@pytest.fixture
def books(person: Person) -> Connection:
    person.connect("quickbooks_online", {"realm": US, "decision": "connect"})
    return Connection.objects.get(provider="quickbooks_online")


def _refreshes(twins: Any) -> int:
    return sum(1 for row in twins.journal() if row["operation"] == "refresh")


def _asked(twins: Any, operation: str) -> int:
    return sum(1 for row in twins.journal() if row["operation"] == operation)


# ------------------------------------------------------------------ QuickBooks Online


def test_quickbooks_is_connected_with_its_company_and_every_expiry(person: Person, books: Connection) -> None:
    assert (books.state, books.external_account, books.name, books.country) == ("active", US, "Harbor Lane Goods", "US")
    ends = {expiry.what: expiry.at - now() for expiry in selectors.expiries(books)}
    assert timedelta(minutes=59) < ends["access"] <= timedelta(hours=1)
    assert timedelta(days=99) < ends["refresh"] <= timedelta(days=101)
    assert timedelta(days=1800) < ends["hard"] <= timedelta(days=1830)
    page = person.open(f"/app/{person.tenant.public_id}/connections/{books.public_id}/").content.decode()
    assert US in page
    assert "Read and write the company" in page


def test_quickbooks_denied(person: Person) -> None:
    person.connect("quickbooks_online", {"decision": "deny"})
    assert not Connection.objects.exists()


def test_a_return_without_a_company_is_refused_in_words(person: Person) -> None:
    pressed = person.press("new/quickbooks_online/", environment="twin", entrance="oauth_code")
    state = dict(parse_qsl(urlsplit(pressed["HX-Redirect"]).query))["state"]
    came = person.open(f"/connections/quickbooks_online/callback/?code=x&state={state}")
    page = person.open(came.url).content.decode()
    assert "without naming the company" in page
    assert not Connection.objects.exists()


def test_the_charts_of_accounts_are_copied_once_then_by_changes(books: Connection, twins: Any) -> None:
    first = services.refresh_reference(connection=books)
    assert first.upserted > 20
    assert selectors.references(connection=books, kind="account").filter(name="Checking").exists()
    asked = _asked(twins, "query")
    services.refresh_reference(connection=books)
    assert _asked(twins, "cdc") == 1
    assert _asked(twins, "query") - asked < asked
    account = selectors.references(connection=books, kind="account").get(name="Checking")
    assert isinstance(account.body["CurrentBalance"], (str, int))
    company = selectors.company(books)
    assert (company.home_currency, company.country) == ("USD", "US")


def test_what_a_company_holds_is_shown_a_page_at_a_time(person: Person, books: Connection, twins: Any) -> None:
    where = f"/app/{person.tenant.public_id}/connections/{books.public_id}/data"
    page = person.open(f"{where}/Account/").content.decode()
    assert "Checking" in page
    assert "cursor=26" in page
    assert "Sales of Product Income" in page + person.open(f"{where}/Account/?cursor=26").content.decode()
    for kind in registry.provider("quickbooks_online").browser.entities:
        assert person.open(f"{where}/{kind.key}/").status_code == 200, kind.key
    assert person.open(f"{where}/Secrets/").status_code == 404
    twins.fault("quickbooks_online", "500", "query")
    assert "did not answer properly" in person.open(f"{where}/Item/").content.decode()


def test_an_hour_later_the_token_is_renewed_without_a_failed_call(books: Connection, twins: Any) -> None:
    before = tokens.load(books.grant).tokens.refresh_token
    twins.command("quickbooks_online", "tokens", rotation="every")
    twins.clock(shift=3600)
    with shifted(timedelta(hours=1)):
        services.test(connection=books)
    assert _refreshes(twins) == 1
    assert [call.status for call in ApiCall.objects.filter(operation="CompanyInfo.read", connection=books)] == [200]
    assert tokens.load(Grant.objects.get()).tokens.refresh_token != before


def test_a_token_that_ends_early_is_renewed_once(books: Connection, twins: Any) -> None:
    twins.fault("quickbooks_online", "expire", count=1)
    services.test(connection=books)
    assert _refreshes(twins) == 1


def test_disconnected_on_intuits_side(person: Person, books: Connection, twins: Any) -> None:
    twins.command("quickbooks_online", "disconnect", realm=US)
    page = person.open(f"/connections/quickbooks_online/disconnected/?realmId={US}").content.decode()
    assert "Harbor Lane Goods" in page
    asked = len(twins.journal())
    books.refresh_from_db()
    assert (books.state, books.reason) == ("needs_reconnect", "invalid_grant")
    assert Alert.objects.get().problem_code == "connection.needs_reconnect"
    with pytest.raises(Failure):
        services.test(connection=books)
    assert len(twins.journal()) == asked  # nothing more is asked
    pressed = person.press(f"{books.public_id}/reconnect/")
    person.answer(pressed["HX-Redirect"], realm=UK, decision="connect")
    books.refresh_from_db()
    assert books.state == "needs_reconnect"  # another company
    pressed = person.press(f"{books.public_id}/reconnect/")
    person.answer(pressed["HX-Redirect"], realm=US, decision="connect")
    books.refresh_from_db()
    assert books.state == "active"
    services.test(connection=books)


def test_disconnecting_here_revokes_there(person: Person, books: Connection, twins: Any) -> None:
    held = tokens.load(books.grant).tokens
    person.press(f"{books.public_id}/disconnect/")
    assert _asked(twins, "revoke") == 1
    assert not GrantSecret.objects.exists()
    url = f"{twins.url}/quickbooks_online/v3/company/{US}/companyinfo/{US}"
    answer = httpx.get(url, headers={"authorization": f"Bearer {held.access_token}"}, trust_env=False)
    assert answer.status_code == 401


def test_every_answers_trace_id_is_kept(books: Connection, twins: Any) -> None:
    twins.fault("quickbooks_online", "500", count=1)
    with pytest.raises(Failure) as caught:
        services.test(connection=books)
    assert caught.value.trace_id.startswith("1-")
    assert all(call.provider_trace_id.startswith("1-") for call in ApiCall.objects.all())


def test_a_throttled_company_is_left_alone_for_a_minute(books: Connection, twins: Any) -> None:
    twins.fault("quickbooks_online", "throttle", count=1)
    with pytest.raises(Failure) as caught:
        services.test(connection=books)
    assert caught.value.kind is FailureKind.THROTTLED
    assert caught.value.wait >= timedelta(seconds=60)
    asked = len(twins.journal())
    with pytest.raises(Failure) as held:
        services.test(connection=books)
    assert held.value.kind is FailureKind.BUDGET_SPENT
    assert len(twins.journal()) == asked


@committed
def test_fifty_workers_one_expired_token_one_refresh(tenant: Tenant, books: Connection, twins: Any) -> None:
    twins.command("quickbooks_online", "tokens", rotation="every", grace=0, reuse="revoke")
    twins.clock(shift=3600)
    Grant.objects.update(access_expires=now())
    gate, results = threading.Barrier(50), []

    def work() -> None:
        gate.wait()
        try:
            with tenant_scope(tenant):
                url = f"{twins.url}/quickbooks_online/v3/company/{US}/companyinfo/{US}"
                results.append(door_for(Connection.objects.get()).call("read", "GET", url).status)
        except Exception as error:
            results.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=work) for _number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [200] * 50
    assert _refreshes(twins) == 1
    services.test(connection=books)  # the token is alive


# ------------------------------------------------------------------ Amazon


@pytest.mark.parametrize(
    ("region", "marketplace", "seller", "country"), [("na", "US", AMAZON_US, "US"), ("eu", "GB", AMAZON_UK, "GB")]
)
def test_amazon_is_connected_in_its_region(person: Person, region: str, marketplace: str, seller: str, country: str) -> None:
    person.connect("amazon", {"seller": seller, "decision": "allow"}, region=region, marketplace=marketplace)
    connection = Connection.objects.get()
    assert (connection.state, connection.external_account, connection.region) == ("active", seller, region)
    assert connection.country == country
    assert {place["code"] for place in connection.facts["marketplaces"]} >= {marketplace}
    services.test(connection=connection)
    assert ApiCall.objects.filter(connection=connection).latest("pk").provider_trace_id


def test_several_sellers_in_one_tenant(person: Person) -> None:
    person.connect("amazon", {"seller": AMAZON_US, "decision": "allow"}, region="na", marketplace="US")
    person.connect("amazon", {"seller": AMAZON_UK, "decision": "allow"}, region="eu", marketplace="GB")
    secrets = {tokens.load(row.grant).tokens.refresh_token for row in Connection.objects.select_related("grant")}
    assert len(secrets) == 2


def test_amazon_denied(person: Person) -> None:
    person.connect("amazon", {"decision": "deny"}, region="na", marketplace="US")
    assert not Connection.objects.exists()


def test_consent_that_begins_in_the_appstore(person: Person, twins: Any) -> None:
    start = f"{twins.url}/amazon/na/sellercentral/apps/authorize/start"
    log_in = "http://testserver/connections/amazon/start/"
    sent = httpx.post(start, data={"seller": AMAZON_US, "log_in_uri": log_in}, follow_redirects=False, trust_env=False)
    invited = urlsplit(sent.headers["location"])
    address = f"{invited.path}?{invited.query}"
    assert "Amazon" in person.open(address).content.decode()
    with no_tenant():
        data = {"tenant": person.tenant.public_id, "region": "na"}
        followed = person.client.post(address, data, headers={"hx-request": "true"})
    confirmed = httpx.get(followed["HX-Redirect"], follow_redirects=False, trust_env=False)
    back = urlsplit(confirmed.headers["location"])
    came = person.open(f"{back.path}?{back.query}")
    assert came.status_code == 302
    assert Connection.objects.get().external_account == AMAZON_US


def test_an_invitation_back_to_a_foreign_host_is_not_followed(person: Person) -> None:
    address = "/connections/amazon/start/?amazon_callback_uri=https://evil.test/confirm&amazon_state=x&selling_partner_id=y"
    with no_tenant():
        data = {"tenant": person.tenant.public_id, "region": "na"}
        answer = person.client.post(address, data, headers={"hx-request": "true"})
    assert "HX-Redirect" not in answer
    assert answer.status_code == 302


def test_a_self_authorised_token(person: Person, settings: Any) -> None:
    twin = settings.PROVIDERS["amazon"]["twin"]
    private = "amzn1.application-oa2-client.tieout-private"
    twin = {**twin, "client_id": private, "client_secret": "amzn1.oa2-cs.v1.tieout-private-secret"}
    settings.PROVIDERS = {**settings.PROVIDERS, "amazon": {**settings.PROVIDERS["amazon"], "twin": twin}}
    pasted = f"Atzr|twin-self-authorised-{AMAZON_US}"
    answers = {"marketplace": "US", "seller_id": AMAZON_US, "refresh_token": pasted}
    answer = person.press("new/amazon/", environment="twin", region="na", entrance="pasted_token", **answers)
    assert Connection.objects.get().state == "active"
    assert pasted not in person.open(answer["HX-Redirect"]).content.decode()


def test_an_expired_amazon_token_is_renewed(person: Person, twins: Any) -> None:
    person.connect("amazon", {"seller": AMAZON_US, "decision": "allow"}, region="na", marketplace="US")
    twins.command("amazon", "expire")
    asked = _asked(twins, "token")
    services.test(connection=Connection.objects.get())
    assert _asked(twins, "token") == asked + 1


def test_consent_taken_back_in_seller_central(person: Person, twins: Any) -> None:
    person.connect("amazon", {"seller": AMAZON_US, "decision": "allow"}, region="na", marketplace="US")
    twins.command("amazon", "revoke", seller=AMAZON_US)
    connection = Connection.objects.get()
    with pytest.raises(Failure) as caught:
        services.test(connection=connection)
    assert caught.value.kind is FailureKind.NEEDS_RECONNECT
    connection.refresh_from_db()
    assert connection.state == "needs_reconnect"


# ------------------------------------------------------------------ secrets


def test_no_secret_is_logged_shown_or_stored_in_clear(
    person: Person, twins: Any, caplog: pytest.LogCaptureFixture, owner_connection: Any
) -> None:
    with caplog.at_level(logging.DEBUG):
        person.connect("quickbooks_online", {"realm": US, "decision": "connect"})
        person.connect("amazon", {"seller": AMAZON_US, "decision": "allow"}, region="na", marketplace="US")
        twins.fault("quickbooks_online", "expire", count=1)
        secrets: set[str] = set()
        for row in Connection.objects.select_related("grant"):
            services.test(connection=row)
            held = tokens.load(Grant.objects.get(pk=row.grant_id)).tokens
            secrets |= {held.access_token, held.refresh_token}
    pages = [person.open(f"/app/{person.tenant.public_id}/connections/").content.decode()]
    for row in Connection.objects.all():
        pages.append(person.open(f"/app/{person.tenant.public_id}/connections/{row.public_id}/").content.decode())
    logged = [f"{call.url}{selectors.trace(call)}" for call in ApiCall.objects.all()]
    rows = [str(list(model.objects.values())) for model in (Connection, Grant, GrantSecret)]
    everything = "\n".join([caplog.text, *pages, *logged, *rows, *(repr(vars(record)) for record in caplog.records)])
    assert len(secrets) == 4
    assert not [secret for secret in secrets if secret in everything]

"""A company with both sides connected to the twins, and a person who answers the wizard's pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from connections import services as connection_services
from connections import vault
from connections.models import Connection
from reconciliation.demo.twins import consent
from syncs import services
from syncs.models import Integration
from tenants.models import Membership, Tenant, User
from tenants.scope import tenant_scope
from tests.support.people import with_two_steps

US_SELLER, UK_SELLER = "A2HARBOURPINE1", "A1THISTLEWARE3"
US_BOOKS, UK_BOOKS, MANY_CURRENCIES = "9130350000000101", "9130350000000202", "9130350000000303"


class _Fields(HTMLParser):
    """What a browser would send for the page's main form: names and their present values."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self._form = 0
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._form += "data-guard" in given
            self._inside = "data-guard" in given
        if not getattr(self, "_inside", False) or "disabled" in given:
            return
        if tag == "select":
            self._select = given.get("name", "")
            self.values.setdefault(self._select, [])
        elif tag == "option" and self._select:
            chosen = self.values[self._select]
            if "selected" in given or not chosen:
                self.values[self._select] = [given.get("value", "")]
                self.marked = "selected" in given
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                self.values.setdefault(given["name"], []).append(given.get("value", "on"))
        elif tag == "input" and given.get("name"):
            self.values[given["name"]] = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "form":
            self._inside = False


def fields_of(html: str) -> dict[str, list[str]]:
    """The form as a browser would send it untouched."""
    parser = _Fields()
    parser.feed(html)
    parser.values.pop("csrfmiddlewaretoken", None)
    return parser.values


@dataclass
class Person:
    """Somebody with a browser, answering the wizard of one integration."""

    client: Client
    tenant: Tenant
    integration: Integration

    def url(self, rest: str = "") -> str:
        return f"/app/{self.tenant.public_id}/integrations/{self.integration.public_id}/{rest}"

    def see(self, step: str) -> str:
        answer = self.client.get(self.url(f"setup/{step}/"))
        assert answer.status_code == 200, (step, answer.status_code, answer.headers.get("location"))
        return str(answer.content.decode())

    def answer(self, step: str, then: str = "next", **changes: Any) -> Any:
        """Send the step's form as it is shown, with `changes`; a value of None leaves a field out."""
        given: dict[str, Any] = dict(fields_of(self.see(step)))
        given |= changes
        data = {name: value for name, value in given.items() if value is not None}
        return self.client.post(self.url(f"setup/{step}/"), {**data, "then": then})

    def go(self, step: str, **changes: Any) -> str:
        """Answer and follow: the key of the page one lands on."""
        answer = self.answer(step, **changes)
        assert answer.status_code == 302, problems_on(answer.content.decode())
        return str(answer.headers["location"]).rstrip("/").rpartition("/")[2]

    def fresh(self) -> Integration:
        with tenant_scope(self.tenant):
            found: Integration = Integration.objects.select_related("ledger", "source", "mapping_set").get(pk=self.integration.pk)
            return found


def problems_on(html: str) -> list[str]:
    import re

    return [
        re.sub(r"<[^>]+>|\s+", " ", part)
        for part in re.findall(r'class="(?:problem-text|invalid-feedback d-block)"[^>]*>(.*?)</div>', html, re.S)
    ]


class Company:
    def __init__(self) -> None:
        self.tenant = Tenant.objects.create(
            name="Kestrel Mugs", country="US", home_currency="USD", timezone="America/Los_Angeles"
        )
        self.owner = self.person("owner@kestrel.test", "owner")
        with_two_steps(self.owner)

    def person(self, email: str, role: str) -> User:
        person = User.objects.create_user(email, "a long enough password", name=email.partition("@")[0])
        Membership.objects.create(user=person, tenant=self.tenant, role=role)
        return person

    def browser(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def connect(self, provider: str, region: str, decision: dict[str, str]) -> Connection:
        with tenant_scope(self.tenant):
            url = connection_services.begin(
                user=self.owner, session_mark="s", provider=provider, environment="twin", region=region,
                answers={"region": region} if region else {},
            )  # fmt: skip
        back = consent(url, decision)
        return connection_services.finish(user=self.owner, session_mark="s", provider=provider, callback=back)

    def pair(self, *, region: str, seller: str, realm: str, zone: str = "America/Los_Angeles", read: bool = True) -> Person:
        source = self.connect("amazon", region, {"seller": seller, "decision": "allow"})
        ledger = self.connect("quickbooks_online", "", {"realm": realm, "decision": "connect"})
        with tenant_scope(self.tenant):
            integration = services.create_integration(source=source, ledger=ledger, timezone=zone)
            if read:
                connection_services.refresh_reference(connection=ledger, full=True)
        return Person(self.browser(self.owner), self.tenant, integration)


@pytest.fixture
def company(twins: Any, transactional_db: None) -> Iterator[Company]:
    yield Company()
    vault.forget_keys()


@pytest.fixture
def us(company: Company) -> Person:
    """A United States company in US dollars alone, and a seller in the US, Canada and Mexico."""
    return company.pair(region="na", seller=US_SELLER, realm=US_BOOKS)


@pytest.fixture
def uk(company: Company) -> Person:
    """A British company under VAT, and a seller in the UK, Germany and Spain."""
    return company.pair(region="eu", seller=UK_SELLER, realm=UK_BOOKS, zone="Europe/London")

"""From nothing to a company: sign up, confirm by mail, name the company; country, currency and zone are guessed."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tenants import countries
from tenants.models import AuditEvent, Membership, Tenant
from tenants.scope import tenant_scope

SECRET = "A-quite-long-Passw0rd"


@pytest.mark.django_db(transaction=True)
def test_sign_up_confirm_and_make_a_company() -> None:
    client = Client(headers={"Accept-Language": "de-AT,de;q=0.9"})
    answer = client.post("/accounts/signup/", {"email": "Franz@Fichte.test", "password1": SECRET, "password2": SECRET})
    assert answer.headers["Location"] == "/accounts/confirm-email/"
    assert client.get("/").headers["Location"].startswith("/accounts/login/")
    link = re.search(r"http://[^/]+(/accounts/confirm-email/\S+)", str(mail.outbox[0].body))
    assert link
    assert client.post(link.group(1)).headers["Location"] == "/"
    assert client.get("/").headers["Location"] == "/new-company/"
    page = client.get("/new-company/").content.decode()
    assert '<option value="AT" selected>' in page
    assert '<option value="EUR" selected>' in page
    assert '<option value="Europe/Vienna" selected>' in page
    made = client.post(
        "/new-company/", {"name": "Fichte GmbH", "country": "AT", "home_currency": "EUR", "timezone": "Europe/Vienna"}
    )
    tenant = Tenant.objects.get()
    assert made.headers["Location"] == f"/app/{tenant.public_id}/"
    assert Membership.objects.get().role == "owner"
    assert client.get(made.headers["Location"]).status_code == 200
    with tenant_scope(tenant):
        assert AuditEvent.objects.get().action == "tenant.created"


@pytest.mark.parametrize(
    ("header", "country"),
    [("en-GB,en;q=0.9", "GB"), ("en", "US"), ("fr", "FR"), ("zh-Hant-HK", "HK"), ("", "US"), ("xx-YY, it", "IT"), ("*", "US")],
)
def test_the_country_is_guessed_from_the_browser(header: str, country: str) -> None:
    assert countries.guess(header).code == country


@pytest.mark.django_db(transaction=True)
def test_home_leads_to_the_company_worked_for_last() -> None:
    from tenants.models import User
    from tenants.services import create_tenant

    person = User.objects.create_user("two@oak.test")
    first = create_tenant(user=person, name="A", country="GB", timezone="UTC", home_currency="GBP")
    second = create_tenant(user=person, name="B", country="GB", timezone="UTC", home_currency="GBP")
    client = Client()
    client.force_login(person)
    assert client.get("/").headers["Location"] == f"/app/{first.public_id}/"
    client.get(f"/app/{second.public_id}/")
    assert client.get("/").headers["Location"] == f"/app/{second.public_id}/"
    page = client.get(f"/app/{second.public_id}/").content.decode()
    assert f"/app/{first.public_id}/" in page

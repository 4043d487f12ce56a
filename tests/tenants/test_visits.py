"""A support visit: read-only, inside one company, with a banner, until its time is up; seen by the company."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tenants import support
from tenants.clock import shifted
from tenants.models import AuditEvent, OperatorAct, SupportSession
from tenants.news import Actor, acting
from tenants.scope import tenant_scope
from tests.security.route_table import TENANT
from tests.security.routes import routes
from tests.security.world import Company, company
from tests.support.console import operator

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Settlement does not tie, ticket 4711"


@pytest.fixture
def alder() -> Company:
    return company("Alderwood")


@pytest.fixture
def birch() -> Company:
    return company("Birchgrove")


@pytest.fixture
def helper() -> Any:
    return operator()


def begin(alder: Company, helper: Any, minutes: int = 30) -> str:
    with tenant_scope(alder.tenant), acting(Actor(user=helper, kind="operator", reason=REASON)):
        _session, token = support.begin(tenant=alder.tenant, lasts=timedelta(minutes=minutes), reason=REASON)
    return token


@pytest.fixture
def visitor(alder: Company, helper: Any) -> Client:
    client = Client()
    answer = client.post("/support/enter/", {"token": begin(alder, helper)})
    assert answer["Location"] == f"/app/{alder.tenant.public_id}/"
    return client


def test_the_visitor_sees_the_company_under_a_banner(visitor: Client, alder: Company) -> None:
    page = visitor.get(f"/app/{alder.tenant.public_id}/").content.decode()
    assert "Read-only visit to Alderwood Ltd" in page
    assert REASON in page
    assert "30 min left" in page
    assert "End the visit" in page


def test_nothing_can_be_changed_by_any_route_or_method(visitor: Client, alder: Company) -> None:
    for route in routes():
        if not route.of_tenant:
            continue
        for method in ("post", "put", "patch", "delete"):
            answer = getattr(visitor, method)(route.address(alder, alder))
            assert answer.status_code in (403, 405), f"{method} {route.name}"
    assert visitor.post("/new-company/", {"name": "Mine"}).status_code == 403
    assert visitor.post("/accounts/password/change/", {}).status_code == 403
    refused = visitor.post(f"/app/{alder.tenant.public_id}/settlements/post/").content.decode()
    assert "This is a read-only visit" in refused
    with tenant_scope(alder.tenant):
        acts = set(AuditEvent.objects.values_list("action", flat=True))
    assert acts == {"support.session_begun", "support.session_entered"}


def test_he_stays_inside_the_company(visitor: Client, alder: Company, birch: Company) -> None:
    home = f"/app/{alder.tenant.public_id}/"
    for outside in ("/", "/me/", "/new-company/", "/accounts/2fa/", "/accounts/email/", f"/app/{birch.tenant.public_id}/"):
        answer = visitor.get(outside)
        assert (answer.status_code, answer["Location"]) == (302, home), outside


def test_he_sees_what_a_viewer_sees_and_no_bodies_of_exchanges(visitor: Client, alder: Company) -> None:
    names = {route.name: route for route in routes()}
    assert visitor.get(names["settlements"].address(alder, alder)).status_code == 200
    assert visitor.get(names["connections:call"].address(alder, alder)).status_code == 403
    for name in ("connections:connect", "tenant_settings"):
        assert TENANT[name] != "view"
        assert visitor.get(names[name].address(alder, alder)).status_code == 403


def test_every_page_is_written_down_with_both_names(visitor: Client, alder: Company, helper: Any) -> None:
    visitor.get(f"/app/{alder.tenant.public_id}/settlements/")
    act = OperatorAct.objects.filter(action="visit.get").latest("id")
    assert (act.operator, act.tenant, act.subject, act.reason) == (
        helper, alder.tenant, f"/app/{alder.tenant.public_id}/settlements/", REASON,
    )  # fmt: skip


def test_the_company_finds_the_visit_in_its_audit_trail(visitor: Client, alder: Company) -> None:
    visitor.post("/support/end/")
    owner = Client()
    owner.force_login(alder.people["owner"])
    page = owner.get(f"/app/{alder.tenant.public_id}/audit/").content.decode()
    for words in ("Support visit begun", "Support looked at the company", "Support visit ended", "Tieout support", REASON):
        assert words in page


def test_the_token_works_once_and_soon(alder: Company, helper: Any) -> None:
    token = begin(alder, helper)
    assert Client().post("/support/enter/", {"token": token}).status_code == 302
    assert Client().post("/support/enter/", {"token": token}).status_code == 410
    late = begin(alder, helper)
    with shifted(timedelta(minutes=3)):
        assert Client().post("/support/enter/", {"token": late}).status_code == 410
    assert Client().post("/support/enter/", {"token": token[:-2] + "xx"}).status_code == 410
    assert Client().post("/support/enter/", {}).status_code == 410
    assert Client().get("/support/enter/").status_code == 405


def test_it_ends_by_itself(visitor: Client, alder: Company) -> None:
    with shifted(timedelta(minutes=31)):
        answer = visitor.get(f"/app/{alder.tenant.public_id}/")
        assert answer.status_code == 410
        assert "The visit is over" in answer.content.decode()
    assert visitor.get(f"/app/{alder.tenant.public_id}/").status_code == 302, "the browser's session is gone, not only asleep"


def test_it_ends_by_the_button_and_stays_ended(visitor: Client, alder: Company) -> None:
    page = visitor.post("/support/end/").content.decode()
    assert "You no longer see Alderwood Ltd" in page
    assert visitor.get(f"/app/{alder.tenant.public_id}/")["Location"].startswith("/accounts/login/")
    with tenant_scope(alder.tenant):
        assert SupportSession.objects.get().ended_at is not None


def test_who_stops_being_an_operator_is_out_at_the_next_click(visitor: Client, alder: Company, helper: Any) -> None:
    helper.is_staff = False
    helper.save()
    assert visitor.get(f"/app/{alder.tenant.public_id}/").status_code == 410


def test_a_visit_lasts_an_hour_at_most(alder: Company, helper: Any) -> None:
    begin(alder, helper, minutes=600)
    with tenant_scope(alder.tenant):
        visit = SupportSession.objects.get()
    assert visit.expires_at - visit.created_at <= timedelta(minutes=60, seconds=5)

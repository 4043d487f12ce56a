"""Idempotency-Key: the same request has its effect once and gets the same answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from reconciliation.models import Settlement
from syncs.models import SyncRun, WorkItem
from tenants import clock
from tenants.models import ApiRequestKey
from tenants.partner import once
from tenants.scope import tenant_scope
from tests.security.api_world import doing
from tests.security.world import Company
from tests.tenants.partner.conftest import Asked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready(alder: Company) -> Company:
    with tenant_scope(alder.tenant):
        Settlement.objects.update(state="ready")
        WorkItem.objects.all().delete()
    return alder


def post(ask: Asked, alder: Company, key: str | None = "one", **changes: Any) -> Any:
    body = {"documents": {alder.ids["document"]: "ab" * 32}} | changes
    headers = {} if key is None else {"Idempotency_Key": key}
    return ask("post", f"settlements/{alder.ids['settlement']}:post", body, **headers)


def runs(alder: Company) -> int:
    with tenant_scope(alder.tenant):
        return SyncRun.objects.filter(trigger="manual").exclude(public_id=alder.ids["run"]).count()


def test_a_write_to_the_ledger_needs_a_key(ask: Asked, ready: Company) -> None:
    answer = post(ask, ready, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "api.idempotency_key_missing")
    for unusable in ("", " ", "a b", "ä", "x" * 256):
        assert post(ask, ready, key=unusable).status_code == 400, unusable
    assert runs(ready) == 0


def test_the_same_request_gets_the_same_answer_and_one_effect(ask: Asked, ready: Company) -> None:
    first, second = post(ask, ready), post(ask, ready)
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert first["Location"] == second["Location"]
    assert ("Idempotency-Replayed" in first, second["Idempotency-Replayed"]) == (False, "true")
    assert runs(ready) == 1


def test_even_a_lost_key_posts_nothing_twice(ask: Asked, ready: Company) -> None:
    """Another key is another request; the settlement is the same, and so is its operation."""
    assert post(ask, ready, key="one").json()["id"] == post(ask, ready, key="two").json()["id"]
    assert runs(ready) == 1


def test_another_body_under_the_same_key_is_refused(ask: Asked, ready: Company) -> None:
    post(ask, ready)
    other = post(ask, ready, documents={ready.ids["document"]: "cd" * 32})
    assert (other.status_code, other.json()["code"], other.json()["retryable"]) == (422, "api.idempotency_key_reused", False)
    elsewhere = ask("post", f"settlements/{ready.ids['settlement']}:undo", {}, Idempotency_Key="one")
    assert elsewhere.status_code == 422


def test_a_request_under_way_is_not_begun_again(ask: Asked, ready: Company) -> None:
    post(ask, ready)
    with tenant_scope(ready.tenant):
        ApiRequestKey.objects.update(status=None, held_until=clock.now() + timedelta(minutes=1))
    busy = post(ask, ready)
    assert (busy.status_code, busy.json()["code"], busy["Retry-After"]) == (409, "api.idempotency_in_flight", "1")


def test_a_request_whose_process_died_is_done_by_the_next(ask: Asked, ready: Company) -> None:
    post(ask, ready)
    with tenant_scope(ready.tenant):
        ApiRequestKey.objects.update(status=None, held_until=clock.now() - timedelta(seconds=1))
    again = post(ask, ready)
    assert (again.status_code, "Idempotency-Replayed" in again) == (202, False)
    assert runs(ready) == 1


def test_what_was_refused_may_be_asked_again_with_the_same_key(ask: Asked, alder: Company) -> None:
    """Refused, nothing was changed; once the cause is mended the same request goes through."""
    refused = post(ask, alder)
    assert (refused.status_code, refused.json()["code"]) == (409, "settlement.not_postable")
    with tenant_scope(alder.tenant):
        Settlement.objects.update(state="ready")
    assert post(ask, alder).status_code == 202


def test_stale_and_strange_documents_are_refused(ask: Asked, ready: Company) -> None:
    for documents in ({}, {"doc_of_another": "ab" * 32}, {ready.ids["document"]: "ab" * 32, "doc_more": "ab" * 32}):
        assert post(ask, ready, documents=documents).status_code == 422
    assert post(ask, ready, documents={ready.ids["document"]: "not a hash"}).status_code == 400
    assert runs(ready) == 0


def test_two_companies_may_use_the_same_key(ask: Asked, ready: Company) -> None:
    from tests.security.api_world import api_company

    birch = api_company("Birchgrove")
    with tenant_scope(birch.tenant):
        Settlement.objects.update(state="ready")
        WorkItem.objects.all().delete()
    mine, theirs = post(ask, ready), post(Asked(doing(birch)), birch)
    assert (mine.status_code, theirs.status_code) == (202, 202)
    assert mine.json()["id"] != theirs.json()["id"]
    assert "Idempotency-Replayed" not in theirs


def test_an_answer_is_kept_for_seven_days(ask: Asked, ready: Company) -> None:
    post(ask, ready)
    with tenant_scope(ready.tenant):
        with clock.shifted(timedelta(days=6, hours=23)):
            assert once.forget() == 0
        with clock.shifted(timedelta(days=7, minutes=1)):
            assert once.forget() == 1


def test_a_kept_answer_holds_no_secret(ask: Asked, alder: Company, settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    body = {"url": "http://127.0.0.1:9/hooks", "types": ["*"]}
    first, second = (ask("post", "webhook_endpoints", body, Idempotency_Key="made") for _each in range(2))
    assert first.json()["secret"].startswith("whsec_")
    assert (second.json()["id"], second.json()["secret"]) == (first.json()["id"], None)
    with tenant_scope(alder.tenant):
        assert "whsec_" not in str(list(ApiRequestKey.objects.values()))

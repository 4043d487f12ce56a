"""A document's news become its settlement's, once."""

from __future__ import annotations

import pytest

from reconciliation.models import Settlement
from syncs.models import LedgerDocument
from tenants import outbox
from tenants.models import Event
from tenants.news import publish
from tenants.scope import tenant_scope
from tests.security.api_world import api_company
from tests.security.world import Company

pytestmark = pytest.mark.django_db(transaction=True)
State = LedgerDocument.State


@pytest.fixture
def alder() -> Company:
    made = api_company("Alderwood")
    with tenant_scope(made.tenant):
        Settlement.objects.update(state="ready")
        outbox.drain()
    return made


def becomes(state: str, news: str) -> None:
    LedgerDocument.objects.update(state=state, external_id="77" if state == State.POSTED else "")
    publish(news, LedgerDocument.objects.get())
    while outbox.drain():
        pass


def told() -> list[str]:
    return list(Event.objects.filter(subject_type="settlement").order_by("id").values_list("type", flat=True))


def test_a_settlement_is_posted_undone_and_posted_again(alder: Company) -> None:
    with tenant_scope(alder.tenant):
        becomes(State.POSTED, "document.posted")
        becomes(State.UNDONE, "document.undone")
        becomes(State.POSTED, "document.posted")
        assert told() == ["settlement.posted", "settlement.undone", "settlement.posted"]


def test_a_refusal_is_a_failure(alder: Company) -> None:
    with tenant_scope(alder.tenant):
        becomes(State.HELD, "document.held")
        assert told() == ["settlement.failed"]


def test_several_documents_posted_together_are_told_once(alder: Company) -> None:
    with tenant_scope(alder.tenant):
        document = LedgerDocument.objects.get()
        LedgerDocument.objects.update(state=State.POSTED, external_id="77")
        for _part in range(3):
            publish("document.posted", document)
        outbox.drain()
        assert told() == ["settlement.posted"]


def test_the_same_news_heard_twice_is_told_once(alder: Company) -> None:
    """A worker that died after telling, before it said so."""
    with tenant_scope(alder.tenant):
        becomes(State.POSTED, "document.posted")
        Event.objects.filter(type="document.posted").update(delivered_at=None)
        outbox.drain()
        assert told() == ["settlement.posted"]


def test_an_orders_document_is_not_a_settlements(alder: Company) -> None:
    with tenant_scope(alder.tenant):
        LedgerDocument.objects.update(source_kind="order")
        becomes(State.POSTED, "document.posted")
        assert told() == []


def test_a_receiver_is_told_of_the_settlement_in_the_same_breath(alder: Company) -> None:
    from connections.models import WebhookDelivery

    with tenant_scope(alder.tenant):
        becomes(State.POSTED, "document.posted")
        types = list(WebhookDelivery.objects.order_by("id").values_list("type", flat=True))
        assert [one for one in types if not one.startswith("case.")][-2:] == ["document.posted", "settlement.posted"]

"""The document of the partner API is committed and says what the code does; its page asks nobody else for anything."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from canonical.problems import CATALOGUE
from config.api_docs import KEPT, TAGS, generated, kept
from config.data_dir import BASE_DIR
from connections.outbound.catalogue import OFFERED

# Published and never offered to receivers: what concerns only our own pages, people or upkeep, each with its reason.
INTERNAL = {
    "api_key.revoked": "concerns who may ask, not what happened to the books",
    "bank.statement_read": "what a bank said",
    "case.assigned": "people",
    "connection.credential_replaced": "an operator's act, in the audit trail",
    "connection.reference_refreshed": "upkeep",
    "document.changed": "told as settlement.changed",
    "document.left": "a person's decision on document.differs",
    "document.not_undone": "told as the operation's failure",
    "document.planned": "told as settlement.ready or order.ready",
    "ledger.entity_created": "something of the ledger's",
    "order.carried": "told as the order's state",
    "settlement.claims_released": "told as the settlement's state",
    "member.joined": "people",
    "payout.changed": "an amount of the source",
    "tenant.created": "people",
}


def test_the_committed_document_is_the_present_one() -> None:
    """After a change of the API: make openapi, and look at the difference."""
    assert json.loads(KEPT.read_text(encoding="utf-8")) == generated()


def test_it_is_openapi_3_1_with_one_id_an_operation() -> None:
    document = kept()
    assert document["openapi"].startswith("3.1.")
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids)) >= 65
    assert {operation["tags"][0] for path in document["paths"].values() for operation in path.values()} == set(TAGS)


def test_request_bodies_are_closed() -> None:
    """What is not named is refused, and the document says so."""
    schemas = kept()["components"]["schemas"]
    bodies = {name: schema for name, schema in schemas.items() if name.endswith("Body")}
    assert len(bodies) >= 12
    assert [name for name, schema in bodies.items() if schema.get("additionalProperties") is not False] == []


@pytest.mark.django_db
def test_the_document_is_served_as_it_is_kept() -> None:
    assert Client().get("/api/v1/openapi.json").json() == kept()


@pytest.mark.django_db
def test_the_page_names_every_operation_event_and_problem() -> None:
    text = Client().get("/api/docs/").content.decode()
    for path in kept()["paths"].values():
        for operation in path.values():
            assert f'id="{operation["operationId"]}"' in text
    for type_ in OFFERED:
        assert type_ in text
    for code in CATALOGUE:
        assert f'id="problem-{code}"' in text


@pytest.mark.django_db
def test_the_page_asks_nobody_else() -> None:
    response = Client().get("/api/docs/")
    text = response.content.decode()
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', text) == []
    assert re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=", text) is None
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_every_published_event_is_offered_or_internal_for_a_reason() -> None:
    """A new event must be thought about: may receivers know of it, and which of its fields?"""
    said: set[str] = set()
    for room in ("tenants", "connections", "syncs", "reconciliation"):
        for path in (BASE_DIR / room).rglob("*.py"):
            said |= _published(path)
    assert said - set(OFFERED) - set(INTERNAL) == set()


def _published(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    return set(re.findall(r'\bpublish\(\s*"([a-z_]+\.[a-z_]+)"', text))

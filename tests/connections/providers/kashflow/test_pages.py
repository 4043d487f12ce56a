"""What a person is told before and after connecting: that there is no OAuth, what is kept, and what awaits a live check."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from connections import budgets
from connections.providers.kashflow import unsettled
from connections.providers.kashflow.provider import info
from syncs.models import LedgerDocument
from syncs.revisions import PlannedPart, number_of
from tenants.models import Tenant, User
from tenants.scope import no_tenant
from tests.connections.contract import forms

from .twin import SEVERN, KashFlow


@pytest.fixture
def person(owner: User) -> Client:
    budgets.forget_leases()
    client = Client()
    client.force_login(owner)
    return client


def _page(client: Client, address: str) -> str:
    with no_tenant():
        return unescape(client.get(address).content.decode())


def test_the_form_says_what_it_asks_for_and_why(person: Client, tenant: Tenant, twins: Any) -> None:
    page = _page(person, f"/app/{tenant.public_id}/connections/new/kashflow/")
    assert all(note in page for note in unsettled.NOTES)
    assert "there is no OAuth" in page
    assert all(field.label in page and (field.help in page) for field in info.fields)


def test_typing_it_in_connects_and_the_page_of_the_connection_says_what_is_not_settled(
    person: Client, tenant: Tenant, twins: Any
) -> None:
    told = {"environment": "twin", "entrance": "credentials", **SEVERN, "number_prefix": "SHOP-"}
    with no_tenant():
        answer = person.post(f"/app/{tenant.public_id}/connections/new/kashflow/", told)
    assert answer.status_code == 302, unescape(answer.content.decode())
    page = _page(person, answer["location"])
    assert "Severn Trading Ltd" in page
    assert unsettled.NOTES[-1] in page
    assert not [secret for secret in ("api-severn-1", "login-severn-1", "Lighthouse") if secret in page]


def test_a_new_document_bears_the_prefix_of_its_ledger(twins: Any, tenant: Tenant) -> None:
    budgets.forget_leases()
    books = KashFlow(twins)
    document = LedgerDocument(ledger=books.connection, source_ref="113-1", source_kind="order")
    part = PlannedPart("", forms.journal(books))
    assert number_of(document, part, books.target) == "AMZ-113-1"
    books.connection.facts = {**books.connection.facts, "number_prefix": "SHOP-"}
    assert number_of(document, part, books.target) == "SHOP-113-1"

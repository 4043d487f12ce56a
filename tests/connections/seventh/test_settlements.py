"""A marketplace's payouts in the made-up ledger, from the gallery's tile to the last rung: no line of the product knows it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from reconciliation import ladders
from reconciliation.demo import ends, job, pairs, people, shapes
from reconciliation.demo.ends import End
from reconciliation.demo.pairs import Pair
from reconciliation.engine import RungState
from reconciliation.models import Settlement
from syncs.runs import SETTLEMENTS
from tenants.news import Actor, acting
from tenants.scope import no_tenant, tenant_scope

from .twin import COMPANY, KEY

PAIR = Pair(
    key="paperbooks+amazon",
    name="German shop",
    source=ends.amazon("eu", "A1THISTLEWARE3"),
    ledger=End("paperbooks", COMPANY, types={"key": KEY}),
    marketplaces=("A1PA6795UKMFR9",),
    timezone="Europe/Berlin",
    banks={"EUR": "Current Account"},
)


@pytest.fixture
def client(twins: Any, db: None) -> Client:
    people.logins(people.tenant())
    made = Client()
    made.force_login(people.owner())
    return made


def test_the_gallery_and_the_connect_form_are_made_from_the_declaration(client: Client) -> None:
    here = f"/app/{people.tenant().public_id}/connections"
    with no_tenant():
        assert "Paperbooks" in client.get(f"{here}/new/").content.decode()
        form = client.get(f"{here}/new/paperbooks/").content.decode()
        assert 'name="key"' in form
        said = {"environment": "twin", "entrance": "credentials", "key": KEY}
        assert client.post(f"{here}/new/paperbooks/", said).status_code == 302
        assert "Quill &amp; Daughters" in client.get(f"{here}/").content.decode()


def test_every_payout_is_posted_and_ties(client: Client) -> None:
    with tenant_scope(people.tenant()), acting(Actor(user=people.owner(), kind="person")):
        integration = pairs.ready(PAIR)
        shapes.work(integration, SETTLEMENTS)
        found = [one for one in job.settlements() if one.integration_id == integration.pk]
        posted = [one for one in found if one.shown_state == Settlement.State.POSTED]
        assert len(posted) >= 4
        settled = (Settlement.State.POSTED, Settlement.State.NOTHING_TO_POST)
        assert [one.settlement_id for one in found if one.shown_state not in settled] == []
        for one in posted:
            assert [rung.name for rung in ladders.ladder(one).rungs if rung.state is RungState.DIFFERS] == []
        books = ends.trial(PAIR.ledger)
        paid = sum((one.header_total for one in posted if one.header_total > 0), Decimal(0))
        assert books["Current Account"] == paid
        assert sum(books.values()) == 0

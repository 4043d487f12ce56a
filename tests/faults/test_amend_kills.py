"""Orders change after they were posted, while workers are killed at every place of amending and answers are lost.

The ledger is the QuickBooks twin over loopback, made to forget request ids. Every change must be there once, and
what a person edited meanwhile must be there still.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import Document
from connections import selectors
from connections.registry import provider
from sandbox.quickbooks_online.seed import US
from syncs import hooks
from syncs.documents import PlannedPart, plan
from syncs.models import LedgerDocument, PostingAttempt
from tenants.scope import tenant_scope
from tests.faults.harness import TwinShop, Worker
from tests.faults.sources import Books, OrderReceipts

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

KILLS_AT_EACH = 20
LOST, EDITED = 20, 20
State = LedgerDocument.State


class ChangingOrders(OrderReceipts):
    """Orders whose first line costs five more once they have changed."""

    changed = False

    def document(self, books: Books, number: int) -> Document:
        first, *rest = (said := super().document(books, number)).lines
        return replace(said, lines=(replace(first, gross=first.gross + 5), *rest)) if self.changed else said


@pytest.fixture
def shop(twins: Any) -> Iterator[TwinShop]:
    made = TwinShop(twins, US, ChangingOrders())
    made.forget_request_ids()
    yield made
    made.remember_request_ids()


@pytest.fixture
def worker(twins: Any, shop: TwinShop) -> Iterator[Worker]:
    made = Worker(twins.url)
    yield made
    made.stop()


def plan_orders(shop: TwinShop, count: int) -> list[LedgerDocument]:
    target = provider("quickbooks_online").target
    assert target is not None
    with tenant_scope(shop.tenant):
        return [
            plan(
                ledger=shop.ledger,
                source=shop.source,
                source_ref=f"113-{number:07d}-{number:07d}",
                source_kind="order",
                amendable=True,
                parts=[PlannedPart("", shop.kind.document(shop, number))],
                mapping_version=None,
                company=selectors.company(shop.ledger),
                target=target,
            )[0]
            for number in range(count)
        ]


def edit(shop: TwinShop, document: LedgerDocument) -> None:
    changes = {"CustomerMemo": {"value": "written by a person"}}
    shop.twins.command(
        "quickbooks_online", "edit", realm=shop.realm, kind="SalesReceipt", id=document.external_id, changes=changes
    )


def waiting(shop: TwinShop) -> list[LedgerDocument]:
    """Orders whose change nobody has sent, and nothing stands in its way."""
    with tenant_scope(shop.tenant):
        return list(LedgerDocument.objects.filter(pending_revision__isnull=False, state=State.POSTED, problem_code=""))


def test_every_change_is_there_once_and_every_edit_still(
    shop: TwinShop, worker: Worker, capsys: pytest.CaptureFixture[str]
) -> None:
    fates = [place for place in hooks.AMENDING for _turn in range(KILLS_AT_EACH)]
    fates += ["lost before", "lost after"] * (LOST // 2) + ["edited"] * EDITED
    random.Random(7).shuffle(fates)
    documents = plan_orders(shop, len(fates))
    for start in range(0, len(documents), 60):
        assert worker.do(**shop.job("post", documents[start : start + 60])) == "exit 0"
    shop.kind.changed, shop.kind.creates = True, "salesreceipt.update"  # type: ignore[attr-defined]
    plan_orders(shop, len(fates))
    documents = shop.in_state(State.POSTED)

    kills: Counter[str] = Counter()
    for turn, (document, fate) in enumerate(zip(documents, fates, strict=True)):
        if fate == "edited":
            edit(shop, document)
        elif fate.startswith("lost"):
            shop.lose("drop-after-commit" if fate == "lost after" else "drop-before-commit")
        ending = worker.do(**shop.job("amend", [document], f"{fate}:kill" if fate in hooks.AMENDING else ""))
        assert ending in ("exit 0", "killed 9"), f"{fate}: {ending}"
        kills[fate] += ending == "killed 9"
        if turn % 4 == 3:
            shop.later()
    for _turn in range(20):
        shop.later()
        assert worker.do(**shop.job("amend", waiting(shop))) == "exit 0"
        assert worker.do(**shop.job("resume")) == "exit 0"
        if not shop.in_state(State.AMENDING) and not waiting(shop):
            break

    edited = [document for document, fate in zip(documents, fates, strict=True) if fate == "edited"]
    changed = [document for document, fate in zip(documents, fates, strict=True) if fate != "edited"]
    tally = shop.tally(documents)
    with capsys.disabled():
        print(f"\n{tally}; {sum(kills.values())} workers killed at {len(+kills)} places of amending, {len(edited)} edits kept")
    assert {kills[place] for place in hooks.AMENDING} == {KILLS_AT_EACH}
    assert (tally.posted, tally.duplicates, tally.lost) == (len(documents), 0, 0)
    assert shop.balances_in_ledger() == shop.balances_planned(documents)
    by_id = {body["Id"]: body for body in shop.held()}
    with tenant_scope(shop.tenant):
        now = {row.pk: row for row in LedgerDocument.objects.select_related("current_revision")}
        updates = PostingAttempt.objects.filter(action="update", phase__in=["done", "found"])
        assert Counter(updates.values_list("document_id", flat=True)) == Counter(document.pk for document in changed)
    assert {now[document.pk].problem_code for document in edited} == {"amend.edited_there"}
    assert all(by_id[document.external_id]["CustomerMemo"]["value"] == "written by a person" for document in edited)
    assert {now[document.pk].problem_code for document in changed} == {""}
    for document in changed:
        assert Decimal(str(by_id[document.external_id]["TotalAmt"])) == now[document.pk].current_revision.total
        assert by_id[document.external_id]["SyncToken"] == "1"

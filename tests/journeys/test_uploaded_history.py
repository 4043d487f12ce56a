"""History that Amazon no longer lists: real files, uploaded by hand, posted and tied out in the ledger's own books."""

from __future__ import annotations

from decimal import Decimal

import pytest

from reconciliation import ladders, services, state
from reconciliation.demo import pairs, people
from reconciliation.engine import RungName, RungState
from reconciliation.models import Settlement, Upload
from syncs import pipeline
from syncs import services as sync_services
from syncs.models import LedgerDocument, WorkItem
from tenants.news import Actor, acting
from tenants.scope import tenant_scope

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.contracts]

# What samples/settlements/INDEX.md says of each file.
TOTALS = {
    "ca_v1_real_50011020300.txt": "-321.69",
    "ca_v1_real_50018020314.txt": "-62.31",
    "ca_v1_real_50034020328.txt": "1016.08",
    "ca_v2_derived_50041020342.txt": "2539.66",
    "ca_v1_real_50044020356.txt": "4630.23",
    "us_v2_authored_28471003921.txt": "582.89",
    "uk_v2_derived_gbp_ddmmyyyy.txt": "548.63",
}


@pytest.fixture
def integration(twins):
    shop = people.tenant()
    people.logins(shop)
    with tenant_scope(shop), acting(Actor(user=people.owner(), kind="person")):
        ready = pairs.ready(pairs.US_SHOP)
        options = dict(ready.options)
        accounts = dict(
            pairs.ReferenceCopy.objects.filter(connection=ready.ledger, kind="account").values_list("name", "external_id")
        )
        options["payout_accounts"] |= {"GBP": accounts["GBP Bank"], "EUR": accounts["EUR Bank"]}
        ready = sync_services.change_integration(integration=ready, options=options)
        ready.marketplace_scope = "*"
        ready.save(update_fields=["marketplace_scope"])
        yield ready


def bring(integration, path) -> Upload:
    with path.open("rb") as content:
        upload = services.upload(integration=integration, file_name=path.name, content=content, size=path.stat().st_size)
    pipeline.execute(upload.run)
    upload.refresh_from_db()
    return upload


def test_real_files_post_and_tie(integration, shared, twins):
    folder = shared / "samples" / "settlements"
    for name, total in TOTALS.items():
        upload = bring(integration, folder / name)
        assert upload.state == Upload.State.READ, upload.problems
        settlement = upload.settlement
        assert state.shown(settlement) == Settlement.State.POSTED, (name, settlement.problems)
        ladder = ladders.ladder(settlement)
        assert [rung.state for rung in ladder.rungs if rung.name in ladders.MAIN[2:]] == [RungState.EQUAL] * 5, name
        assert ladder.rung(RungName.READ_BACK).amount == Decimal(total)
        expected = RungState.NO_PAYOUT_EXPECTED if Decimal(total) < 0 else RungState.NOT_AVAILABLE
        assert ladder.rung(RungName.PAYOUT).state is expected
    books = {
        name: Decimal(balance)
        for name, balance in twins.command("quickbooks_online", "trial", realm=pairs.US_SHOP.ledger.account)["accounts"].items()
    }
    assert sum(books.values()) == 0


def test_the_negative_chain_leaves_nothing_owed(integration, shared):
    """Two settlements below zero, each charged to a card in the next file, then one that pays (accounting, section 7)."""
    owed = []
    for name in list(TOTALS)[:3]:
        bring(integration, shared / "samples" / "settlements" / name)
        owed.append(balance(integration, "Amazon Balance Owed"))
    assert owed == [Decimal("-321.69"), Decimal("-62.31"), Decimal(0)]


def balance(integration, account: str) -> Decimal:
    """Debit minus credit of an account over everything that was read back from the ledger."""
    total = Decimal(0)
    for document in LedgerDocument.objects.filter(ledger=integration.ledger, state=LedgerDocument.State.POSTED):
        for line in document.read_back["lines"]:
            if line["account_name"] == account:
                total += Decimal(line["debit"]) - Decimal(line["credit"])
    return total


def test_the_same_file_twice_is_posted_once(integration, shared):
    path = shared / "samples" / "settlements" / "ca_v1_real_50034020328.txt"
    first, second = bring(integration, path), bring(integration, path)
    assert second.settlement == first.settlement
    assert LedgerDocument.objects.filter(source_ref=first.settlement.settlement_id).count() == 1


def test_a_file_that_does_not_foot_takes_nobodys_place(integration, shared, tmp_path):
    right = shared / "samples" / "settlements" / "us_v2_authored_28471003921.txt"
    first = bring(integration, right)
    broken = tmp_path / "broken.txt"
    broken.write_bytes(right.read_bytes().replace(b"582.89", b"582.90", 1))

    upload = bring(integration, broken)

    assert upload.state == Upload.State.REFUSED
    assert [row["code"] for row in upload.problems] == ["settlement.worse_than_known"]
    assert state.shown(first.settlement) == Settlement.State.POSTED
    assert Settlement.objects.filter(settlement_id="28471003921").count() == 1


def test_the_right_file_brought_again_after_a_wrong_one_is_used(integration, shared, tmp_path):
    right = shared / "samples" / "settlements" / "us_v2_authored_28471003921.txt"
    broken = tmp_path / "broken.txt"
    broken.write_bytes(right.read_bytes().replace(b"582.89", b"582.90", 1))
    wrong = bring(integration, broken)
    assert state.shown(wrong.settlement) == Settlement.State.NEEDS_REVIEW
    mended = bring(integration, right)
    other = tmp_path / "other.txt"
    other.write_bytes(right.read_bytes().replace(b"582.89", b"592.89", 1).replace(b"\t129.99\t", b"\t139.99\t", 1))
    changed = bring(integration, other)

    again = bring(integration, right)

    assert [upload.settlement.revision for upload in (wrong, mended, changed, again)] == [1, 2, 3, 4]
    assert again.settlement.line_total == Decimal("582.89")
    assert state.shown(again.settlement) == Settlement.State.POSTED
    assert LedgerDocument.objects.filter(source_ref="28471003921", part="").count() <= 1


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("es_v1_authored_no_header_row.txt", "settlement.no_summary_row"),
        ("us_v2_synthetic_all_types.txt", "compose.unknown_rows"),
        ("au_v2_real_excerpt_head_ddmmyyyy.txt", "compose.currency_not_in_ledger"),
    ],
)
def test_what_must_be_held_is_held_with_its_reason(integration, shared, name, code):
    upload = bring(integration, shared / "samples" / "settlements" / name)
    settlement = upload.settlement
    assert code in {row["code"] for row in settlement.problems}
    assert state.shown(settlement) in (Settlement.State.NEEDS_MAPPING, Settlement.State.NEEDS_REVIEW)
    assert not LedgerDocument.objects.filter(source_ref=settlement.settlement_id).exists()
    assert WorkItem.objects.get(run=upload.run).state == WorkItem.State.HELD


def test_a_decision_about_an_unknown_row_posts_what_waited(integration, shared):
    upload = bring(integration, shared / "samples" / "settlements" / "us_v2_synthetic_all_types.txt")
    settlement = upload.settlement
    unknown = settlement.unclassified[0]
    run = services.decide_row(
        settlement=settlement,
        triple=(unknown["transaction_type"], unknown["amount_type"], unknown["amount_description"]),
        treat_as="subscription_fee",
    )
    pipeline.execute(run)
    settlement.refresh_from_db()
    assert [row for row in settlement.problems if row["severity"] == "blocks"] == []
    assert state.shown(settlement) == Settlement.State.POSTED
    assert ladders.ladder(settlement).complete
    assert not settlement.unclassified


def test_a_photo_is_refused_with_its_name(integration, tmp_path):
    photo = tmp_path / "settlement.txt"
    photo.write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 40)
    upload = bring(integration, photo)
    assert upload.state == Upload.State.REFUSED
    assert upload.problems[0]["where"]["file"] == "settlement.txt"
    assert Settlement.objects.count() == 0


def test_a_broken_reserve_chain_blocks_until_somebody_decides(integration, shared):
    """The settlement between is missing: named and held; a person may begin anew from the opening balance."""
    folder = shared / "samples" / "settlements"
    bring(integration, folder / "us_v2_authored_28471003921.txt")
    settlement = bring(integration, folder / "us_v2_synthetic_all_types.txt").settlement
    unknown = settlement.unclassified[0]
    triple = (unknown["transaction_type"], unknown["amount_type"], unknown["amount_description"])
    pipeline.execute(services.decide_row(settlement=settlement, triple=triple, treat_as="subscription_fee"))
    settlement.refresh_from_db()
    codes = {row["code"] for row in settlement.problems}
    assert {"compose.reserve_broken", "chain.missing_settlement"} <= codes
    assert state.shown(settlement) == Settlement.State.NEEDS_REVIEW

    pipeline.execute(services.begin_here(settlement=settlement, reason="The account was closed in between"))
    settlement.refresh_from_db()
    assert state.shown(settlement) == Settlement.State.POSTED
    assert ladders.ladder(settlement).complete
    assert balance(integration, "Amazon Opening Balance") != 0


def test_what_was_undone_is_not_posted_again_by_itself(integration, shared):
    """Not even where the integration posts by itself and the mapping changes afterwards: a person undid it."""
    settlement = bring(integration, shared / "samples" / "settlements" / "ca_v1_real_50034020328.txt").settlement
    pipeline.execute(services.undo_settlement(settlement=settlement, reason="wrong month"))
    assert state.shown(settlement) == Settlement.State.READY
    pipeline.execute(services.replan_all(ledger=integration.ledger))
    assert state.shown(settlement) == Settlement.State.READY

    shown = services.expected_of(state.documents_of(settlement))
    pipeline.execute(services.post_settlement(settlement=settlement, expected=shown))
    assert state.shown(settlement) == Settlement.State.POSTED
    assert ladders.ladder(settlement).complete


def test_a_file_that_says_something_else_later_is_shown_as_changed(integration, shared, tmp_path, twins):
    """It foots, but differs from what was posted: the ledger is not touched, and the list says so."""
    original = shared / "samples" / "settlements" / "us_v2_authored_28471003921.txt"
    settlement = bring(integration, original).settlement
    before = twins.command("quickbooks_online", "trial", realm=pairs.US_SHOP.ledger.account)
    other = tmp_path / original.name
    other.write_text(original.read_text().replace("582.89", "592.89").replace("\t129.99\t", "\t139.99\t", 1))
    later = bring(integration, other).settlement
    assert later.revision == settlement.revision + 1
    assert state.shown(later) == Settlement.State.CHANGED
    assert "document.changed_after_posting" in {row["code"] for row in later.problems}
    assert twins.command("quickbooks_online", "trial", realm=pairs.US_SHOP.ledger.account) == before

"""Planning: what should exist, made once, revised while it is only planned, never touched once it is posted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from canonical.accounting import Deposit, DocumentLine, Side
from canonical.problems import Problem
from connections.errors import FailureKind
from syncs import posting
from syncs.documents import PlannedPart
from syncs.models import DocumentLine as LineRow
from syncs.models import DocumentRevision, LedgerDocument, LineTrace
from tenants.models import Alert
from tests.syncs.posting.conftest import BANK, SALES, Shop, fresh, journal, shown
from tests.syncs.posting.ledger import CANNOT, failure, lost_answer, once

State = LedgerDocument.State


def deposit(amount: str = "86.25") -> Deposit:
    line = DocumentLine(SALES, Side.CREDIT, Decimal(amount), "Sales", "product_charges", rows=((1, 6),), row_count=6)
    return Deposit(date(2026, 7, 14), "GBP", BANK, (line,), "Amazon settlement")


def test_a_plan_keeps_lines_amounts_and_the_rows_they_carry(shop: Shop) -> None:
    (document,) = shop.plan()
    lines = LineRow.objects.filter(revision=document.current_revision).order_by("position")
    assert [(line.account_id, line.debit, line.credit, line.settling) for line in lines] == [
        ("79", Decimal(0), Decimal("100.00"), False),
        ("80", Decimal("13.75"), Decimal(0), False),
        ("35", Decimal("86.25"), Decimal(0), True),
    ]
    traces = LineTrace.objects.filter(line__revision=document.current_revision).order_by("first")
    assert [(trace.settlement_id, trace.first, trace.last) for trace in traces] == [(7, 1, 3), (7, 4, 4), (7, 6, 6)]
    assert document.current_revision.totals == {"debit": "100.00", "credit": "100.00", "settling": "86.25"}


def test_a_deposit_keeps_its_bank_line_so_that_it_balances_too(shop: Shop) -> None:
    (document,) = shop.plan("1", deposit())
    lines = LineRow.objects.filter(revision=document.current_revision).order_by("position")
    assert [(line.account_id, line.debit, line.credit, line.settling) for line in lines] == [
        ("35", Decimal("86.25"), Decimal(0), True),
        ("79", Decimal(0), Decimal("86.25"), False),
    ]


def test_planning_the_same_again_changes_nothing(shop: Shop) -> None:
    (first,) = shop.plan()
    (again,) = shop.plan()
    assert (again.pk, again.current_revision_id) == (first.pk, first.current_revision_id)
    assert DocumentRevision.objects.count() == 1


def test_another_content_is_a_new_revision_and_the_old_one_stays(shop: Shop) -> None:
    (first,) = shop.plan()
    (again,) = shop.plan("12395580393", journal(fees="13.76"))
    assert again.pk == first.pk
    assert again.current_revision.number == 2
    assert DocumentRevision.objects.get(number=1).canonical["lines"][1]["gross"] == "13.75"


def test_a_revision_cannot_be_changed(shop: Shop) -> None:
    (document,) = shop.plan()
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentRevision.objects.filter(pk=document.current_revision_id).update(total=Decimal(1))


def test_a_posted_document_is_never_planned_over(shop: Shop) -> None:
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    (same,) = shop.plan()
    assert same.problem_code == ""

    (changed,) = shop.plan("12395580393", journal(fees="13.76"))
    assert (changed.state, changed.current_revision.number) == (State.POSTED, 1)
    assert changed.problem_code == "document.changed_after_posting"
    assert Alert.objects.get().problem_code == "document.changed_after_posting"
    assert shop.books.asked == ["post 1", "read"]

    (back,) = shop.plan()
    assert back.problem_code == ""
    assert Alert.objects.get().state == "resolved"


def test_another_posting_shape_replaces_what_is_only_planned(shop: Shop) -> None:
    (first,) = shop.plan()
    (second,) = shop.plan("12395580393", deposit())
    assert second.document_type == "deposit"
    assert not LedgerDocument.objects.filter(pk=first.pk).exists()


def test_another_posting_shape_never_posts_twice(shop: Shop) -> None:
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    (still,) = shop.plan("12395580393", deposit())
    assert (still.pk, still.document_type) == (document.pk, "journal_entry")
    assert still.problem_code == "document.changed_after_posting"


def test_the_database_itself_refuses_a_second_live_document_of_another_type(shop: Shop) -> None:
    (document,) = shop.plan()
    with pytest.raises(IntegrityError), transaction.atomic():
        LedgerDocument.objects.create(
            ledger=shop.ledger, source=shop.source, source_ref=document.source_ref, document_type="deposit"
        )


def test_parts_that_vanish_are_forgotten_while_only_planned(shop: Shop) -> None:
    first, second = shop.plan("1", journal(), journal(sales="50.00"))
    (alone,) = shop.plan("1", PlannedPart("1", journal(sales="150.00")))
    assert alone.pk == first.pk
    assert not LedgerDocument.objects.filter(pk=second.pk).exists()


def test_parts_that_vanish_after_a_refusal_keep_their_history(shop: Shop) -> None:
    first, second = shop.plan("1", journal(), journal(sales="50.00"))
    shop.books.before = lambda request: failure(FailureKind.REJECTED)
    posting.post(documents=[first], shown=shown(first))
    shop.plan("1", PlannedPart("2", journal(sales="50.00")))
    assert fresh(first).state == State.UNDONE
    assert fresh(second).state == State.PLANNED


def test_a_plan_with_a_problem_is_held_until_it_has_none(shop: Shop) -> None:
    (held,) = shop.plan("1", PlannedPart("", journal(), problem=Problem(CANNOT, {"why": "no account"})))
    assert (held.state, held.problem_code) == (State.HELD, CANNOT)
    (free,) = shop.plan("1", journal())
    assert (free.pk, free.state, free.problem_code) == (held.pk, State.PLANNED, "")


def test_a_document_in_doubt_is_not_planned_over(shop: Shop) -> None:
    shop.books.before = once(lost_answer())
    (document,) = shop.plan()
    posting.post(documents=[document], shown=shown(document))
    (same,) = shop.plan("12395580393", journal(fees="99.00"))
    assert (same.state, same.current_revision.number) == (State.UNKNOWN, 1)

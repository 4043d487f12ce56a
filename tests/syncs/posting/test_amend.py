"""Amending: what changed at the source is changed in the ledger once, and nobody's edit there is lost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from canonical.problems import Problem
from connections.contracts import Found, Outcome, OutcomeKind, PostRequest
from connections.errors import FailureKind
from syncs import posting, selectors
from syncs.documents import PlannedPart
from syncs.models import DocumentRevision, LedgerDocument, PeriodLock, PostingAttempt
from syncs.posting import Verdict, comparing
from tenants.models import Alert, AuditEvent, Event, User
from tests.syncs.posting.conftest import Shop, fresh, journal, shown
from tests.syncs.posting.ledger import CANNOT, failure, lost_answer, once, says_no
from tests.syncs.posting.test_plan import deposit

State = LedgerDocument.State


@pytest.fixture
def stood(shop: Shop) -> LedgerDocument:
    """An order's document that stands in the ledger as 1001 at version 0."""
    return stands(shop)


def stands(shop: Shop, ref: str = "111-1", sales: str = "100.00") -> LedgerDocument:
    document = shop.order(sales, ref=ref)
    assert posting.post(documents=[document], shown=shown(document)).posted
    shop.books.asked.clear()
    shop.books.request_ids.clear()
    return fresh(document)


def amend(*documents: LedgerDocument, **more: Any) -> posting.Posting:
    given = [fresh(document) for document in documents]
    return posting.amend(documents=given, shown=shown(*given), **more)


def total(shop: Shop, external_id: str = "1001") -> Decimal:
    return shop.books.documents[external_id].document.total


def phases(document: LedgerDocument) -> list[tuple[str, str]]:
    return list(PostingAttempt.objects.filter(document=document).order_by("number").values_list("action", "phase"))


# ---------------------------------------------------------------- planning


def test_a_change_of_a_posted_order_waits_as_its_pending_revision(shop: Shop, stood: LedgerDocument) -> None:
    changed = shop.order("120.00")
    assert (changed.pk, changed.state) == (stood.pk, State.POSTED)
    assert changed.current_revision.total == Decimal("100.00")
    assert changed.pending_revision.total == Decimal("120.00")
    assert changed.problem_code == ""
    assert list(selectors.to_amend()) == [changed]
    assert shop.books.asked == []


def test_planning_the_same_change_again_makes_no_second_revision(shop: Shop, stood: LedgerDocument) -> None:
    first = shop.order("120.00")
    again = shop.order("120.00")
    assert again.pending_revision_id == first.pending_revision_id
    assert DocumentRevision.objects.count() == 2


def test_an_order_that_changes_back_waits_for_nothing(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    assert shop.order("100.00").pending_revision is None
    assert amend(stood).results[0].verdict is Verdict.ALREADY
    assert shop.books.asked == []


def test_a_change_that_cannot_be_written_yet_says_so_and_sends_nothing(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    held = shop.order(parts=(PlannedPart("", journal(sales="130.00"), problem=Problem(CANNOT, {"why": "no item"})),))
    assert (held.state, held.problem_code, held.pending_revision) == (State.POSTED, CANNOT, None)
    assert amend(held).results[0].verdict is Verdict.ALREADY


def test_another_type_of_document_is_no_amendment(shop: Shop, stood: LedgerDocument) -> None:
    changed = shop.order(parts=(PlannedPart("", deposit()),))
    assert (changed.pk, changed.pending_revision) == (stood.pk, None)
    assert changed.problem_code == "document.changed_after_posting"


def test_a_change_that_comes_while_the_document_is_in_doubt_is_kept_for_later(shop: Shop, later: Any) -> None:
    shop.books.before = once(lost_answer())
    document = shop.order("100.00")
    posting.post(documents=[document], shown=shown(document))
    changed = shop.order("120.00")
    assert (changed.state, changed.pending_revision.total) == (State.UNKNOWN, Decimal("120.00"))
    waiting = amend(changed)
    assert waiting.results[0].verdict is Verdict.WAITING
    assert waiting.not_before is not None
    assert posting.post(documents=[changed], shown=shown(changed)).results[0].verdict is Verdict.WAITING
    with later(timedelta(minutes=4)):
        assert posting.resume().posted
        assert total(shop) == Decimal("100.00")
        assert amend(changed).results[0].verdict is Verdict.AMENDED
    assert total(shop) == Decimal("120.00")
    assert len(shop.books.documents) == 1


def test_a_refused_document_that_changed_meanwhile_is_held_as_it_is_now(shop: Shop) -> None:
    def change_then_refuse(_request: Any) -> Outcome:
        shop.order("120.00")
        return says_no()

    shop.books.before = change_then_refuse
    document = shop.order("100.00")
    posting.post(documents=[document], shown=shown(document))
    held = fresh(document)
    assert (held.state, held.current_revision.total, held.pending_revision) == (State.HELD, Decimal("120.00"), None)


# ---------------------------------------------------------------- the plain case


def test_a_ledger_that_changes_by_writing_anew_gives_the_document_another_id(
    shop: Shop, stood: LedgerDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KashFlow's bank transactions and payments: what was written first is gone, and our row names what stands."""

    def anew(request: PostRequest) -> Found:
        del shop.books.documents[request.external_id]
        shop.books.documents["2002"] = Found("2002", "0", request.number, request.marker, request.document, {})
        return shop.books.documents["2002"]

    monkeypatch.setattr(shop.books, "replace", anew)
    changed = shop.order("120.00")
    assert amend(changed).results[0].verdict is Verdict.AMENDED
    assert (fresh(changed).external_id, fresh(changed).problem_code) == ("2002", "")
    assert posting.undo(documents=[fresh(changed)]).results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}


def test_the_change_is_sent_once_and_recorded(shop: Shop, stood: LedgerDocument) -> None:
    person = User.objects.create_user("ann@example.com")
    shop.order("120.00")
    outcome = amend(stood, by=person)

    assert outcome.results[0].verdict is Verdict.AMENDED
    assert outcome.posted
    assert shop.books.asked == ["read", "post 1", "read"]
    assert total(shop) == Decimal("120.00")
    document = fresh(stood)
    assert (document.state, document.external_version, document.pending_revision) == (State.POSTED, "1", None)
    assert document.current_revision.total == Decimal("120.00")
    assert document.read_back["total"] == "120.00"
    assert phases(document) == [("create", "done"), ("update", "done")]
    event = Event.objects.get(type="document.amended")
    assert (event.payload["version"], event.payload["hash"]) == ("1", document.current_revision.hash)
    assert AuditEvent.objects.get(action="document.amended").before == {"hash": stood.current_revision.hash}

    again = amend(document)
    assert again.results[0].verdict is Verdict.ALREADY
    assert len(shop.books.updates) == 1


def test_what_was_shown_must_be_what_waits_now(shop: Shop, stood: LedgerDocument) -> None:
    seen = shown(shop.order("120.00"))
    shop.order("130.00")
    outcome = posting.amend(documents=[fresh(stood)], shown=seen)
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.REFUSED, "posting.stale")
    assert posting.amend(documents=[fresh(stood)], shown={}).results[0].verdict is Verdict.REFUSED
    assert shop.books.asked == []


def test_what_is_not_in_the_ledger_cannot_be_amended(shop: Shop) -> None:
    assert amend(shop.order()).problem.code == "amend.not_standing"


def test_posting_a_document_with_a_pending_change_sends_nothing(shop: Shop, stood: LedgerDocument) -> None:
    changed = shop.order("120.00")
    again = posting.post(documents=[changed], shown=shown(changed))
    assert again.results[0].verdict is Verdict.ALREADY
    assert shop.books.asked == []


def test_changes_of_many_orders_share_one_query_and_one_call(shop: Shop) -> None:
    documents = [stands(shop, f"111-{number}") for number in range(5)]
    changed = [shop.order("120.00", ref=f"111-{number}") for number in range(5)]
    shop.books.shows = True
    assert {each.verdict for each in amend(*changed).results} == {Verdict.AMENDED}
    assert shop.books.asked == ["find 5", "post 5"]
    assert len(set(shop.books.request_ids)) == 5
    assert [fresh(document).read_back["total"] for document in documents] == ["120.00"] * 5


def test_a_second_change_is_another_intent(shop: Shop, stood: LedgerDocument) -> None:
    for sales in ("120.00", "130.00"):
        shop.order(sales)
        assert amend(stood).posted
    assert total(shop) == Decimal("130.00")
    assert len(set(shop.books.request_ids)) == 2


def test_a_locked_period_keeps_the_change_waiting(shop: Shop, stood: LedgerDocument) -> None:
    lock = PeriodLock.objects.create(ledger=shop.ledger, through=date(2026, 7, 14))
    shop.order(parts=(PlannedPart("", journal(sales="120.00", on=date(2026, 7, 16))),))
    outcome = amend(stood)
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.HELD, "posting.period_locked")
    assert fresh(stood).state == State.POSTED
    lock.delete()
    assert amend(stood).posted
    assert fresh(stood).posted_on == date(2026, 7, 16)


def test_parts_are_amended_in_their_order(shop: Shop) -> None:
    def planned(first: str, second: str) -> list[LedgerDocument]:
        return shop.plan("1", journal(sales=first), journal(sales=second), source_kind="order", amendable=True)

    documents = planned("100.00", "50.00")
    posting.post(documents=documents, shown=shown(*documents))
    documents = planned("120.00", "60.00")
    assert amend(documents[1]).results[0].verdict is Verdict.BEHIND
    assert amend(*documents).posted
    assert [request.number for request in shop.books.updates] == ["AMZ-1-1", "AMZ-1-2"]


# ---------------------------------------------------------------- somebody else's hand


def test_an_edit_in_the_ledger_is_never_written_over_silently(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="101.00"))
    outcome = amend(stood)

    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.HELD, "amend.edited_there")
    assert outcome.problem.params["what"] == "lines, total"
    assert total(shop) == Decimal("101.00")
    document = fresh(stood)
    assert (document.state, document.problem_code) == (State.POSTED, "amend.edited_there")
    assert document.pending_revision is not None
    assert Alert.objects.get(state="open").problem_code == "amend.edited_there"


def test_a_person_may_write_over_an_edit_knowingly(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="101.00"))
    amend(stood)
    assert amend(stood, overwrite=True).results[0].verdict is Verdict.AMENDED
    assert total(shop) == Decimal("120.00")
    assert AuditEvent.objects.get(action="document.amended").after["over"] == "lines, total"
    assert not Alert.objects.filter(state="open").exists()
    assert fresh(stood).problem_code == ""


def test_a_person_may_leave_the_document_as_it_is(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="101.00"))
    amend(stood)
    posting.leave(document=stood, reason="the customer asked for it")

    assert shop.order("120.00").pending_revision is None
    assert fresh(stood).problem_code == ""
    assert not Alert.objects.filter(state="open").exists()
    assert AuditEvent.objects.get(action="document.left").reason == "the customer asked for it"
    assert total(shop) == Decimal("101.00")

    shop.order("130.00")
    assert amend(stood).problem.code == "amend.edited_there", "what they made of it is still theirs"


def test_an_edit_that_moves_no_money_is_seen_too(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    before = journal()
    shop.books.edit("1001", type(before)(before.date, before.currency, before.lines, "Paid in two parts"))
    assert amend(stood).problem.params["what"] == "memo"


def test_an_edit_that_was_taken_back_is_none(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="101.00"))
    assert amend(stood).results[0].verdict is Verdict.HELD
    shop.books.edit("1001", journal())
    assert amend(stood).results[0].verdict is Verdict.AMENDED


def test_an_edit_that_was_noticed_before_is_still_an_edit(shop: Shop, stood: LedgerDocument) -> None:
    shop.books.edit("1001", journal(sales="101.00"))
    posting.verify(document=stood)
    assert fresh(stood).problem_code == "document.differs"
    shop.order("120.00")
    assert amend(stood).problem.code == "amend.edited_there"


def test_a_version_that_rose_without_an_edit_is_none(shop: Shop, stood: LedgerDocument) -> None:
    shop.books.touch("1001")
    shop.order("120.00")
    assert amend(stood).results[0].verdict is Verdict.AMENDED
    assert shop.books.updates[0].external_version == "1"


def test_somebody_who_made_the_very_change_has_done_our_work(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="120.00"))
    assert amend(stood).results[0].verdict is Verdict.AMENDED
    assert shop.books.updates == []
    assert phases(stood)[-1] == ("update", "found")


def test_an_edit_between_our_reading_and_our_writing_is_not_lost(shop: Shop, stood: LedgerDocument) -> None:
    def edited_meanwhile(_request: Any) -> None:
        shop.books.before = lambda request: None
        shop.books.edit("1001", journal(sales="101.00"))

    shop.books.before = edited_meanwhile
    shop.order("120.00")
    assert amend(stood).problem.code == "amend.edited_there"
    assert total(shop) == Decimal("101.00")


def test_a_stale_version_is_read_again_and_sent_at_the_newest(shop: Shop, stood: LedgerDocument) -> None:
    def touched_meanwhile(_request: Any) -> None:
        shop.books.before = lambda request: None
        shop.books.touch("1001")

    shop.books.before = touched_meanwhile
    shop.order("120.00")
    assert amend(stood).results[0].verdict is Verdict.AMENDED
    assert [request.external_version for request in shop.books.updates] == ["1"]
    assert len(set(shop.books.request_ids)) == 2, "another body is another request"


@pytest.mark.parametrize("kind", [FailureKind.STALE, FailureKind.NOT_FOUND])
def test_a_refusal_for_its_version_may_come_as_a_failure_too(shop: Shop, stood: LedgerDocument, kind: FailureKind) -> None:
    shop.books.before = once(failure(kind))
    shop.order("120.00")
    assert amend(stood).posted


def test_whoever_is_always_faster_is_waited_for(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.before = lambda request: shop.books.touch("1001")
    shop.order("120.00")
    outcome = amend(stood)
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.WAITING, "amend.always_stale")
    assert shop.books.asked.count("post 1") == 3
    assert fresh(stood).state == State.AMENDING
    shop.books.before = lambda request: None
    with later(timedelta(minutes=10)):
        assert posting.resume().posted
    assert total(shop) == Decimal("120.00")


def test_what_was_deleted_in_the_ledger_is_held(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.order("120.00")
    shop.books.documents.clear()
    with later(timedelta(minutes=5)):
        outcome = amend(stood)
    assert (outcome.results[0].verdict, outcome.problem.code) == (Verdict.HELD, "amend.deleted_there")
    assert shop.books.documents == {}


def test_what_was_deleted_may_be_posted_again_knowingly(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.order("120.00")
    shop.books.documents.clear()
    with later(timedelta(minutes=5)):
        outcome = amend(stood, overwrite=True)
    assert outcome.results[0].verdict is Verdict.POSTED
    assert [found.document.total for found in shop.books.documents.values()] == [Decimal("120.00")]
    assert (fresh(stood).state, fresh(stood).pending_revision) == (State.POSTED, None)


# ---------------------------------------------------------------- lost and turned away


def test_an_answer_lost_after_the_update_is_settled_by_reading(shop: Shop, stood: LedgerDocument) -> None:
    shop.books.after = once(lost_answer())
    shop.order("120.00")
    assert amend(stood).results[0].verdict is Verdict.AMENDED
    assert len(shop.books.updates) == 1
    assert phases(stood)[-1] == ("update", "found")


def test_an_update_lost_on_the_way_is_sent_again_by_itself(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.before = once(lost_answer())
    shop.order("120.00")
    assert amend(stood).results[0].verdict is Verdict.WAITING
    assert fresh(stood).state == State.AMENDING
    with later(timedelta(minutes=10)):
        assert posting.resume().posted
    assert len(shop.books.updates) == 1
    assert len(set(shop.books.request_ids)) == 1, "every retry of one intent carries the same key"
    assert phases(stood)[1:] == [("update", "lost"), ("update", "done")]


def test_an_update_that_arrives_late_is_not_taken_for_an_edit(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    late: list[Any] = []

    def delayed(request: Any) -> Any:
        late.append(request)
        return lost_answer()

    shop.books.before = delayed
    shop.order("120.00")
    amend(stood)
    shop.books.before = lambda request: None
    shop.order("130.00")
    shop.books.replace(late[0])
    with later(timedelta(minutes=10)):
        assert amend(stood).results[0].verdict is Verdict.AMENDED
    assert total(shop) == Decimal("130.00")


def test_a_change_that_was_overtaken_while_it_was_lost_is_not_sent_again(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.before = once(lost_answer())
    shop.order("120.00")
    amend(stood)
    shop.order("130.00")
    with later(timedelta(minutes=10)):
        assert posting.resume().results[0].verdict is Verdict.REFUSED
        assert fresh(stood).state == State.POSTED
        assert shop.books.updates == []
        assert amend(stood).posted
    assert total(shop) == Decimal("130.00")


def test_an_update_that_vanishes_again_and_again_is_held_for_a_person(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.before = lambda request: lost_answer()
    shop.order("120.00")
    amend(stood)
    for turn in range(1, 9):
        with later(timedelta(hours=2 * turn)):
            posting.resume()
    assert fresh(stood).problem_code == "posting.keeps_vanishing"
    assert shop.books.asked.count("post 1") == 5


@pytest.mark.parametrize(
    ("kind", "verdict", "state"),
    [
        (FailureKind.THROTTLED, Verdict.WAITING, State.AMENDING),
        (FailureKind.BREAKER_OPEN, Verdict.WAITING, State.AMENDING),
        (FailureKind.NEEDS_RECONNECT, Verdict.WAITING, State.AMENDING),
        (FailureKind.UNAVAILABLE, Verdict.WAITING, State.AMENDING),
        (FailureKind.MALFORMED, Verdict.WAITING, State.AMENDING),
        (FailureKind.REJECTED, Verdict.HELD, State.POSTED),
        (FailureKind.PERIOD_CLOSED, Verdict.HELD, State.POSTED),
        (FailureKind.OUR_BUG, Verdict.HELD, State.POSTED),
    ],
)
@pytest.mark.parametrize("asked", ["read", "post"])
def test_every_failure_leaves_the_change_where_it_belongs(
    shop: Shop, stood: LedgerDocument, later: Any, kind: FailureKind, verdict: Verdict, state: str, asked: str
) -> None:
    trouble = failure(kind, wait=timedelta(seconds=60), trace_id="t-9")
    if asked == "read":
        shop.books.read_fails = trouble
    else:
        shop.books.before = once(trouble)
    shop.order("120.00")
    assert amend(stood).results[0].verdict is verdict
    assert fresh(stood).state == state
    assert fresh(stood).pending_revision is not None
    assert PostingAttempt.objects.filter(document=stood).last().provider_trace_id == "t-9"
    shop.books.read_fails = None
    with later(timedelta(hours=1)):
        assert (posting.resume() if verdict is Verdict.WAITING else amend(stood)).posted
    assert total(shop) == Decimal("120.00")
    assert len(shop.books.updates) == 1


def test_a_doubt_is_not_ended_by_a_reading_that_is_turned_away(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.after = once(lost_answer())
    real = shop.target.read
    turned_away = once(failure(FailureKind.THROTTLED, wait=timedelta(seconds=60)))

    def read(*asked: Any) -> Any:
        if shop.books.updates and (trouble := turned_away(asked)):
            raise trouble
        return real(*asked)

    shop.target.read = read  # type: ignore[method-assign]
    shop.order("120.00")
    assert amend(stood).results[0].verdict is Verdict.WAITING
    assert phases(stood)[-1] == ("update", "unknown")
    with later(timedelta(hours=1)):
        assert posting.resume().posted
    assert len(shop.books.updates) == 1


def test_our_own_mistake_holds_what_was_not_sent_and_reads_what_was(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    def broken(_request: Any) -> None:
        raise KeyError("Id")

    shop.books.after = broken
    shop.order("120.00")
    with pytest.raises(KeyError):
        amend(stood)
    assert phases(stood)[-1] == ("update", "unknown")
    with later(timedelta(hours=1)):
        assert posting.resume().posted
    assert len(shop.books.updates) == 1


def test_a_batch_in_which_one_is_refused_and_one_is_stale_writes_the_rest(shop: Shop) -> None:
    documents = [stands(shop, f"111-{number}") for number in range(3)]
    for number in range(3):
        shop.order("120.00", ref=f"111-{number}")

    def trouble(request: Any) -> Outcome | None:
        if request.number.endswith("-0"):
            return says_no()
        if request.number.endswith("-1") and request.external_version == "0":
            shop.books.touch(request.external_id)
            return Outcome(OutcomeKind.STALE)
        return None

    shop.books.before = trouble
    assert [each.verdict for each in amend(*documents).results] == [Verdict.HELD, Verdict.AMENDED, Verdict.AMENDED]
    assert sorted(total(shop, str(number)) for number in (1001, 1002, 1003)) == [100, 120, 120]


# ---------------------------------------------------------------- undo


def test_an_amended_document_can_be_undone(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    amend(stood)
    assert posting.undo(documents=[fresh(stood)]).results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}
    assert PostingAttempt.objects.get(action="delete").provider_trace_id == "t-del"


def test_a_cancelled_order_is_undone_whatever_change_of_it_was_waiting(shop: Shop, stood: LedgerDocument) -> None:
    shop.order("120.00")
    assert posting.undo(documents=[fresh(stood)], reason="cancelled").results[0].verdict is Verdict.UNDONE
    undone = fresh(stood)
    assert (undone.state, undone.pending_revision, shop.books.documents) == (State.UNDONE, None, {})
    assert amend(stood).results[0].verdict is Verdict.REFUSED


def test_a_cancelled_order_whose_change_was_turned_away_is_undone(shop: Shop, stood: LedgerDocument) -> None:
    shop.books.before = once(failure(FailureKind.THROTTLED, wait=timedelta(minutes=5)))
    shop.order("120.00")
    amend(stood)
    assert posting.undo(documents=[fresh(stood)]).results[0].verdict is Verdict.UNDONE


def test_what_is_in_doubt_is_found_out_before_it_is_undone(shop: Shop, stood: LedgerDocument, later: Any) -> None:
    shop.books.before = once(lost_answer())
    shop.order("120.00")
    amend(stood)
    assert posting.undo(documents=[fresh(stood)]).results[0].verdict is Verdict.WAITING
    with later(timedelta(minutes=10)):
        posting.resume()
        assert posting.undo(documents=[fresh(stood)]).results[0].verdict is Verdict.UNDONE
    assert shop.books.documents == {}


def test_an_order_placed_again_is_posted_as_another_intent(shop: Shop, stood: LedgerDocument) -> None:
    posting.undo(documents=[stood])
    again = shop.order("100.00")
    assert again.pk == stood.pk
    assert posting.post(documents=[again], shown=shown(again)).posted
    assert len(shop.books.documents) == 1


# ---------------------------------------------------------------- history


def test_the_history_tells_revisions_and_attempts_in_order(shop: Shop, stood: LedgerDocument) -> None:
    person = User.objects.create_user("ann@example.com")
    shop.order("120.00")
    amend(stood, by=person)
    shop.order("130.00")
    told = [
        (entry.revision.number, entry.attempt.action if entry.attempt else "planned", entry.by)
        for entry in selectors.document_history(fresh(stood))
    ]
    assert told == [
        (1, "planned", None),
        (1, "create", None),
        (2, "planned", None),
        (2, "update", person),
        (3, "planned", None),
    ]
    pending = [entry.is_pending for entry in selectors.document_history(fresh(stood))]
    assert pending == [False, False, False, False, True]


# ---------------------------------------------------------------- each guard is needed


def test_without_the_three_way_check_an_edit_would_be_lost(
    shop: Shop, stood: LedgerDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "judge", lambda *_given: comparing.Judgement(comparing.Standing.OURS))
    shop.order("120.00")
    shop.books.edit("1001", journal(sales="101.00"))
    amend(stood)
    assert total(shop) == Decimal("120.00")


def test_without_the_version_an_edit_between_reading_and_writing_would_be_lost(shop: Shop, stood: LedgerDocument) -> None:
    def edited_meanwhile(request: Any) -> None:
        shop.books.edit("1001", journal(sales="101.00"))
        object.__setattr__(request, "external_version", "1")

    shop.books.before = edited_meanwhile
    shop.order("120.00")
    amend(stood)
    assert total(shop) == Decimal("120.00")

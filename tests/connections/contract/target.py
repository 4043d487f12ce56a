"""TargetContract: a document is written once, found again, read back to the penny, and refused in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.accounting import DocumentType, JournalEntry, balanced_lines
from canonical.problems import CATALOGUE
from connections import budgets
from connections.contracts import OutcomeKind
from connections.errors import Failure, FailureKind
from syncs import entities

from .forms import FORMS, TEXT, accounts
from .ledger import Ledger

# The document that most tests are about: the first of these that the ledger takes.
SETTLED = (DocumentType.JOURNAL_ENTRY, DocumentType.INVOICE, DocumentType.SALES_RECEIPT)


class TargetContract:
    """Inherit it, and say what `ledger` is."""

    harness: type[Ledger]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """A test about kinds of document is run for each that this ledger takes."""
        if "kind" in metafunc.fixturenames:
            kinds = self.harness.documents()
            metafunc.parametrize("kind", [kind for kind in FORMS if kind in kinds], ids=lambda kind: kind.value)

    @pytest.fixture
    def ledger(self, twins: Any, tenant: Any) -> Ledger:
        budgets.forget_leases()
        return self.harness(twins)

    @pytest.fixture
    def build(self, ledger: Ledger) -> Callable[..., Any]:
        return lambda kind, **said: FORMS[kind](ledger, **said)

    @pytest.fixture
    def some(self, ledger: Ledger) -> Any:
        """A document of the ledger's first form."""
        return FORMS[self.first(ledger)](ledger)

    @staticmethod
    def first(ledger: Ledger) -> DocumentType:
        return next(kind for kind in SETTLED if kind in ledger.target.forms.documents)

    # ------------------------------------------------------------ parties

    def test_two_buyers_of_one_name_are_two_customers(self, ledger: Ledger) -> None:
        """Names are unique in a ledger: the second bears something of his own, and each is found again."""

        def of(email: str) -> str:
            ours = entities.Ledger(ledger.connection, ledger.target, ledger.door)
            buyer = ledger.settle(lambda: entities.customer(ours, "John Smith", currency=ledger.home, email=email))
            return buyer.key

        first, second = of("john@one.example"), of("john@two.example")
        assert first != second
        assert (of("john@one.example"), of("JOHN@two.example")) == (first, second)

    # ------------------------------------------------------------ written, read, found

    def test_what_is_written_is_read_back_to_the_penny(self, ledger: Ledger, build: Any, kind: DocumentType) -> None:
        planned = build(kind, text=TEXT)
        asked = ledger.request(planned, f"w{kind.value}"[:20])
        before = ledger.held(kind.value)
        (outcome,) = ledger.post(asked)
        assert outcome.kind is OutcomeKind.CREATED, outcome.problem and outcome.problem.text()
        found = ledger.read(planned, outcome.external_id)
        assert found is not None
        assert found.marker == asked.marker
        assert (found.document.date, found.document.currency, found.document.total) == (
            planned.date,
            planned.currency,
            planned.total,
        )
        said, meant = _effect(found.document), _effect(planned)
        assert said == {key: meant.get(key) for key in said}, "on other accounts than planned"
        assert _amounts(found.document) == _amounts(planned)
        assert ledger.held(kind.value) == before + 1

    def test_an_answer_lost_after_the_write_is_found_and_nothing_is_sent_twice(
        self, ledger: Ledger, build: Any, kind: DocumentType
    ) -> None:
        asked = ledger.request(build(kind), f"l{kind.value}"[:20])
        before = ledger.held(kind.value)
        ledger.fault("drop-after-commit", kind.value)
        outcomes = _outcome(lambda: ledger.post(asked))
        assert ledger.struck()
        found = ledger.find(asked)
        assert set(found) == {asked.marker}, outcomes
        assert found[asked.marker].document.total == asked.document.total
        assert ledger.held(kind.value) == before + 1

    def test_an_answer_lost_before_the_write_is_looked_for_in_vain(self, ledger: Ledger, some: Any) -> None:
        asked = ledger.request(some, "never")
        ledger.fault("drop-before-commit", some.document_type.value)
        _outcome(lambda: ledger.post(asked))
        assert ledger.struck()
        assert ledger.find(asked) == {}
        assert ledger.held(some.document_type.value) == 0
        (outcome,) = ledger.post(asked)
        assert outcome.kind is OutcomeKind.CREATED
        assert ledger.held(some.document_type.value) == 1

    def test_a_whole_batch_is_found_in_few_questions(self, ledger: Ledger) -> None:
        kind = self.first(ledger)
        asked = [ledger.request(FORMS[kind](ledger, amount=f"{n}.10"), f"b{n}") for n in range(1, 6)]
        assert {outcome.kind for outcome in ledger.post(*asked)} == {OutcomeKind.CREATED}
        stranger = ledger.request(FORMS[kind](ledger, amount="9.10"), "stranger")
        assert set(ledger.find(*asked, stranger)) == {one.marker for one in asked}

    def test_a_document_that_is_taken_out_is_gone(self, ledger: Ledger, some: Any) -> None:
        (made,) = ledger.post(ledger.request(some, "undo"))
        removed = ledger.remove(some, made.external_id, made.external_version)
        assert removed.kind in (OutcomeKind.CREATED, OutcomeKind.EXISTS), removed.problem and removed.problem.text()
        assert ledger.read(some, made.external_id) is None
        assert ledger.held(some.document_type.value) == 0

    # ------------------------------------------------------------ amounts and words

    @pytest.mark.parametrize("amount", ["0.01", "86.30", "1234567.89"])
    def test_amounts_keep_every_digit(self, ledger: Ledger, amount: str) -> None:
        document = FORMS[self.first(ledger)](ledger, amount=amount)
        (made,) = ledger.post(ledger.request(document, f"a{amount.replace('.', '')}"))
        found = ledger.read(document, made.external_id)
        assert found is not None
        assert found.document.total == Decimal(amount)

    def test_currencies_with_none_and_three_decimals(self, ledger: Ledger) -> None:
        if not ledger.other_currencies:
            pytest.skip(f"{ledger.provider}'s company keeps one currency")
        kind = self.first(ledger)
        for currency, amount in ledger.other_currencies.items():
            document = FORMS[kind](ledger, amount=amount, currency=currency)
            (made,) = ledger.post(ledger.request(document, f"c{currency}"))
            assert made.kind is OutcomeKind.CREATED, made.problem and made.problem.text()
            found = ledger.read(document, made.external_id)
            assert found is not None
            assert (found.document.currency, found.document.total) == (currency, Decimal(amount))

    def test_words_of_any_language_come_back(self, ledger: Ledger) -> None:
        document = FORMS[self.first(ledger)](ledger, text=TEXT)
        (made,) = ledger.post(ledger.request(document, "words"))
        found = ledger.read(document, made.external_id)
        assert found is not None
        assert TEXT in {line.description for line in found.document.lines}

    # ------------------------------------------------------------ refused in words

    def test_a_closed_period_is_named_with_a_remedy_and_nothing_is_written(self, ledger: Ledger, some: Any) -> None:
        asked = ledger.request(some, "closed")
        ledger.close_books(date(2026, 11, 30))
        ledger.forget_company()
        ahead = [problem.code for problem in ledger.problems(some)]
        (outcome,) = ledger.post(asked)
        assert outcome.kind is OutcomeKind.REJECTED
        assert outcome.problem is not None
        _in_words(outcome.problem)
        assert ahead, "the preflight must see it before anything is sent"
        assert ledger.held(some.document_type.value) == 0

    def test_a_retired_account_is_named_and_the_rest_goes_on(self, ledger: Ledger) -> None:
        kind = self.first(ledger)
        good = [ledger.request(FORMS[kind](ledger, amount=f"{n}.20"), f"g{n}") for n in (1, 2)]
        bad = FORMS[kind](ledger, amount="3.20")
        retired = accounts(ledger)["cost"]
        bad = replace(bad, lines=tuple(replace(line, account=_other(line.account, retired, bad)) for line in bad.lines))
        ledger.retire(retired)
        refused = ledger.request(bad, "bad")
        assert ledger.problems(bad), "the preflight must see it before anything is sent"
        outcomes = ledger.post(good[0], refused, good[1])
        assert [outcome.kind for outcome in outcomes] == [OutcomeKind.CREATED, OutcomeKind.REJECTED, OutcomeKind.CREATED]
        assert outcomes[1].problem is not None
        _in_words(outcomes[1].problem)

    def test_an_account_that_never_was_is_a_bad_reference(self, ledger: Ledger, some: Any) -> None:
        stranger = replace(some.lines[-1].account, key="987654321")
        lines = (*some.lines[:-1], replace(some.lines[-1], account=stranger, item=None))
        if ledger.target.line_items and not isinstance(some, JournalEntry):
            pytest.skip("lines of sales documents name items there")
        wrong = replace(some, lines=lines)
        assert ledger.problems(wrong)

    # ------------------------------------------------------------ the line

    def test_throttled_before_anything_was_done_is_a_failure_that_waits(self, ledger: Ledger, some: Any) -> None:
        asked = ledger.request(some, "slow")
        ledger.fault("throttle", some.document_type.value, seconds=1)
        with pytest.raises(Failure) as failed:
            ledger.post(asked)
        assert failed.value.held_back
        assert ledger.held(some.document_type.value) == 0

    @pytest.mark.parametrize("trouble", ["500", "503html", "malformed"])
    def test_an_unclear_answer_is_no_success(self, ledger: Ledger, some: Any, trouble: str) -> None:
        asked = ledger.request(some, f"u{trouble}")
        ledger.fault(trouble, some.document_type.value)
        outcome = _outcome(lambda: ledger.post(asked))
        assert ledger.struck()
        assert outcome in (OutcomeKind.UNKNOWN, FailureKind.UNAVAILABLE, FailureKind.UNKNOWN_OUTCOME), outcome
        assert len(ledger.find(asked)) == ledger.held(some.document_type.value) <= 1

    def test_a_credential_that_ended_is_renewed_on_the_way(self, ledger: Ledger, some: Any) -> None:
        if not ledger.renews:
            pytest.skip(f"what lets us into {ledger.provider} does not end by itself")
        asked = ledger.request(some, "renewed")
        ledger.expire()
        (outcome,) = ledger.post(asked)
        assert outcome.kind is OutcomeKind.CREATED

    def test_a_permission_taken_back_asks_for_a_person(self, ledger: Ledger, some: Any) -> None:
        asked = ledger.request(some, "revoked")
        ledger.revoke()
        with pytest.raises(Failure) as failed:
            ledger.post(asked)
        assert failed.value.kind is FailureKind.NEEDS_RECONNECT
        _in_words(failed.value.problem)
        ledger.connection.refresh_from_db()
        assert ledger.connection.state == "needs_reconnect"

    # ------------------------------------------------------------ lists

    def test_lists_longer_than_a_page_come_whole(self, ledger: Ledger) -> None:
        income = accounts(ledger)["income"]
        names = {f"Page {n:03}" for n in range(12)}
        for name in names:
            ledger.customer(name) if not ledger.target.line_items else ledger.item(name, income)
        kind = "item" if ledger.target.line_items else "customer"
        assert names <= {item.name for item in ledger.references(kind).values()}

    def test_what_is_there_under_that_name_is_taken_over(self, ledger: Ledger) -> None:
        first, again = ledger.customer("Amazon.de sales"), ledger.customer("Amazon.de sales")
        assert first == again
        named = accounts(ledger)["income"]
        spec = {"name": named.name, "type": "Income", "subtype": ""}
        item = ledger.settle(
            lambda: ledger.target.create_account(ledger.door, ledger.account, spec, request_id="another-request")
        )
        assert item.external_id == named.key


def _effect(document: Any) -> dict[str, Decimal]:
    """What a document does to each account it names, credit positive. A ledger need not name all of them: an invoice's
    receivable account, or the account an item books to."""
    sums: dict[str, Decimal] = {}
    for line in balanced_lines(document):
        if line.account.key:
            sums[line.account.key] = sums.get(line.account.key, Decimal(0)) + line.signed
    return {key: amount for key, amount in sums.items() if amount}


def _amounts(document: Any) -> list[tuple[Decimal, Decimal]]:
    return sorted((line.signed, line.tax_amount) for line in document.lines)


def _outcome(act: Callable[[], Any]) -> Any:
    """The kind of the one outcome, or of the failure; a failure says that the outcome is unknown."""
    try:
        return act()[0].kind
    except Failure as failure:
        return failure.kind


def _other(account: Any, retired: Any, document: Any) -> Any:
    """The line that can stand on another account without making the document another form."""
    return retired if account == document.lines[-1].account else account


def _in_words(problem: Any) -> None:
    """A problem that a person can act on: text and remedy, no blanks left open."""
    assert problem.code in CATALOGUE
    for text in (problem.text(), problem.remedy()):
        assert text
        assert "%(" not in text

"""BrowserContract: whatever an account holds can be looked at, page by page to its end, and trouble is said in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from canonical.problems import Refused
from connections import browsing, budgets, jsontext, registry
from connections.contracts import Browser
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection

from .forms import FORMS
from .ledger import Ledger

MOST = 60  # pages of one kind that a twin's account may have


class Look:
    """What a provider's own test file fills in.

    `none` are the kinds of which the twin's account holds nothing, `unfilled` the columns of a kind that it happens to fill
    nowhere; `simplest` is a kind that there always is, and that one call shows.
    """

    provider: str
    simplest: str
    none: frozenset[str] = frozenset()
    unfilled: Mapping[str, frozenset[str]] = {}

    def __init__(self, twins: Any) -> None:
        self.twins = twins
        self.connection = self.connect()
        found = registry.provider(self.provider).browser
        assert found is not None
        self.browser: Browser = found

    def connect(self) -> Connection:
        raise NotImplementedError

    def fill(self) -> None:
        """Let the account hold something of every kind, where it does not by itself."""

    def wait(self) -> None:
        """Let happen what a page waits for."""
        raise AssertionError(f"{self.provider} is to be waited for, and its test does not say how")

    def expire(self) -> None:
        """End the credential in use, so that the next call is refused once."""
        raise NotImplementedError

    def throttle(self) -> None:
        self.twins.fault(self.provider, "throttle", count=1)

    # ------------------------------------------------------------ the product's side

    def pages(self, kind: str) -> list[tuple[str, tuple[Any, ...]]]:
        """(path of the identity, rows) of every page of a kind, to the last."""
        found, cursor = [], ""
        for _turn in range(MOST):
            try:
                page = self.browser.page(door_for(self.connection, "test"), self.connection.account(), kind, cursor=cursor)
            except Failure as failure:
                if failure.kind is not FailureKind.QUEUED:
                    raise
                self.wait()
                continue
            if page.waits:
                assert page.next, "waits, and says not with what to look again"
                self.wait()
            else:
                found.append((page.identity, page.rows))
            cursor = page.next
            if not cursor:
                return found
        raise AssertionError(f"{kind}: more than {MOST} pages")


class Books(Look):
    """A ledger that is looked at: `ledger` is its harness, by which it is filled with a document of every kind it takes."""

    ledger: type[Ledger]

    def connect(self) -> Connection:
        self.books = self.ledger(self.twins)
        return self.books.connection

    def fill(self) -> None:
        for kind in self.ledger.documents():
            if kind in FORMS:
                self.books.post(self.books.request(FORMS[kind](self.books), f"look-{kind.value}"[:20]))

    def expire(self) -> None:
        self.books.expire()


class BrowserContract:
    """Inherit it, and say what `look` is."""

    harness: type[Look]

    @pytest.fixture
    def look(self, twins: Any, tenant: Any) -> Look:
        budgets.forget_leases()
        return self.harness(twins)

    def test_every_kind_is_shown_to_its_end_and_each_entity_once(self, look: Look) -> None:
        look.fill()
        wrong = [f"{kind.key}: does not fit into an address" for kind in look.browser.entities if "/" in kind.key]
        for kind in look.browser.entities:
            try:
                pages = look.pages(kind.key)
            except Failure as failure:
                wrong.append(f"{kind.key}: {failure.problem.text()}")
                continue
            rows = [row for _identity, page in pages for row in page]
            named = [str(browsing.field(row, identity) or "") for identity, page in pages for row in page]
            if not rows and kind.key not in look.none:
                wrong.append(f"{kind.key}: nothing")
            if len({jsontext.pretty(row) for row in rows}) != len(rows) or "" in named:
                wrong.append(f"{kind.key}: told twice, or without {pages[0][0]}")
            wrong += [
                f"{kind.key}: no row has {path}"
                for path in kind.columns
                if rows and path not in look.unfilled.get(kind.key, ()) and all(browsing.field(row, path) is None for row in rows)
            ]
        assert not wrong, "\n".join(wrong)

    @pytest.mark.parametrize("cursor", ["nonsense", "a|b", "1|2|3|4|5|6", "-1", "²"])
    def test_a_page_that_nobody_gave_is_not_asked_for(self, look: Look, cursor: str) -> None:
        asked = len(look.twins.journal())
        with pytest.raises(Refused):
            browsing.look(look.connection, look.simplest, cursor)
        assert len(look.twins.journal()) == asked

    def test_a_kind_that_there_is_not_is_refused(self, look: Look) -> None:
        with pytest.raises(Refused):
            browsing.look(look.connection, "Secrets")


class CalledBrowserContract(BrowserContract):
    """For a provider that is called and answers at once: nothing is kept, and its trouble is said."""

    def test_what_is_looked_at_is_not_kept(self, look: Look) -> None:
        before = set(ApiCall.objects.values_list("pk", flat=True))
        shown = browsing.look(look.connection, look.simplest)
        assert shown.rows
        assert all(row.identity for row in shown.rows)
        made = ApiCall.objects.exclude(pk__in=before).filter(provider=look.provider).exclude(operation__in=("token", "refresh"))
        assert made
        assert {call.response_blob_id for call in made} == {None}

    def test_a_throttled_page_is_said_so(self, look: Look) -> None:
        look.throttle()
        with pytest.raises(Failure) as failed:
            browsing.look(look.connection, look.simplest)
        assert failed.value.kind is FailureKind.THROTTLED
        assert failed.value.problem.text()

    def test_a_credential_that_ended_is_renewed_on_the_way(self, look: Look) -> None:
        look.expire()
        assert browsing.look(look.connection, look.simplest).rows

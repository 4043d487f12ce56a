"""KashFlow keeps the promises of a ledger."""

from __future__ import annotations

from datetime import timedelta

from sandbox.kashflow.seed import VAT
from tests.connections.providers.kashflow.twin import CORNER, SEVERN, KashFlow

from .authoriser import AuthoriserContract, Entry
from .browser import Books, CalledBrowserContract
from .target import TargetContract


class TestKashFlow(TargetContract):
    harness = KashFlow


class KashFlowLook(Books):
    provider, simplest, ledger = "kashflow", "NominalCode", KashFlow
    unfilled = {"Customer": frozenset({"Postcode"}), "Supplier": frozenset({"Email", "VATNumber"})}


class TestLooking(CalledBrowserContract):
    harness = KashFlowLook


class KashFlowEntry(Entry):
    provider, account = "kashflow", "severn"
    answers = SEVERN
    other_answers = CORNER
    wrong_answers = {"username": "severn", "api_password": "not this one"}
    token_life = timedelta(minutes=61)
    secrets = ("api-severn-1", "login-severn-1", "Lighthouse")

    def refreshes(self) -> int:
        """How often the twin was asked for a session: once to connect, then once for each hour without use."""
        rows = self.twins.journal()
        return sum(1 for row in rows if row["provider"] == self.provider and row["operation"] == "POST /sessiontoken")

    def revoke(self) -> None:
        self.twins.command(self.provider, "password", company=VAT, password="another", api_password="another-too")

    def is_over(self) -> bool:
        return bool(self.twins.command(self.provider, "expire", company=VAT)["ended"] == 0)


class TestSignIn(AuthoriserContract):
    harness = KashFlowEntry

"""Fifty callers at a time: ids, versions, numbers and balances stay what they would be one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from tests.sandbox.quickbooks_online.conftest import Ledger, credit, debit, parsed

WORKERS = 16


def test_journals_from_many_threads(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")

    def post(number: int) -> str:
        body = {"DocNumber": f"T-{number}", "Line": [debit(bank, "1.01"), credit(sales, "1.01")]}
        return str(us.create("JournalEntry", body, requestid=f"r-{number}")["Id"])

    with ThreadPoolExecutor(WORKERS) as pool:
        ids = list(pool.map(post, [number % 50 for number in range(100)]))
    assert len(set(ids)) == 50
    assert us.query("SELECT COUNT(*) FROM JournalEntry") == {"totalCount": 50}
    assert us.trial() == {"Checking": Decimal("50.50"), "Sales of Product Income": Decimal("-50.50")}


def test_one_number_is_taken_by_one(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    body = {"DocNumber": "SAME", "Line": [debit(bank, "1.00"), credit(sales, "1.00")]}
    with ThreadPoolExecutor(WORKERS) as pool:
        statuses = list(pool.map(lambda _: us.send("POST", "journalentry", body).status_code, range(20)))
    assert sorted(statuses) == [200] + [400] * 19


def test_one_version_is_changed_by_one(us: Ledger) -> None:
    made = us.create("Customer", {"DisplayName": "Contended"})

    def change(number: int) -> str:
        body = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Notes": f"by {number}"}
        answer = parsed(us.send("POST", "customer", body))
        return "ok" if "Customer" in answer else str(answer["Fault"]["Error"][0]["code"])

    with ThreadPoolExecutor(WORKERS) as pool:
        outcomes = sorted(pool.map(change, range(20)))
    assert outcomes == ["5010"] * 19 + ["ok"]


def test_fifty_refreshes_with_one_token_are_counted(us: Ledger) -> None:
    pair = us.world("authorise")
    headers = {"Authorization": "Basic c2FuZGJveC1xdWlja2Jvb2tzLWNsaWVudDpzYW5kYm94LXF1aWNrYm9va3Mtc2VjcmV0"}
    us.world("tokens", rotation="every", grace=-1)

    def refresh(_: int) -> int:
        form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
        return us.http.post("/quickbooks_online/oauth2/v1/tokens/bearer", data=form, headers=headers).status_code

    with ThreadPoolExecutor(WORKERS) as pool:
        statuses = sorted(pool.map(refresh, range(50)))
    assert statuses == [200] + [400] * 49
    consent = us.http.get("/world/").get_json()["twins"]["quickbooks_online"]["consents"][-1]
    assert (consent["refreshes"], consent["refused"]) == (1, 49)

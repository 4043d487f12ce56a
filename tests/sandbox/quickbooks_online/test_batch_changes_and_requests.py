"""Thirty operations at once, what changed since, and the same request twice."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sandbox.world import Cut
from tests.sandbox.quickbooks_online.conftest import Body, Ledger, credit, debit


def _journal(ledger: Ledger, amount: str = "1.00", **more: str) -> Body:
    bank, sales = ledger.account("Checking"), ledger.account("Sales of Product Income")
    return {"Line": [debit(bank, amount), credit(sales, amount)], **more}


def _count(ledger: Ledger) -> int:
    return int(ledger.query("SELECT COUNT(*) FROM JournalEntry")["totalCount"])


def test_batch_items_stand_and_fall_alone(us: Ledger) -> None:
    good, bad = _journal(us, "2.00"), _journal(us)
    bad["Line"][0]["Amount"] = Decimal("5.00")
    items = [
        {"bId": "b1", "operation": "create", "JournalEntry": good},
        {"bId": "b2", "operation": "create", "JournalEntry": bad},
        {"bId": "b3", "Query": "SELECT COUNT(*) FROM JournalEntry"},
        {"bId": "b4", "operation": "create", "Customer": {"DisplayName": "Batch buyer"}},
        {"bId": "b5", "operation": "delete", "Customer": {"Id": "1", "SyncToken": "0"}},
    ]
    status, answer = us.call("POST", "batch", {"BatchItemRequest": items})
    answers = {item.pop("bId"): item for item in answer["BatchItemResponse"]}
    assert status == 200
    assert answers["b1"]["JournalEntry"]["TotalAmt"] == Decimal("2.00")
    assert answers["b2"]["Fault"]["Error"][0]["code"] == "6000"
    assert answers["b3"]["QueryResponse"] == {"totalCount": 1}
    assert answers["b4"]["Customer"]["DisplayName"] == "Batch buyer"
    assert answers["b5"]["Fault"]["Error"][0]["code"] == "500"
    assert us.trial()["Checking"] == Decimal("2.00")


def test_a_refused_item_takes_back_all_it_did(us: Ledger) -> None:
    us.world("preferences", **{"SalesFormsPrefs.CustomTxnNumbers": False})
    bad = _journal(us)
    bad["Line"].pop()
    items = [
        {"bId": "1", "operation": "create", "JournalEntry": bad},
        {"bId": "2", "operation": "create", "JournalEntry": _journal(us)},
    ]
    _, answer = us.call("POST", "batch", {"BatchItemRequest": items})
    assert answer["BatchItemResponse"][1]["JournalEntry"]["DocNumber"] == "1001"


def test_a_batch_holds_thirty(us: Ledger) -> None:
    items = [{"bId": str(number), "operation": "create", "JournalEntry": _journal(us)} for number in range(31)]
    assert us.call("POST", "batch", {"BatchItemRequest": items})[0] == 400
    assert _count(us) == 0
    assert us.call("POST", "batch", {"BatchItemRequest": items[:30]})[0] == 200
    assert _count(us) == 30


def test_a_batch_voids_and_deletes(us: Ledger) -> None:
    made = us.create("JournalEntry", _journal(us))
    item = {"bId": "1", "operation": "delete", "JournalEntry": {"Id": made["Id"], "SyncToken": "0"}}
    us.call("POST", "batch", {"BatchItemRequest": [item]})
    assert us.trial() == {}


def test_a_replayed_request_gets_the_first_answer(us: Ledger) -> None:
    first = us.create("JournalEntry", _journal(us, "1.00"), requestid="one")
    assert us.create("JournalEntry", _journal(us, "9.00"), requestid="one") == first
    assert _count(us) == 1
    assert us.refused("JournalEntry", _journal(us), requestid="x" * 51) == "2050"


def test_a_refused_request_may_be_tried_again(us: Ledger) -> None:
    bad = _journal(us)
    bad["Line"].pop()
    assert us.refused("JournalEntry", bad, requestid="two") == "6000"
    us.create("JournalEntry", _journal(us), requestid="two")
    assert _count(us) == 1


def test_a_forgotten_request_is_a_new_one(us: Ledger) -> None:
    us.create("JournalEntry", _journal(us), requestid="one")
    assert us.world("forget") == {"forgotten": 1}
    us.create("JournalEntry", _journal(us), requestid="one")
    assert _count(us) == 2


def test_queries_can_lag_behind(us: Ledger) -> None:
    us.world("rules", lag=30)
    made = us.create("JournalEntry", _journal(us))
    assert _count(us) == 0
    assert us.read("JournalEntry", made["Id"]) == made
    us.app.world.clock.shift(31)
    assert _count(us) == 1


def test_request_ids_belong_to_a_company(us: Ledger, multi: Ledger) -> None:
    us.create("JournalEntry", _journal(us), requestid="same")
    multi.create("JournalEntry", _journal(multi), requestid="same")
    assert (_count(us), _count(multi)) == (1, 1)


def test_an_answer_lost_after_the_write_is_found_again(us: Ledger) -> None:
    body = _journal(us, "3.00")
    us.app.world.faults.add("quickbooks_online", "journalentry.create", "drop-after-commit")
    with pytest.raises(Cut):
        us.send("POST", "journalentry", body, requestid="lost")
    assert us.create("JournalEntry", body, requestid="lost")["TotalAmt"] == Decimal("3.00")
    assert _count(us) == 1


def test_a_lost_batch_is_replayed_item_by_item(us: Ledger) -> None:
    items = [{"bId": str(number), "operation": "create", "JournalEntry": _journal(us)} for number in range(3)]
    us.app.world.faults.add("quickbooks_online", "batch", "drop-after-commit")
    with pytest.raises(Cut):
        us.send("POST", "batch", {"BatchItemRequest": items}, requestid="batch-1")
    _, answer = us.call("POST", "batch", {"BatchItemRequest": items}, requestid="batch-1")
    assert [item["JournalEntry"]["Id"] for item in answer["BatchItemResponse"]] == ["1", "2", "3"]
    assert _count(us) == 3


def test_a_request_dropped_before_the_write_left_nothing(us: Ledger) -> None:
    us.app.world.faults.add("quickbooks_online", "journalentry.create", "drop-before-commit")
    with pytest.raises(Cut):
        us.send("POST", "journalentry", _journal(us))
    assert _count(us) == 0


def test_changes_hold_new_changed_and_deleted_objects(us: Ledger) -> None:
    us.app.world.clock.freeze()
    before = us.app.world.now().isoformat()
    us.app.world.clock.shift(10)
    kept, gone = us.create("JournalEntry", _journal(us)), us.create("JournalEntry", _journal(us))
    us.call("POST", "journalentry", {"Id": gone["Id"], "SyncToken": "0"}, operation="delete")
    us.create("Customer", {"DisplayName": "New buyer"})
    _, answer = us.call("GET", "cdc", entities="JournalEntry,Customer,Deposit", changedSince=before)
    journals, customers, deposits = answer["CDCResponse"][0]["QueryResponse"]
    assert [(entry["Id"], entry.get("status")) for entry in journals["JournalEntry"]] == [
        (kept["Id"], None),
        (gone["Id"], "Deleted"),
    ]
    assert [customer["DisplayName"] for customer in customers["Customer"]] == ["New buyer"]
    assert deposits == {}
    us.app.world.clock.shift(10)
    later = us.app.world.now().isoformat()
    assert us.call("GET", "cdc", entities="JournalEntry", changedSince=later)[1]["CDCResponse"] == [{"QueryResponse": [{}]}]


def test_changes_reach_thirty_days_back_and_know_most_kinds(us: Ledger) -> None:
    assert us.call("GET", "cdc", entities="Customer", changedSince="2020-01-01T00:00:00-08:00")[0] == 400
    today = us.app.world.now().isoformat()
    assert us.call("GET", "cdc", entities="TaxCode", changedSince=today)[0] == 400
    assert us.call("GET", "cdc", entities="", changedSince=today)[0] == 400

"""The pages a person sees inside QuickBooks, and steering from outside."""

from __future__ import annotations

from tests.sandbox.quickbooks_online.conftest import PREFIX, Ledger, credit, debit, money_in


def _html(ledger: Ledger, path: str, status: int = 200) -> str:
    response = ledger.http.get(f"/quickbooks_online/app/{path}")
    assert response.status_code == status
    return response.get_data(as_text=True)


def test_a_document_an_account_and_the_trial_balance(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    lines = [debit(bank, "1086.25"), credit(sales, "1086.25")]
    entry = us.create("JournalEntry", {"DocNumber": "STL-1", "PrivateNote": "<b>note</b>", "Line": lines})
    deposit = us.create("Deposit", {"DepositToAccountRef": {"value": bank}, "Line": [money_in(sales, "5.00")]})
    page = _html(us, f"{us.realm}/journal?txnId={entry['Id']}")
    assert "Journal entry STL-1" in page
    assert "1,086.25" in page
    assert "&lt;b&gt;note" in page
    assert "Deposit to" in _html(us, f"{us.realm}/deposit?txnId={deposit['Id']}")
    register = _html(us, f"{us.realm}/account?accountId={bank}")
    assert "1,091.25" in register
    assert f"/quickbooks_online/app/{us.realm}/journal?txnId={entry['Id']}" in register
    assert "1,091.25" in _html(us, f"{us.realm}/trial")
    assert "STL-1" in _html(us, f"{us.realm}/documents")
    assert us.realm in _html(us, "")


def test_what_is_not_there(us: Ledger, uk: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    entry = us.create("JournalEntry", {"Line": [debit(bank, "1.00"), credit(sales, "1.00")]})
    _html(us, f"{uk.realm}/journal?txnId={entry['Id']}", 404)
    _html(us, "123/journal?txnId=1", 404)
    _html(us, f"{us.realm}/nothing", 404)
    us.world("delete", kind="JournalEntry", id=entry["Id"])
    assert "deleted" in _html(us, f"{us.realm}/journal?txnId={entry['Id']}", 404)


def test_a_person_edits_under_our_feet(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    entry = us.create("JournalEntry", {"Line": [debit(bank, "1.00"), credit(sales, "1.00")]})
    us.world("edit", kind="JournalEntry", id=entry["Id"], changes={"PrivateNote": "mine"})
    assert us.refused("JournalEntry", {"Id": entry["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "ours"}) == "5010"
    us.world("activate", kind="Account", id=sales, active=False)
    assert us.refused("JournalEntry", {"Line": [debit(bank, "1.00"), credit(sales, "1.00")]}) == "610"
    assert len(us.world("documents", kind="JournalEntry")["documents"]) == 1
    assert us.http.post("/world/quickbooks_online/nonsense", json={}).status_code == 400


def test_reset_forgets_and_seeds_again(us: Ledger) -> None:
    us.create("Customer", {"DisplayName": "Gone soon"})
    us.world("tokens", rotation="every")
    us.http.post("/world/reset", json={"provider": "quickbooks_online"})
    assert us.call("GET", "companyinfo/1")[0] == 401
    again = Ledger(us.app, us.realm)
    assert again.query("SELECT * FROM Customer WHERE DisplayName = 'Gone soon'") == {}
    assert again.world("tokens")["rotation"] == "daily"
    us.app.twins["quickbooks_online"].seed()
    assert again.query("SELECT COUNT(*) FROM Account") == {"totalCount": 27}


def test_an_invoice_shows_its_order_its_parcel_and_who_settled_it(us: Ledger) -> None:
    customer = {"value": us.id_of("Customer", "Coastline Cafe")}
    detail = {"ItemRef": {"value": us.id_of("Item", "Goods")}, "Qty": 4, "UnitPrice": 50}
    line = {"DetailType": "SalesItemLineDetail", "Amount": 200, "Description": "Mug", "SalesItemLineDetail": detail}
    sold = {"CustomerRef": customer, "Line": [line], "DocNumber": "AMZ1", "TrackingNum": "1Z999"}
    invoice = us.create("Invoice", {**sold, "CustomerMemo": {"value": "Order 113-1234567-1234567"}})
    link = {"Amount": 200, "LinkedTxn": [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]}
    paid = us.create("Payment", {"CustomerRef": customer, "TotalAmt": 200, "Line": [link], "PaymentRefNum": "TIE-1"})
    page = us.http.get(f"{PREFIX}/app/{us.realm}/invoice?txnId={invoice['Id']}").get_data(as_text=True)
    for words in ("Order 113-1234567-1234567", "1Z999", "Mug · 4 × 50.00", f"recvpayment?txnId={paid['Id']}", "Payment TIE-1"):
        assert words in page
    page = us.http.get(f"{PREFIX}/app/{us.realm}/recvpayment?txnId={paid['Id']}").get_data(as_text=True)
    assert f"invoice?txnId={invoice['Id']}" in page
    assert "Invoice AMZ1" in page

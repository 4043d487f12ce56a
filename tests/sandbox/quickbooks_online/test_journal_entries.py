"""JournalEntry: what is kept, what is refused, and that the books move by what the lines say."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.sandbox.quickbooks_online.conftest import Ledger, credit, debit


def test_settlement_us_1_moves_each_account_by_its_figure(us: Ledger) -> None:
    sales, fees, bank = us.account("Sales of Product Income"), us.account("Bank Charges"), us.account("Checking")
    lines = [debit(bank, "86.25"), debit(fees, "29.25"), debit(fees, "1.20"), credit(fees, "6.00"), credit(sales, "110.70")]
    made = us.create("JournalEntry", {"DocNumber": "STL-1", "TxnDate": "2026-11-05", "PrivateNote": "US-1", "Line": lines})
    assert (made["DocNumber"], made["TxnDate"], made["SyncToken"]) == ("STL-1", "2026-11-05", "0")
    assert made["TotalAmt"] == Decimal("116.70")
    assert [line["Amount"] for line in made["Line"]] == [Decimal(a) for a in ("86.25", "29.25", "1.20", "6.00", "110.70")]
    assert us.read("JournalEntry", made["Id"]) == made
    assert us.trial() == {
        "Checking": Decimal("86.25"),
        "Sales of Product Income": Decimal("-110.70"),
        "Bank Charges": Decimal("24.45"),
    }
    shown = us.read("Account", bank)
    assert shown["CurrentBalance"] == Decimal("86.25")
    assert us.read("Account", sales)["CurrentBalance"] == 0


def test_debits_and_credits_must_meet(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    assert us.refused("JournalEntry", {"Line": [debit(bank, "10.00"), credit(sales, "9.99")]}) == "6000"
    assert us.refused("JournalEntry", {"Line": [debit(bank, "0.00")]}) == "6000"
    assert us.refused("JournalEntry", {"Line": [debit(bank, "-10.00"), credit(sales, "-10.00")]}) == "6000"
    assert us.trial() == {}


def test_receivable_needs_a_customer_and_payable_a_vendor(us: Ledger) -> None:
    bank, receivable, payable = (
        us.account("Checking"),
        us.account("Accounts Receivable (A/R)"),
        us.account("Accounts Payable (A/P)"),
    )
    customer = {"Type": "Customer", "EntityRef": {"value": us.id_of("Customer", "Coastline Cafe")}}
    vendor = {"Type": "Vendor", "EntityRef": {"value": us.id_of("Vendor", "Amazon")}}
    assert us.refused("JournalEntry", {"Line": [debit(receivable, "5.00"), credit(bank, "5.00")]}) == "6000"
    assert us.refused("JournalEntry", {"Line": [debit(receivable, "5.00", Entity=vendor), credit(bank, "5.00")]}) == "6000"
    assert us.refused("JournalEntry", {"Line": [debit(bank, "5.00"), credit(payable, "5.00", Entity=customer)]}) == "6000"
    both = [debit(receivable, "5.00", Entity=customer), credit(payable, "5.00", Entity=vendor)]
    assert us.refused("JournalEntry", {"Line": both}) == "6000"
    us.create("JournalEntry", {"Line": [debit(receivable, "5.00", Entity=customer), credit(bank, "5.00")]})
    assert us.read("Customer", customer["EntityRef"]["value"])["Balance"] == Decimal("5.00")


def test_references_are_checked(us: Ledger) -> None:
    bank = us.account("Checking")
    _, answer = us.call("GET", "query", query="SELECT * FROM Account WHERE Active = false")
    retired = answer["QueryResponse"]["Account"][0]["Id"]
    assert us.refused("JournalEntry", {"Line": [debit(bank, "1.00"), credit("9999", "1.00")]}) == "2500"
    assert us.refused("JournalEntry", {"Line": [debit(bank, "1.00"), credit(retired, "1.00")]}) == "610"
    assert us.refused("JournalEntry", {"Line": [debit(bank, "1.00", ClassRef={"value": "77"}), credit(bank, "1.00")]}) == "2500"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"DocNumber": "x" * 22, "Line": []}, "2050"),
        ({"Nonsense": 1, "Line": []}, "2010"),
        ({"Line": [{"DetailType": "Sideways"}]}, "2170"),
        ({"Line": [{"DetailType": "JournalEntryLineDetail", "Amount": "ten"}]}, "2010"),
        ({"PrivateNote": "n" * 4001, "Line": []}, "2050"),
        ({"TxnDate": "20/11/2026", "Line": []}, "2030"),
    ],
)
def test_what_the_type_does_not_allow_is_refused(us: Ledger, body: dict[str, object], code: str) -> None:
    assert us.refused("JournalEntry", body) == code


def test_a_number_is_used_once_per_type(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    body = {"DocNumber": "STL-7", "Line": [debit(bank, "1.00"), credit(sales, "1.00")]}
    us.create("JournalEntry", body)
    assert us.refused("JournalEntry", body) == "6140"
    us.create("JournalEntry", body, include="allowduplicatedocnum")
    assert us.query("SELECT COUNT(*) FROM JournalEntry WHERE DocNumber = 'STL-7'") == {"totalCount": 2}


def test_without_custom_numbers_the_company_numbers_documents_itself(us: Ledger) -> None:
    us.world("preferences", **{"SalesFormsPrefs.CustomTxnNumbers": False})
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    body = {"DocNumber": "STL-7", "Line": [debit(bank, "1.00"), credit(sales, "1.00")]}
    assert us.create("JournalEntry", body)["DocNumber"] == "1001"
    assert us.create("JournalEntry", body)["DocNumber"] == "1002"
    us.world("rules", keep_doc_number=True)
    assert us.create("JournalEntry", body)["DocNumber"] == "STL-7"
    assert us.create("JournalEntry", body)["DocNumber"] == "STL-7"


def test_closed_books_take_nothing_and_give_nothing_back(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    lines = [debit(bank, "1.00"), credit(sales, "1.00")]
    made = us.create("JournalEntry", {"TxnDate": "2026-10-31", "Line": lines})
    us.world("preferences", **{"AccountingInfoPrefs.BookCloseDate": "2026-10-31"})
    assert us.refused("JournalEntry", {"TxnDate": "2026-10-31", "Line": lines}) == "6210"
    gone = {"Id": made["Id"], "SyncToken": "0"}
    assert us.refused("JournalEntry", gone, operation="delete") == "6210"
    assert us.refused("JournalEntry", {**made, "TxnDate": "2026-11-01"}) == "6210"
    us.create("JournalEntry", {"TxnDate": "2026-11-01", "Line": lines})
    assert us.trial()["Checking"] == Decimal("2.00")


def test_update_delete_and_stale_versions(us: Ledger) -> None:
    bank, sales, fees = us.account("Checking"), us.account("Sales of Product Income"), us.account("Bank Charges")
    made = us.create("JournalEntry", {"PrivateNote": "first", "Line": [debit(bank, "1.00"), credit(sales, "1.00")]})
    changed = us.create("JournalEntry", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "second"})
    assert (changed["SyncToken"], changed["PrivateNote"], len(changed["Line"])) == ("1", "second", 2)
    assert us.refused("JournalEntry", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}) == "5010"
    full = us.create("JournalEntry", {"Id": made["Id"], "SyncToken": "1", "Line": [debit(fees, "2.00"), credit(bank, "2.00")]})
    assert "PrivateNote" not in full
    assert us.trial() == {"Checking": Decimal("-2.00"), "Bank Charges": Decimal("2.00")}
    _, answer = us.call("POST", "journalentry", {"Id": made["Id"], "SyncToken": "2"}, operation="delete")
    assert answer["JournalEntry"] == {"domain": "QBO", "status": "Deleted", "Id": made["Id"]}
    assert us.trial() == {}
    assert us.call("GET", f"journalentry/{made['Id']}")[1]["Fault"]["Error"][0]["code"] == "610"


def test_what_was_read_can_be_sent_back(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    made = us.create("JournalEntry", {"Line": [debit(bank, "1.10"), credit(sales, "1.10")]})
    again = us.create("JournalEntry", made)
    assert {**again, "SyncToken": "0", "MetaData": None} == {**made, "MetaData": None}

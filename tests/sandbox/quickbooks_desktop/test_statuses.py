"""Every refusal by its status, and that a refused request leaves nothing behind."""

from __future__ import annotations

import pytest

from sandbox.app import App
from tests.sandbox.quickbooks_desktop.conftest import File, credit, debit, journal, ref


def customer(name: str, more: str = "") -> str:
    return f"<CustomerAddRq><CustomerAdd><Name>{name}</Name>{more}</CustomerAdd></CustomerAddRq>"


def account(name: str, kind: str = "Expense", more: str = "") -> str:
    inner = f"<Name>{name}</Name>{more}<AccountType>{kind}</AccountType>"
    return f"<AccountAddRq><AccountAdd>{inner}</AccountAdd></AccountAddRq>"


def delete(kind: str, txn: str) -> str:
    return f"<TxnDelRq><TxnDelType>{kind}</TxnDelType><TxnID>{txn}</TxnID></TxnDelRq>"


def modify(txn: str, edit: str, more: str) -> str:
    inner = f"<TxnID>{txn}</TxnID><EditSequence>{edit}</EditSequence>{more}"
    return f"<JournalEntryModRq><JournalEntryMod>{inner}</JournalEntryMod></JournalEntryModRq>"


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (customer("Walk-in"), "3100"),
        (customer("walk-IN"), "3100"),
        (customer("Amazon"), "3100"),  # a vendor's name: people share one list of names
        (account("Checking", "Bank"), "3100"),
        (account("Fees", more=ref("ParentRef", "Checking")), "3210"),
        (account("Fees", more=ref("ParentRef", "Nobody")), "3140"),
        (customer("A", ref("TermsRef", "Net 99")), "3140"),
        (customer("A", ref("CurrencyRef", "Euro")), "3250"),
        (journal(debit("Checking", "1.00"), credit("Nowhere", "1.00")), "3140"),
        (journal(debit("Checking", "1.00"), credit("Old Channel Fees", "1.00")), "3140"),
        (journal(debit("Checking", "1.00"), credit("Merchandise Sales", "1.01")), "3210"),
        (journal(debit("Checking", "1.00")), "3210"),
        (journal(debit("Checking", "-1.00"), credit("Merchandise Sales", "-1.00")), "3210"),
        (journal(debit("Checking", "1.00"), "<JournalCreditLine><Amount>1.00</Amount></JournalCreditLine>"), "3150"),
        (journal(debit("Accounts Receivable", "1.00"), credit("Checking", "1.00")), "3210"),
        (
            journal(
                debit("Accounts Receivable", "1.00", ref("EntityRef", "Amazon")), credit("Checking", "1.00")
            ), "3210",
        ),
        (
            journal(
                debit("Accounts Receivable", "1.00", ref("EntityRef", "Walk-in")),
                credit("Accounts Receivable", "1.00", ref("EntityRef", "Juniper Row Cafe")),
            ), "3210",
        ),
        (journal(debit("Sales Tax Payable", "1.00"), credit("Checking", "1.00")), "3210"),
        (journal(head="<ExchangeRate>1.2</ExchangeRate>"), "3250"),
        (delete("JournalEntry", "FFFF-1"), "3120"),
        (modify("FFFF-1", "1", ""), "3120"),
    ],
)  # fmt: skip
def test_what_is_refused(file: File, request_: str, code: str) -> None:
    before = file.trial()
    assert file.code(request_) == code
    assert file.trial() == before
    assert file.world("documents", kind="JournalEntry")["documents"] == []


def test_features_that_are_off(app: App) -> None:
    brindle, kettle = File(app, "brindle"), File(app, "kettle")
    lines = debit("Checking", "1.00"), credit("Merchandise Sales", "1.00", ref("ClassRef", "Shop"))
    assert brindle.code(journal(*lines)) == "3140"  # there is no class to name
    file = File(app)
    file.world("features", classes=False)
    assert file.code(journal(*lines)) == "3250"
    file.world("features", classes=True)
    assert file.code(journal(*lines)) == "0"
    accounts = ref("IncomeAccountRef", "Merchandise Sales") + ref("COGSAccountRef", "Cost of Goods Sold")
    item = f"<ItemInventoryAddRq><ItemInventoryAdd><Name>X</Name>{accounts}{ref('AssetAccountRef', 'Inventory Asset')}"
    assert kettle.code(f"{item}</ItemInventoryAdd></ItemInventoryAddRq>") == "3250"


def test_the_closing_date_binds_programs_and_a_password_lets_a_person_by(file: File) -> None:
    made = file.done(journal())
    txn, edit = made.findtext("TxnID"), made.findtext("EditSequence")
    file.world("close", date="2026-11-15", password="sesame")
    assert file.done("<PreferencesQueryRq/>").findtext("AccountingPreferences/ClosingDate") == "2026-11-15"
    assert file.code(journal()) == "3171"
    assert file.code(modify(txn, edit, "<RefNumber>1</RefNumber>")) == "3171"
    assert file.code(delete("JournalEntry", txn)) == "3171"
    assert file.code(journal(head="<TxnDate>2026-11-16</TxnDate>")) == "0"
    assert "3171" in file.world("edit", 400, kind="JournalEntry", id=txn, changes={"RefNumber": "2"}, password="no")["error"]
    file.world("edit", kind="JournalEntry", id=txn, changes={"RefNumber": "2"}, password="sesame")
    assert file.code(journal()) == "3171"
    file.world("close", date=None)
    assert file.code(journal()) == "0"


def test_an_edit_sequence_is_good_for_one_change(file: File) -> None:
    made = file.done(journal())
    txn, edit = made.findtext("TxnID"), made.findtext("EditSequence")
    changed = file.done(modify(txn, edit, "<RefNumber>A-1</RefNumber>"))
    assert changed.findtext("RefNumber") == "A-1"
    assert changed.findtext("EditSequence") != edit
    assert file.code(modify(txn, edit, "<RefNumber>A-2</RefNumber>")) == "3200"
    file.world("edit", kind="JournalEntry", id=txn, changes={"RefNumber": "by hand"})
    assert file.code(modify(txn, changed.findtext("EditSequence"), "<RefNumber>A-2</RefNumber>")) == "3200"


def test_lines_are_changed_added_and_taken_out(file: File) -> None:
    made = file.done(journal())
    txn, edit = made.findtext("TxnID"), made.findtext("EditSequence")
    first, second = (line.findtext("TxnLineID") for line in made if line.tag.startswith("Journal"))
    new = f"<JournalLineMod><TxnLineID>-1</TxnLineID><JournalLineType>Credit</JournalLineType>{ref('AccountRef', 'Savings')}"
    lines = (
        f"<JournalLineMod><TxnLineID>{first}</TxnLineID><Amount>70.00</Amount></JournalLineMod>"
        f"<JournalLineMod><TxnLineID>{second}</TxnLineID><Amount>30.00</Amount></JournalLineMod>"
        f"{new}<Amount>40.00</Amount></JournalLineMod>"
    )
    assert file.code(modify(txn, edit, lines.replace("40.00", "41.00"))) == "3210"
    assert file.trial()["Checking"] == 100
    changed = file.done(modify(txn, edit, lines))
    assert [line.tag for line in changed if line.tag.startswith("Journal")] == [
        "JournalDebitLine", "JournalCreditLine", "JournalCreditLine",
    ]  # fmt: skip
    trial = file.trial()
    assert (trial["Checking"], trial["Merchandise Sales"], trial["Savings"]) == (70, -30, -40)
    lost = "<JournalLineMod><TxnLineID>FF-1</TxnLineID></JournalLineMod>"
    assert file.code(modify(txn, changed.findtext("EditSequence"), lost)) == "3120"


@pytest.mark.parametrize("code", ["3175", "3180", "3200"])
def test_trouble_that_strikes_once(file: File, code: str) -> None:
    file.world("trouble", kind=code, request="JournalEntryAdd")
    assert file.code(customer("Somebody")) == "0"
    assert file.code(journal()) == code
    assert file.code(journal()) == "0"
    assert file.trial()["Checking"] == 100


def test_void_and_delete(file: File) -> None:
    made = file.done(journal())
    txn = made.findtext("TxnID")
    voided = file.one(f"<TxnVoidRq><TxnVoidType>JournalEntry</TxnVoidType><TxnID>{txn}</TxnID></TxnVoidRq>")
    assert voided.findtext("TxnID") == txn
    assert "Checking" not in file.trial()
    shown = file.done(f"<JournalEntryQueryRq><TxnID>{txn}</TxnID><IncludeLineItems>true</IncludeLineItems></JournalEntryQueryRq>")
    assert [a.text for a in shown.iter("Amount")] == ["0.00", "0.00"]
    assert file.code(modify(txn, shown.findtext("EditSequence"), "<RefNumber>1</RefNumber>")) == "3170"
    assert file.code(delete("Invoice", txn)) == "3120"
    assert file.one(delete("JournalEntry", txn)).findtext("TimeDeleted")
    assert file.code(delete("JournalEntry", txn)) == "3120"
    asked = "<TxnDeletedQueryRq><TxnDelType>JournalEntry</TxnDelType></TxnDeletedQueryRq>"
    assert file.done(asked).findtext("TxnID") == txn


def test_a_list_object_in_use_stays(file: File) -> None:
    made = file.done(account("Channel Ads"))
    file.done(journal(debit("Channel Ads", "1.00"), credit("Checking", "1.00")))
    gone = "<ListDelRq><ListDelType>{}</ListDelType><ListID>{}</ListID></ListDelRq>"
    assert file.code(gone.format("Account", made.findtext("ListID"))) == "3160"
    unused = file.done(account("Unused")).findtext("ListID")
    assert file.one(gone.format("Account", unused)).findtext("FullName") == "Unused"
    assert file.code("<AccountQueryRq><FullName>Unused</FullName></AccountQueryRq>") == "500"
    asked = "<ListDeletedQueryRq><ListDelType>Account</ListDelType></ListDeletedQueryRq>"
    assert file.done(asked).findtext("ListID") == unused


def test_a_person_renames_retires_and_deletes(file: File) -> None:
    made = file.done(journal(debit("Marketplace Fees", "1.00"), credit("Checking", "1.00")))
    file.done(account("Referral", more=ref("ParentRef", "Marketplace Fees")))
    file.world("edit", kind="Account", name="Marketplace Fees", changes={"Name": "Channel Fees"})
    lines = f"<JournalEntryQueryRq><TxnID>{made.findtext('TxnID')}</TxnID><IncludeLineItems>1</IncludeLineItems></JournalEntryQueryRq>"
    assert file.done(lines).findtext("JournalDebitLine/AccountRef/FullName") == "Channel Fees"
    assert file.code("<AccountQueryRq><FullName>Channel Fees:Referral</FullName></AccountQueryRq>") == "0"
    file.world("edit", kind="Account", name="Channel Fees", changes={"IsActive": "false"})
    assert file.code(journal(debit("Channel Fees", "1.00"), credit("Checking", "1.00"))) == "3140"
    assert file.done(lines).findtext("JournalDebitLine/AccountRef/FullName") == "Channel Fees"
    file.world("delete", kind="JournalEntry", id=made.findtext("TxnID"))
    assert file.code(lines) == "500"
    assert file.world("delete", 400, kind="JournalEntry", id=made.findtext("TxnID"))["error"]

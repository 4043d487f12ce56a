"""What each document does to the books, to the penny, and what it is linked with."""

from __future__ import annotations

from decimal import Decimal

import pytest
from lxml import etree

from sandbox.app import App
from tests.sandbox.quickbooks_desktop.conftest import File, credit, debit, journal, ref

D = Decimal


def line(kind: str, item: str, more: str = "", code: str = "") -> str:
    code = code and ref("SalesTaxCodeRef", code)
    return f"<{kind}LineAdd>{ref('ItemRef', item)}{more}{code}</{kind}LineAdd>"


def sale(kind: str, *lines: str, head: str = "") -> str:
    return f"<{kind}AddRq><{kind}Add>{head}{''.join(lines)}</{kind}Add></{kind}AddRq>"


def invoice(amount: str, who: str = "Walk-in", date: str = "2026-11-10") -> str:
    head = ref("CustomerRef", who) + f"<TxnDate>{date}</TxnDate>"
    return sale("Invoice", line("Invoice", "Consulting", f"<Amount>{amount}</Amount>"), head=head)


def payment(total: str, more: str, who: str = "Walk-in") -> str:
    inner = f"{ref('CustomerRef', who)}<TxnDate>2026-11-12</TxnDate><TotalAmount>{total}</TotalAmount>{more}"
    return f"<ReceivePaymentAddRq><ReceivePaymentAdd>{inner}</ReceivePaymentAdd></ReceivePaymentAddRq>"


def applied(txn: str, amount: str, more: str = "") -> str:
    return f"<AppliedToTxnAdd><TxnID>{txn}</TxnID><PaymentAmount>{amount}</PaymentAmount>{more}</AppliedToTxnAdd>"


def look(file: File, kind: str, txn: str, more: str = "") -> etree._Element:
    return file.done(f"<{kind}QueryRq><TxnID>{txn}</TxnID><IncludeLineItems>true</IncludeLineItems>{more}</{kind}QueryRq>")


def deposit(*lines: str, head: str = "") -> str:
    into = f"<TxnDate>2026-11-05</TxnDate>{ref('DepositToAccountRef', 'Checking')}{head}"
    return f"<DepositAddRq><DepositAdd>{into}{''.join(lines)}</DepositAdd></DepositAddRq>"


def money_in(account: str, amount: str) -> str:
    return f"<DepositLineAdd>{ref('AccountRef', account)}<Amount>{amount}</Amount></DepositLineAdd>"


def test_a_receipt_of_goods_moves_income_tax_stock_and_cost(file: File) -> None:
    head = ref("CustomerRef", "Walk-in") + "<TxnDate>2026-11-09</TxnDate><RefNumber>113-1</RefNumber>"
    into = ref("DepositToAccountRef", "Prepaid Expenses")
    mugs = line("SalesReceipt", "MUG-BLUE-11", "<Quantity>3</Quantity><Rate>14.00</Rate>")
    post = line("SalesReceipt", "Shipping", "<Amount>5.00</Amount>", "Non")
    receipt = sale("SalesReceipt", mugs, post, head=head + into)
    assert file.moved(lambda: file.done(receipt)) == {
        "Prepaid Expenses": D("49.52"), "Merchandise Sales": D("-42.00"), "Shipping Charged": D("-5.00"),
        "Sales Tax Payable": D("-2.52"), "Inventory Asset": D("-15.60"), "Cost of Goods Sold": D("15.60"),
    }  # fmt: skip
    made = file.done("<SalesReceiptQueryRq><RefNumber>113-1</RefNumber></SalesReceiptQueryRq>")
    assert made.findtext("TotalAmount") == "49.52"
    item = file.done("<ItemInventoryQueryRq><FullName>MUG-BLUE-11</FullName></ItemInventoryQueryRq>")
    assert (item.findtext("QuantityOnHand"), item.findtext("AverageCost")) == ("37", "5.20")
    nontaxed = sale("SalesReceipt", line("SalesReceipt", "MUG-BLUE-11", "<Quantity>1</Quantity><Rate>14.00</Rate>", "Non"))
    assert file.done(nontaxed).findtext("SalesTaxTotal") == "0.00"


@pytest.mark.parametrize(
    ("inner", "code"),
    [
        ("<Quantity>3</Quantity><Rate>14.00</Rate><Amount>41.00</Amount>", "3210"),
        ("<Quantity>3</Quantity><Rate>14.00</Rate><Amount>42.00</Amount>", "0"),
        ("<Amount>-1.00</Amount>", "3210"),
    ],
)
def test_a_line_agrees_with_itself(file: File, inner: str, code: str) -> None:
    assert file.code(sale("SalesReceipt", line("SalesReceipt", "Sundry Goods", inner))) == code
    assert file.code(sale("SalesReceipt", "<SalesReceiptLineAdd><Desc>a remark</Desc></SalesReceiptLineAdd>")) == "0"
    assert file.code(sale("SalesReceipt", "<SalesReceiptLineAdd><Amount>1.00</Amount></SalesReceiptLineAdd>")) == "3150"


def test_an_invoice_is_paid_in_parts_and_by_a_credit(file: File) -> None:
    sold = file.done(invoice("100.00"))
    txn = sold.findtext("TxnID")
    assert (sold.findtext("BalanceRemaining"), sold.findtext("DueDate")) == ("100.00", "2026-12-10")
    assert file.code(payment("50.00", applied(txn, "50.00"), who="Juniper Row Cafe")) == "3210"
    assert file.code(payment("150.00", applied(txn, "100.01"))) == "3210"
    assert file.code(payment("10.00", applied(txn, "10.01"))) == "3210"
    assert file.code(payment("10.00", applied("FF-1", "10.00"))) == "3120"
    paid = file.done(payment("70.00", applied(txn, "60.00")))
    assert paid.findtext("UnusedPayment") == "10.00"
    back = sale("CreditMemo", line("CreditMemo", "Consulting", "<Amount>25.00</Amount>"), head=ref("CustomerRef", "Walk-in"))
    credit_id = file.done(back).findtext("TxnID")
    used = f"<SetCredit><CreditTxnID>{credit_id}</CreditTxnID><AppliedAmount>25.00</AppliedAmount></SetCredit>"
    file.done(payment("15.00", applied(txn, "15.00", used)))
    shown = look(file, "Invoice", txn, "<IncludeLinkedTxns>true</IncludeLinkedTxns>")
    assert (shown.findtext("IsPaid"), shown.findtext("BalanceRemaining")) == ("true", "0.00")
    assert shown.findtext("AppliedAmount") == "-100.00"
    assert sorted(link.findtext("Amount") for link in shown.iter("LinkedTxn")) == ["-15.00", "-25.00", "-60.00"]
    assert look(file, "CreditMemo", credit_id).findtext("CreditRemaining") == "0.00"
    assert file.trial()["Accounts Receivable"] == D("-10.00")  # what is unused stands to the customer's credit
    customer = file.done("<CustomerQueryRq><FullName>Walk-in</FullName></CustomerQueryRq>")
    assert customer.findtext("Balance") == "-10.00"
    assert file.code(f"<TxnDelRq><TxnDelType>CreditMemo</TxnDelType><TxnID>{credit_id}</TxnID></TxnDelRq>") == "3160"


def test_money_is_applied_by_itself_and_set_free_again(file: File) -> None:
    old, exact = (file.done(invoice(a, date=d)).findtext("TxnID") for a, d in (("80.00", "2026-11-01"), ("50.00", "2026-11-02")))
    first = file.done(payment("50.00", "<IsAutoApply>true</IsAutoApply>"))
    assert first.findtext("AppliedToTxnRet/TxnID") == exact
    second = file.done(payment("100.00", "<IsAutoApply>true</IsAutoApply>"))
    assert second.findtext("AppliedToTxnRet/TxnID") == old
    assert second.findtext("UnusedPayment") == "20.00"
    file.world("delete", kind="Invoice", id=old)
    assert look(file, "ReceivePayment", second.findtext("TxnID")).findtext("UnusedPayment") == "100.00"
    assert file.trial()["Accounts Receivable"] == D("-100.00")


def test_a_credit_is_paid_out(file: File) -> None:
    back = sale("CreditMemo", line("CreditMemo", "Consulting", "<Amount>43.20</Amount>"), head=ref("CustomerRef", "Walk-in"))
    credit_id = file.done(back).findtext("TxnID")
    inner = "<RefundAppliedToTxnAdd><TxnID>{}</TxnID><RefundAmount>{}</RefundAmount></RefundAppliedToTxnAdd>"
    head = ref("CustomerRef", "Walk-in") + ref("RefundFromAccountRef", "Checking")
    refund = f"<ARRefundCreditCardAddRq><ARRefundCreditCardAdd>{head}{inner}</ARRefundCreditCardAdd></ARRefundCreditCardAddRq>"
    assert file.code(refund.format(credit_id, "43.21")) == "3210"
    out = {"Checking": D("-43.20"), "Accounts Receivable": D("43.20")}
    assert file.moved(lambda: file.done(refund.format(credit_id, "43.20"))) == out
    assert look(file, "CreditMemo", credit_id).findtext("CreditRemaining") == "0.00"
    check = f"<CheckAddRq><CheckAdd>{ref('AccountRef', 'Checking')}<ExpenseLineAdd>{ref('AccountRef', 'Accounts Receivable')}"
    assert file.code(f"{check}<Amount>5.00</Amount></ExpenseLineAdd></CheckAdd></CheckAddRq>") == "3210"
    who = f"<Amount>5.00</Amount>{ref('CustomerRef', 'Walk-in')}</ExpenseLineAdd></CheckAdd></CheckAddRq>"
    assert file.moved(lambda: file.done(check + who)) == {"Checking": D("-5.00"), "Accounts Receivable": D("5.00")}


def test_a_deposit_of_signed_lines(file: File) -> None:
    lines = [
        ("Merchandise Sales", "200.00"),
        ("Marketplace Fees", "-29.25"),
        ("Marketplace Fees", "6.00"),
        ("Rent Expense", "-90.50"),
    ]
    request = deposit(*(money_in(*one) for one in lines))
    assert file.moved(lambda: file.done(request)) == {
        "Checking": D("86.25"), "Merchandise Sales": D("-200.00"), "Marketplace Fees": D("23.25"), "Rent Expense": D("90.50"),
    }  # fmt: skip
    made = file.done("<DepositQueryRq><IncludeLineItems>true</IncludeLineItems></DepositQueryRq>")
    assert made.findtext("DepositTotal") == "86.25"
    assert [a.text for a in made.iter("Amount")] == ["200.00", "-29.25", "6.00", "-90.50"]
    assert file.code(deposit(money_in("Marketplace Fees", "-0.01"))) == "3210"
    assert file.code(deposit(money_in("Marketplace Fees", "0.00"))) == "0"
    assert file.code(deposit(money_in("Checking", "1.00"))) == "3210"
    assert file.code(deposit(money_in("Accounts Receivable", "1.00"))) == "3210"
    assert file.code(deposit()) == "3150"


def test_waiting_money_is_deposited_once_and_then_stands_fast(file: File) -> None:
    paid = file.done(payment("25.00", "<IsAutoApply>false</IsAutoApply>")).findtext("TxnID")
    request = deposit(f"<DepositLineAdd><PaymentTxnID>{paid}</PaymentTxnID></DepositLineAdd>")
    made = file.done(request)
    assert made.findtext("DepositLineRet/TxnType") == "ReceivePayment"
    assert file.trial()["Checking"] == 25
    assert "Undeposited Funds" not in file.trial()
    assert file.code(request) == "3210"
    assert file.code(f"<TxnDelRq><TxnDelType>ReceivePayment</TxnDelType><TxnID>{paid}</TxnID></TxnDelRq>") == "3160"
    assert file.code(f"<TxnDelRq><TxnDelType>Deposit</TxnDelType><TxnID>{made.findtext('TxnID')}</TxnID></TxnDelRq>") == "0"
    file.done(request)


def test_a_document_that_is_changed_moves_its_postings(file: File) -> None:
    made = file.done(
        sale("Invoice", line("Invoice", "MUG-BLUE-11", "<Quantity>2</Quantity>"), head=ref("CustomerRef", "Walk-in"))
    )
    before = file.trial()
    kept = made.findtext("InvoiceLineRet/TxnLineID")
    inner = f"<TxnID>{made.findtext('TxnID')}</TxnID><EditSequence>{made.findtext('EditSequence')}</EditSequence>"
    lines = f"<InvoiceLineMod><TxnLineID>{kept}</TxnLineID><Quantity>5</Quantity></InvoiceLineMod>"
    changed = file.done(f"<InvoiceModRq><InvoiceMod>{inner}{lines}</InvoiceMod></InvoiceModRq>")
    assert changed.findtext("Subtotal") == "70.00"
    after = file.trial()
    assert after["Cost of Goods Sold"] - before["Cost of Goods Sold"] == D("15.60")
    assert after["Accounts Receivable"] == D("74.20")


def test_goods_are_counted_bought_and_valued_at_average_cost(file: File) -> None:
    counted = {"Inventory Asset": D("-26.00"), "Inventory Adjustments": D("26.00")}
    assert file.moved(lambda: file.world("stock", item="MUG-BLUE-11", quantity=35)) == counted
    bought = f"<ItemLineAdd>{ref('ItemRef', 'MUG-BLUE-11')}<Quantity>35</Quantity><Cost>7.20</Cost></ItemLineAdd>"
    bill = f"<BillAddRq><BillAdd>{ref('VendorRef', 'Packing Depot')}{bought}</BillAdd></BillAddRq>"
    assert file.moved(lambda: file.done(bill)) == {"Inventory Asset": D("252.00"), "Accounts Payable": D("-252.00")}
    item = file.done("<ItemInventoryQueryRq><FullName>MUG-BLUE-11</FullName></ItemInventoryQueryRq>")
    assert (item.findtext("QuantityOnHand"), item.findtext("AverageCost")) == ("70", "6.20")
    written = f"{ref('ItemRef', 'MUG-BLUE-11')}<ValueAdjustment><NewQuantity>70</NewQuantity><NewValue>400.00</NewValue></ValueAdjustment>"
    head = ref("AccountRef", "Inventory Adjustments")
    inner = f"{head}<InventoryAdjustmentLineAdd>{written}</InventoryAdjustmentLineAdd>"
    request = f"<InventoryAdjustmentAddRq><InventoryAdjustmentAdd>{inner}</InventoryAdjustmentAdd></InventoryAdjustmentAddRq>"
    made = file.done(request)
    assert made.findtext("InventoryAdjustmentLineRet/ValueDifference") == "-34.00"


def test_a_new_item_brings_its_first_goods(file: File) -> None:
    accounts = (
        ref("IncomeAccountRef", "Merchandise Sales")
        + "<PurchaseCost>2.50</PurchaseCost>"
        + ref("COGSAccountRef", "Cost of Goods Sold")
    )
    inner = f"<Name>SOAP</Name>{accounts}{ref('AssetAccountRef', 'Inventory Asset')}<QuantityOnHand>8</QuantityOnHand>"
    request = f"<ItemInventoryAddRq><ItemInventoryAdd>{inner}</ItemInventoryAdd></ItemInventoryAddRq>"
    assert file.moved(lambda: file.done(request)) == {"Inventory Asset": D("20.00"), "Opening Balance Equity": D("-20.00")}
    assert file.code(request) == "3100"
    assert file.code(request.replace("SOAP", "SOAP2").replace(ref("COGSAccountRef", "Cost of Goods Sold"), "")) == "3150"


def test_transfers_and_a_receivable_in_a_journal(file: File) -> None:
    ends = ref("TransferFromAccountRef", "Checking") + ref("TransferToAccountRef", "Savings")
    moved = f"<TransferAddRq><TransferAdd>{ends}<Amount>64.51</Amount></TransferAdd></TransferAddRq>"
    assert file.moved(lambda: file.done(moved)) == {"Checking": D("-64.51"), "Savings": D("64.51")}
    owed = file.done(
        journal(debit("Accounts Receivable", "9.00", ref("EntityRef", "Walk-in")), credit("Merchandise Sales", "9.00"))
    )
    file.done(payment("9.00", applied(owed.findtext("TxnID"), "9.00")))
    assert "Accounts Receivable" not in file.trial()


def test_a_foreign_customer_is_invoiced_in_her_currency(app: App) -> None:
    file = File(app, "saltmarsh")
    sold = file.done(invoice("100.00", who="EUR Customer"))
    assert (sold.findtext("CurrencyRef/FullName"), sold.findtext("ExchangeRate")) == ("Euro", "1.08")
    assert (sold.findtext("BalanceRemaining"), sold.findtext("BalanceRemainingInHomeCurrency")) == ("100.00", "108.00")
    assert file.trial()["EUR Receivable"] == 108
    mixed = debit("EUR Bank", "3.33"), credit("Merchandise Sales", "1.11"), credit("Service Income", "2.22")
    assert file.code(journal(*mixed)) == "3210"
    euros = f"{ref('CurrencyRef', 'Euro')}<ExchangeRate>1.333</ExchangeRate>"
    assert file.moved(lambda: file.done(journal(*mixed, head=euros))) == {
        "EUR Bank": D("4.44"), "Merchandise Sales": D("-1.48"), "Service Income": D("-2.96"),
    }  # fmt: skip


def change(kind: str, made: etree._Element, inner: str) -> str:
    key = "TxnID" if made.find("TxnID") is not None else "ListID"
    head = f"<{key}>{made.findtext(key)}</{key}><EditSequence>{made.findtext('EditSequence')}</EditSequence>"
    return f"<{kind}ModRq><{kind}Mod>{head}{inner}</{kind}Mod></{kind}ModRq>"


def test_each_kind_is_changed_in_place(file: File) -> None:
    txn = file.done(invoice("100.00")).findtext("TxnID")
    paid = file.done(payment("100.00", applied(txn, "100.00")))
    less = f"<TotalAmount>60.00</TotalAmount><AppliedToTxnMod><TxnID>{txn}</TxnID><PaymentAmount>60.00</PaymentAmount></AppliedToTxnMod>"
    assert file.done(change("ReceivePayment", paid, less)).findtext("AppliedToTxnRet/BalanceRemaining") == "40.00"
    into = file.done(deposit(money_in("Merchandise Sales", "5.00"), head="<Memo>early</Memo>"))
    changed = file.done(change("Deposit", into, ref("DepositToAccountRef", "Savings") + "<Memo></Memo>"))
    assert (changed.findtext("Memo"), changed.findtext("DepositLineRet/Amount")) == (None, "5.00")
    ends = ref("TransferFromAccountRef", "Checking") + ref("TransferToAccountRef", "Savings")
    moved = file.done(f"<TransferAddRq><TransferAdd>{ends}<Amount>1.00</Amount></TransferAdd></TransferAddRq>")
    file.done(change("Transfer", moved, "<Amount>2.00</Amount>"))
    assert (file.trial()["Savings"], file.trial()["Checking"]) == (7, -2)
    assert (file.trial()["Undeposited Funds"], file.trial()["Accounts Receivable"]) == (60, 40)
    customer = file.done("<CustomerQueryRq><FullName>Walk-in</FullName></CustomerQueryRq>")
    renamed = file.done(change("Customer", customer, "<Name>Passers-by</Name><Email>a@example.com</Email>"))
    assert renamed.findtext("FullName") == "Passers-by"
    assert file.done(change("Customer", renamed, "<Email></Email>")).find("Email") is None
    assert file.code(change("Customer", renamed, "<Name>Late</Name>")) == "3200"
    assert look(file, "Invoice", txn).findtext("CustomerRef/FullName") == "Passers-by"
    mug = file.done("<ItemInventoryQueryRq><FullName>MUG-BLUE-11</FullName></ItemInventoryQueryRq>")
    assert file.done(change("ItemInventory", mug, "<SalesPrice>15.00</SalesPrice>")).findtext("QuantityOnHand") == "40"


def test_what_is_taken_out_leaves_nothing(file: File) -> None:
    before = file.trial()
    mugs = line("Invoice", "MUG-BLUE-11", "<Quantity>2</Quantity>")
    made = [("Invoice", file.done(sale("Invoice", mugs, head=ref("CustomerRef", "Walk-in"))))]
    made.append(("ReceivePayment", file.done(payment("29.68", applied(made[0][1].findtext("TxnID"), "29.68")))))
    waits = f"<DepositLineAdd><PaymentTxnID>{made[1][1].findtext('TxnID')}</PaymentTxnID></DepositLineAdd>"
    made.append(("Deposit", file.done(deposit(waits, money_in("Bank Service Charges", "-0.30")))))
    made.append(("JournalEntry", file.done(journal())))
    assert file.trial()["Checking"] == D("129.38")
    for kind, stored in reversed(made):
        assert file.code(f"<TxnDelRq><TxnDelType>{kind}</TxnDelType><TxnID>{stored.findtext('TxnID')}</TxnID></TxnDelRq>") == "0"
    assert file.trial() == before
    assert (
        file.done("<ItemInventoryQueryRq><FullName>MUG-BLUE-11</FullName></ItemInventoryQueryRq>").findtext("QuantityOnHand")
        == "40"
    )


def test_a_void_invoice_asks_for_nothing(file: File) -> None:
    before = file.trial()
    txn = file.done(invoice("100.00")).findtext("TxnID")
    paid = file.done(payment("30.00", applied(txn, "30.00"))).findtext("TxnID")
    assert file.code(f"<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{txn}</TxnID></TxnVoidRq>") == "0"
    shown = look(file, "Invoice", txn)
    assert (shown.findtext("BalanceRemaining"), shown.findtext("Memo")) == ("0.00", "VOID:")
    assert look(file, "ReceivePayment", paid).findtext("UnusedPayment") == "30.00"
    assert file.trial() == {**before, "Undeposited Funds": 30, "Accounts Receivable": -30}

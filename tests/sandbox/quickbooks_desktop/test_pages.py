"""What a person sees at a desktop."""

from __future__ import annotations

from tests.sandbox.quickbooks_desktop.conftest import GUID, File, Service, credit, debit, journal, message, ref


def html(file: File, path: str, status: int = 200) -> str:
    response = file.http.get(f"/quickbooks_desktop/app/{path}")
    assert response.status_code == status
    return response.get_data(as_text=True)


def test_books_and_lists(file: File) -> None:
    head = f"<TxnDate>2026-11-15</TxnDate><RefNumber>STL-1</RefNumber><ExternalGUID>{GUID.format(3)}</ExternalGUID>"
    lines = debit("Checking", "1086.25", "<Memo>&lt;b&gt;note</Memo>"), credit("Merchandise Sales", "1086.25")
    made = file.done(journal(*lines, head=head))
    assert "Brindle &amp; Fen" in html(file, "")
    page = html(file, f"larkspur/document?id={made.findtext('TxnID')}")
    for words in ("General journal entry", "STL-1", "1,086.25", "&lt;b&gt;note", GUID.format(3)):
        assert words in page
    assert "1,086.25" in html(file, "larkspur/trial")
    register = html(file, f"larkspur/account?id={made.findtext('JournalDebitLine/AccountRef/ListID')}")
    assert f"/quickbooks_desktop/app/larkspur/document?id={made.findtext('TxnID')}" in register
    assert "STL-1" in html(file, "larkspur/documents")
    assert "MUG-BLUE-11" in html(file, "larkspur/items")
    assert "Juniper Row Cafe" in html(file, "larkspur/people")
    html(file, "brindle/document?id=" + str(made.findtext("TxnID")), 404)
    html(file, "nowhere/trial", 404)
    html(file, "larkspur/nothing", 404)
    file.world("delete", kind="JournalEntry", id=made.findtext("TxnID"))
    assert "deleted" in html(file, f"larkspur/document?id={made.findtext('TxnID')}", 404)


def test_every_kind_of_document_has_a_page(file: File) -> None:
    who, item = ref("CustomerRef", "Walk-in"), ref("ItemRef", "Consulting")
    for kind in ("Invoice", "CreditMemo", "SalesReceipt"):
        inner = f"{who}<{kind}LineAdd>{item}<Quantity>2</Quantity><Rate>60.00</Rate></{kind}LineAdd>"
        made = file.done(f"<{kind}AddRq><{kind}Add>{inner}</{kind}Add></{kind}AddRq>")
        assert "120.00" in html(file, f"larkspur/document?id={made.findtext('TxnID')}")
    paid = f"{who}<TotalAmount>7.00</TotalAmount><IsAutoApply>false</IsAutoApply>"
    made = file.done(f"<ReceivePaymentAddRq><ReceivePaymentAdd>{paid}</ReceivePaymentAdd></ReceivePaymentAddRq>")
    assert "Customer payment" in html(file, f"larkspur/document?id={made.findtext('TxnID')}")
    goods = file.world("stock", item="TOTE-CANVAS", difference=2)
    assert "TOTE-CANVAS" in html(file, f"larkspur/document?id={goods['TxnID']}")


def test_the_web_connectors_window(file: File, service: Service) -> None:
    assert "No application is installed" in html(file, "larkspur/connector")
    file.world("install", qwc=service.qwc(), password="secret-7")
    assert "Not run yet" in html(file, "larkspur/connector")
    service.work = [message(journal())]
    file.world("poll")
    page = html(file, "larkspur/connector")
    assert "Books &amp; Co" in page
    assert "Good bye" in page
    log = html(file, "larkspur/session?id=1")
    assert "JournalEntryAddRs" in log
    assert "secret-7" not in page + log
    assert file.app.twins["quickbooks_desktop"].links() == [("/app/", "Company files and their Web Connectors")]


def test_state_and_reset(file: File) -> None:
    file.done(journal())
    twin = file.app.twins["quickbooks_desktop"]
    assert twin.state()["files"]["larkspur"]["documents"]["JournalEntry"] == 1
    twin.reset()
    assert file.world("documents", kind="JournalEntry")["documents"] == []
    assert set(twin.seeded()["files"]) == {"larkspur", "brindle", "kettle", "saltmarsh"}
    assert file.http.get("/quickbooks_desktop/soap").status_code == 404
    assert file.http.post("/world/quickbooks_desktop/nonsense", json={}).status_code == 400

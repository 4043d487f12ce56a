"""The REST door: signing in with letters, sessions that end, pages of lists, and what one request may do."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from werkzeug.test import Client

from sandbox.app import App
from sandbox.kashflow.seed import SOAP_OFF
from tests.sandbox.kashflow.conftest import Books

INVALID = {"Error": "InvalidSessionToken", "Message": "Session token provided is invalid."}


def _begin(books: Books, password: str = "") -> tuple[int, dict[str, object]]:
    body = {"UserName": books.username, "Password": password or books.login}
    response = books.http.post("/kashflow/v2/sessiontoken", json=body)
    return response.status_code, response.get_json()


def test_two_steps_to_a_session(app: App) -> None:
    books = Books(app, SOAP_OFF)  # REST needs no SOAP
    status, first = _begin(books)
    positions = [one["Position"] for one in first["MemorableWordList"]]  # type: ignore[attr-defined]
    assert (status, len(set(positions)), min(positions) >= 1, max(positions) <= len(books.word)) == (201, 3, True, True)
    done = books.sign_in()
    assert (done["IsLockedOut"], done["SubscriptionExpired"]) == (False, False)
    assert books.rest("GET", "/settings/companydetails")[1]["CompanyName"] == "Quiet Wares Ltd"
    used = {
        "TemporaryToken": first["TemporaryToken"],
        "MemorableWordList": [{"Position": one, "Value": "?"} for one in positions],
    }
    assert books.http.put("/kashflow/v2/sessiontoken", json=used).status_code == 401
    assert books.http.put("/kashflow/v2/sessiontoken", json=used).get_json() == INVALID  # used up, whatever came of it


def test_a_session_ends(app: App, books: Books) -> None:
    books.sign_in()
    app.world.clock.shift(timedelta(minutes=59).total_seconds())
    assert books.rest("GET", "/currencies")[0] == 200
    app.world.clock.shift(timedelta(minutes=59).total_seconds())
    assert books.rest("GET", "/currencies")[0] == 200  # use keeps it alive
    app.world.clock.shift(timedelta(minutes=61).total_seconds())
    assert books.rest("GET", "/currencies") == (401, INVALID)
    books.sign_in()
    assert Client(app).delete(f"/kashflow/v2/sessiontoken/{books.token}").status_code == 200
    assert books.rest("GET", "/currencies") == (401, INVALID)
    books.sign_in()
    books.world("expire")
    assert books.rest("GET", "/currencies") == (401, INVALID)
    books.sign_in()
    books.fault("expire", "GET /invoices")
    assert books.rest("GET", "/invoices") == (401, INVALID)
    assert books.rest("GET", "/currencies") == (401, INVALID)
    assert books.http.get("/kashflow/v2/currencies", headers={"Authorization": "KfToken"}).get_json() == INVALID


def test_bad_logins_lock_the_account(books: Books) -> None:
    books.sign_in()
    assert [_begin(books, "wrong")[1]["Error"] for _ in range(5)] == ["InvalidCredentials"] * 4 + ["AccountLocked"]
    assert _begin(books)[1]["Error"] == "AccountLocked"
    assert books.rest("GET", "/currencies")[1]["Error"] == "AccountLocked"
    books.world("unlock")
    assert _begin(books)[0] == 201


def test_lists_come_in_pages_without_lines(books: Books) -> None:
    for number in range(1, 4):
        body = {"CustomerCode": "WALK01", "CustomerReference": f"AMZ-{number}", "IssuedDate": f"2026-11-0{number} 00:00:00"}
        status, _ = books.rest("POST", "/invoices", {**body, "LineItems": [{"Quantity": 1, "Rate": 10, "VATLevel": 20}]})
        assert status == 201
    assert books.rest("GET", "/nextavailableinvoicenumber") == (200, 4)
    status, answer = books.rest("GET", "/invoices", page=2, perpage=2)
    assert (status, answer["MetaData"]["TotalRecords"], answer["MetaData"]["NextPageUrl"]) == (200, 3, None)
    assert "page=1" in answer["MetaData"]["PreviousPageUrl"]
    assert [(one["Number"], one["GrossAmount"], "LineItems" in one) for one in answer["Data"]] == [(3, 12, False)]
    assert [one["Number"] for one in books.rest("GET", "/invoices", searchtext="amz-2")[1]["Data"]] == [2]
    assert books.rest("GET", "/invoices", issuedatefrom="2026-11-02", customercode="WALK01")[1]["MetaData"]["TotalRecords"] == 2
    assert len(books.rest("GET", "/invoices/2")[1]["LineItems"]) == 1
    for number in range(120):
        books.rest("POST", "/customers", {"Code": f"C{number}", "Name": f"Customer {number}"})
    assert len(books.rest("GET", "/customers", perpage=1000)[1]["Data"]) == 100


def test_one_request_is_kept_whole_or_not_at_all(books: Books) -> None:
    """The payment that can't be booked takes the invoice with it."""
    lines = [{"Quantity": 1, "Rate": 10, "VATLevel": 20, "NominalCode": 4000}]
    body = {"CustomerCode": "WALK01", "IssuedDate": "2026-11-18 00:00:00", "LineItems": lines}
    paid = {"Date": "2026-11-18 00:00:00", "Amount": 12, "Method": 1, "AccountId": 1}
    status, refused = books.rest("POST", "/invoices", {**body, "PaymentLines": [paid]})
    assert (status, refused["Error"]) == (404, "NotFound")
    assert books.rest("GET", "/invoices")[1]["MetaData"]["TotalRecords"] == 0
    assert books.rest("POST", "/invoices", body)[1]["Number"] == 1
    assert books.rest("POST", "/invoices", {**body, "Number": 1})[1]["Error"] == "Duplicate"
    assert books.rest("POST", "/invoices", {"CustomerCode": "NOBODY", "LineItems": lines})[0] == 404
    assert books.rest("POST", "/invoices", {**body, "CustomerReference": "a\x01b"})[0] == 400
    deep = books.http.post("/kashflow/v2/invoices", data="[" * 100_000, headers={"Authorization": f"KfToken {books.token}"})
    assert deep.status_code == 400
    for odd in ({"Currency": "GBP"}, {"LineItems": 5}, {"LineItems": [1]}, {"IssuedDate": 5}, {"Number": "1"}, {"Number": True}):
        assert books.rest("POST", "/invoices", {**body, **odd})[0] == 400, odd
    status, changed = books.rest("PUT", "/invoices/1", {"CustomerReference": "new"})
    assert (status, changed["CustomerReference"], changed["GrossAmount"]) == (200, "new", 12)
    assert books.rest("DELETE", "/invoices/1")[0] == 204
    assert books.trial() == {}


def test_journals_products_notes_and_bank_accounts(books: Books) -> None:
    lines = [{"NominalCode": 7100, "Amount": Decimal("5.00")}, {"NominalCode": 9998, "Amount": Decimal("-5.00")}]
    status, made = books.rest("POST", "/journals", {"Date": "2026-11-18 00:00:00", "Description": "AMZ-1", "Lines": lines})
    assert (status, made["Number"], books.trial()["Rent"]) == (201, 1, Decimal("5.00"))
    assert books.rest("GET", "/journals/1")[1]["Lines"][0]["NominalCode"] == 7100
    assert books.rest("DELETE", "/journals/1")[0] == 204
    assert books.rest("PUT", "/products/4000/MUG", {"QuantityInStock": 7})[0] == 200
    assert books.rest("GET", "/products")[1]["Data"][0]["QuantityInStock"] == 7
    assert books.rest("POST", "/1/WALK01/notes", {"Text": "hello"})[0] == 201
    assert [one["Text"] for one in books.rest("GET", "/1/WALK01/notes")[1]] == ["hello"]
    assert [one["VATRate"] for one in books.rest("GET", "/vat/settings/vatrates")[1]] == [20, 5, 0, -1]
    account = books.rest("GET", "/bankaccounts")[1][0]
    move = {"Date": "2026-11-18 00:00:00", "MoneyType": int(books.nominal(4902)), "PaidIn": Decimal("1.50")}
    path = f"/bankaccounts/{account['Id']}/transactions"
    transaction = books.rest("POST", path, move)[1]["Id"]
    assert books.rest("GET", f"/bankaccounts/{account['Id']}")[1]["BankBalance"] == Decimal("1.50")
    assert books.rest("PUT", f"{path}/{transaction}", {**move, "PaidIn": 2})[1]["PaidIn"] == 2
    assert books.rest("DELETE", f"{path}/{transaction}")[0] == 204
    assert books.trial() == {}


def test_throttled_and_broken(books: Books) -> None:
    books.sign_in()
    books.fault("throttle", "POST /invoices", seconds=3)
    response = books.http.post("/kashflow/v2/invoices", json={}, headers={"Authorization": f"KfToken {books.token}"})
    assert (response.status_code, response.headers["Retry-After"]) == (429, "3")
    books.fault("revoke", "GET /invoices")
    assert books.rest("GET", "/invoices") == (401, INVALID)
    assert _begin(books)[0] == 401  # the password was changed
    assert books.http.patch("/kashflow/v2/invoices").status_code == 405
    assert books.http.get("/kashflow/v2/nothing").status_code == 404

"""The door: tokens, companies, limits, and the ways in which refusals are written."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import timedelta
from decimal import Decimal

import pytest

from sandbox.quickbooks_online.seed import UK
from tests.sandbox.quickbooks_online.conftest import Body, Ledger, credit, debit, parsed

NAMESPACE = "{http://schema.intuit.com/finance/v3}"


def _error(answer: Body) -> Body:
    error: Body = answer["fault"]["error"][0]
    return error


def test_no_token_a_wrong_one_and_one_of_another_company(us: Ledger) -> None:
    us.token = "nonsense"
    status, answer = us.call("GET", "companyinfo/1")
    assert (status, _error(answer)["code"], answer["fault"]["type"]) == (401, "3200", "AUTHENTICATION")
    assert _error(answer)["message"] == "message=AuthenticationFailed; errorCode=003200; statusCode=401"
    us.token = Ledger(us.app, UK).token
    status, answer = us.call("GET", "companyinfo/1")
    assert (status, _error(answer)["code"]) == (403, "3100")
    us.token = us.world("authorise", scope="openid email")["access_token"]
    assert us.call("GET", "companyinfo/1")[0] == 403


def test_refusals_can_be_xml(us: Ledger) -> None:
    us.world("gateway", xml=True)
    us.token = "nonsense"
    response = us.send("GET", "companyinfo/1")
    fault = ElementTree.fromstring(response.get_data()).find(f"{NAMESPACE}Fault")
    assert response.status_code == 401
    assert response.headers["Content-Type"].startswith("application/xml")
    assert fault is not None
    error = fault.find(f"{NAMESPACE}Error")
    assert error is not None
    assert error.get("code") == "3200"


def test_companies_do_not_see_each_other(us: Ledger, uk: Ledger) -> None:
    us.create("Customer", {"DisplayName": "Only here"})
    assert uk.query("SELECT * FROM Customer WHERE DisplayName = 'Only here'") == {}
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    made = us.create("JournalEntry", {"Line": [debit(bank, "1.00"), credit(sales, "1.00")]})
    assert uk.call("GET", f"journalentry/{made['Id']}")[0] == 400
    assert uk.trial() == {}


def test_ten_calls_a_second_and_five_hundred_a_minute(us: Ledger) -> None:
    us.app.world.clock.freeze()
    us.app.world.scale = 1
    statuses = [us.call("GET", "companyinfo/1")[0] for _ in range(11)]
    assert statuses == [200] * 10 + [429]
    _, answer = us.call("GET", "companyinfo/1")
    assert _error(answer)["message"] == "message=ThrottleExceeded; errorCode=003001; statusCode=429"
    us.app.world.clock.set(us.app.world.now().replace(second=0, microsecond=0) + timedelta(minutes=1))
    done = []
    for _ in range(55):
        done += [us.call("GET", "companyinfo/1")[0] for _ in range(10)]
        us.app.world.clock.shift(1)
    assert done == [200] * 500 + [429] * 50
    us.app.world.clock.shift(10)
    assert us.call("GET", "companyinfo/1")[0] == 200


def test_forty_batches_a_minute(us: Ledger) -> None:
    us.app.world.clock.freeze()
    us.app.world.scale = 1
    item = {"BatchItemRequest": [{"bId": "1", "Query": "SELECT COUNT(*) FROM Account"}]}
    us.app.world.clock.set(us.app.world.now().replace(second=0, microsecond=0))
    done = []
    for _ in range(45):
        us.app.world.clock.shift(0.2)
        done.append(us.call("POST", "batch", item)[0])
    assert done == [200] * 40 + [429] * 5


def test_a_lapsed_subscription(us: Ledger) -> None:
    us.world("lapse", lapsed=True)
    status, answer = us.call("GET", "companyinfo/1")
    assert (status, answer["Fault"]["Error"][0]["code"]) == (400, "6190")
    us.world("lapse", lapsed=False)
    assert us.call("GET", "companyinfo/1")[0] == 200


@pytest.mark.parametrize(("kind", "status"), [("throttle", 429), ("500", 500), ("expire", 401), ("revoke", 401)])
def test_faults_of_the_world(us: Ledger, kind: str, status: int) -> None:
    us.app.world.faults.add("quickbooks_online", "account.read", kind)
    assert us.call("GET", "account/1")[0] == status
    assert us.call("GET", "account/1")[0] == (401 if status == 401 else 200)


def test_html_and_half_answers(us: Ledger) -> None:
    us.app.world.faults.add("quickbooks_online", "account.read", "503html")
    assert us.send("GET", "account/1").status_code == 503
    us.app.world.faults.add("quickbooks_online", "account.read", "malformed")
    response = us.send("GET", "account/1")
    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        parsed(response)


def test_what_the_service_does_not_offer(us: Ledger) -> None:
    for method, path in (("GET", "nothing/1"), ("POST", "account/1/send"), ("DELETE", "account/1"), ("POST", "taxcode")):
        status, answer = us.call(method, path, {} if method == "POST" else None)
        assert (status, answer["Fault"]["Error"][0]["code"]) == (400, "500")
    assert us.refused("Account", {"Id": "1", "SyncToken": "0"}, operation="delete") == "500"
    bad = us.send("POST", "account", None)
    assert bad.status_code == 400
    wrong_type = us.http.post(
        f"/quickbooks_online/v3/company/{us.realm}/account", data="<x/>", content_type="application/xml",
        headers={"Authorization": f"Bearer {us.token}", "Accept": "application/json"},
    )  # fmt: skip
    assert wrong_type.status_code == 400


def test_numbers_arrive_and_leave_digit_for_digit(us: Ledger) -> None:
    bank, sales = us.account("Checking"), us.account("Sales of Product Income")
    big = "90071992547.93"
    us.create("JournalEntry", {"Line": [debit(bank, big), credit(sales, big)]})
    us.create("JournalEntry", {"Line": [debit(bank, "0.1"), credit(sales, "0.10")]})
    assert us.trial()["Checking"] == Decimal("90071992548.03")
    raw = us.send("GET", "query", query="SELECT * FROM JournalEntry").get_data(as_text=True)
    assert '"Amount":90071992547.93' in raw
    assert '"Amount":0.10' in raw

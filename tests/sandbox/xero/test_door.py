"""What stands before the books: scopes, limits, idempotency keys, faults, an organisation that is offline."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from werkzeug.test import Client

from sandbox.app import App
from sandbox.world import Cut
from sandbox.xero.seed import UK
from sandbox.xero.sign_in import CLIENT_ID
from tests.sandbox.xero.conftest import Organisation, invoice, journal, line


def _numbers(org: Organisation) -> list[str]:
    return sorted(one["InvoiceNumber"] for one in org.get("Invoices")["Invoices"])


# Scopes


@pytest.mark.parametrize(
    ("scope", "method", "path", "status"),
    [
        ("accounting.settings.read", "GET", "Accounts", 200),
        ("accounting.settings.read", "PUT", "Accounts", 401),
        ("accounting.settings", "GET", "Invoices", 401),
        ("accounting.invoices", "GET", "Payments", 401),
        ("accounting.invoices", "GET", "Items", 200),
        ("accounting.manualjournals", "GET", "ManualJournals", 200),
        ("accounting.invoices", "GET", "Invoices/00000000-0000-4000-8000-000000000000/Attachments", 401),
    ],
)
def test_each_endpoint_has_its_scope(uk: Organisation, scope: str, method: str, path: str, status: int) -> None:
    uk.tokens = uk.world("authorise", scope=scope)
    answer = uk.ask(method, path, {"Code": "1", "Name": "x", "Type": "CURRENT"} if method == "PUT" else None)
    assert answer.status_code == status
    if status == 401:
        assert answer.json["Detail"] == "AuthorizationUnsuccessful"
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


# Limits


def test_sixty_a_minute(app: App, uk: Organisation) -> None:
    app.world.scale = 1
    app.world.clock.freeze()
    left = [uk.ask("GET", "Organisation").headers["X-MinLimit-Remaining"] for _ in range(60)]
    assert (left[0], left[-1]) == ("59", "0")
    refused = uk.ask("GET", "Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "minute")
    app.world.clock.shift(int(refused.headers["Retry-After"]))
    assert uk.ask("GET", "Organisation").headers["X-DayLimit-Remaining"] == "4939"  # the refused call isn't counted


def test_the_day_limit_of_a_starter_and_of_a_test(app: App, small: Organisation) -> None:
    app.world.scale = 1
    assert small.ask("GET", "Organisation").headers["X-DayLimit-Remaining"] == "999"
    small.world("limits", day=2)
    assert [small.ask("GET", "Organisation").status_code for _ in range(3)] == [200, 200, 429]
    refused = small.ask("GET", "Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    app.world.clock.shift(int(refused.headers["Retry-After"]))
    small.tokens = small.world("authorise")
    assert small.ask("GET", "Organisation").headers["X-DayLimit-Remaining"] == "1"


def test_five_at_once(app: App, uk: Organisation) -> None:
    app.world.scale = 1
    meter: Any = app.twins["xero"]
    with ExitStack() as running:
        for _ in range(5):
            running.enter_context(meter.meter.call(CLIENT_ID, UK, False))
        refused = uk.ask("GET", "Accounts")
        assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
        assert "Retry-After" not in refused.headers
    assert uk.ask("GET", "Accounts").status_code == 200


# Idempotency keys


def test_the_same_key_gives_the_same_answer_for_six_minutes(app: App, uk: Organisation) -> None:
    app.world.clock.freeze()
    send = {"Invoices": [invoice()]}
    first = uk.ask("PUT", "Invoices", send, Idempotency_Key="k1")
    app.world.clock.shift(5 * 60 + 59)
    assert uk.ask("PUT", "Invoices", send, Idempotency_Key="k1").text == first.text
    assert len(_numbers(uk)) == 1
    app.world.clock.shift(2)
    assert uk.ask("PUT", "Invoices", send, Idempotency_Key="k1").status_code == 200
    assert len(_numbers(uk)) == 2


def test_a_key_is_bound_to_its_body_and_remembers_errors(uk: Organisation) -> None:
    bad = {"Invoices": [invoice(line("1.00", "9999"))]}
    first = uk.ask("PUT", "Invoices", bad, Idempotency_Key="k2")
    assert (first.status_code, uk.ask("PUT", "Invoices", bad, Idempotency_Key="k2").text) == (400, first.text)
    other = uk.ask("PUT", "Invoices", {"Invoices": [invoice()]}, Idempotency_Key="k2")
    assert (other.status_code, "different request" in other.json["Message"]) == (400, True)
    assert uk.ask("PUT", "Invoices", bad, Idempotency_Key="k2").text == first.text
    assert uk.ask("PUT", "Invoices", {"Invoices": [invoice()]}, Idempotency_Key="k" * 129).status_code == 400
    assert _numbers(uk) == []


def test_a_failure_is_remembered_too(app: App, uk: Organisation) -> None:
    app.world.faults.add("xero", "invoices.write", "500")
    send = {"Invoices": [invoice()]}
    assert [uk.ask("PUT", "Invoices", send, Idempotency_Key="k3").status_code for _ in range(2)] == [500, 500]
    assert uk.ask("PUT", "Invoices", send, Idempotency_Key="k4").status_code == 200


def test_one_key_sent_by_many_at_once_makes_one(uk: Organisation) -> None:
    send = {"ManualJournals": [journal(("404", "1.00"), ("850", "-1.00"))]}
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: uk.ask("PUT", "ManualJournals", send, Idempotency_Key="k5").text, range(6)))
    assert len(set(answers)) == 1
    assert uk.balances() == {"Bank Fees": "1.00", "Suspense": "-1.00"}


def test_one_number_sent_by_many_at_once_makes_one(uk: Organisation) -> None:
    send = {"Invoices": [invoice(InvoiceNumber="AMZ-7")]}
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: uk.ask("PUT", "Invoices", send).status_code, range(6)))
    assert sorted(statuses) == [200] + [400] * 5
    assert _numbers(uk) == ["AMZ-7"]


# Faults


@pytest.mark.parametrize(
    ("kind", "status", "made"),
    [
        ("throttle", 429, 0),
        ("500", 500, 0),
        ("503html", 503, 0),
        ("slow", 200, 1),
        ("malformed", 200, 1),
        ("expire", 401, 0),
        ("revoke", 401, 0),
    ],
)
def test_faults_of_a_write(app: App, uk: Organisation, kind: str, status: int, made: int) -> None:
    app.world.faults.add("xero", "invoices.write", kind, seconds=0)
    assert uk.ask("PUT", "Invoices", {"Invoices": [invoice()]}).status_code == status
    if status == 401:
        assert uk.ask("GET", "Invoices").status_code == 401
        uk.tokens = uk.world("authorise")
    assert len(_numbers(uk)) == made


@pytest.mark.parametrize(("kind", "made"), [("drop-before-commit", 0), ("drop-after-commit", 1)])
def test_an_answer_that_is_lost(app: App, uk: Organisation, kind: str, made: int) -> None:
    app.world.faults.add("xero", "invoices.write", kind)
    send = {"Invoices": [invoice(InvoiceNumber="AMZ-9")]}
    with pytest.raises(Cut):
        uk.ask("PUT", "Invoices", send, Idempotency_Key="k6")
    assert len(_numbers(uk)) == made
    assert uk.ask("PUT", "Invoices", send, Idempotency_Key="k6").status_code == 200
    assert _numbers(uk) == ["AMZ-9"]


@pytest.mark.parametrize(("kind", "status"), [("throttle", 429), ("500", 500), ("revoke", 400)])
def test_faults_of_a_refresh(app: App, uk: Organisation, kind: str, status: int) -> None:
    app.world.faults.add("xero", "refresh", kind)
    form = {"grant_type": "refresh_token", "refresh_token": uk.tokens["refresh_token"]}
    client: Any = Client(app)
    sent = {**form, "client_id": "sandbox-xero-client", "client_secret": "sandbox-xero-secret"}
    assert client.post("/xero/connect/token", data=sent).status_code == status
    assert client.post("/xero/connect/token", data=sent).status_code == (400 if kind == "revoke" else 200)


def test_offline_and_too_large(uk: Organisation) -> None:
    for status in (412, 503):
        uk.world("offline", status=status)
        assert uk.ask("GET", "Organisation").status_code == status
    uk.world("offline", status=None)
    assert uk.ask("PUT", "Invoices", b" " * (10 * 1024 * 1024 + 1)).status_code == 413
    assert uk.ask("PUT", "Invoices", b"{").json["Type"] == "PostDataInvalidException"
    assert uk.ask("GET", "Nonsense").status_code == 404
    assert uk.ask("GET", f"Invoices/{UK}").status_code == 404

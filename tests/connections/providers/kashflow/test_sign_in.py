"""The credentials: both ways in lead to one company, each is tried once, and nothing of them is ever to be read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from canonical.problems import Refused
from connections import blobs, budgets, registry, services
from connections.contracts import PartySpec
from connections.errors import Failure, FailureKind
from connections.masking import mask, mask_url
from connections.models import ApiCall, Connection
from connections.providers.kashflow import soap
from connections.providers.kashflow.auth import Credentials, _session

from .twin import CORNER, SEVERN, KashFlow

SECRETS = (b"api-severn-1", b"login-severn-1", b"Lighthouse")


@pytest.fixture(autouse=True)
def _fresh(twins: Any, tenant: Any) -> None:
    budgets.forget_leases()


def adopt(**answers: str) -> Connection:
    return services.adopt(provider="kashflow", environment="twin", answers=answers)


def refusal(**answers: str) -> Any:
    with pytest.raises((Refused, Failure)) as refused:
        adopt(**answers)
    value = refused.value
    assert not Connection.objects.exists()
    return value.problems[0] if isinstance(value, Refused) else value.problem


def test_an_api_password_alone_is_enough(twins: Any) -> None:
    made = adopt(username="severn", api_password="api-severn-1")
    assert (made.external_account, made.name, made.home_currency, made.country) == ("severn", "Severn Trading Ltd", "GBP", "GB")
    assert made.facts["session"] is False
    services.test(connection=made)
    assert [row["operation"] for row in twins.journal() if "sessiontoken" in row["operation"]] == []


def test_the_login_password_serves_where_the_account_has_no_other() -> None:
    assert adopt(username="corner", password="login-corner-1").name == "Corner Goods"


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"username": "severn"}, "kashflow.no_password"),
        ({"username": "severn", "api_password": "api-severn-1", "memorable_word": "Lighthouse"}, "kashflow.word_alone"),
        ({"username": "severn", "api_password": "wrong"}, "kashflow.bad_login"),
        ({**SEVERN, "password": "wrong"}, "kashflow.bad_login"),
        ({**SEVERN, "memorable_word": "Lightho"}, "kashflow.bad_login"),
        ({**SEVERN, "memorable_word": "L"}, "kashflow.word_short"),
        ({"username": "quiet", "api_password": "login-quiet-1"}, "kashflow.soap_off"),
    ],
)
def test_what_does_not_let_us_in_is_told_with_a_remedy(twins: Any, answers: dict[str, str], code: str) -> None:
    if code == "kashflow.bad_login" and answers.get("memorable_word") == "Lightho":
        twins.command("kashflow", "memorable", company="41001", word="Zzzzzzz")
    problem = refusal(**answers)
    assert problem.code == code
    assert problem.remedy()


def test_a_locked_account_and_a_barred_address_are_told(twins: Any) -> None:
    for _ in range(5):
        assert refusal(**{**SEVERN, "password": "wrong"}).code in ("kashflow.bad_login", "kashflow.locked")
    assert refusal(**SEVERN).code == "kashflow.locked"
    twins.command("kashflow", "soap", company="41001", addresses=["192.0.2.1"])
    assert "192.0.2.1" not in refusal(**SEVERN).text()
    assert refusal(**SEVERN).code == "kashflow.address_barred"


def test_soap_turned_off_later_parks_the_connection_with_the_way_to_turn_it_on(twins: Any) -> None:
    books = KashFlow(twins)
    books.command("soap", company="41001", enabled=False)
    with pytest.raises(Failure) as failed:
        services.test(connection=books.connection)
    assert (failed.value.kind, failed.value.problem.code) == (FailureKind.NEEDS_RECONNECT, "kashflow.soap_off")
    books.connection.refresh_from_db()
    assert books.connection.state == "needs_reconnect"


def test_passwords_of_two_companies_are_refused(twins: Any) -> None:
    """SOAP opens what the user name says, REST what the session is for: their details must be of one company."""
    books = KashFlow(twins)
    wrong = books.account
    from connections.providers.kashflow.auth import _same_company

    with pytest.raises(Failure) as failed:
        _same_company(wrong, {"CompanyName": "Corner Goods", "Username": "corner"})
    assert failed.value.problem.code == "kashflow.other_company"
    assert "Corner Goods" in failed.value.problem.text()


def test_a_session_that_ended_is_renewed_once_and_a_refused_one_never_twice(twins: Any) -> None:
    books = KashFlow(twins)
    books.expire()
    services.test(connection=books.connection)
    assert books.calls("POST /sessiontoken", "PUT /sessiontoken") == ["POST /sessiontoken", "PUT /sessiontoken"] * 2
    books.command("password", company="41001", password="another")
    with pytest.raises(Failure) as failed:
        services.test(connection=books.connection)
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT
    assert books.calls("POST /sessiontoken") == ["POST /sessiontoken"] * 3


def test_no_exchange_in_the_log_holds_a_credential(twins: Any) -> None:
    books = KashFlow(twins)
    books.customer("Amazon.co.uk")
    services.test(connection=books.connection)
    services.disconnect(connection=books.connection)
    calls = ApiCall.objects.filter(provider="kashflow")
    kept = [blobs.read(blob) for call in calls for blob in (call.request_blob, call.response_blob) if blob is not None]
    assert len(kept) > 8
    assert not [secret for secret in SECRETS for body in kept if secret in body]
    letters = [body for body in kept if b"MemorableWordList" in body and b"TemporaryToken" in body]
    assert all(b'"Value":""' in body.replace(b" ", b"") or b'"Value":"***"' in body.replace(b" ", b"") for body in letters)
    assert not [call.url for call in calls if "/sessiontoken/" in call.url and not call.url.endswith("***")]
    assert "Lighthouse" not in repr(Credentials("severn", "a", "b", "Lighthouse"))


def test_masking_knows_soap_bodies_letters_and_session_tokens() -> None:
    assert (
        mask(b"<k:UserName>u</k:UserName><k:Password>p&amp;q</k:Password>")
        == b"<k:UserName>u</k:UserName><k:Password>***</k:Password>"
    )
    assert mask(b'{"Position": 2, "Value": "i"}') == b'{"Position": 2, "Value": "***"}'
    assert mask(b'{"TemporaryToken":"a","SessionToken":"b"}') == b'{"TemporaryToken":"***","SessionToken":"***"}'
    assert mask_url("https://x.test/v2/sessiontoken/0123-4567") == "https://x.test/v2/sessiontoken/***"


def test_a_text_that_looks_like_a_password_element_stays_a_text() -> None:
    """The credential is set by place; what a customer wrote is never replaced by it."""
    body = soap.envelope("InsertCustomer", {"custr": {"Name": "<Password></Password>"}})
    signed = soap.signed(body, "severn", "a<b&c")
    assert signed.count(b"a&lt;b&amp;c") == 1
    assert b"&lt;Password&gt;&lt;/Password&gt;" in signed
    assert b"a&lt;b" not in body


def test_the_prefix_of_references_is_the_connections_own(twins: Any) -> None:
    made = adopt(**CORNER, number_prefix="SHOP- €$")
    assert made.facts["number_prefix"] == "SHOP-"


def test_another_currency_needs_to_be_set_up_for_a_party(twins: Any) -> None:
    books = KashFlow(twins)
    made = books.target.create_party(books.door, books.account, PartySpec("Amazon.de", currency="EUR"), request_id="x")
    assert made.facts["currency"] == "EUR"
    with pytest.raises(Failure) as failed:
        books.target.create_party(books.door, books.account, PartySpec("Amazon.pl", currency="PLN"), request_id="y")
    assert failed.value.problem.code == "kashflow.no_currency"


@pytest.mark.parametrize("content", [b"[]", b'"no"', b"null", b'{"TemporaryToken": "x"}'])
def test_a_sign_in_that_answers_something_else_is_malformed(content: bytes) -> None:
    class Answering:
        endpoints = registry.endpoints("kashflow", "twin")

        def call(self, *_args: Any, **_more: Any) -> Any:
            return SimpleNamespace(content=content)

    with pytest.raises(Failure) as failed:
        _session(Answering(), Credentials("severn", "a", "b", "Lighthouse"))  # type: ignore[arg-type]
    assert failed.value.kind is FailureKind.MALFORMED

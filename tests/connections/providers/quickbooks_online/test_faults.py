"""QuickBooks' refusals: both spellings of JSON, XML, and faults under a 200, read into the closed set."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from canonical.problems import CATALOGUE
from connections.contracts import Answer
from connections.errors import Failure, FailureKind
from connections.providers.quickbooks_online import client, faults
from connections.providers.quickbooks_online.faults import CODES, judge


def business(code, detail="words"):
    error = {"Message": "m", "Detail": detail, "code": code, "element": "e"}
    return json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}}).encode()


GATEWAY = json.dumps(
    {
        "fault": {
            "error": [{"message": "m", "detail": "Token expired", "code": "003200", "element": None}],
            "type": "AUTHENTICATION",
        }
    }
).encode()
XML = b"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<IntuitResponse time="2026-11-20T08:00:00.000-08:00" xmlns="http://schema.intuit.com/finance/v3">
<Fault type="AUTHENTICATION"><Error code="3200"><Message>message=AuthenticationFailed; errorCode=003200; statusCode=401</Message>
<Detail>Token expired &amp; gone</Detail></Error></Fault></IntuitResponse>"""


@pytest.mark.parametrize(
    ("code", "kind", "problem"),
    [
        ("6140", FailureKind.DUPLICATE, "quickbooks_online.duplicate"),
        ("600", FailureKind.DUPLICATE, "quickbooks_online.duplicate"),
        ("6210", FailureKind.PERIOD_CLOSED, "quickbooks_online.period_closed"),
        ("610", FailureKind.BAD_REFERENCE, "quickbooks_online.bad_reference"),
        ("2500", FailureKind.BAD_REFERENCE, "quickbooks_online.bad_reference"),
        ("6010", FailureKind.BAD_REFERENCE, "quickbooks_online.wrong_account"),
        ("5010", FailureKind.STALE, "quickbooks_online.stale"),
        ("5020", FailureKind.REJECTED, "quickbooks_online.not_in_plan"),
        ("6000", FailureKind.REJECTED, "connection.rejected"),
        ("6190", FailureKind.REJECTED, "quickbooks_online.lapsed"),
        ("2010", FailureKind.OUR_BUG, "connection.our_bug"),
        ("99999", FailureKind.REJECTED, "connection.rejected"),
    ],
)
def test_a_business_fault_is_read_by_its_code(code, kind, problem):
    failure = judge(400, {}, business(code), writes=True)
    assert (failure.kind, failure.problem.code, failure.provider_code) == (kind, problem, code)


def test_every_known_code_has_words_a_remedy_and_a_source():
    for code, meaning in CODES.items():
        assert CATALOGUE[meaning.problem].remedy, code
        assert meaning.source, code


def test_a_missing_object_is_missing_when_reading():
    assert judge(400, {}, business("610"), writes=False).kind is FailureKind.NOT_FOUND


@pytest.mark.parametrize("content", [GATEWAY, XML])
def test_the_gateway_is_understood_in_json_and_xml(content):
    failure = judge(401, {}, content, writes=False)
    assert (failure.kind, failure.provider_code) == (FailureKind.TOKEN_EXPIRED, "3200")
    assert "Token expired" in str(failure.problem.params["detail"])


def test_xml_cut_short_is_no_crash():
    assert judge(401, {}, XML[:150], writes=False) is None


def test_the_words_of_all_errors_are_kept():
    body = b'{"Fault":{"Error":[{"Detail":"first","code":"6000"},{"Detail":"second","code":"2500"}],"type":"ValidationFault"}}'
    assert judge(400, {}, body, writes=True).problem.params["detail"] == "first; second"


@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", b"[]", b"null", b'{"Fault":7}', b'{"Fault":{"Error":"x"}}', b"\xff\xfe"]
)
def test_what_is_no_fault_is_left_to_the_status(content):
    failure = judge(400, {}, content, writes=True)
    assert failure is None or failure.kind is FailureKind.REJECTED


@pytest.mark.parametrize("status", [429, 500, 503])
def test_throttles_and_outages_are_left_to_the_status(status):
    assert judge(status, {}, business("3001"), writes=True) is None


def test_a_revoked_consent_at_the_token_endpoint():
    assert judge(400, {}, b'{"error":"invalid_grant"}', writes=False).kind is FailureKind.NEEDS_RECONNECT
    assert judge(401, {}, b'{"error":"invalid_client"}', writes=False).kind is FailureKind.OUR_BUG


def test_a_throttle_inside_a_batch_waits_a_minute():
    failure = faults.failure(faults.read(business("3001")), status=None, writes=True)
    assert (failure.kind, failure.wait) == (FailureKind.THROTTLED, timedelta(seconds=60))


@pytest.mark.parametrize(
    "content", [b"not json", b"[]", b"{}", b'{"JournalEntry":{}}', b'{"JournalEntry":[]}', b'{"Deposit":{"Id":"1"}}']
)
def test_a_success_that_says_nothing_is_unknown_after_a_write_and_malformed_after_a_read(content):
    for writes, kind in ((True, FailureKind.UNKNOWN_OUTCOME), (False, FailureKind.MALFORMED)):
        with pytest.raises(Failure) as failed:
            client._object(Answer(200, {}, content), "JournalEntry", writes=writes)
        assert failed.value.kind is kind


def test_a_fault_under_a_200_is_a_fault():
    with pytest.raises(Failure) as failed:
        client._object(Answer(200, {}, business("6000", "no")), "JournalEntry", writes=True)
    assert (failed.value.kind, failed.value.provider_code) == (FailureKind.REJECTED, "6000")


def test_refusals_in_xml_are_understood_on_the_wire(company):
    us = company("us")
    us.twins.command("quickbooks_online", "gateway", xml=True)
    us.fault("expire", count=1)
    assert us.facts().name == "Harbor Lane Goods"
    assert us.door.refreshes == 1


def test_a_lapsed_subscription_is_told_in_words(company):
    us = company("us")
    us.command("lapse", lapsed=True)
    with pytest.raises(Failure) as failed:
        us.facts()
    assert failed.value.problem.code in ("quickbooks_online.lapsed", "connection.rejected")
    us.command("lapse", lapsed=False)

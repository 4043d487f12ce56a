"""What Xero says no with, and what a person reads of it."""

from __future__ import annotations

import pytest

from connections.contracts import Answer, Endpoints, ExternalAccount
from connections.errors import FailureKind
from connections.providers.xero import faults
from connections.providers.xero.client import Books

REFUSED = {"StatusAttributeString": "ERROR", "HasErrors": True}


def told(*words):
    return [{"Message": each} for each in words]


@pytest.mark.parametrize(
    "element",
    [
        {**REFUSED, "ValidationErrors": [], "Contact": {"ValidationErrors": told("Email address must be valid.")}},
        {**REFUSED, "LineItems": [{"Description": "a"}, {"ValidationErrors": told("Email address must be valid.")}]},
        {**REFUSED, "Invoice": {"Contact": {"ValidationErrors": told("Email address must be valid.")}}},
    ],
)
def test_the_words_stand_at_what_is_wrong_within_the_document(element):
    assert "Email address must be valid." in faults.of_element(element).problem.text()
    refusal = b'{"ErrorNumber":10,"Message":"A validation exception occurred","Elements":[{"Contact":{"ValidationErrors":[{"Message":"No"}]}}]}'
    assert faults.judge(400, {}, refusal, writes=True).problem.text() == "Xero refused it: No"


def test_the_document_s_own_words_come_first_and_each_once():
    element = {**REFUSED, "Contact": {"ValidationErrors": told("inner", "own")}, "ValidationErrors": told("own", "next")}
    assert faults.of_element(element).problem.text() == "Xero refused it: own; next; inner"


def test_what_is_wrong_within_a_document_that_was_taken_is_no_refusal():
    assert faults.of_element({"StatusAttributeString": "OK", "Contact": {"ValidationErrors": told("Email")}}) is None


@pytest.mark.parametrize(
    "words",
    [
        "Organisation is not subscribed to currency USD",
        "Currency code 'XYZ' is not enabled for this organisation",
    ],
)
def test_a_currency_that_is_not_switched_on_says_where_to_switch_it_on(words):
    problem = faults.of_element({**REFUSED, "ValidationErrors": told(words)}).problem
    assert (problem.code, words in problem.text()) == ("xero.currency_off", True)
    assert "Settings, Currencies" in problem.remedy()


@pytest.mark.parametrize("errors", [True, 7, "no", {"Message": "no"}, [None, 5, {"Message": 3}, {}], None])
def test_errors_that_are_no_list_are_still_a_refusal(errors):
    assert faults.of_element({**REFUSED, "ValidationErrors": errors}).problem.code == "connection.rejected"


def test_errors_that_are_no_list_at_what_is_not_said_to_be_refused_are_unreadable():
    assert faults.of_element({"InvoiceID": "i", "ValidationErrors": True}).kind is FailureKind.MALFORMED


@pytest.mark.parametrize("elements", [b"5", b"true", b"{}", b'"no"', b"[7]", b'[{"ValidationErrors":7}]'])
def test_a_refusal_with_elements_that_are_no_list_keeps_its_message(elements):
    body = b'{"ErrorNumber":10,"Type":"ValidationException","Message":"Just no","Elements":' + elements + b"}"
    assert faults.judge(400, {}, body, writes=True).problem.text() == "Xero refused it: Just no"


class Answering:
    """A door behind which every list is this one."""

    def __init__(self, content):
        self.content, self.endpoints = content, Endpoints("twin", {"api": ""})

    def call(self, *_args, **_more):
        return Answer(200, {}, self.content)


@pytest.mark.parametrize("pagination", [b"5", b"[]", b'"1"', b"null", b'{"pageCount":"1"}'])
def test_a_list_that_does_not_say_how_long_it_is_is_read_until_a_page_is_not_full(pagination):
    books = Books(Answering(b'{"Invoices":[{"InvoiceID":"i"}],"pagination":' + pagination + b"}"), ExternalAccount("t", ""))
    assert list(books.pages("Invoices")) == [[{"InvoiceID": "i"}]]
    assert books.page("Invoices", 1, 2) == ([{"InvoiceID": "i"}], False)

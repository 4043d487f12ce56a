"""What QuickBooks' parser takes: exactly the published order, ASCII with numeric references, nothing hostile."""

from __future__ import annotations

import pytest

from tests.sandbox.quickbooks_desktop.conftest import File, journal, message, ref

CUSTOMER = "<CustomerAddRq><CustomerAdd>{}</CustomerAdd></CustomerAddRq>"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        message(journal())[:-20],
        message(journal(), version="99.0"),
        message(journal()).replace('<?qbxml version="14.0"?>', ""),
        message(journal(), onError="perhaps"),
        message(journal(), newMessageSetID="x" * 24),
        message("<NonsenseRq/>"),
        message(CUSTOMER.format("<FirstName>A</FirstName><Name>B</Name>")),
        message(CUSTOMER.format("<CompanyName>no name</CompanyName>")),
        message(CUSTOMER.format("<Name>A</Name><Name>B</Name>")),
        message(CUSTOMER.format("<Name>A</Name>stray")),
        message(CUSTOMER.format("<Name><b>A</b></Name>")),
        message("<AccountQueryRq><ActiveStatus>Everything</ActiveStatus></AccountQueryRq>"),
        message('<AccountQueryRq iterator="Start"><MaxReturned>1</MaxReturned></AccountQueryRq>'),
        message(CUSTOMER.format("<Name>Café</Name>")),
        message(CUSTOMER.format("<Name>&e;</Name>")).replace("<QBXML>", '<!DOCTYPE QBXML [<!ENTITY e "x">]><QBXML>'),
        message(CUSTOMER.format("<Name>&e;</Name>")).replace(
            "<QBXML>", '<!DOCTYPE QBXML [<!ENTITY e SYSTEM "file:///etc/passwd">]><QBXML>'
        ),
        message("<a>" * 3000 + "</a>" * 3000),
    ],
)
def test_anything_else_is_no_message_at_all(file: File, text: str) -> None:
    assert file.send(text)["hresult"] == "0x80040400"


def test_what_lies_beyond_ascii_travels_as_references_both_ways(file: File) -> None:
    name = "Zoë &amp; Søn &#x1F56F; &#233;"
    made = file.send(message(CUSTOMER.format(f"<Name>{name.encode('ascii', 'xmlcharrefreplace').decode()}</Name>")))
    assert made["response"].isascii()
    assert "Zo&#235; &amp; S&#248;n &#128367; &#233;" in made["response"]
    assert (
        file.done("<CustomerQueryRq><FullName>ZO&#203; &amp; S&#216;N &#128367; &#201;</FullName></CustomerQueryRq>") is not None
    )


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (CUSTOMER.format(f"<Name>{'x' * 42}</Name>"), "3070"),
        (CUSTOMER.format("<Name>A:B</Name>"), "3090"),
        (CUSTOMER.format("<Name>A</Name><IsActive>yes</IsActive>"), "3010"),
        (CUSTOMER.format("<Name>A</Name><ExternalGUID>123</ExternalGUID>"), "3065"),
        (journal(head="<TxnDate>2026-02-30</TxnDate>"), "3020"),
        (journal(head="<RefNumber>123456789012</RefNumber>"), "3070"),
        (journal().replace("100.00", "100.001"), "3040"),
        (journal().replace("100.00", "1,000.00"), "3040"),
        ("<TxnDelRq><TxnDelType>Invoice</TxnDelType><TxnID>a b</TxnID></TxnDelRq>", "3000"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_read_is_refused_by_itself(file: File, request_: str, code: str) -> None:
    answers = file.ask(request_ + journal(), judged=False)
    assert [a.get("statusCode") for a in answers] == [code, "0"]


def test_requests_keep_their_ids(file: File) -> None:
    answers = file.ask('<HostQueryRq requestID="h-1"/><CompanyQueryRq/>')
    assert [a.get("requestID") for a in answers] == ["h-1", None]
    assert answers[0].findtext("HostRet/SupportedQBXMLVersion[last()]") == "16.0"
    assert ref("AccountRef", "a & b") == "<AccountRef><FullName>a &amp; b</FullName></AccountRef>"

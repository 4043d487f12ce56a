"""The very bodies that are sent, for the worked settlements US-1 and UK-1, and the way back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canonical.accounting import AccountRef, DocumentLine, JournalEntry, Side, TaxRef
from connections import jsontext
from connections.contracts import CompanyFacts
from connections.providers.quickbooks_online import mapper

from . import documents

US = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="us")
UK = CompanyFacts("GBP", "GB", multicurrency=False, custom_numbers=True, close_date=None, sales_tax="codes")
MARKER = "tieout:0123456789abcdef0123456789abcdef01234567"


def body(document, company=US):
    return jsontext.dumps(mapper.payload(document, number="TIE-19283746501", marker=MARKER, company=company))


def journal_line(kind, amount, text, account):
    detail = f'{{"PostingType":"{kind}","AccountRef":{{"value":"A-{account}"}}}}'
    return f'{{"DetailType":"JournalEntryLineDetail","Amount":{amount},"Description":"{text}","JournalEntryLineDetail":{detail}}}'


def test_us_1_as_a_summary_journal():
    assert body(documents.us_1_journal()) == (
        '{"TxnDate":"2026-11-05","PrivateNote":"Amazon settlement 19283746501\\n'
        + MARKER
        + '","DocNumber":"TIE-19283746501","Line":['
        + ",".join(
            [
                journal_line("Debit", "86.25", "Payout 5 Nov", "Bank"),
                journal_line("Credit", "200.00", "Sales", "Sales"),
                journal_line("Credit", "5.00", "Shipping", "Shipping Income"),
                journal_line("Debit", "10.00", "Promotions", "Promotions"),
                journal_line("Debit", "40.00", "Refunds", "Refunds"),
                journal_line("Debit", "29.25", "Referral fees", "Selling Fees"),
                journal_line("Credit", "6.00", "Referral fees returned", "Selling Fees"),
                journal_line("Debit", "1.20", "Refund administration", "Selling Fees"),
                journal_line("Debit", "9.50", "Fulfilment fees", "FBA Fees"),
                journal_line("Debit", "7.30", "Storage", "Storage Fees"),
                journal_line("Debit", "12.50", "Advertising", "Advertising"),
                journal_line("Credit", "16.00", "Tax collected", "Marketplace Tax"),
                journal_line("Debit", "16.00", "Tax withheld", "Marketplace Tax"),
                journal_line("Debit", "3.20", "Tax on refunds", "Marketplace Tax"),
                journal_line("Credit", "3.20", "Tax on refunds withheld", "Marketplace Tax"),
                journal_line("Credit", "30.00", "Previous reserve", "Reserve"),
                journal_line("Debit", "25.00", "Current reserve", "Reserve"),
                journal_line("Debit", "20.00", "Loan repayment", "Loan"),
            ]
        )
        + "]}"
    )


def test_us_1_as_one_deposit():
    sent = mapper.payload(documents.us_1_deposit(), number="TIE-19283746501", marker=MARKER, company=US)
    assert "DocNumber" not in sent
    assert "GlobalTaxCalculation" not in sent
    assert sent["DepositToAccountRef"] == {"value": "A-Bank"}
    assert [(line["DepositLineDetail"]["AccountRef"]["value"], line["Amount"]) for line in sent["Line"]] == [
        ("A-Sales", Decimal("200.00")),
        ("A-Shipping Income", Decimal("5.00")),
        ("A-Promotions", Decimal("-10.00")),
        ("A-Refunds", Decimal("-40.00")),
        ("A-Selling Fees", Decimal("-29.25")),
        ("A-Selling Fees", Decimal("6.00")),
        ("A-Selling Fees", Decimal("-1.20")),
        ("A-FBA Fees", Decimal("-9.50")),
        ("A-Storage Fees", Decimal("-7.30")),
        ("A-Advertising", Decimal("-12.50")),
        ("A-Marketplace Tax", Decimal("16.00")),
        ("A-Marketplace Tax", Decimal("-16.00")),
        ("A-Marketplace Tax", Decimal("-3.20")),
        ("A-Marketplace Tax", Decimal("3.20")),
        ("A-Reserve", Decimal("30.00")),
        ("A-Reserve", Decimal("-25.00")),
        ("A-Loan", Decimal("-20.00")),
    ]
    assert sum(line["Amount"] for line in sent["Line"]) == Decimal("86.25")
    assert '"Amount":-29.25' in body(documents.us_1_deposit())


def test_uk_1_states_net_tax_and_gross():
    sent = mapper.payload(documents.uk_1_journal(), number="TIE-UK1", marker=MARKER, company=UK)
    assert sent["GlobalTaxCalculation"] == "TaxInclusive"
    details = [(line["Amount"], line["JournalEntryLineDetail"]) for line in sent["Line"]]
    assert details[0] == (Decimal("64.51"), {"PostingType": "Debit", "AccountRef": {"value": "A-Bank"}})
    assert details[1] == (
        Decimal("100.00"),
        {
            "PostingType": "Credit",
            "AccountRef": {"value": "A-Sales"},
            "TaxCodeRef": {"value": "20S"},
            "TaxApplicableOn": "Sales",
            "TaxAmount": Decimal("20.00"),
            "TaxInclusiveAmt": Decimal("120.00"),
        },
    )
    assert [
        (amount, detail["PostingType"], detail["TaxApplicableOn"], detail["TaxAmount"], detail["TaxInclusiveAmt"])
        for amount, detail in details[2:]
    ] == [
        (Decimal("20.00"), "Debit", "Sales", Decimal("4.00"), Decimal("24.00")),
        (Decimal("15.30"), "Debit", "Purchase", Decimal("3.06"), Decimal("18.36")),
        (Decimal("3.06"), "Credit", "Purchase", Decimal("0.61"), Decimal("3.67")),
        (Decimal("3.00"), "Debit", "Purchase", Decimal("0.60"), Decimal("3.60")),
        (Decimal("1.00"), "Debit", "Purchase", Decimal("0.20"), Decimal("1.20")),
        (Decimal("10.00"), "Debit", "Purchase", Decimal("2.00"), Decimal("12.00")),
    ]


def test_uk_1_as_a_deposit_is_gross_with_codes():
    sent = mapper.payload(documents.uk_1_deposit(), number="", marker=MARKER, company=UK)
    assert sent["GlobalTaxCalculation"] == "TaxInclusive"
    assert sum(line["Amount"] for line in sent["Line"]) == Decimal("64.51")
    assert sent["Line"][1]["DepositLineDetail"] == {
        "AccountRef": {"value": "A-Refunds"},
        "TaxCodeRef": {"value": "20S"},
        "TaxApplicableOn": "Sales",
    }


def test_a_company_without_custom_numbers_is_sent_none():
    plain = CompanyFacts("USD", "US", multicurrency=False, custom_numbers=False, close_date=None)
    assert "DocNumber" not in mapper.payload(documents.us_1_journal(), number="X", marker=MARKER, company=plain)


def test_a_company_with_several_currencies_is_told_which():
    many = CompanyFacts("USD", "US", multicurrency=True, custom_numbers=True, close_date=None)
    sent = mapper.payload(documents.uk_1_journal(), number="X", marker=MARKER, company=many)
    assert sent["CurrencyRef"] == {"value": "GBP"}
    assert "TaxCodeRef" not in sent["Line"][1]["JournalEntryLineDetail"]


def test_class_and_location_stand_where_quickbooks_has_room_for_them():
    line = DocumentLine(AccountRef("1", ""), Side.DEBIT, Decimal(5), "", "", dimensions=(("class", "500"), ("location", "7")))
    other = DocumentLine(AccountRef("2", ""), Side.CREDIT, Decimal(5), "", "", dimensions=(("class", "501"), ("department", "7")))
    sent = mapper.payload(JournalEntry(date(2026, 1, 1), "USD", (line, other)), number="X", marker=MARKER, company=US)
    assert sent["Line"][0]["JournalEntryLineDetail"]["ClassRef"] == {"value": "500"}
    assert sent["Line"][0]["JournalEntryLineDetail"]["DepartmentRef"] == {"value": "7"}
    assert sent["Line"][1]["JournalEntryLineDetail"]["DepartmentRef"] == {"value": "7"}


def test_a_long_memo_never_pushes_the_marker_out():
    written = mapper.note("m" * 5000, MARKER)
    assert len(written) == 4000
    assert mapper.marker_of({"PrivateNote": written}) == MARKER


def test_amounts_that_were_kept_as_text_leave_as_numbers():
    kept = {
        "Line": [{"Amount": "86.25", "Description": "12.50", "JournalEntryLineDetail": {"TaxAmount": "0.10"}}],
        "DocNumber": "7",
    }
    assert jsontext.dumps(mapper.exact(kept)) == (
        '{"Line":[{"Amount":86.25,"Description":"12.50","JournalEntryLineDetail":{"TaxAmount":0.10}}],"DocNumber":"7"}'
    )


@pytest.mark.parametrize(
    ("reference", "part", "expected"),
    [("19283746501", "", "TIE-19283746501"), ("19283746501", "1", "TIE-19283746501-1"), ("1" * 15, "2", "TIE-111111111111111-2")],
)
def test_numbers_are_readable(reference, part, expected):
    assert mapper.number(reference, part) == expected


@given(st.text("0123456789AB-", min_size=1, max_size=60), st.sampled_from(["", "1", "2", "12"]))
def test_numbers_fit_and_keep_parts_apart(reference, part):
    number = mapper.number(reference, part)
    assert len(number) <= 21
    assert number.endswith(f"-{part}" if part else "")
    assert number != mapper.number(reference, f"{part}3")


def test_long_references_that_share_an_end_stay_apart():
    assert mapper.number("A" * 30 + "1234567890", "") != mapper.number("B" * 30 + "1234567890", "")


BODY = {
    "Id": "7",
    "SyncToken": "0",
    "TxnDate": "2026-11-05",
    "CurrencyRef": {"value": "USD"},
    "PrivateNote": f"memo {MARKER}",
    "Line": [
        {
            "Amount": Decimal("1.00"),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "1"}},
        },
        {
            "Amount": Decimal("1.00"),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "2"}},
        },
        {"DetailType": "DescriptionOnly", "Description": "a remark"},
    ],
}


def test_remarks_are_no_lines():
    assert len(mapper.found("journal_entry", BODY, {}).document.lines) == 2


@pytest.mark.parametrize(
    "broken",
    [
        {"Line": None},
        {"Line": []},
        {"TxnDate": "soon"},
        {"Id": None},
        {"Line": [{"Amount": Decimal(1), "DetailType": "X"}]},
        {"Line": [{**BODY["Line"][0], "Amount": "one"}, BODY["Line"][1]]},
        {"Line": [{**BODY["Line"][0], "JournalEntryLineDetail": {"PostingType": "Sideways", "AccountRef": {"value": "1"}}}]},
        {"Line": [BODY["Line"][0], BODY["Line"][0]]},
    ],
)
def test_a_body_that_is_no_document_is_unreadable_not_a_crash(broken):
    with pytest.raises(mapper.Unreadable):
        mapper.found("journal_entry", {**BODY, **broken}, {})


def test_tax_that_the_ledger_computed_otherwise_shows():
    """A deposit's lines do not state their tax; its total does, and a difference is not smoothed away."""
    sent = mapper.payload(documents.uk_1_deposit(), number="", marker=MARKER, company=UK)
    rates = {("20S", "sales"): Decimal(20), ("20S", "purchase"): Decimal(20)}
    stated = {"Id": "1", "SyncToken": "0", "CurrencyRef": {"value": "GBP"}, "TxnTaxDetail": {"TotalTax": Decimal("10.74")}}
    lines = mapper.found("deposit", {**sent, **stated}, rates).document.lines
    planned = documents.uk_1_deposit().lines
    differing = [
        (one.tax_amount, two.tax_amount) for one, two in zip(lines, planned, strict=True) if one.tax_amount != two.tax_amount
    ]
    assert differing == [(Decimal("2.01"), Decimal("2.00"))]


@given(
    st.lists(st.tuples(st.sampled_from(["debit", "credit"]), st.integers(1, 10**9), st.booleans()), min_size=1, max_size=12),
    st.sampled_from([Decimal(20), Decimal(5), Decimal("13.5"), Decimal(0)]),
)
def test_what_is_written_reads_back_the_same(rows, rate):
    """Any journal with inclusive tax survives the journey through JSON, line by line, to the penny."""
    lines = [
        _line(Side(side), Decimal(cents).scaleb(-2), rate if taxed else None, n) for n, (side, cents, taxed) in enumerate(rows)
    ]
    gap = sum(line.signed for line in lines)
    if gap:
        lines.append(_line(Side.DEBIT if gap > 0 else Side.CREDIT, abs(gap), None, 99))
    if len(lines) < 2:
        return
    planned = JournalEntry(date(2026, 11, 5), "GBP", tuple(lines), "memo")
    sent = mapper.payload(planned, number="N", marker=MARKER, company=UK)
    back = {**jsontext.loads(jsontext.dumps(sent)), "Id": "1", "SyncToken": "0", "CurrencyRef": {"value": "GBP"}}
    found = mapper.found("journal_entry", back, {("C", "sales"): rate})
    assert found.marker == MARKER
    assert [(one.account.key, one.side, one.gross, one.tax_amount) for one in found.document.lines] == [
        (one.account.key, one.side, one.gross, one.tax_amount) for one in planned.lines
    ]


def _line(side, gross, rate, n):
    tax = TaxRef("C", "code", rate) if rate is not None else None
    vat = (gross * rate / (100 + rate)).quantize(Decimal("0.01")) if rate else Decimal(0)
    return DocumentLine(AccountRef(f"A{n}", ""), side, gross, "", "row", tax, vat)

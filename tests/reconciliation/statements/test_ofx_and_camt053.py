"""OFX and camt.053 as banks write them, rule-bending included."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from canonical.problems import Refused
from reconciliation.statements import kind_of, read
from reconciliation.statements.look import Kind
from reconciliation.statements.statement import identities

HEADER = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:USASCII\nCHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"


def sgml(*rows: str, currency: str = "USD", accounts: tuple[str, ...] = ("000123456789",)) -> bytes:
    statements = "".join(
        f"<STMTTRNRS><TRNUID>1<STATUS><CODE>0<SEVERITY>INFO</STATUS><STMTRS><CURDEF>{currency}<BANKACCTFROM><BANKID>1"
        f"<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST><DTSTART>20261101<DTEND>20261114120000[-5:EST]\n"
        f"{''.join(rows)}</BANKTRANLIST><LEDGERBAL><BALAMT>100.00<DTASOF>20261114</LEDGERBAL></STMTRS></STMTTRNRS>"
        for account in accounts
    )
    return f"{HEADER}<OFX><BANKMSGSRSV1>{statements}</BANKMSGSRSV1></OFX>".encode()


def row(amount: str = "1086.25", fitid: str = "A1", day: str = "20261105120000[-5:EST]", **more: str) -> str:
    extra = "".join(f"<{name}>{value}" for name, value in more.items())
    return f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{fitid}{extra}</STMTTRN>\n"


def xml_ofx(*rows: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" '
        'OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD</CURDEF><BANKACCTFROM>'
        f"<ACCTID>12</ACCTID></BANKACCTFROM><BANKTRANLIST>{''.join(rows)}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def code(content: bytes, currency: str = "USD") -> str:
    with pytest.raises(Refused) as caught:
        read(content, name="x", currency=currency)
    return caught.value.problems[0].code


def test_sgml_without_end_tags():
    found = read(
        sgml(row(NAME="AMAZON.COM SVCS", MEMO="MKTPLACE 4F7A29C81B0"), row("-15.00", "A2", NAME="FEE")), name="x", currency="USD"
    )
    assert [(m.booked, m.amount, m.external_id) for m in found.movements] == [
        (date(2026, 11, 5), Decimal("1086.25"), "A1"), (date(2026, 11, 5), Decimal("-15.00"), "A2"),
    ]  # fmt: skip
    assert found.movements[0].description == "AMAZON.COM SVCS MKTPLACE 4F7A29C81B0"
    assert (found.first, found.last, found.facts.account, found.adds_up) == (date(2026, 11, 1), date(2026, 11, 14), "…6789", None)


def test_xml_with_end_tags():
    tagged = "<STMTTRN><TRNTYPE>DEP</TRNTYPE><DTPOSTED>20261105</DTPOSTED><TRNAMT>86,25</TRNAMT><FITID>9</FITID><NAME>A &amp; B</NAME></STMTTRN>"
    found = read(xml_ofx(tagged), name="x.qfx", currency="USD")
    assert (found.movements[0].amount, found.movements[0].booked) == (Decimal("86.25"), date(2026, 11, 5))


def test_a_bank_that_uses_one_id_twice_still_tells_two_lines():
    marks = [mark for mark, _ in identities(read(sgml(row(), row()), name="x", currency="USD").movements)]
    assert len(set(marks)) == 2


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (sgml(row("1,086.25")), "statement.broken"),
        (sgml(row("lots")), "statement.broken"),
        (sgml(row(day="someday")), "statement.broken"),
        (sgml(), "statement.empty"),
        (sgml(row(), currency="CAD"), "statement.other_currency"),
        (sgml(row(), accounts=("1111", "2222")), "statement.several_accounts"),
        (HEADER.encode() + b"<OFX></OFX>", "statement.broken"),
        (HEADER.encode(), "statement.broken"),
        (b"OFXHEADER:100\nrubbish", "statement.broken"),
    ],
)
def test_what_cannot_be_read_is_refused(content, expected):
    assert code(content) == expected


# ------------------------------------------------------------------ camt.053


def camt(
    *entries: str,
    version: str = "08",
    opening: str = "100.00",
    closing: str = "1186.25",
    account: str = "<IBAN>DE02120300000000202051</IBAN>",
    stmts: int = 1,
) -> bytes:
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code_}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount.lstrip("-")}</Amt>'
        f"<CdtDbtInd>{'DBIT' if amount.startswith('-') else 'CRDT'}</CdtDbtInd><Dt><Dt>2026-11-0{day}</Dt></Dt></Bal>"
        for code_, amount, day in (("OPBD", opening, 1), ("CLBD", closing, 9))
    )
    statement = f"<Stmt><Id>1</Id><Acct><Id>{account}</Id></Acct>{balances}{''.join(entries)}</Stmt>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>1</MsgId></GrpHdr>{statement * stmts}</BkToCstmrStmt></Document>"
    ).encode()


def entry(
    amount: str = "1086.25", side: str = "CRDT", status: str = "<Sts><Cd>BOOK</Cd></Sts>", ref: str = "X1", currency: str = "EUR"
) -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}<BookgDt><Dt>2026-11-05</Dt></BookgDt>'
        f"<AcctSvcrRef>{ref}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>4F7A29C81B0</EndToEndId></Refs>"
        "<RltdPties><Dbtr><Pty><Nm>Amazon Payments Europe</Nm></Pty></Dbtr></RltdPties>"
        "<RmtInf><Ustrd>Auszahlung &amp; mehr</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    )


@pytest.mark.parametrize("version", ["02", "08", "13"])
def test_camt_of_any_version(version):
    found = read(camt(entry(), version=version), name="x.xml", currency="EUR")
    assert found.kind == "camt053"
    one = found.movements[0]
    assert (one.booked, one.amount, one.external_id, one.reference) == (
        date(2026, 11, 5),
        Decimal("1086.25"),
        "X1",
        "4F7A29C81B0",
    )
    assert one.description == "Amazon Payments Europe Auszahlung & mehr"
    assert (found.opening, found.closing, found.adds_up) == (Decimal("100.00"), Decimal("1186.25"), True)
    assert found.facts.account == "…2051"


def test_only_what_is_booked_counts_and_a_debit_is_money_out():
    plain = "<Sts>BOOK</Sts>"
    found = read(
        camt(entry(), entry("5.00", "DBIT", plain, "X2"), entry("9.00", status="<Sts><Cd>PDNG</Cd></Sts>"), closing="1181.25"),
        name="x", currency="EUR",
    )  # fmt: skip
    assert [m.amount for m in found.movements] == [Decimal("1086.25"), Decimal("-5.00")]
    assert found.adds_up is True


def test_a_statement_whose_balances_do_not_add_up_says_so_and_is_used():
    found = read(camt(entry(), closing="1186.24"), name="x", currency="EUR")
    assert found.adds_up is False
    assert found.problem().code == "statement.does_not_add_up"
    assert "1086.24" in found.problem().text()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (camt(entry(currency="USD")), "statement.other_currency"),
        (camt(entry(side="")), "statement.broken"),
        (camt(entry("ten")), "statement.broken"),
        (camt(entry("NaN")), "statement.broken"),
        (camt(), "statement.empty"),
        (camt(entry())[:-40], "statement.broken"),
        (
            camt(entry(), stmts=1).replace(b"</Stmt>", b"</Stmt><Stmt><Acct><Id><IBAN>XX99</IBAN></Id></Acct></Stmt>"),
            "statement.several_accounts",
        ),
    ],
)
def test_camt_that_cannot_be_read_is_refused(content, expected):
    assert code(content, "EUR") == expected


def test_files_are_told_apart_by_their_contents():
    assert [kind_of(content, "x.dat") for content in (sgml(row()), xml_ofx(row()), camt(entry()), b"Date,Amount\n")] == [
        Kind.OFX, Kind.OFX, Kind.CAMT053, Kind.CSV,
    ]  # fmt: skip

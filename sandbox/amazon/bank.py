"""The sellers' banks: what a bank statement shows of the payouts, and of everything else that moves on such an account.

One account per seller and currency. A payout that was paid is one credit on the day it was, with the bank's
trace number in its text; one that failed leaves no line. Around them stand the movements of a small shop:
a supplier, a monthly fee, card takings, two equal parcels on one day.

GET /world/bank.csv|ofx|camt053?seller=ID&currency=USD[&since=DATE][&until=DATE][&alone=1]
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import escape

from werkzeug.wrappers import Response

from sandbox.amazon.chain import digest
from sandbox.amazon.payouts import payouts_of
from sandbox.amazon.places import SELLERS, Seller
from sandbox.amazon.rows import ZERO
from sandbox.amazon.shops import Shops

HISTORY = timedelta(days=400)
OPENING = Decimal("10000.00")
PAYERS = {"GBP": "AMAZON PAYMENTS UK LTD", "EUR": "Amazon Payments Europe S.C.A."}
PAYER = "AMAZON.COM SVCS LLC DES:MKTPLACE PMT"


@dataclass(frozen=True)
class Booking:
    """One line of the account. `id` is the bank's own and stays the same in every download."""

    day: date
    amount: Decimal
    text: str
    id: str


@dataclass(frozen=True)
class Account:
    """What was asked for: an account, its days, and its bookings with the balance before them."""

    seller: Seller
    currency: str
    first: date
    last: date
    opening: Decimal
    bookings: tuple[Booking, ...]

    @property
    def number(self) -> str:
        return str(10**11 + int(digest("account", self.seller.id, self.currency)[:9], 16))[:12]

    @property
    def closing(self) -> Decimal:
        return self.opening + sum((booking.amount for booking in self.bookings), ZERO)


def serve(shops: Shops, now: datetime, kind: str, asked: Mapping[str, str]) -> Response:
    """A statement for download. KeyError: no such seller or format. ValueError: not a date."""
    write, media_type = FORMATS[kind]
    text = write(account_of(shops, now, asked))
    response = Response(text.encode(), content_type=f"{media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="statement.{kind.replace("camt053", "xml")}"'
    return response


def account_of(shops: Shops, now: datetime, asked: Mapping[str, str]) -> Account:
    seller, currency = SELLERS[asked["seller"]], asked["currency"]
    first = date.fromisoformat(asked["since"]) if "since" in asked else (now - HISTORY).date()
    last = min(date.fromisoformat(asked["until"]) if "until" in asked else now.date(), now.date())
    every = [*_paid(shops, seller, currency, now), *(() if asked.get("alone") else _daily(seller, currency, now))]
    every.sort(key=lambda booking: (booking.day, booking.id))
    before = sum((booking.amount for booking in every if booking.day < first), OPENING)
    return Account(seller, currency, first, last, before, tuple(b for b in every if first <= b.day <= last))


def _paid(shops: Shops, seller: Seller, currency: str, now: datetime) -> Iterator[Booking]:
    payer = PAYERS.get(currency, PAYER)
    for payout in payouts_of(shops, seller, now):
        if payout.first.place.currency != currency:
            continue
        status, at = payout.history(now)[-1]
        if status == "PAID":
            yield Booking(at.date(), payout.amount, f"{payer} ID:{payout.trace_id}", f"P{payout.id}")


def _daily(seller: Seller, currency: str, now: datetime) -> Iterator[Booking]:
    """The other life of the account, the same whenever it is asked for."""
    day = (now - HISTORY).date()
    while day <= now.date():
        for number, (amount, text) in enumerate(_of_day(seller, currency, day)):
            yield Booking(day, amount, text, f"{day:%Y%m%d}{number}{digest(seller.id, currency)[:4].upper()}")
        day += timedelta(days=1)


def _of_day(seller: Seller, currency: str, day: date) -> Iterator[tuple[Decimal, str]]:
    chance = int(digest("day", seller.id, currency, day.isoformat())[:8], 16)
    if day.weekday() == 1:
        yield Decimal(-(chance % 90000 + 10000)).scaleb(-2), "NORTHERN PACKAGING INV " + str(chance % 10000)
    if day.weekday() == 3:
        yield Decimal(chance % 30000 + 500).scaleb(-2), "CARD TAKINGS MARKET STALL"
    if day.day == 2:
        yield Decimal("-15.00"), "ACCOUNT FEE"
    if chance % 29 == 0:
        yield Decimal("-8.95"), "PARCEL POST"
        yield Decimal("-8.95"), "PARCEL POST"


# ------------------------------------------------------------------ as files


def _csv(account: Account) -> str:
    """As banks of the currency's country write it: month first in America, day first elsewhere, commas in Germany."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if account.currency == "EUR" else ",")
    heads = {"EUR": ("Buchungstag", "Verwendungszweck", "Betrag", "Saldo")}
    writer.writerow(heads.get(account.currency, ("Date", "Description", "Amount", "Balance")))
    balance = account.opening
    for booking in account.bookings:
        balance += booking.amount
        writer.writerow(
            [_day(booking.day, account.currency), booking.text, _amount(booking.amount, account), _amount(balance, account)]
        )
    return out.getvalue()


def _day(day: date, currency: str) -> str:
    return f"{day:%d.%m.%Y}" if currency == "EUR" else f"{day:%m/%d/%Y}" if currency in ("USD", "CAD") else f"{day:%d/%m/%Y}"


def _amount(amount: Decimal, account: Account) -> str:
    text = f"{amount:,f}"
    return text.translate(str.maketrans(",.", ".,")) if account.currency == "EUR" else text


def _ofx(account: Account) -> str:
    """OFX 1.0.2: SGML, elements without end tags."""
    rows = "".join(
        f"<STMTTRN><TRNTYPE>{'CREDIT' if booking.amount > 0 else 'DEBIT'}<DTPOSTED>{booking.day:%Y%m%d}120000"
        f"<TRNAMT>{booking.amount}<FITID>{booking.id}<NAME>{escape(booking.text[:32])}<MEMO>{escape(booking.text)}</STMTTRN>\n"
        for booking in account.bookings
    )
    return (
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nSECURITY:NONE\nENCODING:UTF-8\nCHARSET:NONE\nCOMPRESSION:NONE\n"
        "OLDFILEUID:NONE\nNEWFILEUID:NONE\n\n"
        f"<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0<SEVERITY>INFO</STATUS><DTSERVER>{account.last:%Y%m%d}<LANGUAGE>ENG"
        "</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1><STMTTRNRS><TRNUID>0<STATUS><CODE>0<SEVERITY>INFO</STATUS>"
        f"<STMTRS><CURDEF>{account.currency}<BANKACCTFROM><BANKID>121000248<ACCTID>{account.number}<ACCTTYPE>CHECKING"
        f"</BANKACCTFROM><BANKTRANLIST><DTSTART>{account.first:%Y%m%d}<DTEND>{account.last:%Y%m%d}\n{rows}</BANKTRANLIST>"
        f"<LEDGERBAL><BALAMT>{account.closing}<DTASOF>{account.last:%Y%m%d}</LEDGERBAL>"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def _camt053(account: Account) -> str:
    """camt.053.001.08, one statement."""
    entries = "".join(
        f'<Ntry><Amt Ccy="{account.currency}">{abs(booking.amount)}</Amt><CdtDbtInd>{_side(booking.amount)}</CdtDbtInd>'
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{booking.day}</Dt></BookgDt><ValDt><Dt>{booking.day}</Dt></ValDt>"
        f"<AcctSvcrRef>{booking.id}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf><Ustrd>{escape(booking.text)}</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls></Ntry>\n"
        for booking in account.bookings
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">'
        f"<BkToCstmrStmt><GrpHdr><MsgId>{account.last:%Y%m%d}</MsgId><CreDtTm>{account.last}T06:00:00Z</CreDtTm></GrpHdr>"
        f"<Stmt><Id>1</Id><FrToDt><FrDtTm>{account.first}T00:00:00Z</FrDtTm><ToDtTm>{account.last}T23:59:59Z</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{account.number}</Id></Othr></Id><Ccy>{account.currency}</Ccy></Acct>"
        f"{_balance('OPBD', account.opening, account.first, account.currency)}"
        f"{_balance('CLBD', account.closing, account.last, account.currency)}\n{entries}</Stmt></BkToCstmrStmt></Document>\n"
    )


def _balance(code: str, amount: Decimal, day: date, currency: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{_side(amount)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _side(amount: Decimal) -> str:
    return "CRDT" if amount >= 0 else "DBIT"


FORMATS: dict[str, tuple[Callable[[Account], str], str]] = {
    "csv": (_csv, "text/csv"),
    "ofx": (_ofx, "application/x-ofx"),
    "camt053": (_camt053, "application/xml"),
}

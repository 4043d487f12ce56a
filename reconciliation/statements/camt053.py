"""ISO 20022 camt.053, any version: read as a stream by defusedxml, which refuses document types and entities.

Elements are taken by their local names, because every version has a namespace of its own and moves little
else (camt.053.001.02 to .13). Only booked entries count. A credit is money in; a reversal states the
direction it moves in (ReversalIndicator only explains it).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from canonical.money import to_decimal
from canonical.problems import Problem, Refused
from reconciliation.statements.statement import (
    EMPTY,
    OTHER_CURRENCY,
    SEVERAL_ACCOUNTS,
    BankFacts,
    Movement,
    Statement,
    bounded,
    broken,
)

Tag = Any  # an Element of the standard library

_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)
_NOT_BOOKED = frozenset({"PDNG", "INFO", "FUTR"})
_MOST_DEPTH = 40
_MOST_HELD = 1_000_000  # elements of one entry: a batch booking lists its transactions


class _Gathered:
    """What the stream has told so far of its statements: all must be of one account."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.accounts: set[str] = set()
        self.balances: dict[str, list[tuple[date, Decimal]]] = {}
        self.spans: list[date] = []
        self.entries = 0

    def balance(self, tag: Tag) -> None:
        code = _text(tag, "Tp", "CdOrPrtry", "Cd")
        amount = _signed(tag, self._in_currency(_find(tag, "Amt"), 0), 0)
        day = _day_of(_find(tag, "Dt"))
        if code and day:
            self.balances.setdefault(code, []).append((day, amount))

    def entry(self, tag: Tag) -> Movement | None:
        self.entries += 1
        status = _text(tag, "Sts", "Cd") or _text(tag, "Sts")
        amount = _signed(tag, self._in_currency(_find(tag, "Amt"), self.entries), self.entries)
        if status in _NOT_BOOKED:
            return None
        booked = _day_of(_find(tag, "BookgDt")) or _day_of(_find(tag, "ValDt"))
        if booked is None:
            raise broken("an entry without a booking date", self.entries)
        words = [*_texts(tag, "Nm"), *_texts(tag, "Ustrd"), *_texts(tag, "AddtlNtryInf"), *_texts(tag, "AddtlTxInf")]
        references = [*_texts(tag, "EndToEndId"), *_texts(tag, "Ref"), *_texts(tag, "NtryRef")]
        named = [reference for reference in references if reference != "NOTPROVIDED"]
        return Movement(
            line=self.entries,
            booked=booked,
            amount=amount,
            description=" ".join(dict.fromkeys(words))[:500],
            reference=" ".join(dict.fromkeys(named))[:120],
            external_id=_text(tag, "AcctSvcrRef")[:255],
        )

    def _in_currency(self, amount: Tag | None, ordinal: int) -> Decimal:
        if amount is None or not amount.text:
            raise broken("an amount is missing", ordinal or None)
        stated = str(amount.get("Ccy") or "")
        self.currency = self.currency or stated
        if stated and stated != self.currency:
            raise Refused(Problem(OTHER_CURRENCY, {"stated": stated, "expected": self.currency}))
        try:
            return to_decimal(amount.text.strip())
        except ValueError:
            raise broken(f"{amount.text[:40]!r} is not an amount", ordinal or None) from None

    def edge(self, codes: tuple[str, ...], latest: bool) -> Decimal | None:
        """The earliest opening or latest closing balance over all pages."""
        found = next((self.balances[code] for code in codes if code in self.balances), [])
        days = [day for day, _ in found]
        return dict(found)[max(days) if latest else min(days)] if found else None


def statement(content: bytes, currency: str) -> Statement:
    """All statements of the file as one. Raises Refused."""
    gathered = _Gathered(currency)
    movements = bounded(_movements(content, gathered))
    if len(gathered.accounts) > 1:
        raise Refused(Problem(SEVERAL_ACCOUNTS, {"accounts": ", ".join(sorted(gathered.accounts))}))
    if not movements:
        raise Refused(Problem(EMPTY))
    booked = [movement.booked for movement in movements]
    return Statement(
        "camt053",
        gathered.currency,
        movements,
        min([*booked, *gathered.spans]),
        max([*booked, *gathered.spans]),
        gathered.edge(_OPENING, latest=False),
        gathered.edge(_CLOSING, latest=True),
        BankFacts(account=next(iter(gathered.accounts), "")),
    )


def _movements(content: bytes, gathered: _Gathered) -> Iterator[Movement]:
    held = 0
    path: list[str] = []
    try:
        for event, tag in iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
            name = _name(tag)
            if event == "start":
                path.append(name)
                held += 1
                if len(path) > _MOST_DEPTH or held > _MOST_HELD:
                    raise broken("it is nested too deeply")
                continue
            path.pop()
            if not path or path[-1] != "Stmt":
                continue
            if name == "Acct":
                gathered.accounts.add(_account(tag))
            elif name == "Bal":
                gathered.balance(tag)
            elif name == "FrToDt":
                gathered.spans += [day for day in (_day(_text(tag, "FrDtTm")), _day(_text(tag, "ToDtTm"))) if day]
            elif name == "Ntry":
                movement = gathered.entry(tag)
                if movement is not None:
                    yield movement
            tag.clear()
            held = 0
    except DefusedXmlException:
        raise broken("it declares a document type or entities, which no bank statement does") from None
    except (ParseError, ValueError, LookupError) as error:
        raise broken(str(error)[:120]) from None


def _account(tag: Tag) -> str:
    number = _text(tag, "Id", "IBAN") or _text(tag, "Id", "Othr", "Id")
    return f"…{number[-4:]}" if number else ""


def _signed(tag: Tag, amount: Decimal, ordinal: int) -> Decimal:
    side = _text(tag, "CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise broken("an entry does not say whether it is a credit or a debit", ordinal or None)
    return amount if side == "CRDT" else -amount


def _day_of(tag: Tag | None) -> date | None:
    return None if tag is None else _day(_text(tag, "Dt") or _text(tag, "DtTm"))


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None


def _name(tag: Tag) -> str:
    return str(tag.tag).rpartition("}")[2]


def _find(tag: Tag, name: str) -> Tag | None:
    return next((child for child in tag if _name(child) == name), None)


def _text(tag: Tag, *names: str) -> str:
    found: Tag | None = tag
    for name in names:
        found = _find(found, name) if found is not None else None
    return (found.text or "").strip() if found is not None else ""


def _texts(tag: Tag, name: str) -> list[str]:
    return [(found.text or "").strip() for found in tag.iter() if _name(found) == name and (found.text or "").strip()]

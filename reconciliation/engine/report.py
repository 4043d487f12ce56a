"""What a settlement file says and what would be posted from it, as plain data and as text for a terminal.

Needs neither database nor account: the default chart stands in for the ledger's accounts, and VAT
is left inside the amounts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from canonical.accounting import Document, DocumentLine, Side, balanced_lines
from canonical.money import plain
from canonical.problems import N_, Problem, Refused, Severity

from .book import Journals, Shape, default_book
from .chart import HELD
from .compose import compose
from .composition import Composition
from .draft import describe
from .look import AMBIGUOUS_NUMBERS, Look, TwoReadings
from .number_format import NumberStyle
from .rows import TOO_FINE
from .scan import summarise
from .source import Source
from .summary import Summary

FREELY = Journals()
OK, UNREADABLE, NEEDS_ATTENTION = 0, 2, 3
_WORST_FIRST = (UNREADABLE, NEEDS_ATTENTION, OK)
_AMBIGUOUS = frozenset({AMBIGUOUS_NUMBERS, TOO_FINE})

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Report:
    """One file: its data (the keys of `--json`), the exit code it asks for, and what is wrong with it."""

    data: dict[str, Any]
    exit_code: int
    problems: tuple[Problem, ...]


def worst(codes: Iterable[int]) -> int:
    """The exit code of several files: 2 before 3 before 0."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), OK)


def report(
    path: str,
    *,
    timezone: str = "UTC",
    shape: Shape = Shape.SUMMARY_JOURNAL,
    journals: Journals = FREELY,
    charset: str | None = None,
) -> Report:
    """Read one file and say what would be posted from it. Never raises for what is in the file."""
    return report_source(Source.from_path(path), timezone=timezone, shape=shape, journals=journals, charset=charset)


def report_source(
    source: Source,
    *,
    timezone: str = "UTC",
    shape: Shape = Shape.SUMMARY_JOURNAL,
    journals: Journals = FREELY,
    charset: str | None = None,
) -> Report:
    """As `report`, for a source at hand."""
    try:
        book = default_book("", timezone=timezone, shape=shape)
        summary = summarise(source, book=book, charset=charset, trace=False)
    except TwoReadings as refused:
        return _refused(source.name, refused.problems, refused.found)
    except Refused as refused:
        return _refused(source.name, refused.problems)
    book = replace(default_book(summary.header.currency, timezone=timezone, shape=shape), journals=journals)
    composition = compose(summary, book)
    return Report(_data(source.name, summary, composition), _exit_code(summary), composition.problems)


def _refused(name: str, problems: tuple[Problem, ...], found: Look | None = None) -> Report:
    data = {**_EMPTY, "file": name}
    if found is not None:
        data.update(currency=found.currency or None, encoding=found.encoding, format_version=found.layout.version.value)
    ambiguous = all(problem.code in _AMBIGUOUS for problem in problems)
    if ambiguous:
        data["number_format"] = NumberStyle.AMBIGUOUS.value
    return Report(data, NEEDS_ATTENTION if ambiguous else UNREADABLE, problems)


_EMPTY: dict[str, Any] = {
    "file": "",
    "settlement_id": None,
    "currency": None,
    "period": {"start": None, "end": None},
    "deposit_date": None,
    "header_total": None,
    "line_total": None,
    "difference": None,
    "rows": 0,
    "number_format": None,
    "encoding": None,
    "format_version": None,
    "ties": False,
    "unclassified": [],
    "categories": [],
    "documents": [],
}


def _exit_code(summary: Summary) -> int:
    clean = summary.difference == 0 and not _unclassified(summary)
    return OK if clean else NEEDS_ATTENTION


def _unclassified(summary: Summary) -> list[dict[str, Any]]:
    """Rows nobody knows, and rows whose type says nothing about what they are: both wait for a person."""
    found = [(item.triple, item.rows, item.amount) for item in summary.unclassified()]
    undecided = [
        (key.triple, tally.rows, tally.amount)
        for key, tally in summary.groups.items()
        if tally.rule is not None and tally.rule.category in HELD
    ]
    merged: dict[Any, tuple[int, Decimal]] = {}
    for triple, rows, amount in (*found, *undecided):
        known = merged.get(triple, (0, Decimal(0)))
        merged[triple] = (known[0] + rows, known[1] + amount)
    return [
        {
            "transaction_type": triple.transaction_type,
            "amount_type": triple.amount_type,
            "amount_description": triple.amount_description,
            "rows": rows,
            "amount": plain(amount, summary.header.currency),
        }
        for triple, (rows, amount) in merged.items()
    ]


def _data(name: str, summary: Summary, composition: Composition) -> dict[str, Any]:
    header, facts = summary.header, summary.facts
    currency = header.currency

    def money(amount: Decimal | None) -> str | None:
        return None if amount is None else plain(amount, currency)

    def day(moment: datetime | None) -> str | None:
        return None if moment is None else summary.periods.day(moment).isoformat()

    return {
        "file": name,
        "settlement_id": header.settlement_id,
        "currency": currency,
        "period": {"start": day(header.period_start), "end": day(header.period_end)},
        "deposit_date": day(header.deposit_at),
        "header_total": money(header.header_total),
        "line_total": money(summary.line_total),
        "difference": money(summary.difference),
        "rows": facts.data_rows if facts else 0,
        "number_format": facts.number_format.value if facts else None,
        "encoding": facts.encoding if facts else None,
        "format_version": facts.format_version.value if facts else None,
        "ties": summary.difference == 0,
        "unclassified": _unclassified(summary),
        "categories": [
            {"category": category, "rows": rows, "amount": money(amount)}
            for category, rows, amount in summary.categories()
            if category
        ],
        "documents": [_document(part.document, currency) for part in composition.documents],
    }


def _document(document: Document, currency: str) -> dict[str, Any]:
    """A document with debits and credits; the side that its lines leave out, such as a deposit's own debit, comes first."""
    balanced = balanced_lines(document)
    left_out = len(balanced) - len(document.lines)
    lines = [_line(replace(line, description=describe(line.kind)), currency) for line in balanced[:left_out]]
    lines += [_line(line, currency) for line in document.lines]
    return {
        "document_type": document.document_type.value,
        "date": document.date.isoformat(),
        "currency": document.currency,
        "lines": lines,
    }


def _line(line: DocumentLine, currency: str) -> dict[str, Any]:
    amount, zero = plain(line.gross, currency), plain(Decimal(0), currency)
    debit, credit = (amount, zero) if line.side is Side.DEBIT else (zero, amount)
    return {
        "account": line.account.name,
        "description": line.description,
        "debit": debit,
        "credit": credit,
        "rows": line.row_count,
    }


def as_text(found: Report, translate: Translate = str) -> str:
    """The report for a terminal."""
    data = found.data
    lines = [data["file"]]
    if data["settlement_id"] is not None:
        lines += _facts(data, translate)
    for problem in found.problems:
        lines += _problem(problem, translate)
    for document in data["documents"]:
        lines += _entry(document)
    return "\n".join(lines) + "\n"


def _facts(data: dict[str, Any], translate: Translate) -> list[str]:
    period = data["period"]
    stated = data["header_total"] if data["header_total"] is not None else translate(N_("none"))
    facts = [
        (N_("Settlement"), f"{data['settlement_id']} {data['currency']}, {data['format_version']}, {data['encoding']}"),
        (N_("Period"), f"{period['start']} - {period['end']}, {translate(N_('deposit'))} {data['deposit_date']}"),
        (N_("Numbers"), data["number_format"]),
        (N_("Header total"), stated),
        (N_("Line total"), f"{data['line_total']} ({data['rows']} {translate(N_('rows'))})"),
        (N_("Difference"), data["difference"] if data["difference"] is not None else "-"),
        (N_("Ties"), translate(N_("yes")) if data["ties"] else translate(N_("NO"))),
    ]
    lines = [f"  {translate(label):<14} {value}" for label, value in facts]
    for item in data["categories"]:
        lines.append(f"    {item['category']:<48} {item['rows']:>8} {item['amount']:>16}")
    return lines


def _problem(problem: Problem, translate: Translate) -> list[str]:
    marks = {Severity.BLOCKS: "!!", Severity.WARNS: " !", Severity.TELLS: "  "}
    where = f" ({translate(N_('line'))} {problem.where.line})" if problem.where.line else ""
    return [f"  {marks[problem.severity]} {problem.text(translate)}{where}", f"       {problem.remedy(translate)}"]


def _entry(document: dict[str, Any]) -> list[str]:
    lines = [f"  {document['document_type']} {document['date']} {document['currency']}"]
    for line in document["lines"]:
        debit, credit = (amount if Decimal(amount) else "" for amount in (line["debit"], line["credit"]))
        name, text, rows = line["account"][:31], line["description"][:36], line["rows"] or ""
        lines.append(f"    {name:<31} {text:<36} {debit:>14} {credit:>14} {rows:>8}")
    return lines

"""Which documents go together in one call, and which must wait for which.

Documents of different sources share calls; the parts of one source go one after the other, because a
settlement cut at a month end, or an invoice and its payment, is one operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from django.db.models import QuerySet

from connections.models import Connection
from syncs.models import LedgerDocument

SourceKey = tuple[int, int, str, str]


def by_ledger(documents: Iterable[LedgerDocument]) -> list[tuple[Connection, list[LedgerDocument]]]:
    """The documents by the connection of their ledger, as it stands now; another tenant's is not found."""
    groups: dict[int, list[LedgerDocument]] = {}
    for document in documents:
        groups.setdefault(document.ledger_id, []).append(document)
    return [(Connection.objects.get(pk=ledger_id), group) for ledger_id, group in groups.items()]


_OF_MONTH, _COUNTED = re.compile(r"(\d+)([a-z]*)(\d*)"), re.compile(r"([a-z]+)(\d+)")

PartOrder = tuple[int, int, str, int]
Turn = tuple[int, int, str]


def part_order(document: LedgerDocument) -> PartOrder:
    """Parts in their order: "" or "1" before "2" before "10"; "1i" before "1r2" before "1r10" before "2t"; then all
    that does not begin with a month's number, the shorter word first: "p1", "p2" before "out"."""
    if found := _OF_MONTH.fullmatch(document.part):
        month, slot, number = found.groups()
        return 0, int(month), slot, int(number or 0)
    if found := _COUNTED.fullmatch(document.part):
        return len(found[1]), 0, found[1], int(found[2])
    return len(document.part), 0, document.part, 0


def turn(document: LedgerDocument) -> Turn:
    """When a part's turn is. Those that are only counted, such as payments, share theirs: none needs the other."""
    return part_order(document)[:3]


def waves(documents: Sequence[LedgerDocument]) -> list[list[LedgerDocument]]:
    """First what comes first of every source, then what comes second of every source, and so on."""
    sources: dict[SourceKey, dict[Turn, list[LedgerDocument]]] = {}
    for document in sorted(documents, key=part_order):
        sources.setdefault(_source_of(document), {}).setdefault(turn(document), []).append(document)
    turns = [list(by_turn.values()) for by_turn in sources.values()]
    depth = max((len(each) for each in turns), default=0)
    return [[document for each in turns if at < len(each) for document in each[at]] for at in range(depth)]


def callfuls(documents: Sequence[LedgerDocument], size: int) -> Iterator[Sequence[LedgerDocument]]:
    """The documents in as few calls as the ledger's batch size allows."""
    for start in range(0, len(documents), size):
        yield documents[start : start + size]


def siblings(documents: Sequence[LedgerDocument]) -> QuerySet[LedgerDocument]:
    """All documents of the sources of these, and possibly more: `later_than` tells them apart."""
    return LedgerDocument.objects.filter(
        ledger__in={document.ledger_id for document in documents},
        source__in={document.source_id for document in documents},
        source_ref__in={document.source_ref for document in documents},
    )


def later_than(documents: Sequence[LedgerDocument], others: Iterable[LedgerDocument]) -> set[int]:
    """Those of `documents` that come after one of `others` in the order of the parts of one source."""
    first: dict[SourceKey, Turn] = {}
    for other in others:
        key = _source_of(other)
        first[key] = min(first.get(key, turn(other)), turn(other))
    return {each.pk for each in documents if _source_of(each) in first and first[_source_of(each)] < turn(each)}


def _source_of(document: LedgerDocument) -> SourceKey:
    return document.ledger_id, document.source_id, document.source_ref, document.source_kind

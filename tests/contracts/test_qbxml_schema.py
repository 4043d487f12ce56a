"""The twin's own lists of elements against the published operations, and the judge against messages known to be wrong."""

from __future__ import annotations

import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

import pytest

from sandbox.quickbooks_desktop import answers, shapes, soap
from sandbox.quickbooks_desktop.shape import Shape, is_ref, ref_limit
from tests.contracts.qbxml_schema import Element, folder, operation, problems

pytestmark = pytest.mark.contracts
PLAIN = {
    "id": "IDTYPE", "amt": "AMTTYPE", "quan": "QUANTYPE", "price": "PRICETYPE", "percent": "PERCENTTYPE", "float": "FLOATTYPE",
    "int": "INTTYPE", "bool": "BOOLTYPE", "date": "DATETYPE", "datetime": "DATETIMETYPE", "guid": "GUIDTYPE",
}  # fmt: skip


def _compare(where: str, text: str, shape: Shape, published: Element, answered: bool) -> Iterator[str]:
    order = [name for name in published.order() if name in shape.names]
    if order != list(shape.names):
        yield f"{where}: {[n for n in shape.names if n not in published.children] or shape.names} against {order}"
        return
    yield from _sequences(where, shape, published, answered)
    for name in published.required - set(shape.names if not answered else published.required):
        yield f"{where}/{name} is required"
    for name, kind in shape.types.items():
        rule = published.children[name]
        optional = re.search(rf"\b{name}:\w+[?*]", text) is not None
        if name in published.required and optional and not answered:
            yield f"{where}/{name} is not optional"
        if rule.optional and not optional and not rule.repeated and "(" not in text and not answered:
            yield f"{where}/{name} is optional"
        yield from _kind(f"{where}/{name}", name, kind, rule, answered)


def _sequences(where: str, shape: Shape, published: Element, answered: bool) -> Iterator[str]:
    """Whatever the twin takes is published; of its own elements it takes whatever is published. Tried on 100 at random."""
    chance = random.Random(where)
    for _ in range(100):
        keep = chance.choice((0.15, 0.5, 0.85))
        names = [name for name in shape.names if chance.random() < keep or (name in published.required and chance.random() < 0.9)]
        again = [name for name in names for _ in range(chance.choice((1, 1, 1, 1, 1, 1, 1, 2)))]
        theirs = published.pattern.fullmatch("".join(f"{name};" for name in again)) is not None
        if shape.fits(again) != theirs and (theirs is False or not answered):
            yield f"{where}: {'; '.join(again)} is {'published' if theirs else 'not published'}"
            return


def _kind(where: str, name: str, kind: str, rule: Element, answered: bool) -> Iterator[str]:
    parts, of = (answers.INNER, answers.inner) if answered else (shapes.PARTS, shapes.part)
    if kind.isdigit():
        if rule.length != int(kind):
            yield f"{where}: {kind} against {rule.length}"
    elif is_ref(kind):
        if ref_limit(kind) != rule.children["FullName"].length:
            yield f"{where}: {kind} against {rule.children['FullName'].length}"
    elif kind in PLAIN:
        if PLAIN[kind] != rule.type:
            yield f"{where}: {kind} against {rule.type}"
    elif kind in shapes.ENUMS and not answered:
        if not set(shapes.ENUMS[kind]) <= rule.values:
            yield f"{where}: {set(shapes.ENUMS[kind]) - rule.values} are no values"
    elif kind in parts:
        yield from _compare(where, parts[kind], of(kind), rule, answered)


@pytest.mark.parametrize("name", sorted(shapes.BODIES))
def test_what_is_added_and_changed(name: str) -> None:
    published = operation(f"{name}Rq").children[name]
    assert list(_compare(name, shapes.BODIES[name], shapes.body(name), published, answered=False)) == []


@pytest.mark.parametrize("kind", sorted(shapes.QUERIES))
def test_what_is_queried(kind: str) -> None:
    shape = shapes.request(f"{kind}Query")
    assert shape is not None
    assert list(_compare(kind, shapes.QUERIES[kind], shape, operation(f"{kind}QueryRq"), answered=False)) == []
    assert ("iterator" in operation(f"{kind}QueryRq").attributes) == (kind in shapes.ITERATED)


@pytest.mark.parametrize("name", sorted(shapes.PLAIN))
def test_what_is_taken_out(name: str) -> None:
    shape = shapes.request(name)
    assert shape is not None
    assert list(_compare(name, shapes.PLAIN[name], shape, operation(f"{name}Rq"), answered=False)) == []


@pytest.mark.parametrize("kind", sorted(answers.RETS))
def test_what_is_answered(kind: str) -> None:
    published = operation(f"{kind}QueryRs").children[f"{kind}Ret"]
    assert list(_compare(kind, answers.RETS[kind], answers.ret(kind), published, answered=True)) == []


def test_the_calls_of_the_web_connector() -> None:
    where = folder()
    if where is None:
        pytest.skip("the providers' published schemas are not beside this repository")
    root = ElementTree.parse(where / "QBWebConnectorSvc.wsdl").getroot()
    schema = "{http://www.w3.org/2001/XMLSchema}"
    published = {
        element.get("name"): tuple(part.get("name") for part in element.iter(f"{schema}element") if part is not element)
        for element in root.iter(f"{schema}element")
        if element.find(f"{schema}complexType") is not None
    }
    for method, names in soap.PARAMETERS.items():
        assert names == (() if method == "serverVersion" else published[method])  # its text may be left out
        assert published[f"{method}Response"] == (f"{method}Result",)


HEAD = '<?xml version="1.0"?><?qbxml version="14.0"?><QBXML><QBXMLMsgsRq onError="stopOnError">'
LINES = "<JournalDebitLine><Amount>1.00</Amount></JournalDebitLine><JournalCreditLine><Amount>1.00</Amount></JournalCreditLine>"


@pytest.mark.parametrize(
    ("inner", "complaint"),
    [
        (f"<TxnDate>2026-11-15</TxnDate><RefNumber>12345678901</RefNumber>{LINES}", ""),
        (f"<RefNumber>123456789012</RefNumber>{LINES}", "at most 11"),
        (f"<RefNumber>1</RefNumber><TxnDate>2026-11-15</TxnDate>{LINES}", "may follow"),
        (f"<TxnDate>15.11.2026</TxnDate>{LINES}", "no DATETYPE"),
        (LINES.replace("1.00", "1"), "no AMTTYPE"),
        (f"<Memo>a header memo is for the online edition</Memo>{LINES}", "unknown"),
        ("<TxnDate>2026-11-15</TxnDate>", "may follow"),
    ],
)
def test_the_judge(inner: str, complaint: str) -> None:
    request = f"<JournalEntryAddRq><JournalEntryAdd>{inner}</JournalEntryAdd></JournalEntryAddRq>"
    found = " ".join(problems(f"{HEAD}{request}</QBXMLMsgsRq></QBXML>"))
    assert complaint in found
    assert bool(found) == bool(complaint)

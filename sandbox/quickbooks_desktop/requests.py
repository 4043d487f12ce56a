"""One request of a message to one answer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from lxml import etree

from sandbox.quickbooks_desktop import answers, host, query, service, status
from sandbox.quickbooks_desktop.company import Company, Stored
from sandbox.quickbooks_desktop.kinds import LISTS
from sandbox.quickbooks_desktop.ledger import movements
from sandbox.quickbooks_desktop.read import Asked, Body
from sandbox.quickbooks_desktop.show import element, show
from sandbox.quickbooks_desktop.status import Status

WRITES = ("Add", "Mod", "Del", "Void")
NOTHING_FOUND = Status(1, "A query request did not find a matching object in QuickBooks.")


def answer(asked: Asked, said: Status) -> etree._Element:
    """The bare answer: whose it is, and how it went."""
    made = etree.Element(f"{asked.name}Rs")
    if "requestID" in asked.attributes:
        made.set("requestID", asked.attributes["requestID"])
    made.set("statusCode", str(said.code))
    made.set("statusSeverity", said.severity)
    made.set("statusMessage", said.message)
    return made


class Requests:
    """The requests of one message against an open file. `bare`: statuses only, no data."""

    def __init__(self, company: Company, iterators: query.Iterators, bare: bool) -> None:
        self.company, self.iterators, self.bare = company, iterators, bare

    def do(self, asked: Asked) -> etree._Element:
        """Do it. Raises Refusal; whatever was written before that is to be undone."""
        body = asked.body()
        if asked.name.endswith("Query"):
            return self._query(asked, asked.name.removesuffix("Query"), body)
        if asked.name in ("TxnDel", "ListDel", "TxnVoid"):
            return self._gone(asked, body)
        how = service.add if asked.name.endswith("Add") else service.modify
        stored = how(self.company, asked.name[:-3], body[asked.name])
        return self._with(answer(asked, Status(0)), [show(self.company, stored)], body)

    def _with(self, made: etree._Element, rows: list[etree._Element], body: Body) -> etree._Element:
        """The rows, narrowed to the elements that were asked for by IncludeRetElement."""
        wanted = body.get("IncludeRetElement")
        for row in [] if self.bare else rows:
            for child in list(row):
                if wanted and child.tag not in wanted:
                    row.remove(child)
            made.append(row)
        return made

    # Queries

    def _query(self, asked: Asked, kind: str, body: Body) -> etree._Element:
        if kind in host.SINGLE:
            return self._with(answer(asked, Status(0)), [host.SINGLE[kind](self.company, body)], body)
        if kind in ("TxnDeleted", "ListDeleted"):
            return self._found(asked, body, self._deleted(kind, body), query.Found([], []))
        found = query.run(self.company, kind, body, asked.attributes, self.iterators)
        if kind == "Transaction":
            level = body.get("TransactionDetailLevelFilter", "SummaryOnly")
            return self._found(asked, body, [row for o in found.objects for row in self._summary(o, level)], found)
        lines = kind in LISTS or kind == "Item" or body.get("IncludeLineItems") == "true"
        links = body.get("IncludeLinkedTxns") == "true"
        rows = [show(self.company, stored, lines=lines, links=links) for stored in found.objects]
        return self._found(asked, body, rows, found)

    def _found(self, asked: Asked, body: Body, rows: list[etree._Element], found: query.Found) -> etree._Element:
        made = answer(asked, _outcome(asked, body, rows, found))
        meta = asked.attributes.get("metaData", "NoMetaData")
        if meta != "NoMetaData":
            made.set("retCount", str(len(rows) + found.left))
        if found.iterator:
            made.set("iteratorRemainingCount", str(found.left))
            made.set("iteratorID", found.iterator)
        return self._with(made, [] if meta == "MetaDataOnly" else rows, body)

    def _summary(self, stored: Stored, level: str) -> Iterator[etree._Element]:
        """The first posting stands for the transaction, the others are its details."""
        rows = movements(self.company, stored.id) or [("", stored.body.get("Memo", ""), Decimal("0.00"))]
        for place, (account, memo, value) in enumerate(rows):
            if level == "All" or (place == 0) == (level == "SummaryOnly"):
                body = _row(self.company, stored, account, memo, value)
                yield element("TransactionRet", body, answers.ret("Transaction"), self.company)

    def _deleted(self, kind: str, body: Body) -> list[etree._Element]:
        txn = kind == "TxnDeleted"
        name, key, label = ("TxnDelType", "TxnID", "RefNumber") if txn else ("ListDelType", "ListID", "FullName")
        rows = query.deleted(self.company, body[name], body.get("DeletedDateRangeFilter", {}))
        bodies = [
            {name: s.kind, key: s.id, "TimeCreated": s.created, "TimeDeleted": s.updated, **({label: s.name} if s.name else {})}
            for s in rows
        ]
        return [element(f"{kind}Ret", body, answers.ret(kind), None) for body in bodies]

    # Taking out

    def _gone(self, asked: Asked, body: Body) -> etree._Element:
        name, key = f"{asked.name}Type", "ListID" if asked.name == "ListDel" else "TxnID"
        if asked.name == "TxnVoid":
            stored = service.void(self.company, body[name], body[key])
            times = {"TimeCreated": stored.created, "TimeModified": stored.updated}
        else:
            stored = service.delete(self.company, body[name], body[key])
            times = {"TimeDeleted": stored.updated}
        made = answer(asked, Status(0))
        label = "FullName" if key == "ListID" else "RefNumber"
        for tag, text in {name: stored.kind, key: stored.id, **times, label: stored.name}.items():
            if text and not self.bare:
                etree.SubElement(made, tag).text = text
        return made


def _outcome(asked: Asked, body: Body, rows: list[etree._Element], found: query.Found) -> Status:
    """1 where nothing matches a filter, 500 where an object that was named isn't there."""
    if found.unknown and not ("RefNumber" in body or "RefNumberCaseSensitive" in body):
        missing = f'There was a required element ("{found.unknown[0]}") that could not be found in QuickBooks.'
        return Status(status.SOME_NOT_FOUND, f"The query request has not been fully completed. {missing}")
    stopped = asked.attributes.get("iterator") == "Stop"
    return Status(0) if rows or stopped else NOTHING_FOUND


def _row(company: Company, stored: Stored, account: str, memo: str, value: Decimal) -> Body:
    body: Body = {
        "TxnType": stored.kind, "TxnID": stored.id, "TimeCreated": stored.created, "TimeModified": stored.updated,
        "TxnDate": stored.body["TxnDate"], "Amount": value,
    }  # fmt: skip
    for name in ("CustomerRef", "VendorRef", "PayeeEntityRef"):
        if name in stored.body:
            body["EntityRef"] = stored.body[name]
    if memo or stored.body.get("Memo"):
        body["Memo"] = memo or stored.body["Memo"]
    if account:
        body["AccountRef"] = {"ListID": account, "FullName": ""}
    return body | {name: stored.body[name] for name in ("RefNumber", "CurrencyRef", "ExchangeRate") if name in stored.body}

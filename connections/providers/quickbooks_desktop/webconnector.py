"""The Web Connector: Intuit's program on the customer's computer, which comes to us and speaks with QuickBooks for us.

A visit goes: serverVersion, clientVersion, authenticate, (sendRequestXML, receiveResponseXML)*, closeConnection. What
waits, and what became of it, is the desk's concern (connections/polling.py); here it is put into qbXML and read out of it.
The first sendRequestXML of a visit carries what QuickBooks says of the open company file: a wrong one is refused, and
nothing goes out (the desk sees to that) in a visit that never said which it is.

Source: ledgers research, section 4; the Web Connector's programmer's guide as collected there.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Final

from canonical.problems import Problem
from connections.contracts import (
    Desk,
    ExternalAccount,
    Parcel,
    ParcelKind,
    PollReply,
    PollRequest,
    ProviderInfo,
    Returned,
    SetupFile,
    Visit,
)

from . import faults, qbxml, qwc, soap
from .qbxml import Element, Unreadable, of

VERSION: Final = "Tieout 1"
STOP, PAUSE = -1, "NoOp"
# Never heard of under that name: it may go out again. 9002 says only that no answer was kept, 9001 that it is damaged:
# the work may have been done all the same, so the books themselves are asked.
NEVER_SEEN: Final = "600"
USER: Final = "tieout-"
Given = Mapping[str, str]


class WebConnector:
    """The Poller of QuickBooks Desktop."""

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ---------------------------------------------------------------- names

    def user_name(self, account: ExternalAccount) -> str:
        return f"{USER}{account.external_id.replace('-', '')}"

    def external_account(self, user_name: str) -> str:
        digits = user_name.strip().lower().removeprefix(USER)
        if not user_name.strip().lower().startswith(USER) or len(digits) != 32 or not set(digits) <= set("0123456789abcdef"):
            return ""
        return str(uuid.UUID(digits))

    def setup_file(self, account: ExternalAccount, *, address: str, support: str, installation: str) -> SetupFile:
        every = str(account.facts.get("every_minutes") or "15")
        content = qwc.written(
            user=self.user_name(account),
            file_id=account.external_id,
            owner_id=installation,
            address=address,
            support=support,
            every=every,
            company=account.name,
        )
        return SetupFile("tieout.qwc", "application/xml", content)

    # ---------------------------------------------------------------- the service

    def serve(self, desk: Desk, request: PollRequest) -> PollReply:
        if request.method == "GET":
            if "wsdl" in {name.lower() for name in request.query}:
                return PollReply(200, "text/xml; charset=utf-8", soap.wsdl(request.address))
            return PollReply(200, "text/plain; charset=utf-8", b"This address is for the QuickBooks Web Connector.\n")
        try:
            call = soap.read(request.body)
        except Unreadable as wrong:
            return PollReply(400, "text/xml; charset=utf-8", soap.fault(str(wrong)))
        answered: Callable[[Desk, Given], str | int | list[str]] = getattr(self, f"_{_SAID[call.method]}")
        return PollReply(200, "text/xml; charset=utf-8", soap.answer(call.method, answered(desk, call.given)))

    def _server_version(self, desk: Desk, given: Given) -> str:
        return VERSION

    def _client_version(self, desk: Desk, given: Given) -> str:
        """Every Web Connector since 2.0 will do; there is no call of ours that older ones lack."""
        major = qbxml.whole_number(given["strVersion"].partition(".")[0])
        return "E:Please install the QuickBooks Web Connector 2.0 or later." if major is not None and major < 2 else ""

    def _authenticate(self, desk: Desk, given: Given) -> list[str]:
        """[ticket, what to do]: "" for the company file that is open, "none" without work, "nvu" for a wrong password.
        Always two, since other numbers crash the Web Connector."""
        ticket = desk.enter(user=given["strUserName"], password=given["strPassword"], client="Web Connector")
        if not ticket:
            return ["", "nvu"]
        return [ticket, "" if desk.has_work(ticket) else "none"]

    def _send(self, desk: Desk, given: Given) -> str:
        with desk.visit(given["ticket"]) as visit:
            if visit is None:
                return ""
            if given["strHCPResponse"].strip():
                _look_at_company(visit, given["strHCPResponse"])
            parcel = visit.parcel()
            if parcel is None:
                return ""
            wire = _wire(parcel)
            visit.sent(parcel, wire)
            return wire.decode("ascii")

    def _receive(self, desk: Desk, given: Given) -> int:
        with desk.visit(given["ticket"]) as visit:
            if visit is None:
                return STOP
            if given["hresult"].strip():
                return _not_answered(visit, given["hresult"], given["message"])
            return _answered(visit, given["response"].encode())

    def _connection_error(self, desk: Desk, given: Given) -> str:
        """QuickBooks could not be reached at all; no other file is named, since the customer's open one is meant."""
        with desk.visit(given["ticket"]) as visit:
            if visit is not None:
                problem = faults.trouble(given["hresult"], given["message"])
                visit.failed(problem, code=faults.hresult(given["hresult"]), lost=False)
        return "done"

    def _last_error(self, desk: Desk, given: Given) -> str:
        """After "" from sendRequestXML: a pause while workers are likely to ask for more, else what is to be told."""
        with desk.visit(given["ticket"]) as visit:
            if visit is None:
                return "The session is over. Press Update to begin a new one."
            return visit.last_words() or (PAUSE if visit.lingers() else "")

    def _close(self, desk: Desk, given: Given) -> str:
        with desk.visit(given["ticket"]) as visit:
            if visit is None:
                return "OK"
            visit.end()
            return visit.last_words() or "Everything is up to date."


_SAID: Final = {
    "serverVersion": "server_version",
    "clientVersion": "client_version",
    "authenticate": "authenticate",
    "sendRequestXML": "send",
    "receiveResponseXML": "receive",
    "connectionError": "connection_error",
    "getLastError": "last_error",
    "closeConnection": "close",
}


# ------------------------------------------------------------------ which books


def _look_at_company(visit: Visit, stated: str) -> None:
    """Pin the company file with the first visit, and refuse another one ever after.

    The Web Connector writes the id we gave it into the company file; where QuickBooks shows it, it decides. Else the
    company's name does. Where not even that can be read, the file might be any.
    """
    facts, known = _company_facts(stated), visit.pinned
    if not facts.get("name"):
        visit.refuse(Problem(faults.COMPANY_NOT_SHOWN))
    elif _is_another(facts, known):
        visit.refuse(Problem(faults.WRONG_COMPANY, {"given": facts["name"], "expected": known.get("name", "")}))
    else:
        visit.pin({**facts, "file_id": facts["file_id"] or known.get("file_id", "")})


def _is_another(facts: Mapping[str, str], known: Mapping[str, str]) -> bool:
    if known.get("file_id") and facts["file_id"]:
        return known["file_id"] != facts["file_id"]
    name = known.get("name") or facts["name"]  # a connection that is bound to no name yet takes the first
    return name.casefold() != facts["name"].casefold()


def _company_facts(stated: str) -> dict[str, str]:
    """Name, id and edition of the open company file; nothing where what QuickBooks says of it cannot be read."""
    try:
        root = qbxml.parsed(stated.encode())
    except Unreadable:
        return {}
    extensions = [row for row in root.iter("DataExtRet") if of(row, "DataExtName") == "FileID"]
    return {
        "name": next((of(row, "CompanyName") for row in root.iter("CompanyRet")), ""),
        "file_id": of(extensions[0], "DataExtValue").strip("{}").lower() if extensions else "",
        "product": next((of(row, "ProductName") for row in root.iter("HostRet")), ""),
    }


# ------------------------------------------------------------------ out and back


def _wire(parcel: Parcel) -> bytes:
    if parcel.kind is ParcelKind.RECOVERY:
        return qbxml.recovery(parcel.name)
    new_set = parcel.name if parcel.kind is ParcelKind.WRITES else ""
    return qbxml.message(parcel.requests, new_set=new_set, iterator=parcel.cursor)


def _not_answered(visit: Visit, hresult: str, message: str) -> int:
    """QuickBooks gave an error instead of an answer: it may have died after the work, so it is asked what became of it."""
    problem = faults.trouble(hresult, message)
    out = visit.outstanding()
    if faults.hresult(hresult) == faults.PARSE_ERROR and out is not None and out.kind is not ParcelKind.RECOVERY:
        return _unreadable_there(visit, out, problem)
    visit.failed(problem, code=faults.hresult(hresult), lost=True)
    return STOP


def _unreadable_there(visit: Visit, out: Parcel, problem: Problem) -> int:
    """One of the requests is not good qbXML. Alone, it is answered with that; among others, each goes out alone."""
    if len(out.requests) > 1:
        return visit.received(b"", Returned(put_back=frozenset(out.requests)))
    words = qbxml.text(problem.text())
    refusal = f'<UnreadableRs statusCode="3000" statusSeverity="Error" statusMessage="{words}"/>'.encode("ascii")
    return visit.received(refusal, Returned(answers=dict.fromkeys(out.requests, refusal)))


def _answered(visit: Visit, response: bytes) -> int:
    out = visit.outstanding()
    if out is None:
        return 100
    try:
        root = qbxml.parsed(response)
        returned = _recovered(root, out) if out.kind is ParcelKind.RECOVERY else _returned(qbxml.by_row(root), out)
    except Unreadable as wrong:
        visit.failed(Problem(faults.BROKEN_ANSWER, {"detail": str(wrong)[:200]}), code="broken", lost=True)
        return STOP
    return visit.received(response, returned)


def _recovered(root: Element, out: Parcel) -> Returned:
    """What became of a parcel whose answer was lost: its answers, that it was never carried out, or that nobody can say."""
    status = qbxml.set_status(root)
    rows = qbxml.by_row(root)
    if rows:
        return _returned(rows, out)
    return Returned(nothing=status == NEVER_SEEN, unknown=status != NEVER_SEEN)


def _returned(rows: Mapping[int, list[Element]], out: Parcel) -> Returned:
    answers = {row: qbxml.written(elements) for row, elements in rows.items() if row in out.requests}
    put_back = frozenset(row for row, elements in rows.items() if _undone(elements))
    cursor = ""
    if out.iterates:
        cursor = next((_cursor(element) for elements in rows.values() for element in elements if _cursor(element)), "")
    return Returned(answers=answers, put_back=put_back, cursor=cursor)


def _undone(elements: list[Element]) -> bool:
    """Nothing of it was done, and it may be done later: somebody has it open, or another request stopped the set."""
    return all(faults.meaning(faults.code_of(element)).undone for element in elements)


def _cursor(element: Element) -> str:
    left = qbxml.whole_number(str(element.get("iteratorRemainingCount") or "0"))
    return str(element.get("iteratorID") or "") if left else ""

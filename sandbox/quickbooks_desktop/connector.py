"""The Web Connector: one update of one application, in the order of calls that Intuit's guide gives.

serverVersion, clientVersion, authenticate, (sendRequestXML, receiveResponseXML)*, closeConnection. Each call, and
QuickBooks' own work ("qbxml"), is an operation of the world, so that its faults strike here: `drop-before-commit` loses
the line before the service (or QuickBooks) hears of it, `drop-after-commit` loses the answer, `malformed` halves what
QuickBooks answered. A line that is lost ends the update without another word to the service.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault
from sandbox.quickbooks_desktop import applications, desktop, soap, trouble
from sandbox.quickbooks_desktop.applications import Installed
from sandbox.quickbooks_desktop.host import APP_LOCK
from sandbox.quickbooks_desktop.processor import Session
from sandbox.quickbooks_desktop.status import BAD_XML, HRESULTS, Failure
from sandbox.world import Cut, World

VERSION: Final = "2.3.0.215"
COUNTRY, MAJOR, MINOR = "US", "16", "0"
PAUSES: Final = 3
"""How often a service may ask for a pause in one update. The real one waits five seconds each time, without end."""
ROUNDS: Final = 10_000
SHOWN: Final = 4000
"""Characters of a message that a transcript keeps."""
_HCP: Final = (
    '<?xml version="1.0"?><?qbxml version="2.1"?><QBXML><QBXMLMsgsRq onError="continueOnError">'
    '<HostQueryRq requestID="0"/><CompanyQueryRq requestID="1">{owners}</CompanyQueryRq>'
    '<PreferencesQueryRq requestID="2"/></QBXMLMsgsRq></QBXML>'
)


class Over(Exception):
    """The update ends here; the text is what the window shows."""


class Update:
    """One run of one application. `transcript` tells every call with what was sent and what came of it."""

    def __init__(self, world: World, of: Installed) -> None:
        self.world, self.of = world, of
        self.transcript: list[dict[str, Any]] = []
        self.ticket = ""
        self.outcome = "error"

    def run(self) -> dict[str, Any]:
        """All of it. Nothing is raised: what goes wrong is told in `status`, as the window does."""
        at = self.world.now().isoformat(timespec="seconds")
        try:
            self._run()
            said = "Update completed"
        except Over as over:
            said = str(over)
        except (Cut, soap.Unreachable) as lost:
            self.outcome, said = "lost", f"QBWC1042: the connection was lost: {lost}"
        with self.world.db() as conn:
            applications.record(conn, self.of, at, said, self.transcript)
        return {"application": self.of.id, "outcome": self.outcome, "status": said, "transcript": self.transcript}

    def _run(self) -> None:
        self._greet()
        company_path = self._sign_in()
        file = self._open(company_path)
        session = Session(self.world, file, self.of.app.owner)
        self._exchange(session)
        said = self._call("closeConnection", self.ticket)
        raise Over(said)

    # Before QuickBooks is asked for anything

    def _greet(self) -> None:
        # A service of the first years doesn't have this call, and that is fine.
        with contextlib.suppress(soap.Faulted):
            self._call("serverVersion")
        said = self._call("clientVersion", VERSION)
        if said.startswith("E:"):
            raise Over(f"QBWC1029: the service refuses this version of the Web Connector: {said[2:]}")

    def _sign_in(self) -> str:
        """The company path the service wants; "" for whichever is open."""
        answer = self._call_list("authenticate", self.of.app.user, self.of.password)
        if len(answer) not in (2, 4):
            raise Over("QBWC1048: Index was outside the bounds of the array: Index out of range.")
        self.ticket, where = answer[0], answer[1]
        if len(answer) == 4:
            self._remember_pace(answer[2], answer[3])
        refused = {
            "nvu": ("refused", "QBWC1012: Authentication failed: the user name or password is not valid."),
            "none": ("none", "No data exchange required."),
            "busy": ("busy", "QBWC1027: the service is busy; try again later."),
        }
        if where in refused:
            self.outcome, said = refused[where]
            raise Over(said)
        return where

    def _remember_pace(self, postpone: str, pause: str) -> None:
        """The third text puts the next update off, the fourth is the least time between two; both in seconds."""
        later = self.world.now() + timedelta(seconds=int(postpone or 0))
        with self.world.db() as conn:
            applications.note(conn, self.of.id, not_before=later.isoformat(), least_seconds=int(pause or 0))

    def _open(self, path: str) -> str:
        """Which file QuickBooks has open for this session; connectionError may name another path to try, once."""
        for attempt in (path, None):
            try:
                return desktop.open_file(self.world, self.of, attempt if attempt is not None else path)
            except Failure as failure:
                said = self._call("connectionError", self.ticket, failure.hresult, failure.message)
                if said.lower() == "done" or attempt is None or said == attempt:
                    raise Over(f"QBWC1013: {failure.hresult} {failure.message}") from failure
                path = said
        raise Over("QBWC1013: QuickBooks could not be opened.")

    # The exchange

    def _exchange(self, session: Session) -> None:
        hcp = session.process(_hcp(self.of))
        pauses = 0
        for _ in range(ROUNDS):
            request = self._call("sendRequestXML", self.ticket, hcp, self._path(session), COUNTRY, MAJOR, MINOR)
            hcp = ""
            if not request or request == "NoOp":
                said = request or self._call("getLastError", self.ticket)
                pauses += 1
                if said == "NoOp" and pauses <= PAUSES:
                    continue
                self._finish(said)
            response, hresult, message = self._work(session, request)
            done = self._number(self._call("receiveResponseXML", self.ticket, response, hresult, message))
            self._perhaps_die(session)
            if done < 0:
                said = self._call("getLastError", self.ticket)
                self.outcome = "error"
                self._call("closeConnection", self.ticket)
                raise Over(said)
            if done >= 100:
                self.outcome = "done"
                return
        raise Over("the update did not come to an end")

    def _finish(self, said: str) -> None:
        """Nothing (more) to do: the window shows what getLastError said, and the session is closed."""
        self.outcome = "done" if said in ("", "NoOp") else "told"
        closing = self._call("closeConnection", self.ticket)
        raise Over(said if self.outcome == "told" else closing)

    def _number(self, text: str) -> int:
        try:
            return int(text)
        except ValueError as wrong:
            raise soap.Unreachable(f"receiveResponseXML answered {text[:40]!r} instead of a number") from wrong

    def _path(self, session: Session) -> str:
        return str(desktop.info(self.world, session.file)["path"])

    def _work(self, session: Session, request: str) -> tuple[str, str, str]:
        """(response, HRESULT, message): a response, or why there is none. Raises Cut as the world's faults say."""

        def commit() -> Response:
            try:
                return Response(session.process(request))
            except Failure as failure:
                return Response(f"{failure.hresult} {failure.message}", status=400)

        made = self._act("qbxml", commit)
        if made.status_code != 200:
            hresult, _, message = made.get_data(as_text=True).partition(" ")
            self._tell("qbxml", [request], f"{hresult} {message}")
            return "", hresult, message
        self._tell("qbxml", [request], made.get_data(as_text=True))
        return made.get_data(as_text=True), "", ""

    def _perhaps_die(self, session: Session) -> None:
        if not session.iterators.waiting:
            return
        with self.world.db() as conn:
            struck = trouble.strike(conn, self.of.file, ("kill",))
        if struck:
            raise Cut("the Web Connector was closed in the middle of an iterator")

    # Calls

    def _call(self, method: str, *values: str) -> str:
        answer = self._asked(method, values)
        return answer if isinstance(answer, str) else ""

    def _call_list(self, method: str, *values: str) -> list[str]:
        answer = self._asked(method, values)
        return answer if isinstance(answer, list) else [answer]

    def _asked(self, method: str, values: tuple[str, ...]) -> list[str] | str:
        got: list[list[str] | str] = []

        def commit() -> Response:
            got.append(soap.call(self.of.app.url, method, values))
            return Response()

        shown = ["********" if name == "strPassword" else v for name, v in zip(soap.PARAMETERS[method], values, strict=True)]
        try:
            answer = self._act(method, commit)
            if answer.status_code != 200 or not got:
                raise soap.Unreachable(f"HTTP {answer.status_code}")
        except (soap.Unreachable, Cut) as lost:
            self._tell(method, shown, f"lost: {lost}")
            raise
        self._tell(method, shown, got[0])
        return got[0]

    def _act(self, operation: str, commit: Callable[[], Response]) -> Response:
        def refuse(fault: Fault) -> Response:
            return Response(f"{BAD_XML} {HRESULTS[BAD_XML]}", status=500)

        return self.world.act("quickbooks_desktop", operation, Request({}), commit=commit, refuse=refuse)

    def _tell(self, call: str, sent: list[str], got: list[str] | str) -> None:
        cut = got[:SHOWN] if isinstance(got, str) else got
        self.transcript.append({"call": call, "sent": [text[:SHOWN] for text in sent], "got": cut})


def _hcp(of: Installed) -> str:
    owners = "".join(f"<OwnerID>{owner}</OwnerID>" for owner in (of.app.owner, APP_LOCK))
    return _HCP.format(owners=owners)

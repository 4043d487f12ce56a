"""KashFlow's two interfaces through the one door. Knows envelopes and addresses, not bookkeeping.

SOAP is what writes and reads the books: it is the documented interface, and the one that an API password of its own
opens. REST is asked for the little that SOAP does not tell (closed periods, whose session it is), where there is a session.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connections import jsontext
from connections.contracts import Door, ExternalAccount
from connections.errors import Failure, FailureKind

from . import faults, soap
from .fields import Body, Unreadable, id_of
from .soap_types import OPERATIONS

PAYMENTS_A_PAGE = 100  # GetInvoicePaymentsByDateRange
HOME = "GBP"  # KashFlow keeps the books of companies in the United Kingdom; used where the account states no currency


class Books:
    """One company's books."""

    def __init__(self, door: Door, account: ExternalAccount) -> None:
        self._door, self._account = door, account
        self._methods: dict[str, int] = {}

    @property
    def home(self) -> str:
        return self._account.currency or HOME

    @property
    def country(self) -> str:
        return self._account.country

    # ------------------------------------------------------------ SOAP

    def ask(self, operation: str, **parameters: Any) -> Any:
        """One call: a dict, a list of dicts, or a number. Raises Failure; a no under HTTP 200 is one."""
        writes = OPERATIONS[operation].writes
        answer = self._door.call(
            operation,
            "POST",
            self._door.endpoints.urls["soap"],
            headers=soap_headers(operation),
            content=soap.envelope(operation, parameters),
            writes=writes,
            expects="xml",
        )
        try:
            return soap.result(operation, answer.content)
        except Unreadable as wrong:
            raise faults.malformed(str(wrong), answer.trace_id, writes=writes) from wrong

    def rows(self, operation: str, **parameters: Any) -> list[Body]:
        """The answer of a list."""
        found = self.ask(operation, **parameters)
        if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
            raise faults.malformed(f"{operation} is no list", writes=False)
        return found

    def one(self, operation: str, **parameters: Any) -> Body | None:
        """One object, or None where KashFlow does not have it (any more)."""
        try:
            found = self.ask(operation, **parameters)
        except Failure as failure:
            if failure.kind is FailureKind.NOT_FOUND:
                return None
            raise
        return found if isinstance(found, Mapping) else None

    def make(self, operation: str, **parameters: Any) -> int:
        """The number or id of what was written. One that is missing means that nobody knows what happened."""
        made = self.ask(operation, **parameters)
        if isinstance(made, bool) or not isinstance(made, int) or made <= 0:
            raise faults.malformed(f"{operation} answered {made!r}", writes=True)
        return made

    def payments_between(self, first: str, last: str) -> Iterator[Body]:
        """Payments of invoices between two days, page by page."""
        page, seen = 1, set[object]()
        while True:
            rows = self.rows("GetInvoicePaymentsByDateRange", StartDate=first, EndDate=last, PageNumber=page)
            yield from rows
            ids = {row.get("PayID") for row in rows}
            if len(rows) < PAYMENTS_A_PAGE or ids == seen:
                return
            page, seen = page + 1, ids

    def method(self, listing: str) -> int:
        """How money that a marketplace moved is said to be paid: by bank transfer, else the list's last. Raises Failure."""
        if listing not in self._methods:
            rows = self.rows(listing)
            if not rows:
                raise faults.malformed(f"{listing} is empty", writes=False)
            named = [row for row in rows if str(row.get("MethodName") or "").casefold() in ("bacs", "bank transfer")]
            try:
                self._methods[listing] = id_of((named or rows[-1:])[0], "MethodID")
            except Unreadable as wrong:
                raise faults.malformed(f"{listing}: {wrong}", writes=False) from wrong
        return self._methods[listing]

    # ------------------------------------------------------------ REST

    @property
    def has_session(self) -> bool:
        """Whether the customer gave what a REST session takes."""
        return bool(self._account.facts.get("session"))

    def look(self, operation: str, path: str) -> Any:
        """A read of the REST interface, signed with the session."""
        url = f"{self._door.endpoints.urls['rest']}{path}"
        answer = self._door.call(operation, "GET", url, headers={"accept": "application/json"}, expects="json")
        return json_of(answer.content)


def soap_headers(operation: str) -> dict[str, str]:
    return {"content-type": soap.CONTENT_TYPE, "soapaction": soap.action(operation), "accept": "text/xml"}


def json_of(content: bytes) -> Any:
    """A parsed body. Raises Failure MALFORMED."""
    try:
        return jsontext.loads(content)
    except ValueError:
        raise faults.malformed("not JSON", writes=False) from None

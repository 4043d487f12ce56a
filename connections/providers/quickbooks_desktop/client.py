"""Asking QuickBooks Desktop: requests in, answers out, through a door behind which they wait until they are fetched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from canonical.problems import Problem
from connections import errors
from connections.contracts import Door, PolledDoor
from connections.errors import Failure, FailureKind

from . import faults, qbxml
from .qbxml import Element, Unreadable

FRESH = timedelta(minutes=10)
PAGE = 200  # entries of a long list in one portion


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers to one asking, in the order of its requests."""

    elements: list[Element]
    trace_id: str

    def objects(self) -> list[Element]:
        return [row for answer in self.elements for row in qbxml.objects(answer)]


class Books:
    """One company file. Every method raises Failure QUEUED until the answer is there."""

    def __init__(self, door: Door) -> None:
        if not isinstance(door, PolledDoor):
            raise TypeError("QuickBooks Desktop is reached through a door that waits")
        self.door: PolledDoor = door

    def read(
        self,
        operation: str,
        requests: Sequence[bytes],
        *,
        subject: str = "",
        fresh: timedelta = FRESH,
        key: str = "",
        all_there: bool = True,
    ) -> Answered:
        """Several questions at once. Raises Failure for the first that QuickBooks refuses to answer; what is asked for by
        its id and gone is such a refusal only where it must be `all_there`."""
        answered = self._asked(operation, b"".join(requests), subject=subject, fresh=fresh, key=key)
        return _shown(answered, all_there=all_there)

    def whole(self, operation: str, request: bytes, *, fresh: timedelta = FRESH) -> Answered:
        """A long list, fetched in portions within one visit. Raises Failure where QuickBooks refuses to show a portion:
        what is left would look as if the rest was gone."""
        return _shown(self._asked(operation, request, iterates=True, fresh=fresh))

    def write(self, operation: str, request: bytes, *, key: str, subject: str = "", repeatable: bool = False) -> Element:
        """One change, once for its key. Raises Failure for a refusal; the answer may say that nothing was to be done."""
        answered = self._asked(operation, request, key=key, subject=subject, writes=True, repeatable=repeatable)
        refusals = []
        for element in answered.elements:
            refusal = faults.failure(element, answered.trace_id, writes=True)
            if refusal is None:
                return element
            refusals.append(refusal)
        # That it is none of one entity says nothing where it stands there as another, which cannot be changed.
        raise next((each for each in refusals if each.kind is not FailureKind.NOT_FOUND), refusals[0])

    def _asked(
        self,
        operation: str,
        content: bytes,
        *,
        key: str = "",
        subject: str = "",
        writes: bool = False,
        repeatable: bool = False,
        iterates: bool = False,
        fresh: timedelta = FRESH,
    ) -> Answered:
        answer = self.door.ask(
            operation,
            content,
            key=key,
            subject=subject,
            writes=writes,
            repeatable=repeatable,
            iterates=iterates,
            fresh=fresh,
        )
        try:
            elements = qbxml.answers(answer.content)
        except Unreadable as wrong:
            raise malformed(str(wrong), answer.trace_id, writes=writes) from wrong
        if not elements:
            raise malformed("no answer", answer.trace_id, writes=writes)
        if any(faults.code_of(element) == faults.NO_CODE for element in elements):
            raise malformed("an answer without a status", answer.trace_id, writes=writes)
        return Answered(elements, answer.trace_id)


def _shown(answered: Answered, *, all_there: bool = True) -> Answered:
    for element in answered.elements:
        refusal = faults.failure(element, answered.trace_id)
        if refusal is not None and (all_there or refusal.kind is not FailureKind.NOT_FOUND):
            raise refusal
    return answered


def malformed(detail: str, trace_id: str, *, writes: bool) -> Failure:
    """An answer that is not what qbXML promises: after a write nobody knows what was done."""
    kind = FailureKind.UNKNOWN_OUTCOME if writes else FailureKind.MALFORMED
    code = errors.UNKNOWN_OUTCOME if writes else errors.MALFORMED
    return Failure(kind, Problem(code, {"provider": faults.PROVIDER, "detail": detail}), trace_id=trace_id)

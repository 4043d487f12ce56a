"""What an answer means: from what came back to a Failure in words, or to nothing when it is a success.

Pure but for the translation marks of its problems: it reads an answer and touches nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from canonical.problems import Problem
from connections import errors, jsontext
from connections.contracts import ProviderInfo
from connections.errors import Failure, FailureKind
from connections.exchange import Received
from connections.registry import Judge
from connections.retry import Decision, Limits, decide

_WORDS = {
    FailureKind.THROTTLED: errors.THROTTLED,
    FailureKind.UNAVAILABLE: errors.UNAVAILABLE,
    FailureKind.UNKNOWN_OUTCOME: errors.UNKNOWN_OUTCOME,
    FailureKind.TOKEN_EXPIRED: errors.NEEDS_RECONNECT,
    FailureKind.NEEDS_RECONNECT: errors.NEEDS_RECONNECT,
    FailureKind.NOT_FOUND: errors.NOT_FOUND,
    FailureKind.MALFORMED: errors.MALFORMED,
}
_REASONS = {FailureKind.TOKEN_EXPIRED: "it does not accept our token", FailureKind.NEEDS_RECONNECT: "it refuses us"}
_PROVIDERS_FAULT = {FailureKind.UNAVAILABLE, FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED}


def verdict(
    received: Received,
    *,
    info: ProviderInfo,
    judge: Judge | None,
    operation: str,
    writes: bool,
    expects: str,
    trace_id: str,
    at: datetime,
) -> Failure | None:
    """None for a success. The provider's own reading of its error body goes before the status code's."""
    limits = Limits(info.throttle_floor, info.statuses_of_refusal)
    decision = decide(received.status, received.headers, writes=writes and received.sent, attempt=1, limits=limits, now=at)
    if decision.kind is None:
        decision = _shape(received, expects, writes=writes)
        if decision.kind:
            return _failure(decision, received, info, operation, trace_id)
        if judge is None or not info.refuses_in_success or received.status is None:
            return None
        refused = judge(received.status, received.headers, received.content, writes=writes)
        return _completed(refused, decision, received, trace_id) if refused else None
    read = judge(received.status, received.headers, received.content, writes=writes) if judge and received.status else None
    if read is None:
        return _failure(decision, received, info, operation, trace_id)
    return _completed(read, decision, received, trace_id)


def providers_fault(failure: Failure) -> bool:
    """Whether a failure counts against the breaker: the provider did not answer properly at all."""
    return failure.kind in _PROVIDERS_FAULT and (failure.status is None or failure.status >= 500 or failure.status < 300)


def _shape(received: Received, expects: str, *, writes: bool) -> Decision:
    """A 2xx whose body is not what was promised is no success; of a write, the outcome is then unknown."""
    body = received.content.lstrip()[:64].lower()
    html = "text/html" in received.headers.get("content-type", "") or body.startswith((b"<!doctype html", b"<html"))
    promised = {"json": _is_json, "xml": _is_xml}.get(expects)
    broken = html or (promised is not None and received.status not in (204, 304) and not promised(received.content))
    if not broken:
        return Decision(None)
    return Decision(FailureKind.UNKNOWN_OUTCOME if writes else FailureKind.MALFORMED, timedelta(seconds=5))


def _is_xml(content: bytes) -> bool:
    try:
        fromstring(content)
    except (ParseError, DefusedXmlException, ValueError):
        return False
    return True


def _is_json(content: bytes) -> bool:
    try:
        jsontext.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _failure(decision: Decision, received: Received, info: ProviderInfo, operation: str, trace_id: str) -> Failure:
    kind = decision.kind
    assert kind is not None  # noqa: S101 - for the type checker; the caller has asked
    code = _WORDS.get(kind, errors.REJECTED)
    if kind is FailureKind.REJECTED and received.status == 403:
        code = errors.NOT_ALLOWED
    params = {"provider": info.name, "operation": operation, "detail": _detail(received), "reason": _REASONS.get(kind, "")}
    return Failure(
        kind,
        Problem(code, params),
        wait=decision.wait,
        status=received.status,
        trace_id=trace_id,
        content=received.content,
    )


def _completed(read: Failure, decision: Decision, received: Received, trace_id: str) -> Failure:
    """The provider's own reading, with what it cannot know: the least wait, the status and the trace id."""
    retryable = {FailureKind.THROTTLED, FailureKind.UNAVAILABLE, FailureKind.UNKNOWN_OUTCOME}
    read.wait = max(read.wait, decision.wait) if read.kind in retryable else read.wait
    read.status = read.status or received.status
    read.trace_id = read.trace_id or trace_id
    read.content = read.content or received.content
    return read


def _detail(received: Received) -> str:
    return received.detail or f"HTTP {received.status}"

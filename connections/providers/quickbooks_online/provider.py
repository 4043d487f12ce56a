"""QuickBooks Online as the house sees it: its declaration, and a Target over `client` and `mapper`.

Posting answers one outcome per document and raises only while nothing can have been written: what the
ledger turned away before it looked (throttle, budget, expired consent) is a Failure, anything whose
result is not known is UNKNOWN, and the caller asks `find` before it sends again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from canonical.accounting import Document
from canonical.money import plain
from canonical.problems import N_, Problem
from connections import errors
from connections.contracts import (
    Budget,
    CompanyFacts,
    Door,
    Endpoints,
    Entrance,
    Environment,
    ExternalAccount,
    Found,
    Meter,
    Outcome,
    OutcomeKind,
    PostRequest,
    ProviderInfo,
    ProviderRole,
    ReferenceItem,
)
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import faults, mapper, preflight, reference
from .auth import SCOPE, IntuitAuthoriser
from .client import BATCH, CDC_DAYS, CDC_LIMIT, Body, Books, Element, Written, in_list, malformed, quoted
from .faults import judge
from .webhooks import IntuitReceiver

__all__ = ["authoriser", "info", "judge", "receiver", "target"]

info = ProviderInfo(
    key="quickbooks_online",
    name="QuickBooks Online",
    summary=N_("Journals and deposits are written to your QuickBooks company and read back."),
    roles=(ProviderRole.LEDGER,),
    entrances=(Entrance.OAUTH_CODE,),
    scopes=((SCOPE, N_("Read and write the company's accounting data: accounts, tax codes, journals, deposits")),),
    account_word="company",
    # Intuit's limits page: 500 a minute and 10 a second per company and app, 40 batches a minute.
    budgets=(Budget("*", 500 / 60, 10), Budget("batch", 40 / 60, 10)),
    # Intuit App Partner Program, Builder tier: 500,000 reads a month for the application, batches count, single writes do not.
    meter=Meter(N_("Metered reads"), 500_000, methods=("GET",), operations=("batch",), share="metered_reads"),
    throttle_floor=faults.THROTTLE_FLOOR,
    trace_header="intuit_tid",
)

T = TypeVar("T")

# Failures after which nothing can have been written: the caller tries again later.
_TURNED_AWAY = frozenset(
    {
        FailureKind.THROTTLED,
        FailureKind.UNAVAILABLE,
        FailureKind.TOKEN_EXPIRED,
        FailureKind.NEEDS_RECONNECT,
        FailureKind.BREAKER_OPEN,
        FailureKind.BUDGET_SPENT,
        FailureKind.WRITES_REFUSED,
    }
)
_LOST = frozenset({FailureKind.UNKNOWN_OUTCOME, FailureKind.MALFORMED})
_PAGES = {"JournalEntry": "journal", "Deposit": "deposit"}
_NOT_IN_CDC = ("company", "preferences", "tax_code", "tax_rate")  # change data capture does not know the tax lists
_SINGLE = ("company", "preferences")


class QuickBooksTarget:
    """The Target of QuickBooks Online."""

    reference_kinds: tuple[str, ...] = tuple(reference.KINDS)

    def __init__(self, info: ProviderInfo) -> None:
        self.info = info

    # ---------------------------------------------------------------- pure

    def payload(self, document: Document, *, number: str, marker: str, company: CompanyFacts) -> Mapping[str, Any]:
        return mapper.payload(document, number=number, marker=marker, company=company)

    def problems(
        self, document: Document, *, company: CompanyFacts, references: Mapping[tuple[str, str], ReferenceItem]
    ) -> list[Problem]:
        return preflight.problems(document, company, references)

    def number(self, source_ref: str, part: str, kind: str = "settlement") -> str:
        return mapper.number(source_ref, part)

    def link(self, endpoints: Endpoints, account: ExternalAccount, document_type: str, external_id: str) -> str:
        """Where a person sees the document. QuickBooks opens it in the company that the browser is signed in to."""
        page = f"{_PAGES[mapper.ENTITIES[document_type]]}?txnId={external_id}"
        app = endpoints.urls["app"]
        if endpoints.environment is Environment.TWIN:
            return f"{app}/{account.external_id}/{page}"
        return f"{app}/app/{page}"

    # ---------------------------------------------------------------- reading

    def company(self, door: Door, account: ExternalAccount) -> CompanyFacts:
        books = Books(door, account.external_id)
        company_info, preferences = books.read("CompanyInfo", account.external_id), books.read("Preferences")
        if company_info is None or preferences is None:
            raise malformed("the company's own data is missing", "", writes=False)
        return _promised(lambda: reference.company(company_info, preferences))

    def reference_pages(
        self, door: Door, account: ExternalAccount, kinds: Sequence[str], *, since: datetime | None
    ) -> Iterator[list[ReferenceItem]]:
        """All objects of `kinds`, or what changed since. Tax lists, company and preferences always come whole."""
        books = Books(door, account.external_id)
        tracked = [kind for kind in kinds if kind not in _NOT_IN_CDC]
        if since and tracked and now() - since < timedelta(days=CDC_DAYS):
            changed = books.changes([reference.KINDS[kind] for kind in tracked], since)
            if sum(map(len, changed.values())) < CDC_LIMIT:
                yield [item for kind in tracked for item in _items(kind, changed[reference.KINDS[kind]], {})]
                kinds = [kind for kind in kinds if kind in _NOT_IN_CDC]
        for kind in kinds:
            yield from self._whole(books, account, kind)

    def _whole(self, books: Books, account: ExternalAccount, kind: str) -> Iterator[list[ReferenceItem]]:
        entity = reference.KINDS[kind]
        if kind in _SINGLE:
            body = books.read(entity, account.external_id if kind == "company" else "")
            yield _items(kind, [{"Id": "1", **body}] if body else [], {})
            return
        rates = _rates_by_id(books) if kind == "tax_code" else {}
        for rows in books.pages(entity, " WHERE Active IN (true, false)"):
            yield _items(kind, rows, rates)

    def read(self, door: Door, account: ExternalAccount, document_type: str, external_id: str) -> Found | None:
        """The document as it stands now; None when it is gone or was voided."""
        books = Books(door, account.external_id)
        body = books.read(mapper.ENTITIES[document_type], external_id)
        return _found(document_type, body, TaxRates(books)) if body else None

    def find(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> dict[str, Found]:
        """By marker. One query asks for all numbers; what it does not show, and deposits, are sought by day and amount."""
        books = Books(door, account.external_id)
        rates = TaxRates(books)
        have: dict[str, Found] = {}
        for document_type, asked in _by_type(requests).items():
            wanted = {request.marker for request in asked}
            entity = mapper.ENTITIES[document_type]
            for where in _searches(asked):
                if wanted <= have.keys():
                    break
                for rows in books.pages(entity, where):
                    ours = [row for row in rows if mapper.marker_of(row) in wanted]
                    found = [item for row in ours if (item := _found(document_type, row, rates))]
                    have |= {item.marker: item for item in found}
        return have

    # ---------------------------------------------------------------- writing

    def post(self, door: Door, account: ExternalAccount, requests: Sequence[PostRequest]) -> list[Outcome]:
        """One outcome per request, in their order: a single create, or batches of thirty."""
        books = Books(door, account.external_id)
        if len(requests) == 1:
            return [self._post_one(books, door, account, requests[0])]
        outcomes: list[Outcome] = []
        for start in range(0, len(requests), BATCH):
            outcomes += self._post_batch(books, door, account, requests[start : start + BATCH], first=start == 0)
        return outcomes

    def _post_one(self, books: Books, door: Door, account: ExternalAccount, request: PostRequest) -> Outcome:
        entity, body = _sent(request)
        try:
            written = books.create(entity, body, request.request_id)
        except Failure as failure:
            if failure.kind in _TURNED_AWAY:
                raise
            return self._refused(door, account, request, failure)
        return _created(written)

    def _post_batch(
        self, books: Books, door: Door, account: ExternalAccount, requests: Sequence[PostRequest], *, first: bool
    ) -> list[Outcome]:
        """A failure of the whole request after an earlier batch was written must not lose what is known of that one."""
        try:
            elements, trace_id = books.create_many([(*_sent(request), request.request_id) for request in requests])
        except Failure as failure:
            if failure.kind in _TURNED_AWAY and first:
                raise
            if failure.kind in _TURNED_AWAY or failure.kind in _LOST:
                return [_unknown(failure.trace_id) for _ in requests]
            return [Outcome(OutcomeKind.REJECTED, problem=failure.problem, trace_id=failure.trace_id) for _ in requests]
        return [
            self._judged(door, account, request, element, trace_id) for request, element in zip(requests, elements, strict=True)
        ]

    def _judged(self, door: Door, account: ExternalAccount, request: PostRequest, element: Element, trace_id: str) -> Outcome:
        if element.failure:
            element.failure.trace_id = trace_id
            return self._refused(door, account, request, element.failure)
        return _created(Written(element.body, trace_id)) if element.body else _unknown(trace_id)

    def _refused(self, door: Door, account: ExternalAccount, request: PostRequest, failure: Failure) -> Outcome:
        """What a refusal means for the one document: ours already there, somebody else's number, lost, or truly refused."""
        if failure.kind in _LOST or failure.kind in _TURNED_AWAY:
            return _unknown(failure.trace_id)
        if failure.kind is not FailureKind.DUPLICATE:
            return Outcome(OutcomeKind.REJECTED, number=request.number, problem=failure.problem, trace_id=failure.trace_id)
        ours = self.find(door, account, [request]).get(request.marker)
        if ours is None and failure.provider_code == "6140":
            problem = Problem(faults.NUMBER_TAKEN, {"number": request.number})
            return Outcome(OutcomeKind.REJECTED, number=request.number, problem=problem, trace_id=failure.trace_id)
        if ours is None:
            return _unknown(failure.trace_id)
        return Outcome(
            OutcomeKind.EXISTS, ours.external_id, ours.external_version, ours.number, trace_id=failure.trace_id, body=ours.body
        )

    def remove(
        self, door: Door, account: ExternalAccount, document_type: str, external_id: str, external_version: str
    ) -> Outcome:
        """Delete it at the version we know: CREATED when it was deleted now, EXISTS when it was gone already."""
        books, entity = Books(door, account.external_id), mapper.ENTITIES[document_type]
        request_id = f"tie-del-{entity[:7]}-{external_id}-{external_version}"[:50]
        try:
            written = books.delete(entity, external_id, external_version, request_id)
        except Failure as failure:
            if failure.provider_code == "610" or failure.kind is FailureKind.NOT_FOUND:
                return Outcome(OutcomeKind.EXISTS, external_id, trace_id=failure.trace_id)
            if failure.kind in _TURNED_AWAY:
                raise
            if failure.kind in _LOST:
                return _unknown(failure.trace_id)
            return Outcome(
                OutcomeKind.REJECTED, external_id, external_version, problem=failure.problem, trace_id=failure.trace_id
            )
        return Outcome(OutcomeKind.CREATED, external_id, trace_id=written.trace_id, body=written.body)

    def create_account(self, door: Door, account: ExternalAccount, spec: Mapping[str, str], *, request_id: str) -> ReferenceItem:
        """Create an account (`name`, `type`, `subtype`, `number`, `currency`, `description`); one of that name is taken over."""
        return self._create_named(door, account, "account", _account_body(spec), request_id)

    def create_customer(
        self, door: Door, account: ExternalAccount, name: str, *, currency: str = "", request_id: str
    ) -> ReferenceItem:
        """Create a customer; one of that display name is taken over."""
        body: dict[str, Any] = {"DisplayName": name}
        if currency:
            body["CurrencyRef"] = {"value": currency}
        return self._create_named(door, account, "customer", body, request_id)

    def _create_named(self, door: Door, account: ExternalAccount, kind: str, body: Body, request_id: str) -> ReferenceItem:
        books, entity = Books(door, account.external_id), reference.KINDS[kind]
        label = "DisplayName" if kind == "customer" else "Name"
        try:
            made: Body = books.create(entity, body, request_id).body
        except Failure as failure:
            if failure.kind is not FailureKind.DUPLICATE and failure.kind not in _LOST:
                raise
            where = f" WHERE {label} = {quoted(str(body[label]))} AND Active IN (true, false)"
            rows = next(books.pages(entity, where), [])
            if not rows:
                raise
            made = rows[0]
        return _items(kind, [made], {})[0]


# -------------------------------------------------------------------- helpers


def _sent(request: PostRequest) -> tuple[str, Body]:
    """Entity and body as they go out; an update carries id and version."""
    body = mapper.exact(request.payload)
    if request.action == "update":
        body = {**body, "Id": request.external_id, "SyncToken": request.external_version}
    return mapper.ENTITIES[request.document.document_type.value], body


def _created(written: Written) -> Outcome:
    body = written.body
    return Outcome(
        OutcomeKind.CREATED,
        external_id=str(body["Id"]),
        external_version=str(body.get("SyncToken", "")),
        number=str(body.get("DocNumber") or ""),
        trace_id=written.trace_id,
        body=body,
    )


def _unknown(trace_id: str) -> Outcome:
    problem = Problem(errors.UNKNOWN_OUTCOME, {"provider": faults.PROVIDER})
    return Outcome(OutcomeKind.UNKNOWN, problem=problem, trace_id=trace_id)


def _by_type(requests: Sequence[PostRequest]) -> dict[str, list[PostRequest]]:
    found: dict[str, list[PostRequest]] = {}
    for request in requests:
        found.setdefault(request.document.document_type.value, []).append(request)
    return found


def _searches(requests: Sequence[PostRequest]) -> list[str]:
    """Where to look for documents of one type, narrowest first."""
    numbers = sorted({str(request.payload["DocNumber"]) for request in requests if request.payload.get("DocNumber")})
    days = sorted({request.document.date.isoformat() for request in requests})
    by_day = f" WHERE TxnDate IN {in_list(days)}"
    if all(request.document.document_type.value == "deposit" for request in requests):
        amounts = sorted({plain(request.document.total, request.document.currency) for request in requests})
        by_day += f" AND TotalAmt IN {in_list(amounts)}"
    return [f" WHERE DocNumber IN {in_list(numbers)}", by_day] if numbers else [by_day]


def _account_body(spec: Mapping[str, str]) -> dict[str, Any]:
    names = {
        "name": "Name",
        "type": "AccountType",
        "subtype": "AccountSubType",
        "number": "AcctNum",
        "description": "Description",
    }
    body: dict[str, Any] = {names[key]: value for key, value in spec.items() if key in names and value}
    if spec.get("currency"):
        body["CurrencyRef"] = {"value": spec["currency"]}
    return body


def _items(kind: str, rows: Sequence[Body], rates: Mapping[str, Decimal]) -> list[ReferenceItem]:
    return _promised(lambda: [reference.reference_item(kind, row, rates) for row in rows])


def _rates_by_id(books: Books) -> dict[str, Decimal]:
    """Percent by tax rate id."""
    rows = [row for page in books.pages("TaxRate", " WHERE Active IN (true, false)") for row in page]
    return _promised(
        lambda: {str(row.get("Id")): mapper.amount_of(row, "RateValue") for row in rows if row.get("RateValue") is not None}
    )


class TaxRates:
    """Percent by tax code and side, read when the first taxed document asks: a deposit's lines do not state their tax."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._known: dict[tuple[str, str], Decimal] | None = None

    def for_document(self, body: Body) -> mapper.Rates:
        if not (body.get("TxnTaxDetail") or {}).get("TaxLine"):
            return {}
        if self._known is None:
            self._known = _rates_by_code(self._books)
        return self._known


def _rates_by_code(books: Books) -> dict[tuple[str, str], Decimal]:
    by_id = _rates_by_id(books)
    items = [
        item for page in books.pages("TaxCode", " WHERE Active IN (true, false)") for item in _items("tax_code", page, by_id)
    ]
    sides = [(item, side, str(item.facts[f"{side}_rate"])) for item in items for side in ("sales", "purchase")]
    return {(item.external_id, side): Decimal(rate) for item, side, rate in sides if rate}


def _found(document_type: str, body: Body, rates: TaxRates) -> Found | None:
    """Read back; a document that was voided carries nothing and counts as gone."""
    if body.get("TotalAmt") == 0 and "voided" in str(body.get("PrivateNote") or "").lower():
        return None
    return _promised(lambda: mapper.found(document_type, body, rates.for_document(body)))


def _promised(make: Callable[[], T]) -> T:
    """Run a mapping; what cannot be read is MALFORMED, never a crash."""
    try:
        return make()
    except mapper.Unreadable as wrong:
        raise malformed(str(wrong), "", writes=False) from wrong


authoriser = IntuitAuthoriser(info)
target = QuickBooksTarget(info)
receiver = IntuitReceiver(info)

"""The view that every door of the partner API derives from.

    class Settlements(Door):
        tag = "Settlements"

        @operation(Scope.SETTLEMENTS_READ, "List settlements", "...", answer=SettlementShown, listing=LISTING)
        def get(self, request: Request) -> Response:
            return page(request, selectors..., LISTING, SettlementShown)

A request is, in this order: logged in by its key, counted, refused if the key lacks the operation's scope,
let into the key's tenant, checked for parameters nobody knows, and done, once where it carries an
Idempotency-Key. Somebody else's things do not exist (404).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

import structlog
from django.http import Http404
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from canonical.problems import Problem
from tenants.models import ApiKey, Tenant
from tenants.news import Actor, acting
from tenants.partner import keys, meter, trouble
from tenants.partner.fields import Body
from tenants.partner.listing import PAGING, Listing, refuse_unknown
from tenants.partner.once import once as do_once
from tenants.partner.schema import DoorSchema, schema_of
from tenants.partner.scopes import Scope
from tenants.scope import tenant_scope
from tenants.web import correlation_id

Handler = Callable[..., Response]
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
NEVER, MAY, MUST = "never", "may", "must"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address: what it takes, gives and needs. `scope` None is for every key."""

    scope: Scope | None
    summary: str
    description: str
    answer: Any = None
    status: int = 200
    body: type[Body] | None = None
    listing: Listing | None = None
    example: Any = None
    asked: Any = None
    once: str = NEVER
    match: bool = False
    parameters: Mapping[str, Mapping[str, Any]] | None = None
    also: tuple[int, ...] = ()


class Nobody:
    """Who asks without a key."""

    is_authenticated = False
    is_active = False
    pk = None


class KeyHolder(Nobody):
    """Who asks with a key: not a person."""

    is_authenticated = True
    is_active = True


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer tie_live_...`"""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _space, text = request.headers.get("Authorization", "").partition(" ")
        key = keys.find_key(text.strip()) if scheme.lower() == "bearer" else None
        return None if key is None else (KeyHolder(), key)

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Tieout"'


class HoldsKey(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, ApiKey)


class AlwaysJson(BaseContentNegotiation):
    """There is one kind of answer; what a client says it accepts changes nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        media = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Door(APIView):
    """One address of the API. Subclasses give `tag` and methods decorated with `operation`."""

    tag = "Other"
    authentication_classes = [BearerKey]
    permission_classes = [HoldsKey]
    parser_classes = [JSONParser]
    renderer_classes = [JSONRenderer]
    throttle_classes = []
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    schema = DoorSchema()

    _allowances: list[meter.Allowance] | None = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self._inside:
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
            return response

    def get_exception_handler(self) -> Any:
        return trouble.answer_for

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = cast(ApiKey, request.auth)
        self._count(key)
        operation = operation_of(getattr(self, str(request.method).lower(), None))
        if operation is None:
            return
        if operation.scope is not None and not key.holds(operation.scope):
            raise trouble.Trouble(403, Problem(trouble.NO_SCOPE, {"scope": operation.scope.value}))
        self._enter(request, key)
        refuse_unknown(request, _known(operation))

    def _count(self, key: ApiKey) -> None:
        self._allowances = meter.count(key)
        keys.touch(key)
        over = [one for one in self._allowances if one.exceeded]
        if over:
            wait = max(one.resets_in for one in over)
            raise trouble.Trouble(429, Problem(trouble.TOO_MANY), headers={"Retry-After": str(wait)})

    def _enter(self, request: Request, key: ApiKey) -> None:
        """The key's tenant from here on; what is audited is said to be done with this key."""
        traced = _TRACEPARENT.fullmatch(request.headers.get("traceparent", ""))
        if traced:
            structlog.contextvars.bind_contextvars(trace_id=traced[1])
        actor = Actor(
            kind="api_key",
            ip=request.META.get("REMOTE_ADDR") or None,
            correlation_id=traced[1] if traced else correlation_id(),
            via=key.public_id,
        )
        self._inside.enter_context(tenant_scope(key.tenant))
        self._inside.enter_context(acting(actor))

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        finished: Response = super().finalize_response(request, response, *args, **kwargs)
        finished["Request-Id"] = correlation_id()
        if self._allowances is not None:
            for name, value in meter.headers(self._allowances).items():
                finished[name] = value
        return finished

    # -------------------------------------------------------------- for subclasses

    @property
    def tenant(self) -> Tenant:
        key = cast(ApiKey, self.request.auth)
        return key.tenant


class Nowhere(Door):
    """Every address that is none: a problem, not a page."""

    schema = None  # type: ignore[assignment]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        raise Http404


def operation(scope: Scope | None, summary: str, description: str, **facts: Any) -> Callable[[Handler], Handler]:
    """Describe a method of a Door: its scope, its words in the documentation, and what surrounds its work.

    `answer` is the serializer of what it gives (with `listing`, of each row); `body` of what it takes, given to the
    method as `given`; `once` says whether an Idempotency-Key MAY or MUST come with it; `match` that If-Match does;
    `example` and `asked` are what an answer and a request look like; `also` are further statuses it may answer with.
    """
    operation = Operation(scope, summary, description, **facts)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def method(self: Door, request: Request, *args: Any, **kwargs: Any) -> Response:
            if operation.body is not None:
                kwargs["given"] = read(request, operation.body)
            else:
                refuse_body(request)
            if operation.once == NEVER:
                return handler(self, request, *args, **kwargs)
            return do_once(request, lambda: handler(self, request, *args, **kwargs), required=operation.once == MUST)

        method.operation = operation  # type: ignore[attr-defined]
        described: Handler = extend_schema(**schema_of(operation))(method)
        return described

    return decorate


def operation_of(handler: Any) -> Operation | None:
    found: Operation | None = getattr(handler, "operation", None)
    return found


def read(request: Request, body: type[Body]) -> dict[str, Any]:
    """The request's JSON object, checked. Raises a problem that names every field that is wrong."""
    said = request.data if request.body else {}
    serializer = body(data=said)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def refuse_body(request: Request) -> None:
    """A method that takes nothing takes an empty object or no body at all."""
    if request.method not in ("GET", "HEAD") and request.body.strip() not in (b"", b"{}"):
        raise trouble.invalid("/", "unknown_field", "This takes no body.", status=400)


def _known(operation: Operation) -> list[str]:
    known = list(operation.parameters or {})
    if operation.listing is not None:
        known += [*PAGING, *(name for name, _one in operation.listing.parameters)]
    return known

"""Partner API: connections to accounts at providers."""

from __future__ import annotations

from django.db.models import Q
from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from connections import registry, selectors, services
from connections.contracts import Environment
from connections.errors import Action, Failure
from connections.models import Connection
from connections.outbound import api as outbound
from tenants.partner import fields
from tenants.partner.addresses import address
from tenants.partner.door import MAY, Door, operation
from tenants.partner.listing import Choice, Exact, Listing, Search, Since, page
from tenants.partner.scopes import Scope
from tenants.partner.trouble import Told, translates


@translates(Failure)
def told(failure: Failure) -> Told:
    """A provider that could not be asked: to be tried again later, or only after a person has reconnected."""
    if failure.action is Action.RECONNECT:
        return Told(409, (failure.problem,))
    wait = max(1, int(failure.wait.total_seconds()))
    return Told(503 if failure.wait else 502, (failure.problem,), {"Retry-After": str(wait)} if failure.wait else {})


class ConnectionShown(serializers.Serializer):  # type: ignore[type-arg]
    """One account at one provider. What the provider knows of it stays with the provider."""

    example = {
        "id": "con_01kav0zr4g8m2c6n9q3s7t5w1x", "provider": "amazon", "environment": "production", "region": "eu",
        "name": "Oak & Ash EU", "state": "active", "reason": "", "last_good_call_at": "2026-11-20T11:58:41.000000Z",
        "last_tested_at": None, "last_latency_ms": None, "created_at": "2026-11-02T09:16:00.000000Z",
        "updated_at": "2026-11-20T11:58:41.000000Z",
    }  # fmt: skip

    id = serializers.CharField(source="public_id")
    provider = serializers.CharField()
    environment = serializers.ChoiceField([each.value for each in Environment])
    region = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(Connection.State.choices)
    reason = serializers.CharField(help_text="Why it is not active, as a code; empty while it is.")
    last_good_call_at = fields.Moment(allow_null=True)
    last_tested_at = fields.Moment(allow_null=True)
    last_latency_ms = serializers.IntegerField(allow_null=True)
    created_at = fields.Moment()
    updated_at = fields.Moment()


class PauseBody(fields.Body):
    example = {"reason": "Stocktaking until Monday"}

    reason = fields.Text(required=False, max_length=80, default="")


LISTING = Listing(
    filters=(
        Choice("status", "state", [state.value for state in Connection.State]),
        Choice("provider", "provider", list(registry.PROVIDERS)),
        Exact("environment", "environment", "twin, vendor_sandbox or production."),
        Since(),
        Search(lambda words: Q(name__startswith=words) | Q(public_id=words), "The beginning of the name, or an id."),
    ),
    sorts={"created_at": "id", "name": "name"},
)


def find(connection: str) -> Connection:
    try:
        return selectors.connection(public_id=connection)
    except Connection.DoesNotExist as error:
        raise Http404 from error


class Connections(Door):
    tag = "Connections"

    @operation(
        Scope.CONNECTIONS_READ,
        "List connections",
        "Accounts where you sell and where your books are kept, with how they stand.",
        answer=ConnectionShown,
        listing=LISTING,
    )
    def get(self, request: Request) -> Response:
        return page(request, Connection.objects.all(), LISTING, ConnectionShown)


class OneConnection(Door):
    tag = "Connections"

    @operation(Scope.CONNECTIONS_READ, "Show a connection", "One connection with its state.", answer=ConnectionShown)
    def get(self, request: Request, connection: str) -> Response:
        return Response(ConnectionShown(find(connection)).data)


class TestConnection(Door):
    tag = "Connections"

    @operation(
        Scope.CONNECTIONS_WRITE,
        "Test a connection",
        "One harmless read at the provider, timed. Where the provider cannot be asked the problem says whose fault it is.",
        answer=ConnectionShown,
        once=MAY,
        also=(409, 502, 503),
    )
    def post(self, request: Request, connection: str) -> Response:
        return Response(ConnectionShown(services.test(connection=find(connection))).data)


class PauseConnection(Door):
    tag = "Connections"

    @operation(
        Scope.CONNECTIONS_WRITE,
        "Pause a connection",
        "Nothing is asked of it and nothing sent until it is resumed; the permission stays. Pausing twice does no harm.",
        answer=ConnectionShown,
        body=PauseBody,
        once=MAY,
    )
    def post(self, request: Request, connection: str, given: dict[str, str]) -> Response:
        row = services.pause(connection=find(connection), reason=given["reason"])
        return Response(ConnectionShown(find(row.public_id)).data)


class ResumeConnection(Door):
    tag = "Connections"

    @operation(
        Scope.CONNECTIONS_WRITE,
        "Resume a connection",
        "Takes a paused connection back into use; what waited for it goes on.",
        answer=ConnectionShown,
        once=MAY,
    )
    def post(self, request: Request, connection: str) -> Response:
        row = services.resume(connection=find(connection))
        return Response(ConnectionShown(find(row.public_id)).data)


URLS = [
    address("connections", Connections, "connections"),
    address("connections/<pid:connection>", OneConnection, "connection"),
    address("connections/<pid:connection>:test", TestConnection, "connection_test"),
    address("connections/<pid:connection>:pause", PauseConnection, "connection_pause"),
    address("connections/<pid:connection>:resume", ResumeConnection, "connection_resume"),
    *outbound.URLS,
]

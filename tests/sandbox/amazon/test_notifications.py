"""Notifications v1 and its messages: who may ask, what conflicts, and bodies that Amazon's schemas allow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from sandbox.amazon.places import APPLICATIONS, PRIVATE_CLIENT
from sandbox.app import App
from tests.contracts.amazon_schema import AmazonModels
from tests.sandbox.amazon.conftest import HARBOUR, Amazon, exact

DESTINATIONS, SUBSCRIPTIONS = "/notifications/v1/destinations", "/notifications/v1/subscriptions"
ARN = "arn:aws:sqs:us-east-1:000000000000:tieout-amazon"
WANTED = {"name": "ours", "resourceSpecification": {"sqs": {"arn": ARN}}}
STORE = {"seller": HARBOUR, "marketplace": "US"}


class Application(Amazon):
    """The application itself: its token speaks for no seller."""

    def fresh_token(self) -> str:
        app = APPLICATIONS[PRIVATE_CLIENT]
        form = {"grant_type": "client_credentials", "scope": "sellingpartnerapi::notifications"}
        return str(self.post_token(**form, client_id=app.client_id, client_secret=app.secret).get_json()["access_token"])


@pytest.fixture
def ours(app: App) -> Application:
    return Application(app, HARBOUR)


@pytest.fixture
def destination(ours: Application) -> str:
    return str(exact(ours.call("POST", DESTINATIONS, WANTED))["payload"]["destinationId"])


def subscribe(caller: Amazon, kind: str, destination: str, version: str) -> Any:
    return caller.call("POST", f"{SUBSCRIPTIONS}/{kind}", {"payloadVersion": version, "destinationId": destination})


def messages(app: App) -> list[Any]:
    return [json.loads(message.body) for message in app.twins["sqs"].queues.receive("tieout-amazon", 100)]


def test_the_applications_own_and_the_sellers_own_are_kept_apart(harbour: Amazon, ours: Application, destination: str) -> None:
    assert harbour.call("GET", DESTINATIONS).status_code == 403
    assert subscribe(ours, "ORDER_CHANGE", destination, "1.0").status_code == 403
    made = subscribe(harbour, "ORDER_CHANGE", destination, "1.0")
    assert made.status_code == 200
    one = f"{SUBSCRIPTIONS}/ORDER_CHANGE/{exact(made)['payload']['subscriptionId']}"
    assert harbour.call("GET", one).status_code == 403
    assert ours.call("GET", one).status_code == 200
    assert ours.call("DELETE", one).status_code == 200
    assert harbour.call("GET", f"{SUBSCRIPTIONS}/ORDER_CHANGE").status_code == 404


@pytest.mark.contracts
def test_conflicts_and_refusals_are_ones_the_model_allows(
    harbour: Amazon, ours: Application, destination: str, shared: Path
) -> None:
    models = AmazonModels(shared / "contracts" / "amazon" / "models", ["notifications"])
    assert subscribe(harbour, "ORDER_CHANGE", destination, "1.0").status_code == 200
    tried = {
        409: [subscribe(harbour, "ORDER_CHANGE", destination, "1.0")],
        400: [subscribe(harbour, "BIRTHDAY", destination, "1.0"), subscribe(harbour, "ORDER_CHANGE", destination, "9")],
        404: [subscribe(harbour, "TRANSACTION_UPDATE", "nowhere", "1.0")],
    }
    for status, answers in tried.items():
        for answer in answers:
            assert answer.status_code == status
            assert models.by_id("createSubscription").response_problems(status, exact(answer)) == []
    again = ours.call("POST", DESTINATIONS, WANTED)
    assert again.status_code == 409
    assert models.by_id("createDestination").response_problems(409, exact(again)) == []
    listed = ours.call("GET", DESTINATIONS)
    assert models.by_id("getDestinations").response_problems(200, exact(listed)) == []


@pytest.mark.contracts
def test_messages_are_what_the_schemas_say(app: App, harbour: Amazon, destination: str, shared: Path) -> None:
    subscribe(harbour, "ORDER_CHANGE", destination, "1.0")
    subscribe(harbour, "REPORT_PROCESSING_FINISHED", destination, "2020-09-04")
    amazon = app.twins["amazon"]
    ids = amazon.command("place", {**STORE, "orders": 2})["orders"]
    amazon.command("ship", {"order": ids[0]})
    amazon.command("cancel", {"order": ids[1]})
    app.world.clock.shift(60)
    closed = amazon.command("close", STORE)
    told = messages(app)
    assert len(told) == 5
    folder = shared / "contracts" / "amazon" / "notifications"
    for body in told:
        name = "OrderChange" if "NotificationType" in body else "ReportProcessingFinished"
        jsonschema.Draft7Validator(json.loads((folder / f"{name}Notification.json").read_text())).validate(body)
    orders = [body["Payload"]["OrderChangeNotification"] for body in told[:4]]
    assert [one["Summary"]["OrderStatus"] for one in orders] == ["Unshipped", "Unshipped", "Shipped", "Canceled"]
    report = told[4]["payload"]["reportProcessingFinishedNotification"]
    (listed,) = [one for one in harbour_reports(app) if one["reportId"] == report["reportId"]]
    assert listed["reportDocumentId"] == report["reportDocumentId"]
    assert listed["dataEndTime"] == closed["end"].replace("+00:00", "Z")


def harbour_reports(app: App) -> Any:
    return Amazon(app, HARBOUR).reports(processingStatuses="DONE")


def test_who_is_not_subscribed_or_is_muted_hears_nothing(app: App, harbour: Amazon, destination: str) -> None:
    amazon = app.twins["amazon"]
    amazon.command("place", {**STORE, "orders": 1})
    subscribe(harbour, "ORDER_CHANGE", destination, "1.0")
    amazon.command("mute", {})
    (order_id,) = amazon.command("place", {**STORE, "orders": 1})["orders"]
    assert messages(app) == []
    amazon.command("mute", {"on": False})
    assert amazon.command("notify", {"order": order_id}) == {"told": 1}
    assert len(messages(app)) == 1

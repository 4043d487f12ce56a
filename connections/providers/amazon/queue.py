"""Amazon's notifications: subscribed to by its Notifications API, taken from a queue of ours at SQS.

A destination (our queue) belongs to the application and is asked for with a token that speaks for no
seller; a subscription belongs to one seller. A message comes at least once, in any order, and only hints:
what it names is read again. It is taken off the queue after it is stored (`acknowledge`), else it
comes back when its hiding ends. Model: notifications; SQS is spoken by boto3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from canonical.problems import Problem
from connections import errors
from connections.contracts import Door, Endpoints, ExternalAccount, ProviderInfo, QueuedNotice
from connections.errors import Failure, FailureKind
from tenants.clock import now

from . import client, mapper
from .auth import AmazonAuthoriser
from .webhooks import AmazonReceiver

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

# What we follow -> the version of its payload that we read.
FOLLOWED: Mapping[str, str] = {"ORDER_CHANGE": "1.0", "REPORT_PROCESSING_FINISHED": "2020-09-04"}
DESTINATION_NAME = "tieout"
HIDDEN_S = 120  # time enough to store a handful of messages
_API = "/notifications/v1"
_MOST = 10  # messages in one call of SQS


class AmazonQueue:
    """The NoticeQueue of Amazon. `extra` of the endpoints: queue_url, queue_arn, queue_region, queue_endpoint,
    queue_key_id and queue_secret; without a queue_url there is no queue and everything works by polling. Without
    a key boto3 finds the machine's own role."""

    def __init__(self, info: ProviderInfo, authoriser: AmazonAuthoriser, receiver: AmazonReceiver) -> None:
        self.info, self._authoriser, self._receiver = info, authoriser, receiver

    def configured(self, endpoints: Endpoints) -> bool:
        return bool(endpoints.extra.get("queue_url"))

    def subscribe(self, door: Door, account: ExternalAccount) -> Mapping[str, str]:
        """Follow what we follow for this seller; what is followed already stays. Ids of the subscriptions by type."""
        found = {kind: _subscription(door, account.region, kind) for kind in FOLLOWED}
        missing = [kind for kind, subscription in found.items() if not subscription]
        if missing:
            destination = self._destination(door, account.region)
            for kind in missing:
                found[kind] = _subscribe(door, account.region, kind, destination)
        return found

    def receive(self, endpoints: Endpoints, *, at_most: int) -> list[QueuedNotice]:
        """Up to `at_most` messages, at most ten a call. Raises Failure UNAVAILABLE when the queue cannot be reached."""
        found: list[QueuedNotice] = []
        with _queue(endpoints) as queue:
            while len(found) < at_most:
                answer = queue.receive_message(
                    QueueUrl=endpoints.extra["queue_url"],
                    MaxNumberOfMessages=min(_MOST, at_most - len(found)),
                    VisibilityTimeout=HIDDEN_S,
                )
                messages = answer.get("Messages", [])
                found += [self._read(message["Body"].encode(), message["ReceiptHandle"]) for message in messages]
                if not messages:
                    break
        return found

    def acknowledge(self, endpoints: Endpoints, handles: Sequence[str]) -> None:
        """Take messages off the queue. One that cannot be comes again and is known by its id then."""
        with _queue(endpoints) as queue:
            for start in range(0, len(handles), _MOST):
                batch = handles[start : start + _MOST]
                queue.delete_message_batch(
                    QueueUrl=endpoints.extra["queue_url"],
                    Entries=[{"Id": str(number), "ReceiptHandle": handle} for number, handle in enumerate(batch)],
                )

    def _read(self, body: bytes, handle: str) -> QueuedNotice:
        return QueuedNotice(tuple(self._receiver.notices(body)), body, handle)

    def _destination(self, door: Door, region: str) -> str:
        """The id of our queue as a destination of this region, made if it is not there."""
        arn = door.endpoints.extra["queue_arn"]
        headers = {
            "x-amz-access-token": self._authoriser.grantless_token(door),
            "x-amz-date": now().strftime("%Y%m%dT%H%M%SZ"),
            "user-agent": client.BehindTheDoor.user_agent,
            "accept": "application/json",
        }
        url = f"{door.endpoints.urls[f'api_{region}']}{_API}/destinations"
        known = door.call("getDestinations", "GET", url, headers=headers, signed=False, expects="json")
        for entry in client.entries(client.answer_object(known), "payload"):
            if ((entry.get("resource") or {}).get("sqs") or {}).get("arn") == arn:
                return _text(entry, "destinationId")
        wanted = {"name": DESTINATION_NAME, "resourceSpecification": {"sqs": {"arn": arn}}}
        made = door.call(
            "createDestination", "POST", url, headers=headers, json=wanted, writes=True, signed=False, expects="json"
        )
        return _text(client.member(client.answer_object(made), "payload"), "destinationId")


def _subscription(door: Door, region: str, kind: str) -> str:
    """The id of the seller's subscription to a type, "" when there is none."""
    try:
        body = client.get(door, region, "getSubscription", f"{_API}/subscriptions/{kind}", {"payloadVersion": FOLLOWED[kind]})
    except Failure as failure:
        if failure.kind is FailureKind.NOT_FOUND:
            return ""
        raise
    return _text(client.member(body, "payload"), "subscriptionId")


def _subscribe(door: Door, region: str, kind: str, destination: str) -> str:
    url = f"{door.endpoints.urls[f'api_{region}']}{_API}/subscriptions/{kind}"
    wanted = {"payloadVersion": FOLLOWED[kind], "destinationId": destination}
    try:
        answer = door.call(
            "createSubscription", "POST", url, json=wanted, headers={"accept": "application/json"}, writes=True, expects="json"
        )
    except Failure as failure:
        if failure.status == 409:  # somebody else was a moment earlier
            return _subscription(door, region, kind)
        raise
    return _text(client.member(client.answer_object(answer), "payload"), "subscriptionId")


def _text(body: Mapping[str, Any], name: str) -> str:
    return client.read(lambda: mapper.text(body, name))


@contextmanager
def _queue(endpoints: Endpoints) -> Iterator[SQSClient]:
    """SQS by boto3, imported when it is needed; what goes wrong there is UNAVAILABLE: the next turn tries again."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    extra = endpoints.extra
    try:
        queue = boto3.session.Session().client(
            "sqs",
            region_name=extra.get("queue_region") or None,
            endpoint_url=extra.get("queue_endpoint") or None,
            aws_access_key_id=extra.get("queue_key_id") or None,
            aws_secret_access_key=extra.get("queue_secret") or None,
            config=Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 2}, proxies={}),
        )
        try:
            yield queue
        finally:
            queue.close()
    except (BotoCoreError, ClientError) as wrong:
        detail = f"the queue of notifications: {type(wrong).__name__}"
        problem = Problem(errors.UNAVAILABLE, {"provider": client.PROVIDER, "detail": detail})
        raise Failure(FailureKind.UNAVAILABLE, problem) from wrong

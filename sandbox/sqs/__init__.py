"""The twin of Amazon SQS, speaking the AWS JSON protocol 1.0 as boto3 does.

POST /sqs/ with `X-Amz-Target: AmazonSQS.<Operation>` and a JSON body. Requests must be signed (Signature
Version 4) with the twin's own key; the signature is recomputed. Protocol: the service model that botocore
carries; message semantics: the developer guide of SQS on standard queues.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.sqs.queues import ACCOUNT, BACKWARDS, TWICE, VISIBILITY, Message, Queues, arn, md5
from sandbox.sqs.signature import KEY_ID, KEY_SECRET, signed
from sandbox.world import World, origin

DEFAULT_QUEUE = "tieout-amazon"
_JSON = "application/x-amz-json-1.0"
_LONGEST_POLL = 20.0
Body = dict[str, Any]


class Wrong(Exception):
    """An error answer: `__type` and message, with the older code in a header."""

    def __init__(self, kind: str, message: str, query_code: str = "", status: int = 400) -> None:
        super().__init__(message)
        self.kind, self.query_code, self.status = kind, query_code or kind, status


class Twin:
    """SQS with one account, one key, and queues by name."""

    name = "sqs"
    title = "Amazon Simple Queue Service"

    def __init__(self, world: World) -> None:
        self.world, self.queues = world, Queues(world)
        self._operations: dict[str, Callable[[Request, Body], Body]] = {
            "CreateQueue": self._create,
            "GetQueueUrl": self._url,
            "GetQueueAttributes": self._attributes,
            "ListQueues": self._list,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._hide,
            "PurgeQueue": self._purge,
        }
        self._verbs: dict[str, Callable[[Body], Body]] = {
            "send": self._put_in,
            "twice": self._set_twice,
            "backwards": self._set_backwards,
            "wake": self._wake,
        }

    def handle(self, request: Request) -> Response:
        name = request.headers.get("X-Amz-Target", "").removeprefix("AmazonSQS.")
        response = self.world.act(
            "sqs", name or "unknown", request, commit=lambda: self._answer(request, name), refuse=lambda fault: _refused(fault)
        )
        response.headers["x-amzn-RequestId"] = str(uuid.uuid4())
        return response

    def _answer(self, request: Request, name: str) -> Response:
        try:
            if trouble := signed(request):
                raise Wrong(*trouble, status=403)
            if name not in self._operations:
                raise Wrong("UnknownOperationException", f"no operation {name}")
            try:
                body = dict(json.loads(request.get_data() or b"{}"))
            except (ValueError, TypeError):
                raise Wrong("SerializationException", "the body is no JSON object") from None
            return _json(self._operations[name](request, body))
        except Wrong as wrong:
            return _error(wrong)

    # Operations

    def _queue(self, body: Body) -> str:
        """The queue that a QueueUrl names."""
        name = str(body.get("QueueUrl") or "").rstrip("/").rsplit("/", 1)[-1]
        return self._known(name)

    def _known(self, name: str) -> str:
        if name not in self.queues.names():
            missing = "The specified queue does not exist."
            raise Wrong("QueueDoesNotExist", missing, "AWS.SimpleQueueService.NonExistentQueue")
        return name

    def _address(self, request: Request, name: str) -> str:
        return f"{origin(request)}{request.script_root}/{ACCOUNT}/{name}"

    def _create(self, request: Request, body: Body) -> Body:
        self.queues.create(str(body["QueueName"]))
        return {"QueueUrl": self._address(request, str(body["QueueName"]))}

    def _url(self, request: Request, body: Body) -> Body:
        return {"QueueUrl": self._address(request, self._known(str(body.get("QueueName"))))}

    def _list(self, request: Request, body: Body) -> Body:
        prefix = str(body.get("QueueNamePrefix") or "")
        return {"QueueUrls": [self._address(request, name) for name in self.queues.names() if name.startswith(prefix)]}

    def _attributes(self, request: Request, body: Body) -> Body:
        queue = self._queue(body)
        free, hidden = self.queues.counts(queue)
        told = {
            "ApproximateNumberOfMessages": str(free),
            "ApproximateNumberOfMessagesNotVisible": str(hidden),
            "QueueArn": arn(queue),
            "VisibilityTimeout": str(VISIBILITY),
        }
        wanted = body.get("AttributeNames") or []
        return {"Attributes": {name: value for name, value in told.items() if "All" in wanted or name in wanted}}

    def _send(self, request: Request, body: Body) -> Body:
        text = str(body.get("MessageBody") or "")
        if not text:
            raise Wrong("MissingParameter", "The request must contain the parameter MessageBody.")
        sent = self.queues.send(self._queue(body), text, body.get("MessageAttributes"), float(body.get("DelaySeconds") or 0))
        return {"MessageId": sent, "MD5OfMessageBody": md5(text)}

    def _send_batch(self, request: Request, body: Body) -> Body:
        done = [{"Id": entry["Id"], **self._send(request, {**body, **entry})} for entry in _entries(body)]
        return {"Successful": done, "Failed": []}

    def _receive(self, request: Request, body: Body) -> Body:
        queue, at_most = self._queue(body), int(body.get("MaxNumberOfMessages") or 1)
        if not 1 <= at_most <= 10:
            raise Wrong("InvalidParameterValue", "MaxNumberOfMessages must be between 1 and 10.")
        hidden = body.get("VisibilityTimeout")
        found = self._wait_for(queue, at_most, float(VISIBILITY if hidden is None else hidden), body.get("WaitTimeSeconds"))
        wanted = set(body.get("AttributeNames") or []) | set(body.get("MessageSystemAttributeNames") or [])
        return {"Messages": [_told(message, wanted) for message in found]} if found else {}

    def _wait_for(self, queue: str, at_most: int, hidden: float, wait: Any) -> list[Message]:
        """Long polling: up to `wait` real seconds until there is something."""
        until = time.monotonic() + min(float(wait or 0), _LONGEST_POLL)
        while True:
            found = self.queues.receive(queue, at_most, hidden)
            if found or time.monotonic() >= until:
                return found
            time.sleep(0.1)

    def _delete(self, request: Request, body: Body) -> Body:
        if not self.queues.delete(self._queue(body), str(body.get("ReceiptHandle") or "")):
            raise Wrong("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
        return {}

    def _delete_batch(self, request: Request, body: Body) -> Body:
        queue, done, failed = self._queue(body), [], []
        for entry in _entries(body):
            if self.queues.delete(queue, str(entry.get("ReceiptHandle") or "")):
                done.append({"Id": entry["Id"]})
            else:
                failed.append({"Id": entry["Id"], "SenderFault": True, "Code": "ReceiptHandleIsInvalid"})
        return {"Successful": done, "Failed": failed}

    def _hide(self, request: Request, body: Body) -> Body:
        if not self.queues.hide(self._queue(body), str(body.get("ReceiptHandle")), float(body.get("VisibilityTimeout") or 0)):
            raise Wrong("MessageNotInflight", "The message is not in flight.", "AWS.SimpleQueueService.MessageNotInflight")
        return {}

    def _purge(self, request: Request, body: Body) -> Body:
        self.queues.purge(self._queue(body))
        return {}

    # The world's side

    def seed(self) -> None:
        self.queues.create(DEFAULT_QUEUE)

    def reset(self) -> None:
        self.queues.forget()
        self.seed()

    def state(self) -> Body:
        names = self.queues.names()
        return {name: dict(zip(("free", "hidden"), self.queues.counts(name), strict=True)) for name in names}

    def seeded(self) -> Body:
        return {"queues": self.queues.names(), "key_id": KEY_ID, "key_secret": KEY_SECRET, "account": ACCOUNT}

    def links(self) -> list[tuple[str, str]]:
        return []

    def command(self, verb: str, params: Body) -> Body:
        return self._verbs[verb](params)

    def _put_in(self, params: Body) -> Body:
        """{"body", "queue"?, "times"?}: a message as somebody else would put it in, JSON or any text."""
        body = params["body"] if isinstance(params["body"], str) else json.dumps(params["body"])
        queue = self._known(str(params.get("queue", DEFAULT_QUEUE)))
        return {"ids": [self.queues.send(queue, body) for _ in range(int(params.get("times", 1)))]}

    def _set_twice(self, params: Body) -> Body:
        """{"count"}: forget that many deletions, so that those messages come again at once."""
        self.world.store.put(TWICE, int(params.get("count", 1)))
        return dict(params)

    def _set_backwards(self, params: Body) -> Body:
        """{"on"}: give the newest message first."""
        self.world.store.put(BACKWARDS, bool(params.get("on", True)))
        return dict(params)

    def _wake(self, params: Body) -> Body:
        """{"queue"?}: end every hiding now, as if its time had passed."""
        with self.world.db() as conn:
            woken = conn.execute("UPDATE sqs_message SET visible = sent WHERE queue = ?", (params.get("queue", DEFAULT_QUEUE),))
        return {"woken": woken.rowcount}


def _entries(body: Body) -> list[Body]:
    entries = body.get("Entries") or []
    if not entries:
        raise Wrong("EmptyBatchRequest", "There should be at least one entry.", "AWS.SimpleQueueService.EmptyBatchRequest")
    if len(entries) > 10:
        raise Wrong("TooManyEntriesInBatchRequest", "At most 10.", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
    return list(entries)


def _told(message: Message, wanted: set[str]) -> Body:
    system = {
        "ApproximateReceiveCount": str(message.received),
        "SentTimestamp": str(int(message.sent.timestamp() * 1000)),
        "ApproximateFirstReceiveTimestamp": str(int(message.first.timestamp() * 1000)),
        "SenderId": ACCOUNT,
    }
    shown = {name: value for name, value in system.items() if "All" in wanted or name in wanted}
    told = {"MessageId": message.id, "ReceiptHandle": message.receipt, "MD5OfBody": md5(message.body), "Body": message.body}
    return {**told, **({"Attributes": shown} if shown else {})}


def _json(body: Body, status: int = 200) -> Response:
    return Response(json.dumps(body), status=status, content_type=_JSON)


def _error(wrong: Wrong) -> Response:
    response = _json({"__type": f"com.amazonaws.sqs#{wrong.kind}", "message": str(wrong)}, wrong.status)
    response.headers["x-amzn-query-error"] = f"{wrong.query_code};Sender"
    return response


def _refused(fault: Fault) -> Response:
    if fault.kind is Kind.THROTTLE:
        return _error(Wrong("RequestThrottled", "The request was denied due to request throttling."))
    if fault.kind is Kind.ERROR_500:
        return _error(Wrong("InternalFailure", "The request processing has failed.", status=500))
    return _error(Wrong("InvalidClientTokenId", "The security token included in the request is invalid.", status=403))

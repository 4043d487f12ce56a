"""boto3, as published, works against the twin of SQS: addresses, bodies, hiding, deletion, errors and signatures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from werkzeug.test import Client

from sandbox.app import App
from sandbox.server import Server
from sandbox.sqs.signature import KEY_ID, KEY_SECRET

BODY = '{"NotificationType": "ORDER_CHANGE", "text": "größer"}'


def client(server: Server, secret: str = KEY_SECRET, key: str = KEY_ID) -> Any:
    return boto3.session.Session().client(
        "sqs", endpoint_url=f"{server.url}/sqs", region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret
    )


@pytest.fixture
def sqs(server: Server) -> Iterator[Any]:
    made = client(server)
    yield made
    made.close()


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.get_queue_url(QueueName="tieout-amazon")["QueueUrl"])


def test_a_message_goes_in_and_comes_out(sqs: Any, url: str) -> None:
    sent = sqs.send_message(QueueUrl=url, MessageBody=BODY)
    assert sent["MD5OfMessageBody"] == hashlib.md5(BODY.encode(), usedforsecurity=False).hexdigest()
    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])["Messages"]
    assert (message["Body"], message["MessageId"]) == (BODY, sent["MessageId"])
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, url) == ("0", "0")


def counts(sqs: Any, url: str) -> tuple[str, str]:
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return told["ApproximateNumberOfMessages"], told["ApproximateNumberOfMessagesNotVisible"]


def test_a_message_hides_and_comes_back(app: App, sqs: Any, url: str) -> None:
    sqs.send_message(QueueUrl=url, MessageBody=BODY)
    (message,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=60)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert counts(sqs, url) == ("0", "1")
    app.world.clock.shift(59)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    app.world.clock.shift(2)
    (again,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]
    assert again["MessageId"] == message["MessageId"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    # A receipt of the first time no longer deletes it.
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert counts(sqs, url) == ("0", "1")
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=0)
    assert counts(sqs, url) == ("1", "0")


def test_batches(sqs: Any, url: str) -> None:
    entries = [{"Id": str(number), "MessageBody": f"m{number}"} for number in range(10)]
    assert len(sqs.send_message_batch(QueueUrl=url, Entries=entries)["Successful"]) == 10
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    receipts = [{"Id": str(n), "ReceiptHandle": one["ReceiptHandle"]} for n, one in enumerate(messages[:9])]
    done = sqs.delete_message_batch(QueueUrl=url, Entries=[*receipts, {"Id": "9", "ReceiptHandle": "nonsense"}])
    assert len(done["Successful"]) == 9
    assert [failed["Code"] for failed in done["Failed"]] == ["ReceiptHandleIsInvalid"]
    with pytest.raises(ClientError, match="TooManyEntries"):
        sqs.send_message_batch(QueueUrl=url, Entries=[*entries, {"Id": "10", "MessageBody": "x"}])


def test_backwards_and_twice_on_demand(app: App, sqs: Any, url: str) -> None:
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    app.twins["sqs"].command("backwards", {})
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [one["Body"] for one in messages] == ["m2", "m1", "m0"]
    app.twins["sqs"].command("twice", {"count": 1})
    for one in messages:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    (again,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert again["Body"] == "m2"


def test_a_queue_that_is_not_there(sqs: Any, url: str) -> None:
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.receive_message(QueueUrl=f"{url}-other")
    sqs.create_queue(QueueName="another")
    assert len(sqs.list_queues()["QueueUrls"]) == 2
    assert len(sqs.list_queues(QueueNamePrefix="tie")["QueueUrls"]) == 1


@pytest.mark.parametrize(
    ("key", "secret", "error"),
    [(KEY_ID, "wrong", "InvalidSignatureException"), ("AKIASOMEBODYELSE0000", KEY_SECRET, "UnrecognizedClientException")],
)
def test_who_does_not_sign_rightly_is_refused(server: Server, url: str, key: str, secret: str, error: str) -> None:
    with pytest.raises(ClientError, match=error):
        client(server, secret, key).receive_message(QueueUrl=url)


def test_who_does_not_sign_at_all_is_refused(app: App) -> None:
    answer = Client(app).post("/sqs/", json={}, headers={"x-amz-target": "AmazonSQS.ListQueues"})
    assert (answer.status_code, answer.get_json(force=True)["__type"]) == (
        403,
        "com.amazonaws.sqs#MissingAuthenticationTokenException",
    )

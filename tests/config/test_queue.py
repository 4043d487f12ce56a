"""The folder queue: every message once, never half, whoever reads and writes at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

import config.celery  # noqa: F401 - names the transport
from config import data_dir
from config.queue import Transport

QUEUE = Queue("tieout", Exchange("tieout"), routing_key="tieout")


@pytest.fixture
def connection(tmp_path: Path) -> Connection:
    """As a process that has just started: the transport remembers bindings for the life of a process."""
    Transport.global_state.clear()
    return connect(tmp_path)


def connect(folder: Path) -> Connection:
    (folder / "messages").mkdir(exist_ok=True)
    options = {
        "data_folder_in": folder / "messages",
        "data_folder_out": folder / "messages",
        "control_folder": folder / "control",
    }
    return Connection("folder://", transport_options={name: str(path) for name, path in options.items()})


def test_messages_arrive_in_order_and_once(connection: Connection) -> None:
    with connection.SimpleQueue(QUEUE) as queue:
        for number in range(5):
            queue.put({"number": number})
        assert queue.qsize() == 5
        assert [queue.get(timeout=5).payload["number"] for _ in range(5)] == [0, 1, 2, 3, 4]
        with pytest.raises(Empty):
            queue.get(block=False)


def test_another_process_finds_the_queue_by_its_exchange(tmp_path: Path, connection: Connection) -> None:
    with connection.SimpleQueue(QUEUE):
        pass
    with connect(tmp_path) as other, other.Producer() as producer:
        producer.publish({"from": "outside"}, exchange="tieout", routing_key="tieout")
    with connection.SimpleQueue(QUEUE) as queue:
        assert queue.get(timeout=5).payload == {"from": "outside"}


def test_drafts_and_rubbish_are_not_delivered(tmp_path: Path, connection: Connection) -> None:
    with connection.SimpleQueue(QUEUE) as queue:
        (tmp_path / "messages" / ".1-a.tieout.msg").write_text('{"half":')
        (tmp_path / "messages" / "2-b.tieout.msg").write_text("no json")
        (tmp_path / "messages" / "3-c.elsewhere.msg").write_text("{}")
        with pytest.raises(Empty):
            queue.get(block=False)
    assert sorted(path.name for path in (tmp_path / "messages").iterdir()) == [".1-a.tieout.msg", "3-c.elsewhere.msg"]


READER = """
import json, sys, time
from pathlib import Path
from queue import Empty
from tests.config.test_queue import QUEUE, connect
with connect(Path(sys.argv[1])).SimpleQueue(QUEUE) as queue:
    seen, idle = [], 0
    while idle < 100:
        try:
            message = queue.get(block=False)
        except Empty:
            idle += 1
            time.sleep(0.02)
            continue
        idle = 0
        seen.append(message.payload["number"])
        message.ack()
print(json.dumps(seen))
"""


def test_racing_readers_share_the_messages_without_loss_or_double(tmp_path: Path, connection: Connection) -> None:
    with connection.SimpleQueue(QUEUE) as queue:
        command = [sys.executable, "-c", READER, str(tmp_path)]
        readers = [subprocess.Popen(command, cwd=data_dir.BASE_DIR, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        for number in range(300):
            queue.put({"number": number})
            if number % 50 == 0:
                time.sleep(0.05)
        seen = [json.loads(reader.communicate(timeout=60)[0]) for reader in readers]
    assert sorted(number for part in seen for number in part) == list(range(300))

"""The operator console as the process of its own that it is: its role, its database user, its addresses.

    answers = drive(database_urls, "operator@house.test", [("get", "/console/find/?q=1", {}), ...])

One process answers all the steps, in one browser session, and stays for the next test without its connections. A step
may name what an earlier one answered: "{0.location}" in a path is the address that the first step redirected to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from tests.support.canaries import watch

Step = tuple[str, str, dict[str, Any]]

_DRIVER = """
import json, sys
import django
django.setup()
from django.db import connections
from django.test import Client
from tenants.models import User
class Seen: pass
def answers(email, steps):
    client = Client(raise_request_exception=True)
    client.force_login(User.objects.get(email=email))
    seen = []
    for method, path, data in steps:
        answer = getattr(client, method)(path.format(*seen), data)
        one = Seen()
        one.status, one.location = answer.status_code, answer.get("Location", "")
        one.text, one.policy = answer.content.decode(), answer.get("Content-Security-Policy", "")
        seen.append(one)
    return [vars(one) for one in seen]
for line in sys.stdin:
    print("ANSWERS" + json.dumps(answers(*json.loads(line))), flush=True)
    connections.close_all()
"""
_running: dict[str, subprocess.Popen[str]] = {}


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str
    policy: str


def operator(email: str = "operator@house.test") -> Any:
    """A staff member with a second step at login."""
    from tenants.models import User
    from tests.support.people import with_two_steps

    person = User.objects.create_user(email, "A-long-enough-passw0rd", is_staff=True, is_superuser=True)
    return with_two_steps(person)


def drive(urls: dict[str, str], email: str, steps: list[Step]) -> list[Answer]:
    process = _process(urls)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([email, steps]) + "\n")
    process.stdin.flush()
    for line in process.stdout:
        watch.see("what the console answered", line)
        if line.startswith("ANSWERS"):
            return [Answer(**one) for one in json.loads(line.removeprefix("ANSWERS"))]
    raise AssertionError(f"the console ended with {process.wait(30)}; what it said is on stderr")


def _process(urls: dict[str, str]) -> subprocess.Popen[str]:
    """The console on this database; it ends when its standard input does, which is when we end."""
    running = _running.get(urls["console"])
    if running is None or running.poll() is not None:
        environment = {
            **os.environ,
            "TIEOUT_ROLE": "console",
            "DATABASE_URL_CONSOLE": urls["console"],
            "DATABASE_URL": urls["app"],
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        running = _running[urls["console"]] = subprocess.Popen(
            [sys.executable, "-c", _DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
    return running

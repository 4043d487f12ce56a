"""The operator console as the process of its own that it is: its role, its database user, its addresses.

    answers = drive(database_urls, "operator@house.test", [("get", "/console/find/?q=1", {}), ...])

One process answers all the steps, in one browser session. A step may name what an earlier one answered:
"{0.location}" in a path is the address that the first step redirected to.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

Step = tuple[str, str, dict[str, Any]]

_DRIVER = """
import json, sys
import django
django.setup()
from django.test import Client
from tenants.models import User
email, steps = json.loads(sys.stdin.read())
client = Client(raise_request_exception=True)
client.force_login(User.objects.get(email=email))
class Seen: pass
seen = []
for method, path, data in steps:
    answer = getattr(client, method)(path.format(*seen), data)
    one = Seen()
    one.status, one.location = answer.status_code, answer.get("Location", "")
    one.text, one.policy = answer.content.decode(), answer.get("Content-Security-Policy", "")
    seen.append(one)
print("ANSWERS" + json.dumps([vars(one) for one in seen]))
"""


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
    environment = {
        **os.environ,
        "TIEOUT_ROLE": "console",
        "DATABASE_URL_CONSOLE": urls["console"],
        "DATABASE_URL": urls["app"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    asked = json.dumps([email, steps])
    done = subprocess.run(
        [sys.executable, "-c", _DRIVER], input=asked, capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    line = next(line for line in done.stdout.splitlines() if line.startswith("ANSWERS"))
    return [Answer(**one) for one in json.loads(line.removeprefix("ANSWERS"))]

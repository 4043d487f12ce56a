"""Production invents nothing; development needs nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import data_dir
from config.database_roles import grant_statements, role_statements
from config.env import with_user

PRODUCTION = {
    "TIEOUT_ENV": "production",
    "READ_DOTENV": "off",
    "SECRET_KEY": "x" * 60,
    "VAULT_KEYS": "mE0VhJ8zJ5oVn6kJw8x0bJm0z0J8n6c5QkW3pQ8r1uA=",
    "DATABASE_URL": "postgresql://tieout_app:pw@db.example.com/tieout?sslmode=verify-full",
    "ALLOWED_HOSTS": "books.example.com",
    "PUBLIC_URL": "https://books.example.com",
}
SHOW = """
import json
from django.conf import settings as s
db = s.DATABASES["default"]
print(json.dumps({"db": {k: db.get(k) for k in ("USER", "HOST", "NAME", "PASSWORD")}, "mailbox": s.MAILBOX_SHOWN,
  "cookie": s.SESSION_COOKIE_NAME, "secure": s.SESSION_COOKIE_SECURE, "hsts": s.SECURE_HSTS_SECONDS, "urls": s.ROOT_URLCONF,
  "broker": s.CELERY_BROKER_TRANSPORT_OPTIONS, "twins": [table["twin"]["client_id"] for table in s.PROVIDERS.values()],
  "seats": s.TENANT_SEATS, "loopback": s.WEBHOOKS_ALLOW_LOOPBACK}))
"""


def read_settings(tmp_path: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], "TIEOUT_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "config.settings", **environment}
    return subprocess.run(
        [sys.executable, "-c", SHOW], cwd=data_dir.BASE_DIR, env=own, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("missing", ["SECRET_KEY", "VAULT_KEYS", "DATABASE_URL"])
def test_production_refuses_to_invent(tmp_path: Path, missing: str) -> None:
    answer = read_settings(tmp_path, {name: value for name, value in PRODUCTION.items() if name != missing})
    assert answer.returncode != 0
    assert f"{missing} must be set in production" in answer.stderr
    assert not list(tmp_path.iterdir())


def test_production_is_closed(tmp_path: Path) -> None:
    answer = read_settings(tmp_path, {**PRODUCTION, "CELERY_BROKER_URL": "redis://queue/0"})
    shown = json.loads(answer.stdout)
    assert shown["mailbox"] is False
    assert (shown["cookie"], shown["secure"], shown["hsts"]) == ("__Host-session", True, 31536000)
    assert shown["db"] == {"USER": "tieout_app", "HOST": "db.example.com", "NAME": "tieout", "PASSWORD": "pw"}
    assert shown["broker"] == {"visibility_timeout": 3600, "unacked_restore_throttle": 1}
    assert not any(shown["twins"])


def test_each_broker_gets_the_options_it_knows(tmp_path: Path) -> None:
    shown = json.loads(read_settings(tmp_path, {**PRODUCTION, "CELERY_BROKER_URL": "amqps://queue//"}).stdout)
    assert shown["broker"] == {"confirm_publish": True}


def test_a_tenant_gets_a_quarter_of_a_hosts_workers_unless_said_otherwise(tmp_path: Path) -> None:
    found = [
        json.loads(read_settings(tmp_path, {**PRODUCTION, **more}).stdout)["seats"]
        for more in ({}, {"WORKER_CONCURRENCY": "1"}, {"WORKER_CONCURRENCY": "8"}, {"TENANT_SEATS": "3"})
    ]
    assert found == [1, 1, 2, 3]


def test_the_console_has_its_own_user_addresses_and_cookies(tmp_path: Path) -> None:
    own = {"TIEOUT_ROLE": "console", "DATABASE_URL_CONSOLE": "postgresql://tieout_console:other@db.example.com/tieout"}
    shown = json.loads(read_settings(tmp_path, {**PRODUCTION, **own}).stdout)
    assert (shown["db"]["USER"], shown["db"]["PASSWORD"]) == ("tieout_console", "other")
    assert (shown["urls"], shown["cookie"]) == ("config.urls_console", "__Host-session-console")


def test_development_makes_its_keys_once_and_keeps_them_private(tmp_path: Path) -> None:
    data = tmp_path / "data"
    environment = {"READ_DOTENV": "off"}
    assert read_settings(data, environment).returncode == 0
    first = {name: (data / name).read_text() for name in ("secret_key", "vault_keys")}
    assert read_settings(data, environment).returncode == 0
    assert {name: (data / name).read_text() for name in first} == first
    assert all((data / name).stat().st_mode & 0o077 == 0 for name in first)


def test_roles_are_named_in_the_url() -> None:
    assert (
        with_user("postgresql://tieout_app@/tieout?host=/tmp/s", "tieout_owner")
        == "postgresql://tieout_owner@/tieout?host=/tmp/s"
    )
    assert with_user("postgresql://a:b@h:5/d", "c") == "postgresql://c:b@h:5/d"


def test_no_role_may_pass_by_row_level_security() -> None:
    assert all("NOSUPERUSER NOBYPASSRLS" in statement for statement in role_statements())
    assert not any("TRUNCATE" in statement for statement in grant_statements("tieout"))

"""`manage.py check --deploy` has nothing to say about production settings, as the product and as the console."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import data_dir
from tests.config.test_settings import PRODUCTION

SHOWN = """
import django; django.setup()
from django.test import Client
from django.urls import path
for address in ("/accounts/login/", "/nowhere/"):
    answer = Client(SERVER_NAME="books.example.com").get(address, secure=True)
    print(answer.status_code, answer.headers.get("Strict-Transport-Security"), answer.headers.get("Cache-Control"))
    for cookie in answer.cookies.values():
        print(cookie.OutputString())
print(Client(SERVER_NAME="books.example.com").get("/accounts/login/").status_code)
"""


def environment(tmp_path: Path, role: str) -> dict[str, str]:
    # Every secret is as long and as various as the checks ask for; the database is not asked.
    secret = "9Jq-vT2x_Lm8RzWc4Kd7NfYb1PgHs6UeAo3Xi0Mt5QwBVyCnSlDjZkErFhGu"
    own = {"SECRET_KEY": secret, "TIEOUT_ROLE": role, "TIEOUT_DATA": str(tmp_path), "CACHE_URL": "locmemcache://"}
    own["STATIC_ROOT"] = str(tmp_path / "static")
    return {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **PRODUCTION, **own}


@pytest.mark.parametrize("role", ["app", "console"])
def test_the_deployment_check_is_clean(tmp_path: Path, role: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:config", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=data_dir.BASE_DIR, env=environment(tmp_path, role), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues (0 silenced)" in done.stdout


@pytest.mark.parametrize("role", ["app", "console"])
def test_what_a_production_answer_carries(tmp_path: Path, role: str) -> None:
    """Login page and an error, over TLS: a year of HSTS, nothing stored, cookies for this host alone; plain HTTP is sent away."""
    own = {**environment(tmp_path, role), "DEBUG": "False"}
    static = subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"],
        cwd=data_dir.BASE_DIR, env=own, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert static.returncode == 0, static.stderr[-2000:]
    done = subprocess.run(
        [sys.executable, "-c", SHOWN], cwd=data_dir.BASE_DIR, env=own, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()
    assert lines[0] == "200 max-age=31536000; includeSubDomains; preload no-cache, no-store"
    name = "__Host-csrf-console" if role == "console" else "__Host-csrf"
    cookies = [line for line in lines if line.startswith("__Host-")]
    assert cookies
    for cookie in cookies:
        assert cookie.startswith(f"{name}=")
        assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
        assert "Domain" not in cookie
    assert any(line.startswith("404 max-age=31536000") and line.endswith("no-store") for line in lines)
    assert lines[-1] == "301"

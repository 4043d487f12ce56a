"""The watch over secrets is itself watched: each place where one might turn up is wired, and what turns up is found."""

from __future__ import annotations

import base64
import logging
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.db import connection

from config.logs import Redaction
from tests.support.canaries import Watch, scan_tables

SECRET = "Canary/1f0e+9d8c=7b6a"


@pytest.fixture
def watched(canaries: Watch) -> Any:
    """Says what was seen, and forgets it, so that this test's own canary fails nothing."""
    canaries.learn(SECRET, "test's canary")

    def found() -> list[str]:
        return canaries.look()

    yield found
    canaries.look()
    canaries.hits = [hit for hit in canaries.hits if "test's canary" not in hit]


@pytest.mark.parametrize(
    "text", [SECRET, f"x={quote(SECRET, safe='')}&y", base64.b64encode(SECRET.encode()).decode(), f'{{"a": "{SECRET}"}}']
)
def test_a_secret_is_found_in_every_clothing(text: str) -> None:
    own = Watch()
    own.learn(SECRET, "canary")
    own.see("log", text)
    (hit,) = set(own.look())
    assert hit.startswith("canary in log")
    assert SECRET not in hit
    own.see("log", "nothing of the kind")
    assert own.look() == []


def test_a_line_in_the_log_is_seen(watched: Any) -> None:
    logging.getLogger("syncs.anything").warning("the token was %s", SECRET)
    assert any("log syncs.anything" in hit for hit in watched())


def test_what_the_products_filter_blanks_is_not_a_hit(canaries: Watch, watched: Any) -> None:
    token = "Atzr|IwEBIL-canary-0123456789"
    canaries.learn(token, "test's canary")
    logging.getLogger("syncs.anything").warning("asked with %s", token)
    assert any(isinstance(each, Redaction) for handler in logging.getLogger().handlers for each in handler.filters)
    assert watched() == []


def test_a_letter_is_seen(watched: Any, settings: Any) -> None:
    mail.send_mail("Hello", f"your secret is {SECRET}", "a@b.test", ["c@d.test"])
    assert any("in mail" in hit for hit in watched())


def test_a_task_is_seen(watched: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.amqp, "send_task_message", lambda *a, **k: None, raising=False)
    current_app.send_task("some.task", args=(1, SECRET), ignore_result=True)
    assert any("task some.task" in hit for hit in watched())


def test_the_output_of_a_process_is_seen(watched: Any) -> None:
    subprocess.run([sys.executable, "-c", f"print({SECRET!r})"], capture_output=True, check=True)
    assert any("output of a process" in hit for hit in watched())


def test_what_a_process_leaves_in_a_file_or_on_the_terminal_is_seen(
    watched: Any, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    from tests.support.canaries import _see_what_processes_said

    (tmp_path / "worker.log").write_text(f"said {SECRET}")
    request.node._report_sections.append(("call", "stderr", f"said {SECRET}"))
    _see_what_processes_said(request.node, tmp_path)
    request.node._report_sections.clear()
    hits = watched()
    assert any("file worker.log" in hit for hit in hits)
    assert any("in stderr" in hit for hit in hits)
    (tmp_path / "worker.log").unlink()


@pytest.mark.django_db
def test_a_page_is_seen(watched: Any) -> None:
    from django.test import Client

    Client().post("/accounts/login/", {"login": f"{SECRET}@x.test", "password": "wrong"})
    assert any("page /accounts/login/" in hit for hit in watched())


@pytest.mark.django_db(transaction=True)
def test_a_row_is_seen(watched: Any, database_urls: dict[str, str]) -> None:
    from tenants.models import AuditEvent, Tenant
    from tenants.scope import tenant_scope

    tenant = Tenant.objects.create(name="Somebody")
    with tenant_scope(tenant):
        AuditEvent.objects.create(action="tested", subject_type="t", subject_id="i", after={"oops": SECRET})
    connection.close()
    scan_tables(database_urls["console"])
    assert any("table tenants_auditevent" in hit for hit in watched())
    with tenant_scope(tenant):
        assert AuditEvent.objects.count() == 1  # it cannot be deleted; the end of the test empties it
    from tests.support.database import empty_tables

    empty_tables()


def test_passwords_tokens_and_seeds_are_learned_by_themselves(canaries: Watch) -> None:
    from config.mfa import SealedSecretsAdapter
    from tenants.models import User

    before = canaries.learned
    User(email="a@b.test").set_password("Some-new-passw0rd")
    SealedSecretsAdapter().encrypt("JBSWY3DPEHPK3PXP")
    assert canaries.learned == before + 2
    assert "key of the installation" in canaries.forever.values()
    assert "client secret" in canaries.forever.values()

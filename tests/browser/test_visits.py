"""A company file on somebody's computer, from the gallery to its first visit, and a posting that its answer wakes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from connections.models import Connection
from syncs.models import LedgerDocument
from tenants.models import Membership, User
from tenants.scope import tenant_scope
from tests.browser.pages import enter, look
from tests.connections.providers.quickbooks_desktop.conftest import Desktop
from tests.support.people import with_two_steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EMAIL = "owner@other.test"


@pytest.fixture
def one(site: str, twins: Any) -> Desktop:
    """An owner whose company has a connection to Brindle & Fen's file; nobody has come for it yet."""
    made = Desktop(twins, site, "brindle", "Other Ltd")
    user = with_two_steps(User.objects.create_user(EMAIL, "a long enough password", name="Ola Owner"))
    Membership.objects.create(user=user, tenant=made.tenant, role="owner")
    return made


def until(ready: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not ready() and time.monotonic() < end:
        time.sleep(0.2)
    return ready()


def test_the_page_follows_the_first_visit_by_itself(open_page: Callable[..., Any], site: str, one: Desktop) -> None:
    one.command("uninstall", application=one.application)
    home = f"{site}/app/{one.tenant.public_id}/connections/"
    page = open_page()
    enter(page, site, EMAIL)
    page.goto(f"{home}new/quickbooks_desktop/")
    page.get_by_role("button", name="Go on to the computer").click()
    page.wait_for_selector("text=Waiting for the first visit")
    page.get_by_role("button", name="Show the password").click()
    password = page.text_content("#shown-once")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download the .qwc file").click()
    file = coming.value.path().read_text()
    installed = one.command("install", qwc=file, password=password)
    one.twins.command("quickbooks_desktop", "poll", application=installed["id"])
    page.wait_for_selector("#visits >> text=It comes")
    assert "Brindle & Fen Supply Ltd" in page.text_content("#visits")


def test_an_answer_wakes_the_work_that_waits_for_it(one: Desktop) -> None:
    """No sweep, no clock: only the worker, and the visits."""
    with tenant_scope(one.tenant):
        assert until(lambda: bool(one.poll()) and one.fresh().reference_synced_at is not None)
        document = one.plan(one.journal())[0]
        one.post(document)
        one.poll()
        assert until(lambda: LedgerDocument.objects.get(pk=document.pk).state == LedgerDocument.State.POSTED)
    assert len(one.documents()) == 1


def test_the_pages_in_every_form(open_page: Callable[..., Any], site: str, one: Desktop) -> None:
    one.trouble("modal")
    home = f"{site}/app/{one.tenant.public_id}/connections/"
    addresses = ["new/", "new/quickbooks_desktop/", f"{one.connection.public_id}/visits/", f"{one.connection.public_id}/"]
    page = open_page()
    enter(page, site, EMAIL)
    for _visit in ("before the first", "after one that a window stopped", "after one that went well"):
        assert look(page, home, addresses) == []
        one.poll()
    with tenant_scope(one.tenant):
        assert Connection.objects.filter(provider="quickbooks_desktop").count() == 1

"""From the gallery to the first visit, over the pages a person sees."""

from __future__ import annotations

import re

import pytest

from connections.models import Connection, PolledAccess
from tenants.models import Membership, User
from tenants.scope import tenant_scope
from tests.support.people import with_two_steps


@pytest.fixture
def person(desktop, client):
    """An owner of a company without connections, logged in with two steps."""
    one = desktop("brindle", "Other Ltd")
    user = with_two_steps(User.objects.create_user("owner@other.test", "a long enough password", name="Ola Owner"))
    Membership.objects.create(user=user, tenant=one.tenant, role="owner")
    client.force_login(user)
    one.client, one.home = client, f"/app/{one.tenant.public_id}/connections/"
    return one


def test_the_steps_the_file_the_password_and_the_first_visit(person, settings):
    person.command("uninstall", application=person.application)
    begun = person.client.post(f"{person.home}new/quickbooks_desktop/", {"environment": "twin", "entrance": "polled"})
    assert begun.status_code == 302
    page = begun.headers["Location"]
    shown = person.client.get(page).content.decode()
    assert "Download the .qwc file" in shown
    assert "Waiting for the first visit" in shown

    file = person.client.get(f"{page}file/")
    assert file.headers["Content-Disposition"] == 'attachment; filename="tieout.qwc"'
    told = person.client.post(f"{page}password/").content.decode()
    password = re.search(r'id="shown-once">([^<]+)<', told)[1]
    assert password not in person.client.get(page).content.decode()
    assert password not in file.content.decode()

    installed = person.command("install", qwc=file.content.decode(), password=password)
    done = person.twins.command("quickbooks_desktop", "poll", application=installed["id"])
    assert done["outcome"] == "done"
    live = person.client.get(f"{page}live/").content.decode()
    assert "It comes" in live
    assert "Brindle &amp; Fen Supply Ltd" in live
    with tenant_scope(person.tenant):
        assert PolledAccess.objects.exclude(first_visit_at=None).count() == 1


def test_a_connection_that_was_ended_goes_on_under_its_own_id(person):
    with tenant_scope(person.tenant):
        row = person.fresh()
    page = f"{person.home}{row.public_id}/"
    person.client.post(f"{page}disconnect/")
    assert person.poll()["outcome"] == "refused"
    again = person.client.post(f"{page}reconnect/")
    assert again.headers["Location"] == f"{page}visits/"
    with tenant_scope(person.tenant):
        assert Connection.objects.get(provider="quickbooks_desktop").external_account == row.external_account
    assert person.poll()["outcome"] == "done"


def test_the_connections_own_page_tells_of_its_visits(person):
    page = person.client.get(f"{person.home}{person.connection.public_id}/").content.decode()
    assert "Waiting to be fetched" in page
    person.trouble("modal")
    person.poll()
    page = person.client.get(f"{person.home}{person.connection.public_id}/").content.decode()
    assert "A window is open in QuickBooks" in page


def test_a_person_without_the_right_sees_no_password_and_no_file(person, client):
    viewer = User.objects.create_user("viewer@other.test", "a long enough password", name="Vi Viewer")
    Membership.objects.create(user=viewer, tenant=person.tenant, role="viewer")
    client.force_login(viewer)
    page = f"{person.home}{person.connection.public_id}/visits/"
    assert client.get(page).status_code == 200
    assert client.get(f"{page}file/").status_code == 403
    assert client.post(f"{page}password/").status_code == 403

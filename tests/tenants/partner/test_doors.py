"""What every answer of the partner API has in common: pages, filters, problems, limits, ids of requests, ETags."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from syncs.models import Integration, SyncRun
from tenants.models import AuditEvent, Tenant
from tenants.scope import tenant_scope
from tests.security.api_world import asking, key_of, key_text
from tests.security.world import Company
from tests.tenants.partner.conftest import Asked

pytestmark = pytest.mark.django_db(transaction=True)


def more_runs(alder: Company, count: int) -> list[str]:
    """Newest first."""
    with tenant_scope(alder.tenant):
        one = SyncRun.objects.earliest("id")
        made = [
            SyncRun.objects.create(
                integration=one.integration, stream="settlements", flow_version=one.flow_version, trigger="manual",
                correlation_id=f"cor-{number}", state="failed" if number % 2 else "succeeded",
            ).public_id
            for number in range(count)
        ]  # fmt: skip
    return [*reversed(made), alder.ids["run"]]


def ids(answer: Any) -> list[str]:
    return [row["id"] for row in answer.json()["data"]]


# ------------------------------------------------------------------ lists


def test_pages_hold_every_row_once_while_others_come(ask: Asked, alder: Company) -> None:
    wanted = more_runs(alder, 7)
    first = ask("get", "runs?limit=3")
    assert ids(first) == wanted[:3]
    assert first.json()["page"]["has_more"] is True
    more_runs(alder, 2)  # newer ones appear meanwhile, in front
    cursor = first.json()["page"]["next_cursor"]
    second = ask("get", f"runs?limit=3&cursor={cursor}")
    assert ids(second) == wanted[3:6]
    link = second["Link"]
    assert link.endswith('>; rel="next"')
    third = ask.client.get(link[1 : link.index(">")])
    assert ids(third) == wanted[6:]
    assert third.json()["page"] == {"next_cursor": None, "has_more": False}
    assert "Link" not in third


def test_the_order_can_be_turned_round(ask: Asked, alder: Company) -> None:
    wanted = more_runs(alder, 4)
    found: list[str] = []
    path = "runs?limit=2&sort=created_at"
    while path:
        answer = ask("get", path)
        found += ids(answer)
        cursor = answer.json()["page"]["next_cursor"]
        path = f"runs?limit=2&sort=created_at&cursor={cursor}" if cursor else ""
    assert found == wanted[::-1]


def test_a_page_can_be_sorted_by_a_moment(ask: Asked, alder: Company) -> None:
    answer = ask("get", "settlements?sort=-deposit_at&limit=1")
    assert ids(answer) == [alder.ids["settlement"]]
    moments = [row["purchased_at"] for row in ask("get", "orders?sort=purchased_at").json()["data"]]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=%D9%A3", "limit"),
        ("cursor=nonsense", "cursor"),
        ("sort=name", "sort"),
        ("status=finished", "status"),
        ("status=", "status"),
        ("created_at[gte]=yesterday", "created_at[gte]"),
        ("created_at[gte]=2026-11-01", "created_at[gte]"),
        ("updated_since=2026-13-01T00:00:00Z", "updated_since"),
        ("state=failed", "state"),
        ("status=failed&status=queued", "status"),
        ("stream=a%00b", "stream"),
        ("stream=" + "a" * 200, "stream"),
    ],
)
def test_a_wrong_parameter_is_named(ask: Asked, query: str, pointer: str) -> None:
    answer = ask("get", f"runs?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_cursor_belongs_to_its_order_and_cannot_be_made_up(ask: Asked, alder: Company) -> None:
    more_runs(alder, 2)
    cursor = ask("get", "runs?limit=1").json()["page"]["next_cursor"]
    assert ask("get", f"runs?limit=1&sort=created_at&cursor={cursor}").status_code == 400
    assert ask("get", f"runs?limit=1&cursor=A{cursor[1:]}").status_code == 400


def test_filters_narrow(ask: Asked, alder: Company) -> None:
    more_runs(alder, 4)
    assert {row["state"] for row in ask("get", "runs?status=failed").json()["data"]} == {"failed"}
    assert len(ids(ask("get", "runs?status=failed,succeeded"))) == 5
    with tenant_scope(alder.tenant):
        third = SyncRun.objects.order_by("id")[2]
    at = third.created_at.isoformat().replace("+00:00", "Z")
    assert len(ids(ask("get", f"runs?created_at[gte]={at}"))) == 3
    assert len(ids(ask("get", f"runs?created_at[gt]={at}"))) == 2
    assert len(ids(ask("get", f"runs?created_at[lt]={at}"))) == 2


def test_what_changed_since_is_found_however_it_was_changed(ask: Asked, alder: Company) -> None:
    """A bulk update passes by every `save`; the row's trigger stamps it all the same."""
    more_runs(alder, 3)
    latest = max(row["updated_at"] for row in ask("get", "runs").json()["data"])
    with tenant_scope(alder.tenant):
        SyncRun.objects.filter(public_id=alder.ids["run"]).update(note="changed")
    later = ask("get", f"runs?updated_since={latest}").json()["data"]
    assert alder.ids["run"] in [row["id"] for row in later]
    assert len(later) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'stamp_update'")
        assert cursor.fetchone()[0] == 12


def test_a_settlement_changes_with_its_document(ask: Asked, alder: Company) -> None:
    from syncs.models import LedgerDocument

    at = ask("get", f"documents/{alder.ids['document']}").json()["updated_at"]
    assert ids(ask("get", f"settlements?updated_since={at}")) == [alder.ids["settlement"]]
    with tenant_scope(alder.tenant):
        LedgerDocument.objects.update(number="AMZ-other")
    after = ask("get", f"documents/{alder.ids['document']}").json()["updated_at"]
    assert after > at
    assert ids(ask("get", f"settlements?updated_since={after}")) == [alder.ids["settlement"]]


# ------------------------------------------------------------------ answers


def test_money_and_time_are_exact_texts(ask: Asked, alder: Company) -> None:
    said = ask("get", f"settlements/{alder.ids['settlement']}").json()
    assert said["payout"] == {"amount": "10.00", "currency": "GBP"}
    assert said["deposit_at"] == "2026-11-20T12:00:00.000000Z"
    lines = ask("get", f"settlements/{alder.ids['settlement']}/documents").json()["data"][0]["lines"]
    assert [line["credit"]["amount"] for line in lines] == ["10.00", "0"]


def test_the_proof_is_the_ladder(ask: Asked, alder: Company) -> None:
    said = ask("get", f"settlements/{alder.ids['settlement']}/proof").json()
    rungs = {rung["name"]: rung for rung in said["rungs"]}
    assert rungs["header"]["amount"] == {"amount": "10.00", "currency": "GBP"}
    assert rungs["planned"]["amount"]["amount"] == "10.00"
    assert said["ties"] is True


def test_buyers_are_not_shown(ask: Asked, alder: Company) -> None:
    from syncs.models import CanonicalRecord

    with tenant_scope(alder.tenant):
        record = CanonicalRecord.objects.get(type="order", external_id="Alderwood")
        record.body |= {
            "buyer": {"name": "BUYERCANARY", "email": "b@canary.test", "company": ""},
            "ship_to": {"name": "BUYERCANARY"},
        }
        record.save()
    text = ask("get", "orders").content.decode() + ask("get", f"orders/{alder.ids['order']}").content.decode()
    assert "CANARY" not in text.upper().replace("ALDERWOOD", "")


def test_every_answer_has_a_request_id_and_what_is_left(ask: Asked) -> None:
    for path in ("me", "runs", "nowhere", "runs/run_none", "runs?bad=1"):
        answer = ask("get", path)
        assert len(answer["Request-Id"]) == 36, path
        assert answer["RateLimit-Policy"] == '"burst";q=240;w=60, "hourly";q=10000;w=3600'
        assert answer["RateLimit"].startswith('"burst";r='), path
    problem = ask("get", "runs/run_none").json()
    assert problem["request_id"] != ask("get", "runs/run_none").json()["request_id"]


def test_a_trace_is_carried_into_the_audit_trail(ask: Asked, alder: Company) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = ask("post", f"connections/{alder.ids['connection']}:pause", {}, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    assert answer.status_code == 200
    with tenant_scope(alder.tenant):
        act = AuditEvent.objects.get(action="connection.paused")
    assert (act.correlation_id, act.actor_kind, act.after["via"][:4]) == (trace, "api_key", "key_")


def test_what_is_nowhere_is_a_problem_not_a_page(ask: Asked) -> None:
    for path in (
        "",
        "nowhere",
        "settlements/",
        "settlements/set_x/nothing",
        "settlements/set_x:explode",
        "settlements/%0Aset_x",
        "runs/%0D%0A",
    ):
        answer = ask("get", path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json"), path
        assert answer.json()["code"] == "api.not_found"


def test_another_method_is_refused_with_those_there_are(ask: Asked) -> None:
    answer = ask("delete", "settlements")
    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


def test_a_bug_of_ours_is_a_problem_too(alder: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenants import api

    client = asking(key_text(alder))
    client.raise_request_exception = False

    def explode(*_arguments: Any) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr(api, "MeShown", explode)
    answer = client.get("/api/v1/me")
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (
        500,
        "application/problem+json",
        "api.internal",
    )
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize(
    "body", ["{", "[]", '"x"', "null", '{"reason": 7}', '{"reason": "x", "also": 1}', '{"reason": "a\\u0000b"}']
)
def test_a_wrong_body_is_refused(ask: Asked, alder: Company, body: str) -> None:
    answer = ask.client.post(f"/api/v1/connections/{alder.ids['connection']}:pause", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_an_unknown_field_is_named(ask: Asked, alder: Company) -> None:
    answer = ask("post", f"connections/{alder.ids['connection']}:pause", {"reasons": "typing error"})
    assert answer.json()["errors"] == [{"pointer": "/reasons", "code": "unknown_field", "detail": "There is no such field."}]


def test_a_form_is_not_json(ask: Asked, alder: Company) -> None:
    answer = ask.client.post(f"/api/v1/connections/{alder.ids['connection']}:pause", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "api.not_json")


# ------------------------------------------------------------------ limits


def test_a_key_that_asks_too_often_is_told_when_to_come_again(alder: Company, settings: Any) -> None:
    settings.API_BURST = 3
    client, other = asking(key_text(alder)), asking(key_text(alder))
    answers = [client.get("/api/v1/me") for _each in range(5)]
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) <= 4  # the minute may have turned in between
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert 1 <= int(refused["Retry-After"]) <= 61
    assert '"burst";r=0;' in refused["RateLimit"]
    assert refused.json()["retryable"] is True
    assert other.get("/api/v1/me").status_code == 200


def test_all_keys_of_a_company_share_its_hour(alder: Company, settings: Any) -> None:
    settings.API_HOURLY = 4
    statuses = [asking(key_text(alder)).get("/api/v1/me").status_code for _each in range(6)]
    assert 429 in statuses


def test_requests_at_once_are_all_counted(alder: Company) -> None:
    """The count is one statement: two workers never read the same number."""
    from tenants.models import ApiMeter
    from tenants.partner import meter

    key = key_of(key_text(alder))

    def knock() -> None:
        for _each in range(10):
            meter.count(key)
        connection.close()

    threads = [threading.Thread(target=knock) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ApiMeter.objects.get(scope=f"tenant:{alder.tenant.pk}").used == 40


# ------------------------------------------------------------------ changes


def test_a_change_names_what_it_changes(ask: Asked, alder: Company) -> None:
    path = f"integrations/{alder.ids['integration']}"
    seen = ask("get", path)
    assert ask("patch", path, {"autopost": True}).status_code == 428
    stale = ask("patch", path, {"autopost": True}, If_Match='"0123"')
    assert (stale.status_code, stale.json()["code"]) == (412, "api.if_match_failed")
    done = ask("patch", path, {"autopost": True}, If_Match=seen["ETag"])
    assert (done.status_code, done.json()["autopost"]) == (200, True)
    assert done["ETag"] != seen["ETag"]
    again = ask("patch", path, {"autopost": False}, If_Match=seen["ETag"])
    assert again.status_code == 412
    with tenant_scope(alder.tenant):
        assert Integration.objects.get().autopost is True


def test_settings_are_changed_with_their_etag(ask: Asked, alder: Company) -> None:
    seen = ask("get", "settings")
    refused = ask("patch", "settings", {"timezone": "Europe/Atlantis"}, If_Match=seen["ETag"])
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/timezone")
    done = ask("patch", "settings", {"timezone": "Europe/Paris"}, If_Match=seen["ETag"])
    assert done.json()["timezone"] == "Europe/Paris"
    assert Tenant.objects.get(pk=alder.tenant.pk).timezone == "Europe/Paris"


def test_a_mapping_is_edited_checked_and_published(ask: Asked, alder: Company) -> None:
    path = f"mapping_sets/{alder.ids['mapping_set']}"
    seen = ask("get", path)
    rule = {"target": "role:selling_fees", "account_id": "92"}
    unknown = ask("put", f"{path}/rules", {**rule, "account_id": "404"}, If_Match=seen["ETag"])
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (422, "/account_id")
    put = ask("put", f"{path}/rules", rule, If_Match=seen["ETag"])
    assert (put.status_code, put.json()["account_name"]) == (200, "Alderwood Fees")
    draft = ask("get", path)
    assert (draft.json()["draft"], draft.json()["changes"], draft["ETag"]) == (2, 1, put["ETag"])
    assert ask("put", f"{path}/rules", rule, If_Match=seen["ETag"]).status_code == 412
    assert ask("post", f"{path}:validate").json() == {"valid": True, "problems": []}
    live = ask("post", f"{path}:publish", {"note": "Fees"}, If_Match=put["ETag"])
    assert (live.status_code, live.json()["published"], live.json()["draft"]) == (200, 2, None)
    assert live.json()["operation"].startswith("op_")  # what is not yet posted is worked out again
    assert {row["number"]: row["state"] for row in ask("get", f"{path}/versions").json()["data"]} == {
        2: "published",
        1: "published",
    }
    back = ask("post", f"{path}:restore", {"version": 1}, If_Match="*")
    assert (back.json()["draft"], back.json()["changes"]) == (3, 1)
    dropped = next(row for row in ask("get", f"{path}/rules").json()["data"] if row["target"] == "role:sales")
    assert ask("delete", f"{path}/rules/{dropped['id']}", If_Match="*").status_code == 204
    assert ask("get", f"{path}/rules").json()["data"] == []


def test_a_schedule_is_changed_and_run(ask: Asked, alder: Company) -> None:
    path = f"schedules/{alder.ids['schedule']}"
    seen = ask("get", path)
    too_often = ask("patch", path, {"every_seconds": 60}, If_Match=seen["ETag"])
    assert (too_often.status_code, too_often.json()["code"]) == (422, "schedule.too_often")
    done = ask("patch", path, {"every_seconds": 86400, "at": "06:00", "enabled": True}, If_Match=seen["ETag"])
    assert (done.status_code, done.json()["at"], done.json()["next_run_at"]) == (200, "06:00", None), "not switched on yet"
    with tenant_scope(alder.tenant):
        Integration.objects.update(state=Integration.State.ACTIVE)
    assert ask("get", path).json()["next_run_at"] is not None
    first, second = (ask("post", f"{path}:run").json()["id"] for _each in range(2))
    assert first == second


def test_a_run_can_be_stopped_once(ask: Asked, alder: Company) -> None:
    started = ask("post", f"schedules/{alder.ids['schedule']}:run")
    assert (started.status_code, started.json()["status"]) == (202, "pending")
    where = started["Location"].removeprefix("/api/v1/")
    assert ask("get", where).json()["id"] == started.json()["id"]
    assert ask("post", f"{where}:cancel").json()["status"] == "cancelled"
    again = ask("post", f"{where}:cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run.over")


def test_held_records_are_retried_alike(ask: Asked, alder: Company) -> None:
    held = ask("get", f"held_records/{alder.ids['held_record']}").json()
    assert held["problem"]["code"] == "mapping.unmapped"
    done = ask("post", "held_records:retry", {"fingerprint": held["fingerprint"]})
    assert (done.status_code, done.json()["records"]) == (202, 1)
    assert done.json()["operations"] == [alder.ids["operation"]]
    assert ask("get", f"held_records/{alder.ids['held_record']}").status_code == 404
    assert ask("post", "held_records:retry", {"fingerprint": held["fingerprint"]}).status_code == 404

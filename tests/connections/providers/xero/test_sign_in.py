"""Being let into Xero: one consent, one person, several organisations; tokens, faults, leaving."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from canonical.problems import Refused
from connections import services
from connections.contracts import Answer, ExternalAccount, TokenSet
from connections.errors import Failure, FailureKind
from connections.http import door_for
from connections.models import ApiCall, Connection, Grant, GrantSecret, ReferenceCopy
from connections.providers.xero import auth, faults, provider
from sandbox.xero.seed import AU, IMRAN, OTHER, ROBIN, UK, US
from tenants.clock import shifted
from tests.connections.providers.door import PlainDoor

CALLBACK = "http://localhost:8000/connections/xero/callback/"
SCOPES = (
    "openid profile email offline_access accounting.invoices accounting.payments accounting.banktransactions "
    "accounting.manualjournals accounting.contacts accounting.settings accounting.attachments"
)


def press(url, *organisations, decision="allow"):
    asked = dict(parse_qsl(urlsplit(url).query))
    page = url.partition("?")[0]
    answer = httpx.post(page, params=asked, data={**asked, "decision": decision, "tenant": list(organisations)})
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def consent(endpoints, *organisations, decision="allow"):
    url = provider.authoriser.consent_url(endpoints, state="s1", redirect_uri=CALLBACK, answers={})
    return press(url, *organisations, decision=decision)


def given(endpoints, door, *organisations):
    return provider.authoriser.consent(door, callback=consent(endpoints, *organisations), redirect_uri=CALLBACK, answers={})


# ------------------------------------------------------------------ the protocol


def test_what_is_asked_for_is_what_is_needed_and_each_has_its_words(endpoints):
    url = provider.authoriser.consent_url(endpoints, state="s1", redirect_uri=CALLBACK, answers={})
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked == {
        "response_type": "code", "client_id": "sandbox-xero-client", "redirect_uri": CALLBACK, "scope": SCOPES, "state": "s1",
    }  # fmt: skip
    assert [scope for scope, words in provider.info.scopes if words] == SCOPES.split()


def test_one_consent_opens_what_was_chosen_and_remembers_the_rest(endpoints):
    door = PlainDoor(endpoints, provider)
    first = given(endpoints, door, UK, US)
    assert {account.external_id: account.name for account in first.accounts} == {
        UK: "Fenwick Trading Ltd", US: "Bluestem Supply Co",
    }  # fmt: skip
    assert (first.provider_user, first.before) == (ROBIN, ())
    assert timedelta(minutes=29) < first.tokens.access_expires - datetime.now(UTC) < timedelta(minutes=31)
    assert timedelta(days=59) < first.tokens.refresh_expires - datetime.now(UTC) < timedelta(days=61)
    assert set(first.tokens.scopes) == set(SCOPES.split())
    second = given(endpoints, door, AU)
    assert [account.external_id for account in second.accounts] == [AU]
    assert {account.external_id for account in second.before} == {UK, US}
    assert given(endpoints, door, OTHER).provider_user == IMRAN
    assert first.tokens.access_token not in repr(first)


def test_saying_no_is_told_in_words(endpoints):
    with pytest.raises(Refused) as refused:
        provider.authoriser.consent(
            PlainDoor(endpoints, provider), callback=consent(endpoints, UK, decision="deny"), redirect_uri=CALLBACK, answers={}
        )
    assert refused.value.problems[0].code == "xero.denied"


def test_the_pair_before_works_for_half_an_hour_and_never_again(endpoints, twins):
    door = PlainDoor(endpoints, provider)
    old = given(endpoints, door, UK).tokens
    provider.authoriser.refresh(door, old)
    assert provider.authoriser.refresh(door, old).refresh_token != old.refresh_token
    twins.clock(shift=1801)
    with pytest.raises(Failure) as failed:
        provider.authoriser.refresh(door, old)
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"access_token": "a"},
        {"access_token": "a", "refresh_token": ""},
        {"access_token": "a", "refresh_token": "r", "expires_in": "soon"},
    ],
)
def test_a_token_answer_without_tokens_is_malformed(body):
    with pytest.raises(Failure) as failed:
        auth.token_set(body, datetime.now(UTC))
    assert failed.value.kind is FailureKind.MALFORMED


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "a.bnVsbA.c", "a.é.c"])
def test_a_token_that_says_nothing_of_itself_is_malformed(token):
    with pytest.raises(Failure) as failed:
        auth.claims_of(token)
    assert failed.value.kind is FailureKind.MALFORMED


class Answering:
    """A door behind which Xero answers with these."""

    def __init__(self, endpoints, **answers):
        self.endpoints, self.answers = endpoints, answers

    def call(self, operation, *_args, **_more):
        return Answer(200, {}, json.dumps(self.answers[operation.partition(".")[0]]).encode())


def token_of(**claims):
    said = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {"access_token": f"e30.{said}.c", "refresh_token": "r", "expires_in": 1800}


@pytest.mark.parametrize("claims", [{}, {"xero_userid": "", "sub": None}])
def test_a_consent_of_nobody_is_malformed(endpoints, claims):
    """Tokens belong to a person: of two without a name the second would get the first one's."""
    door = Answering(endpoints, token=token_of(**claims), connections=[{"id": "c", "tenantId": UK, "tenantName": "F"}])
    with pytest.raises(Failure) as failed:
        provider.authoriser.consent(door, callback={"code": "c"}, redirect_uri=CALLBACK, answers={})
    assert failed.value.kind is FailureKind.MALFORMED


def test_a_connection_without_an_id_is_malformed(endpoints):
    door = Answering(endpoints, connections=[{"tenantId": UK, "tenantType": "ORGANISATION"}])
    with pytest.raises(Failure) as failed:
        provider.authoriser.close(door, ExternalAccount(UK, ""), TokenSet("a", "r"))
    assert failed.value.kind is FailureKind.MALFORMED


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (401, b'{"Detail":"TokenExpired: token expired at 1"}', None, ""),
        (401, b'{"Detail":"AuthorizationUnsuccessful"}', FailureKind.REJECTED, "xero.scope_missing"),
        (403, b'{"Detail":"AuthenticationUnsuccessful"}', FailureKind.NEEDS_RECONNECT, "connection.needs_reconnect"),
        (412, b"The organisation is offline", FailureKind.UNAVAILABLE, "xero.offline"),
        (400, b'{"ErrorNumber":16,"Type":"QueryParseException","Message":"x"}', FailureKind.OUR_BUG, "connection.our_bug"),
        (400, b'{"ErrorNumber":10,"Message":"m","Elements":[{"ValidationErrors":[{"Message":"The document date cannot be before the '
              b'period lock date, currently set at 5 November 2026"}]}]}', FailureKind.PERIOD_CLOSED, "xero.period_closed"),
        (400, b'{"ErrorNumber":10,"Message":"Just no"}', FailureKind.REJECTED, "connection.rejected"),
        (400, b'{"error":"invalid_grant"}', FailureKind.NEEDS_RECONNECT, "connection.needs_reconnect"),
        (404, b"The resource you're looking for cannot be found", None, ""),
        (429, b'{"Detail":"x"}', None, ""),
        (500, b'{"ErrorNumber":0,"Message":"An error occurred"}', None, ""),
        (400, b"\xff", None, ""),
    ],
)  # fmt: skip
def test_what_a_refusal_means(status, body, kind, code):
    read = faults.judge(status, {}, body, writes=True)
    assert (read.kind if read else None, read.problem.code if read else "") == (kind, code)


# ------------------------------------------------------------------ the product


def enter(owner, *organisations, reconnects=""):
    url = services.begin(user=owner, session_mark="here", provider="xero", environment="twin", reconnects=reconnects)
    callback = press(url, *organisations)
    return services.finish_all(user=owner, session_mark="here", provider="xero", callback=callback)


def test_each_organisation_is_a_connection_under_one_grant(twins, owner, tenant):
    made = enter(owner, UK, US)
    assert {row.external_account for row in made} == {UK, US}
    assert Grant.objects.get().provider_user == ROBIN
    assert {row.grant_id for row in made} == {Grant.objects.get().pk}
    enter(owner, OTHER)
    assert Grant.objects.count() == 2
    for row in Connection.objects.all():
        assert services.test(connection=row).last_latency_ms is not None


def test_reconnecting_matches_the_right_one_and_refuses_another(twins, owner, tenant):
    uk, us = sorted(enter(owner, UK, US), key=lambda row: row.external_account)
    again = enter(owner, US, reconnects=us.public_id)
    assert [row.pk for row in again] == [us.pk]
    # chosen the wrong one on Xero's page: told in words, and that one is not left open
    with pytest.raises(Refused) as refused:
        enter(owner, OTHER, reconnects=uk.public_id)
    assert refused.value.problems[0].code == "connection.other_account"
    assert "Northgate Parts" in refused.value.problems[0].text()
    open_there = {row["tenant"] for row in twins.world()["twins"]["xero"]["connections"]}
    assert open_there == {UK, US}


def test_a_consent_for_one_restores_all_of_the_same_person(twins, owner, tenant):
    uk, us = enter(owner, UK, US)
    twins.command("xero", "revoke", tenant=UK)
    with pytest.raises(Failure):
        services.test(connection=uk)
    assert set(Connection.objects.values_list("state", flat=True)) == {"needs_reconnect"}
    enter(owner, UK, US)
    assert set(Connection.objects.values_list("state", flat=True)) == {"active"}
    assert services.test(connection=Connection.objects.get(pk=us.pk)).state == "active"


def test_one_organisation_taken_away_in_xero_leaves_the_others(twins, owner, tenant):
    uk, us = sorted(enter(owner, UK, US), key=lambda row: row.external_account)
    twins.command("xero", "disconnect", tenant=UK)
    with pytest.raises(Failure) as failed:
        services.test(connection=uk)
    assert failed.value.kind is FailureKind.NEEDS_RECONNECT
    uk.refresh_from_db()
    us.refresh_from_db()
    assert (uk.state, uk.reason, us.state) == ("needs_reconnect", "disconnected_there", "active")
    assert services.test(connection=us).state == "active"
    assert enter(owner, UK, reconnects=uk.public_id)[0].state == "active"


def test_leaving_one_keeps_the_token_and_leaving_the_last_gives_it_back(twins, owner, tenant):
    uk, us = sorted(enter(owner, UK, US), key=lambda row: row.external_account)
    assert services.disconnect(connection=uk) is True
    world = twins.world()["twins"]["xero"]
    assert [row["tenant"] for row in world["connections"]] == [US]
    assert world["consents"][-1]["ended"] is None
    assert services.test(connection=us).state == "active"
    assert services.disconnect(connection=us) is True
    world = twins.world()["twins"]["xero"]
    assert world["connections"] == []
    assert world["consents"][-1]["ended"] is not None
    assert not GrantSecret.objects.exists()


def test_leaving_spares_what_another_company_of_ours_has_of_the_same_person(twins, owner, tenant):
    """An accountant connects one client here and one there: one Xero user, two companies of Tieout."""
    (uk,) = enter(owner, UK)
    assert twins.command("xero", "authorise", tenants=[US])["access_token"]
    services.disconnect(connection=uk)
    world = twins.world()["twins"]["xero"]
    assert [row["tenant"] for row in world["connections"]] == [US]
    assert world["consents"][-1]["ended"] is None
    assert not GrantSecret.objects.exists()


def test_a_lost_answer_of_the_renewal_is_mended_by_the_pair_before(twins, owner, tenant):
    """Xero renewed and we never heard: the old pair is asked with again, within its half hour."""
    (uk,) = enter(owner, UK)
    twins.fault("xero", "drop-after-commit", "refresh", count=1)
    with shifted(timedelta(minutes=31)):
        twins.clock(shift=1860)
        with pytest.raises(Failure):
            services.test(connection=uk)
    with shifted(timedelta(minutes=32)):
        assert services.test(connection=Connection.objects.get(pk=uk.pk)).state == "active"
    assert Connection.objects.get(pk=uk.pk).state == "active"


def test_a_call_that_names_another_organisation_never_leaves(twins, owner, tenant):
    (uk,) = enter(owner, UK)
    with pytest.raises(Failure) as failed:
        provider.target.company(door_for(uk), ExternalAccount(US, "", currency="USD"))
    assert failed.value.kind is FailureKind.OUR_BUG
    assert not ApiCall.objects.filter(operation="Organisation.list").exists()


def test_an_account_whose_code_was_changed_is_not_offered_under_the_old_one(twins, owner, tenant):
    (uk,) = enter(owner, UK)
    services.refresh_reference(connection=uk, full=True)
    named = ReferenceCopy.objects.filter(connection=uk, kind="account", name="Sales")
    assert [(row.external_id, row.active) for row in named] == [("200", True)]
    twins.command("xero", "edit", tenant=UK, kind="Account", id="200", changes={"Code": "4000"})
    assert services.refresh_reference(connection=uk).deactivated == 1
    assert {(row.external_id, row.active) for row in named.all()} == {("200", False), ("4000", True)}
    assert Connection.objects.get(pk=uk.pk).home_currency == "GBP"

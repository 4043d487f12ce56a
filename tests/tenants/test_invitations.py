"""Asking a colleague in: the link works once, in time, for the right person, and is kept nowhere."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from canonical.problems import Refused
from tenants import clock, services
from tenants.models import AuditEvent, Invitation, Membership, Tenant, User
from tenants.news import Actor, acting


def token_of(letter: mail.EmailMessage) -> str:
    found = re.search(r"/invitations/([^/]+)/", str(letter.body))
    assert found
    return found.group(1)


def codes(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [problem.code for problem in refusal.value.problems]


def test_the_letter_holds_the_token_and_the_row_only_its_hash(tenant: Tenant) -> None:
    invitation = services.invite(tenant=tenant, email="Anna@Ash.test ", role="accountant")
    letter = mail.outbox[0]
    token = token_of(letter)
    assert letter.to == ["anna@ash.test"]
    assert "Olivia Oak" in letter.subject
    assert token not in str(Invitation.objects.values().get(pk=invitation.pk))
    assert invitation.token_hash == services.hash_of(token)
    assert services.find_invitation(token=token) == invitation


def test_accepting_makes_a_member_once(tenant: Tenant) -> None:
    services.invite(tenant=tenant, email="anna@ash.test", role="accountant")
    token, anna = token_of(mail.outbox[0]), User.objects.create_user("anna@ash.test")
    membership = services.accept_invitation(token=token, user=anna)
    assert (membership.tenant, membership.role) == (tenant, "accountant")
    with pytest.raises(Refused) as refusal:
        services.accept_invitation(token=token, user=anna)
    assert codes(refusal) == ["team.invitation_dead"]
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == ["invitation.sent", "invitation.accepted"]


def test_the_link_is_of_no_use_to_somebody_else(tenant: Tenant) -> None:
    services.invite(tenant=tenant, email="anna@ash.test", role="accountant")
    with pytest.raises(Refused) as refusal:
        services.accept_invitation(token=token_of(mail.outbox[0]), user=User.objects.create_user("eve@elm.test"))
    assert codes(refusal) == ["team.invitation_for_another"]
    assert Membership.objects.filter(tenant=tenant).count() == 1


def test_links_die_of_age_withdrawal_and_being_replaced(tenant: Tenant) -> None:
    first = services.invite(tenant=tenant, email="anna@ash.test", role="viewer")
    second = services.invite(tenant=tenant, email="anna@ash.test", role="viewer")
    old, new = (token_of(letter) for letter in mail.outbox)
    with pytest.raises(Refused):
        services.find_invitation(token=old)
    assert services.find_invitation(token=new) == second
    with clock.shifted(timedelta(days=7, seconds=1)), pytest.raises(Refused):
        services.find_invitation(token=new)
    services.withdraw_invitation(invitation=second)
    with pytest.raises(Refused):
        services.find_invitation(token=new)
    first.refresh_from_db()
    assert first.withdrawn_at is not None


def test_members_are_not_invited_again(tenant: Tenant) -> None:
    with pytest.raises(Refused) as refusal:
        services.invite(tenant=tenant, email="olivia@oak.test", role="viewer")
    assert codes(refusal) == ["team.already_member"]


def test_only_an_owner_makes_owners(tenant: Tenant) -> None:
    admin = User.objects.create_user("adam@oak.test")
    member = Membership.objects.create(user=admin, tenant=tenant, role="admin")
    with acting(Actor(user=admin, kind="person")):
        with pytest.raises(Refused):
            services.invite(tenant=tenant, email="x@ash.test", role="owner")
        with pytest.raises(Refused) as refusal:
            services.change_role(membership=member, role="owner")
    assert codes(refusal) == ["team.only_owners"]
    assert services.change_role(membership=member, role="owner").role == "owner"


def test_a_company_keeps_an_owner(tenant: Tenant, owner: User) -> None:
    mine = Membership.objects.get(user=owner, tenant=tenant)
    for act in (lambda: services.change_role(membership=mine, role="viewer"), lambda: services.remove_member(membership=mine)):
        with pytest.raises(Refused) as refusal:
            act()
        assert codes(refusal) == ["team.last_owner"]
    assert Membership.objects.get(pk=mine.pk).role == "owner"


@pytest.mark.django_db(transaction=True)
def test_a_stranger_signs_up_by_the_link_and_joins() -> None:
    """The token has proven the address: no second letter is asked for."""
    boss = User.objects.create_user("olivia@oak.test", name="Olivia Oak")
    company = services.create_tenant(user=boss, name="Oak Ltd", country="GB", timezone="Europe/London", home_currency="GBP")
    with acting(Actor(user=boss)):
        from tenants.scope import tenant_scope

        with tenant_scope(company):
            services.invite(tenant=company, email="anna@ash.test", role="bookkeeper")
    client, address = Client(), f"/invitations/{token_of(mail.outbox[0])}/"
    page = client.get(address).content.decode()
    assert "Join Oak Ltd" in page
    assert "/accounts/signup/?email=anna%40ash.test" in page
    secret = "A-quite-long-Passw0rd"
    client.post("/accounts/signup/", {"email": "anna@ash.test", "password1": secret, "password2": secret})
    assert len(mail.outbox) == 1
    assert client.get("/").headers["Location"] == address
    answer = client.post(address)
    assert answer.headers["Location"] == f"/app/{company.public_id}/"
    assert Membership.objects.get(user__email="anna@ash.test").role == "bookkeeper"

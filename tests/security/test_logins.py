"""Guessing: by password, by code, on either host, by way of a reset. Ten tries a day, then mail and second step."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tenants import logins
from tenants.models import User
from tests.security.world import PASSWORD, Company, company
from tests.support.people import with_two_steps

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_counters() -> Any:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def alder() -> Company:
    return company("Alderwood")


@pytest.fixture
def owner(alder: Company) -> User:
    return alder.people["owner"]


def guess(owner: User, password: str, n: int, host: str = "testserver") -> Any:
    client = Client(REMOTE_ADDR=f"10.{n // 200}.{n % 200}.1", HTTP_HOST=host)
    return client.post("/accounts/login/", {"login": owner.email, "password": password})


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    from allauth.core.internal import ratelimit

    real = ratelimit.time.time
    monkeypatch.setattr(ratelimit.time, "time", lambda: real() + seconds)


def test_slow_guessing_from_many_places_ends_at_ten_a_day(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """One guess every six minutes from another address each: the eleventh right password is refused all the same."""
    tried = 0
    for n in range(14):
        answer = guess(owner, "wrong", n)
        tried += "Too many failed" not in answer.content.decode()
        later(monkeypatch, 360)
    assert tried == 10
    assert guess(owner, PASSWORD, 99).status_code == 200
    assert logins.is_locked(owner)
    later(monkeypatch, 24 * 3600)
    assert guess(owner, PASSWORD, 100).status_code == 302


def test_another_spelling_and_another_host_count_together(owner: User, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    for n, (email, host) in enumerate(
        [
            ("owner@alderwood.test", "books.example"),
            ("OWNER@alderwood.test", "console.example"),
            (" Owner@Alderwood.test ", "x.example"),
        ]
        * 2
    ):
        Client(REMOTE_ADDR=f"10.1.{n}.1", HTTP_HOST=host).post("/accounts/login/", {"login": email, "password": "wrong"})
    assert "Too many failed" in guess(owner, PASSWORD, 7, "third.example").content.decode()


def test_a_closed_login_does_not_close_others_behind_the_same_address(alder: Company, owner: User) -> None:
    for n in range(6):
        guess(owner, "wrong", n)
    other = alder.people["viewer"]
    assert (
        Client(REMOTE_ADDR="10.0.0.1").post("/accounts/login/", {"login": other.email, "password": PASSWORD}).status_code == 302
    )


def test_wrong_guesses_for_many_do_not_wipe_the_count_of_one(owner: User) -> None:
    """The counters live in the cache; a cache that throws entries away would forget them."""
    for n in range(6):
        guess(owner, "wrong", n)
    for n in range(400):
        cache.set(f"somebody-elses-counter-{n}", [1.0], 86400)
    assert logins.is_locked(owner)


def test_unknown_people_are_answered_alike(owner: User) -> None:
    known = Client().post("/accounts/login/", {"login": owner.email, "password": "wrong"}).content.decode()
    unknown = Client().post("/accounts/login/", {"login": "nobody@alderwood.test", "password": "wrong"}).content.decode()
    told = re.compile(r"<li>[^<]*|invalid-feedback[^<]*>[^<]*")
    assert told.findall(known) == told.findall(unknown)


def test_codes_are_guessed_five_times_and_no_more(owner: User) -> None:
    with_two_steps(owner)
    for n in range(2):  # a fresh login does not bring fresh guesses
        client = Client(REMOTE_ADDR=f"10.2.{n}.1")
        assert client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})["Location"].startswith(
            "/accounts/2fa/"
        )
        answers = [client.post("/accounts/2fa/authenticate/", {"code": f"{guess:06d}"}) for guess in range(5)]
        assert all("_auth_user_id" not in client.session for _answer in answers)
    assert "Too many failed" in answers[-1].content.decode()
    assert logins.is_locked(owner)


def test_a_code_works_once(alder: Company, owner: User) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    secret = generate_totp_secret()
    TOTP.activate(owner, secret)
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    through = []
    for _turn in range(2):
        client = Client()
        client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": code})
        through.append("_auth_user_id" in client.session)
    assert through == [True, False]


def test_a_reset_needs_the_mailbox_and_still_the_second_step(owner: User) -> None:
    """The victim of a lockout gets back in by mail; whoever reads the mailbox alone does not."""
    with_two_steps(owner)
    for n in range(6):
        guess(owner, "wrong", n)
    client = Client()
    client.post("/accounts/password/reset/", {"email": owner.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert link
    page = client.get(link.group(1), follow=True)
    form = page.redirect_chain[-1][0]
    client.post(form, {"password1": "Another-passw0rd-9", "password2": "Another-passw0rd-9"})
    assert client.get("/me/").status_code == 302, "a reset is no login"
    again = Client().post("/accounts/login/", {"login": owner.email, "password": "Another-passw0rd-9"})
    assert again["Location"].startswith("/accounts/2fa/authenticate/")


def test_a_reset_ends_at_the_rules_for_passwords_too(owner: User) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": owner.email})
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.outbox[-1].body)
    assert link
    form = client.get(link.group(1), follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 200
    assert "You had this password before" in answer.content.decode()


def test_people_see_and_end_their_other_sessions(owner: User) -> None:
    here, there = Client(HTTP_USER_AGENT="Desk browser"), Client(HTTP_USER_AGENT="Lost telephone")
    for client in (here, there):
        client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    assert "/accounts/sessions/" in here.get("/me/").content.decode()
    assert "Lost telephone" in here.get("/accounts/sessions/").content.decode()
    here.post("/accounts/sessions/")
    assert there.get("/me/").status_code == 302
    assert here.get("/me/").status_code == 200


def test_a_changed_password_ends_the_other_sessions(owner: User) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.post("/accounts/login/", {"login": owner.email, "password": PASSWORD})
    new = "Another-passw0rd-9"
    here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert there.get("/me/").status_code == 302


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_methods_nobody_uses_are_refused_everywhere(alder: Company, owner: User, method: str) -> None:
    client = Client()
    client.force_login(owner)
    for path in (
        "/",
        "/accounts/login/",
        f"/app/{alder.tenant.public_id}/",
        "/connections/amazon/webhook/",
        "/nowhere/",
        "/static/x.css",
    ):
        assert client.generic(method, path).status_code == 405, path

"""Passwords by Amazon's rules: four kinds of character, no part of one's name, none of the last ten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tenants.clock import shifted
from tenants.models import PasswordUsed, User

GOOD = "Grey-heron-at-4-dawn"


def refused(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {str(each.code) for each in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("GREY-HERON-AT-4-DAWN", "password_kinds"),
        ("grey-heron-at-4-dawn", "password_kinds"),
        ("Grey-heron-at-x-dawn", "password_kinds"),
        ("Greyheronat4dawn", "password_kinds"),
        ("Gr3y-heron!", "password_too_short"),
    ],
)
def test_each_kind_and_the_length_are_asked_for(password: str, code: str) -> None:
    assert code in refused(password)


def test_a_good_and_a_very_long_one_are_taken() -> None:
    assert refused(GOOD) == set()
    assert refused(GOOD * 6) == set()


@pytest.mark.parametrize("password", ["Olivia-at-4-in-dawn", "xx-HARBOUR-4-dawn-x", "My-0live-Tree-olive.t"])
def test_no_part_of_name_or_address(password: str) -> None:
    user = User(email="olive.tree@harbour-mail.test", name="Olivia Harbour")
    assert "password_name" in refused(password, user)
    assert refused("Grey-mail-at-4-dawns", user) == set(), "the site of the address does not count"
    assert refused(GOOD, User(email="al@x.test", name="Al O.")) == set(), "parts of two letters are everywhere"


@pytest.mark.django_db
def test_none_of_the_last_ten_and_none_of_the_last_year() -> None:
    user = User.objects.create_user("paula@pine.test", f"{GOOD}-0")
    for n in range(1, 13):
        user.set_password(f"{GOOD}-{n}")
        user.save()
    for n in range(13):  # changed thirteen times in a day: the oldest is not free either
        assert refused(f"{GOOD}-{n}", user) == {"password_used"}, n
    with shifted(timedelta(days=400)):
        user.set_password(f"{GOOD}-new")
        user.save()
        assert refused(f"{GOOD}-1", user) == set()
        assert refused(f"{GOOD}-12", user) == {"password_used"}
    assert PasswordUsed.objects.filter(user=user).count() == 10


@pytest.mark.django_db
def test_a_password_from_before_the_history_counts_too() -> None:
    user = User.objects.create_user("paula@pine.test", GOOD)
    PasswordUsed.objects.all().delete()
    assert refused(GOOD, user) == {"password_used"}

"""Money, numbers, dates and problems in words: one way, in the reader's locale."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from canonical.problems import Problem, Where
from tenants.templatetags import tieout
from tenants.tones import _TONES, tone_of


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1234567.8"), "USD", "1,234,567.80"),
        (Decimal("-0.01"), "GBP", "\u22120.01"),
        (Decimal("0"), "GBP", "0.00"),
        (Decimal("-0"), "GBP", "0.00"),
        (Decimal("1200"), "JPY", "1,200"),
        (Decimal("0.005"), "USD", "0.005"),
        ("86.25", "KWD", "86.250"),
        (None, "USD", "\u2013"),
    ],
)
def test_money(amount: Decimal | str | None, currency: str, text: str) -> None:
    assert tieout.money_text(amount, currency) == text


def test_money_speaks_the_readers_language() -> None:
    with translation.override("de"):
        assert tieout.money_text(Decimal("-1234.5"), "EUR") == "\u22121.234,50"


def test_money_refuses_floats() -> None:
    with pytest.raises(TypeError):
        tieout.money_text(1.5, "USD")  # type: ignore[arg-type]


def test_a_moment_is_shown_in_the_tenants_zone_with_utc_on_hover() -> None:
    moment = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    with timezone.override("America/Los_Angeles"):
        shown = tieout.when(moment)
    assert ">31 Oct 2026, 23:30<" in shown
    assert 'title="1 Nov 2026, 06:30:00 UTC"' in shown
    assert ">1 Nov 2026<" in tieout.day(moment, zone="Europe/London")
    assert ">14 Nov 2026<" in tieout.day(date(2026, 11, 14))


def test_a_period_says_the_year_once() -> None:
    start, end = datetime(2026, 11, 4, 12, tzinfo=UTC), datetime(2026, 11, 18, 12, tzinfo=UTC)
    assert ">4 Nov \u2013 18 Nov 2026<" in tieout.period(start, end)
    assert ">4 Nov 2025 \u2013 18 Nov 2026<" in tieout.period(start.replace(year=2025), end)


def test_a_problem_says_what_where_and_what_to_do() -> None:
    page = Template("{% load tieout %}{% problem p %}").render(
        Context({"p": Problem("team.already_member", {"email": "<b>x</b>"}, Where(file="/tmp/abc/file.txt", line=7))})
    )
    assert "&lt;b&gt;x&lt;/b&gt; already works for this company." in page
    assert "(file.txt, line 7)" in page
    assert "/tmp" not in page
    assert "Change the person" in page
    assert "team.already_member" in page


def test_an_unheard_of_code_is_shown_and_not_hidden() -> None:
    assert tieout.as_shown({"code": "from.the.future", "params": {}}).text == "from.the.future"


def test_every_tone_is_one_of_six_and_its_icon_is_there() -> None:
    from django.contrib.staticfiles import finders

    sprite = Path(str(finders.find("vendor/tabler-icons.svg"))).read_text()
    for state, tone in _TONES.items():
        assert tone.name in {"neutral", "info", "success", "warning", "danger", "paused"}, state
        assert f'id="{tone.icon}"' in sprite, state
    assert tone_of("never heard of").name == "neutral"

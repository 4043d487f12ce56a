"""Store views by names that an order can keep, no two alike."""

from __future__ import annotations

from connections.providers.magento import stores

FIRST, SECOND = (
    "Wholesale, gardens and camping of the northern counties",
    "Wholesale, gardens and camping of the southern counties",
)


def named(*views: tuple[str, str, str]) -> dict[str, str]:
    """By code; each view is (code, name, website)."""
    sites = {website: number for number, website in enumerate(dict.fromkeys(website for _, _, website in views), 1)}
    told = [{"id": number, "code": code, "name": name} for number, (code, name, _) in enumerate(views, 1)]
    configs = [
        {"id": number, "code": code, "website_id": sites[website], "base_currency_code": "GBP", "locale": "en_GB"}
        for number, (code, _, website) in enumerate(views, 1)
    ]
    found = stores._views(configs, told, [{"id": number, "name": website} for website, number in sites.items()])
    return {view["code"]: view["name"] for view in found}


def test_names_that_are_too_long_are_cut_and_stay_distinct() -> None:
    english = "English for whoever reads it everywhere"
    found = named(("north", english, FIRST), ("south", english, SECOND), ("trade", english, FIRST), ("fr", "French", FIRST))
    assert found["fr"] == "French"
    assert found["north"] == "Wholesale, gardens and camping of the northern counties, English for wh… (north)"
    assert all(len(name) <= 80 for name in found.values())
    assert len({name.casefold() for name in found.values()}) == 4


def test_two_views_of_one_website_and_one_name_are_told_apart() -> None:
    found = named(("de", "German", "Main"), ("de_trade", "german", "Main"), ("en", "English", "Main"))
    assert found == {"de": "German (de)", "de_trade": "german (de_trade)", "en": "English"}

"""UTF-8 with and without a mark, Windows-1252, Shift-JIS; a stated charset is believed when it fits."""

from __future__ import annotations

import pytest

from canonical.problems import Refused
from reconciliation.engine import Source, read_settlement
from tests.reconciliation.engine.files import V2_COLUMNS, header, row, tsv

COUPON = "CouponRedemptionFee/CouponRedemptionFee/"


def read(data: bytes, charset: str | None = None) -> tuple[str, str]:
    """(encoding, description of the only row)."""
    reader = read_settlement(Source.from_bytes(data), charset=charset)
    (line,) = reader
    return reader.facts.encoding, line.amount_description


def file(text: str, encoding: str, marketplace: str = "Amazon.de", currency: str = "EUR") -> bytes:
    amount = "-60" if currency == "JPY" else "-0.60"
    rows = [header(amount, currency), row(f"{COUPON}{text}", amount, marketplace=marketplace)]
    return tsv(V2_COLUMNS, rows).encode(encoding)


def test_each_encoding_is_found() -> None:
    assert read(file("Rabatt für Bücher – 10 €", "utf-8")) == ("utf-8", "Rabatt für Bücher – 10 €")
    assert read(file("Rabatt für Bücher – 10 €", "utf-8-sig")) == ("utf-8-sig", "Rabatt für Bücher – 10 €")
    assert read(file("Rabatt für Bücher – 10 €", "cp1252")) == ("cp1252", "Rabatt für Bücher – 10 €")
    assert read(file("plain", "ascii")) == ("utf-8", "plain")


@pytest.mark.parametrize("text", ["クーポン 10%オフ", "ソフト表示十能", "ｶﾅ"])
def test_shift_jis_whose_second_bytes_look_like_ascii(text: str) -> None:
    assert read(file(text, "cp932", "Amazon.co.jp", "JPY")) == ("cp932", text)


def test_a_stated_charset_is_believed_when_it_fits() -> None:
    japanese = file("クーポン", "cp932", "Amazon.com", "USD")
    assert read(japanese, "Windows-31J") == ("cp932", "クーポン")
    assert read(japanese, "Shift_JIS")[0] == "cp932"
    assert read(file("für", "cp1252"), "ISO-8859-1") == ("cp1252", "für")
    assert read(file("für", "utf-8"), "UTF-8") == ("utf-8", "für")
    assert read(file("für", "cp1252"), "utf-8") == ("cp1252", "für")


def test_a_mark_is_stronger_than_a_stated_charset() -> None:
    assert read(file("für", "utf-8-sig"), "cp1252") == ("utf-8-sig", "für")


def test_bytes_of_no_encoding_are_refused() -> None:
    data = file("#", "ascii").replace(b"#", b"\x81\xff\x9d")
    with pytest.raises(Refused) as caught:
        read(data)
    assert caught.value.problems[0].code == "settlement.encoding_unknown"


def test_a_stated_charset_decides_where_two_would_fit() -> None:
    """The bytes C3 BC are one letter in UTF-8 and two in Windows-1252; both are valid."""
    data = file("\u00c3\u00bc", "cp1252")
    assert read(data, "windows-1252") == ("cp1252", "\u00c3\u00bc")
    assert read(data) == ("utf-8", "\u00fc")

"""The sample files: totals to the cent, every real row classified, V1 and V2 saying the same."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from reconciliation.engine import Shape, Source, compose, default_book, read_settlement, summarise
from reconciliation.engine.report import report
from tests.reconciliation.engine.files import shared_samples

SAMPLES = {
    # file: (data rows, currency, header total, line total, exit code)
    "ca_v1_real_50011020300.txt": (3, "CAD", "-321.69", "-321.69", 0),
    "ca_v1_real_50018020314.txt": (15, "CAD", "-62.31", "-62.31", 0),
    "ca_v1_real_50034020328.txt": (189, "CAD", "1016.08", "1016.08", 0),
    "ca_v1_real_50044020356.txt": (729, "CAD", "4630.23", "4630.23", 0),
    "us_v2_authored_28471003921.txt": (23, "USD", "582.89", "582.89", 0),
    "es_v1_authored_no_header_row.txt": (12, "EUR", None, "676.33", 3),
    "au_v2_real_excerpt_head_ddmmyyyy.txt": (26, "AUD", "196.06", "196.06", 0),
    "ca_v2_derived_50041020342.txt": (386, "CAD", "2539.66", "2539.66", 0),
    "uk_v2_derived_gbp_ddmmyyyy.txt": (153, "GBP", "548.63", "548.63", 0),
    "us_v2_synthetic_all_types.txt": (73, "USD", "-26.88", "-26.88", 3),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_totals_are_what_the_index_says(name: str) -> None:
    rows, currency, header, lines, code = SAMPLES[name]
    found = report(str(shared_samples() / name))
    assert (found.data["rows"], found.data["currency"]) == (rows, currency)
    assert (found.data["header_total"], found.data["line_total"]) == (header, lines)
    assert found.data["encoding"] == "utf-8"
    assert found.exit_code == code


def test_every_sample_of_the_index_is_tested() -> None:
    index = (shared_samples() / "INDEX.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| (\S+\.txt) \|", index, flags=re.MULTILINE))
    assert listed == set(SAMPLES)


@pytest.mark.parametrize("name", [name for name, facts in SAMPLES.items() if facts[4] == 0])
@pytest.mark.parametrize("shape", list(Shape))
def test_documents_settle_to_the_header(name: str, shape: Shape) -> None:
    path = shared_samples() / name
    summary = summarise(Source.from_path(path))
    result = compose(summary, default_book(summary.header.currency, shape=shape))
    assert not result.held
    assert result.settling_total == summary.header.header_total
    assert summary.unclassified() == []


def test_the_unknown_type_is_held_with_its_line() -> None:
    found = report(str(shared_samples() / "us_v2_synthetic_all_types.txt"))
    assert found.data["unclassified"] == [
        {
            "transaction_type": "other-transaction",
            "amount_type": "other-transaction",
            "amount_description": "BrandNewUnknownFeeType2026",
            "rows": 1,
            "amount": "-2.22",
        }
    ]
    assert found.data["documents"] == []
    (problem,) = [problem for problem in found.problems if problem.code == "compose.unknown_rows"]
    assert problem.where.line == 71


def test_the_old_and_the_new_layout_of_one_settlement_agree() -> None:
    """The British file was made of the Canadian one, row by row, at 0.54 of each amount."""
    folder = shared_samples()
    old = [line.category for line in read_settlement(Source.from_path(folder / "ca_v1_real_50034020328.txt"))]
    new = [line.category for line in read_settlement(Source.from_path(folder / "uk_v2_derived_gbp_ddmmyyyy.txt"))]
    assert old == new


def test_the_canadian_chain_carries_its_debt() -> None:
    """Each settlement takes up what the one before left owed, and the card pays it."""
    folder = shared_samples()
    owed = Decimal(0)
    for name in list(SAMPLES)[:3]:
        summary = summarise(Source.from_path(folder / name))
        kinds = {kind: amount for kind, _, amount in summary.categories()}
        assert kinds.get("debt_carried_forward", Decimal(0)) == owed
        total = summary.header.header_total
        assert total is not None
        owed = min(total, Decimal(0))
    assert owed == 0


def test_the_first_of_the_chain_is_one_entry_without_months() -> None:
    """S1 of the accounting design, section 7: Dr Inbound, Subscription; Cr Card, Balance Owed."""
    summary = summarise(Source.from_path(shared_samples() / "ca_v1_real_50011020300.txt"))
    (part,) = compose(summary, default_book("CAD", month_split=False)).documents
    assert sorted((line.account.name, line.side.value, f"{line.gross}") for line in part.document.lines) == [
        ("Amazon Balance Owed", "credit", "321.69"),
        ("Amazon Card Charges", "credit", "32.09"),
        ("Amazon Inbound and Prep", "debit", "321.69"),
        ("Amazon Subscriptions", "debit", "32.09"),
    ]

"""Preview of a large settlement before anything is stored, against a Polars scan of the same file.

    python benchmarks/settlement_preview.py [--lines 1000000] [--rounds 3]

Ours: read, classify, add up, tie out and compose, as `manage.py settlement` does. Theirs: scan the
needed columns, cast to Decimal, exact sums by triple; no classification, no checks. Each runs in a
process of its own, in turns, so that both meet the same noise; the best of the rounds counts. Goals:
at most 4 times the scan, resident memory at most 300 MB, and flat in the number of lines.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "\t".join(
    (
        "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-type order-id",
        "merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-description amount fulfillment-id",
        "posted-date posted-date-time order-item-code merchant-order-item-id merchant-adjustment-item-id sku",
        "quantity-purchased promotion-id",
    )
).replace(" ", "\t")
ORDER = (
    ("ItemPrice", "Principal", 1),
    ("ItemPrice", "Tax", 1),
    ("ItemPrice", "Shipping", 1),
    ("ItemPrice", "ShippingTax", 1),
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal", -1),
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping", -1),
    ("Promotion", "Shipping", -1),
    ("ItemFees", "Commission", -1),
    ("ItemFees", "FBAPerUnitFulfillmentFee", -1),
)

OURS = """
import json, resource, sys, time
from reconciliation.engine import Source, compose, default_book, summarise
started = time.perf_counter()
book = default_book("USD")
summary = summarise(Source.from_path(sys.argv[1]), book=book, trace=False)
result = compose(summary, book)
seconds = time.perf_counter() - started
assert summary.difference == 0 and not result.held and result.settling_total == summary.line_total
print(json.dumps({"seconds": seconds, "rows": summary.row_count, "total": str(summary.line_total),
                  "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""

THEIRS = """
import json, resource, sys, time
import polars as pl
started = time.perf_counter()
needed = ["transaction-type", "amount-type", "amount-description", "marketplace-name", "amount"]
scan = pl.scan_csv(sys.argv[1], separator="\\t", quote_char=None, infer_schema=False).select(needed)
rows = scan.filter(pl.col("amount") != "").with_columns(pl.col("amount").cast(pl.Decimal(18, 2)))
sums = rows.group_by(needed[:-1]).agg(pl.col("amount").sum(), pl.len()).collect(engine="streaming")
seconds = time.perf_counter() - started
print(json.dumps({"seconds": seconds, "rows": sums["len"].sum(), "total": str(sums["amount"].sum()),
                  "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def write_settlement(path: Path, lines: int, seed: int = 7) -> None:
    """A deterministic United States settlement of `lines` rows, nine to an order, that foots."""
    rng = random.Random(seed)
    total = 0
    body = path.with_suffix(".rows")
    with body.open("w", encoding="ascii") as out:
        written = 0
        while written < lines:
            order = f"11{rng.randrange(10)}-{rng.randrange(10**7):07d}-{rng.randrange(10**7):07d}"
            day = f"2026-10-{14 + rng.randrange(14):02d}"
            moment = f"{day} {rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d} UTC"
            sku, tax, item = f"SKU-{rng.randrange(5000):05d}", rng.randrange(50, 900), 90_000_000_000 + written
            for amount_type, description, sign in ORDER[: lines - written]:
                cents = sign * (tax if "Tax" in description else rng.randrange(100, 20000))
                total += cents
                out.write(
                    f"25999000001\t\t\t\t\t\tOrder\t{order}\t{order}\t\tD{written:08x}\tAmazon.com\t{amount_type}\t{description}\t"
                    f"{cents / 100:.2f}\tAFN\t{day}\t{moment}\t{item}\t\t\t{sku}\t1\t\n"
                )
                written += 1
    with path.open("w", encoding="ascii") as out, body.open(encoding="ascii") as rows:
        out.write(HEADER + "\n")
        dates = "2026-10-14 00:00:00 UTC\t2026-10-28 00:00:00 UTC\t2026-10-30 00:00:00 UTC"
        out.write(f"25999000001\t{dates}\t{total / 100:.2f}\tUSD" + "\t" * 18 + "\n")
        for row in rows:
            out.write(row)
    body.unlink()


def run(program: str, path: Path) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, cwd=ROOT, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "settlement.txt"
        write_settlement(path, options.lines)
        small = Path(folder) / "small.txt"
        write_settlement(small, options.lines // 10)
        run(OURS, path), run(THEIRS, path)  # warm the page cache for both
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(run(OURS, path))
            theirs.append(run(THEIRS, path))
        tenth = run(OURS, small)
    mine, scan = (min(runs, key=lambda found: found["seconds"]) for runs in (ours, theirs))
    assert mine["rows"] == scan["rows"] == options.lines
    ratio = mine["seconds"] / scan["seconds"]
    memory = f"{mine['mb']:.0f} MB; a tenth of the lines: {tenth['mb']:.0f} MB"
    print(f"preview of {options.lines} lines:     {mine['seconds']:.2f} s, {memory}")
    print(f"polars scan with exact sums:  {scan['seconds']:.2f} s, {scan['mb']:.0f} MB")
    print(f"ratio {ratio:.1f} (goal: at most 4.0), memory goal 300 MB: {'met' if mine['mb'] <= 300 else 'MISSED'}")


if __name__ == "__main__":
    main()

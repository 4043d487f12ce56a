"""`make bench`: every benchmark, one after another, each in a process of its own so that its memory is its own."""

from __future__ import annotations

import subprocess
import sys

ALL = ("settlement_preview", "settlement_ingest", "scheduling", "growth", "calls", "web", "fairness")


def main() -> int:
    failed = []
    for name in ALL:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode:
            failed.append(name)
    if failed:
        print(f"could not measure: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

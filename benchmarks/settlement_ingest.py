"""A settlement of a million lines, from its kept bytes to a journal that ties, against floor B.

    python -m benchmarks.settlement_ingest [--lines 1000000] [--rounds 3]

Ours is what a worker does: open the sealed file, read and classify every row, store the rows behind
row-level security with their indexes, compose the journal under the tenant's mapping, plan it, and
tie out (header, rows of the file, rows stored, entry planned). Floor B is the least any program could
do on this server: COPY of the same rows, already shaped and lying on disk, into a table with a
primary key, unique(tenant, settlement, line) and an index on (tenant, order). Both take turns, each
after a checkpoint and into empty tables; the ratio is taken round by round. Goal: at most 1.5.
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from benchmarks import settlement_file, shop
from benchmarks.goals import goal, ratios
from benchmarks.scratch import Scratch, scratch_database

if TYPE_CHECKING:
    from connections.models import SourceDocument
    from syncs.models import Integration

ROWS = "reconciliation_settlementline"
WRITTEN = f"{ROWS}, reconciliation_settlement, syncs_ledgerdocument, syncs_documentrevision"
FLOOR = f"""
    DROP TABLE IF EXISTS floor_b;
    CREATE TABLE floor_b (LIKE {ROWS});
    ALTER TABLE floor_b ADD PRIMARY KEY (tenant_id, settlement_id, ordinal);
    ALTER TABLE floor_b ADD UNIQUE (tenant_id, settlement_id, line_no);
    CREATE INDEX ON floor_b (tenant_id, order_ref);
"""
SMALLER = 10  # the part of the lines that shows whether memory grows
PIECE = 1 << 18


@dataclass(slots=True)
class Round:
    """Seconds on the clock by step, and seconds of processor time by this process and its server process."""

    steps: dict[str, float] = field(default_factory=dict)
    processor: float = 0

    @property
    def total(self) -> float:
        return sum(self.steps.values())

    def timed(self, name: str, server: psycopg.Connection, work: Callable[[], Any]) -> Any:
        busy, begun = _busy(server), time.perf_counter()
        found = work()
        self.steps[name] = time.perf_counter() - begun
        self.processor += _busy(server) - busy
        return found


def _busy(server: psycopg.Connection) -> float:
    """Processor seconds of this process and, where the system tells, of the server process that works for it."""
    stat = Path(f"/proc/{server.info.backend_pid}/stat")
    if not stat.exists():
        return time.process_time()
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


class Bench:
    """One shop, one server, and the two things that are compared."""

    def __init__(self, scratch: Scratch, made: Integration) -> None:
        self.scratch = scratch
        self.made = made
        self.shaped = scratch.folder / "floor.copy"

    def ours(self, document: SourceDocument, stated: settlement_file.Stated) -> Round:
        """Kept bytes to a planned journal that ties."""
        from django.db import connection

        from reconciliation import ingest, ladders, planning

        self._empty(f"TRUNCATE {WRITTEN} CASCADE")
        connection.ensure_connection()
        took, server = Round(), connection.connection
        stored = took.timed("read, classify and store", server, lambda: ingest.store(self.made, document))
        planned = took.timed("compose and plan", server, lambda: planning.plan(stored.settlement))
        ladder = took.timed("tie out", server, lambda: ladders.ladder(planned))
        _judge(planned, ladder, stated)
        return took

    def floor(self) -> Round:
        """COPY the shaped file into an empty table."""
        self._empty(FLOOR)
        took = Round()
        with psycopg.connect(self.scratch.owner) as server:
            took.timed("copy", server, lambda: self._copy(server))
        self._empty("DROP TABLE floor_b")
        return took

    def _copy(self, server: psycopg.Connection) -> None:
        with self.shaped.open("rb") as shaped, server.cursor().copy("COPY floor_b FROM STDIN") as copy:
            while piece := shaped.read(PIECE):
                copy.write(piece)
        server.commit()

    def shape(self) -> None:
        """Write the rows just stored as the file that the floor loads."""
        with psycopg.connect(self.scratch.owner) as server, self.shaped.open("wb") as shaped:
            server.execute("SELECT set_config('app.tenant', %s, true)", [str(self.made.tenant_id)])
            with server.cursor().copy(f"COPY (SELECT * FROM {ROWS} ORDER BY ordinal) TO STDOUT") as copy:
                for piece in copy:
                    shaped.write(piece)

    def _empty(self, statements: str) -> None:
        with psycopg.connect(self.scratch.owner, autocommit=True) as server:
            server.execute(statements)
        with psycopg.connect(self.scratch.superuser, autocommit=True) as server:
            server.execute("CHECKPOINT")


def _judge(settlement: object, ladder: object, stated: settlement_file.Stated) -> None:
    """What was measured must be right, or its speed means nothing."""
    from decimal import Decimal

    from reconciliation.engine import RungName, RungState

    total = Decimal(stated.cents).scaleb(-2)
    found = (settlement.state, settlement.row_count, settlement.problems)
    assert found == ("ready", stated.lines, []), found
    rungs = [ladder.rung(name) for name in (RungName.HEADER, RungName.FILE_ROWS, RungName.SETTLEMENT_LINES, RungName.PLANNED)]
    assert [rung.amount for rung in rungs] == [total] * 4, rungs
    assert all(rung.state is not RungState.DIFFERS for rung in ladder.rungs)


def memory() -> float:
    """The most this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with scratch_database() as scratch:
        from tenants.scope import tenant_scope

        with tenant_scope(shop.tenant()):
            _measure(scratch, options.lines, options.rounds)


def _measure(scratch: Scratch, lines: int, rounds: int) -> None:
    bench = Bench(scratch, shop.integration())
    small, _ = _kept(bench, scratch.folder / "small.txt", lines // SMALLER)
    bench.ours(*small)
    before = memory()
    large, seconds = _kept(bench, scratch.folder / "large.txt", lines)
    stated = large[1]
    print(
        f"{stated.lines} lines, {stated.orders} orders, {stated.size / 1e6:.0f} MB; kept (compressed, sealed) in {seconds:.1f} s"
    )
    bench.ours(*large)  # to warm up, and for the floor's file
    after = memory()
    bench.shape()
    floors, ours = [], []
    for number in range(rounds):
        floors.append(bench.floor())
        ours.append(bench.ours(*large))
        steps = ", ".join(f"{name} {took:.1f}" for name, took in ours[-1].steps.items())
        print(f"  round {number + 1}: floor B {floors[-1].total:.1f} s; ours {ours[-1].total:.1f} s ({steps})")
    ratio, each = ratios([took.total for took in ours], [took.total for took in floors])
    goal("settlement to journal", ratio, 1.5, against="floor B", among=each)
    busy, _ = ratios([took.processor for took in ours], [took.processor for took in floors])
    print(f"          processor time, ours and its server process: {busy:.2f} x floor B; what neighbours cannot disturb")
    print(f"          memory of the worker: {after:.0f} MB at its peak, {before:.0f} MB with a tenth of the lines")


def _kept(bench: Bench, path: Path, lines: int) -> tuple[tuple[SourceDocument, settlement_file.Stated], float]:
    stated = settlement_file.write(path, lines)
    begun = time.perf_counter()
    document = shop.keep(bench.made, path)
    return (document, stated), time.perf_counter() - begun


if __name__ == "__main__":
    main()

"""Rows into the database as fast as it takes them: COPY, a handful at a time, read ahead in a thread.

COPY cannot write behind row-level security, so rows go by COPY into a session table and from there into
the protected one, a handful at a time: the session table then never leaves its buffers. While
the database works on one handful, a thread of its own reads and words the next ones. The thread
only reads a file; all writing stays in the caller's transaction. Memory is flat in the number of rows.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from decimal import Decimal
from queue import Empty, Queue
from threading import Event, Thread

from django.db import connection, connections

from reconciliation.engine import Batch, exact, is_marketplace
from tenants.scope import require_tenant_id

# What COPY carries, in the order in which `worded` puts it.
_COLUMNS = (
    "ordinal integer",
    "line_no integer",
    "amount numeric",
    "posted_at timestamptz",
    "quantity integer",
    "transaction_type text",
    "amount_type text",
    "amount_description text",
    "category text",
    "marketplace text",
    "order_ref text",
    "adjustment_ref text",
    "shipment_ref text",
    "item_ref text",
    "sku text",
    "fulfillment text",
)
_NAMES = ", ".join(column.split()[0] for column in _COLUMNS)
_STAGE = f"CREATE TEMP TABLE settlement_load ({', '.join(_COLUMNS)}) ON COMMIT DROP"
_SPREAD = (
    f"INSERT INTO reconciliation_settlementline (tenant_id, settlement_id, {_NAMES}) "  # noqa: S608 - fixed names
    f"SELECT %s, %s, {_NAMES} FROM settlement_load"
)
MISSING = "\\N"  # COPY's sign for NULL
_HANDFUL = 3 << 20  # bytes; about as many again as rows, well within the 8 MB of temp_buffers
_TURN = 0.0003  # seconds
_AHEAD = 2  # handfuls that wait while another one is being stored


class Tally:
    """What one pass over the file adds up to, kept apart from what the database adds up later."""

    def __init__(self) -> None:
        self.rows = 0
        self._units = 0
        self._marketplaces: Counter[bytes] = Counter()

    def add(self, batch: Batch) -> None:
        self.rows += batch.rows
        self._units += batch.units
        self._marketplaces.update(batch.marketplace)

    @property
    def total(self) -> Decimal:
        return exact(self._units)

    def marketplace(self) -> str:
        """The one most rows name, without multi-channel orders; "" when no row names one."""
        named = [(rows, name.decode()) for name, rows in self._marketplaces.items() if name]
        own = [(rows, name) for rows, name in named if is_marketplace(name)]
        return max(own)[1] if own else ""


def load(batches: Iterable[Batch], settlement_pk: int) -> Tally:
    """Store all rows under this settlement, inside the caller's transaction; says what they add up to.

    `batches` is read in another thread and must not need this one's transaction. Its errors come out here.
    """
    tally = Tally()
    with connection.cursor() as cursor, _quick_turns():
        cursor.execute("DROP TABLE IF EXISTS settlement_load")
        cursor.execute(_STAGE)
        for handful in ahead(_handfuls(_worded(batches, tally))):
            with cursor.copy("COPY settlement_load FROM STDIN") as copy:
                copy.write(handful)
            cursor.execute(_SPREAD, [require_tenant_id(), settlement_pk])
            cursor.execute("TRUNCATE settlement_load")
        cursor.execute("DROP TABLE settlement_load")
    return tally


def _worded(batches: Iterable[Batch], tally: Tally) -> Iterator[bytes]:
    """COPY's text format. Cells hold no tab or line end (the reader split on them); a backslash is doubled."""
    for batch in batches:
        tally.add(batch)
        columns = list(batch.columns)
        if batch.escapes:
            columns[5:] = [[text.replace(b"\\", b"\\\\") for text in column] for column in columns[5:]]
        yield b"\n".join(map(b"\t".join, zip(*columns, strict=True))) + b"\n"


def _handfuls(texts: Iterable[bytes]) -> Iterator[bytes]:
    handful: list[bytes] = []
    size = 0
    for text in texts:
        handful.append(text)
        size += len(text)
        if size >= _HANDFUL:
            yield b"".join(handful)
            handful.clear()
            size = 0
    if handful:
        yield b"".join(handful)


@contextmanager
def _quick_turns() -> Iterator[None]:
    """Let threads take turns quickly: whoever stores mostly waits, and must not wait for the interpreter as well."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def ahead(texts: Iterable[bytes]) -> Iterator[bytes]:
    """The same texts, made in a thread of their own, at most a few more than were taken."""
    made: Queue[bytes | BaseException | None] = Queue(_AHEAD)
    given_up = Event()

    def make() -> None:
        try:
            for text in texts:
                if given_up.is_set():
                    return
                made.put(text)
            made.put(None)
        except BaseException as error:  # whatever it is, the taker must get it
            made.put(error)
        finally:
            connections.close_all()

    maker = Thread(target=copy_context().run, args=(make,), name="read-ahead", daemon=True)
    maker.start()
    try:
        while (text := made.get()) is not None:
            if isinstance(text, BaseException):
                raise text
            yield text
    finally:
        given_up.set()
        while maker.is_alive():
            _drain(made)
            maker.join(0.01)


def _drain(queue: Queue[bytes | BaseException | None]) -> None:
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return

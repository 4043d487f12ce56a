"""The first look at a file: its layout, its encoding, and how it writes numbers and dates.

One cheap pass over the bytes. Rows are taken apart only until currency, number style and date style
are proven, which in most files is the second line; after that only the encoding is watched. What
then contradicts the proof is refused where it stands, with its line.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from canonical.problems import N_, Problem, Refused, Severity, Where, declare

from .dates import day_first_evidence, says_itself
from .layout import BINARY, V1_AMOUNTS, FormatVersion, Layout, read_header, refuse_foreign
from .number_format import Evidence, NumberStyle
from .source import FILE_EMPTY, Source, blocks

ENCODING_UNKNOWN = declare(
    "settlement.encoding_unknown",
    N_("The text is in none of the encodings Amazon uses (UTF-8, Windows-1252, Shift-JIS)."),
    N_("Upload the file as downloaded, without opening and saving it in between."),
)
AMBIGUOUS_NUMBERS = declare(
    "settlement.ambiguous_numbers",
    N_("The amounts can be read two ways: %(example)s could be thousands or decimals."),
    N_("Download the report again without changing it. If it really looks like this, ask support: nothing was read."),
)
AMBIGUOUS_DATES = declare(
    "settlement.ambiguous_dates",
    N_("The dates can be read two ways: %(example)s could be day/month or month/day."),
    N_("Download the report again without changing it: Amazon writes dates that cannot be confused."),
)
NO_ROWS = declare(
    "settlement.no_rows",
    N_("The file has a header row and nothing else: there is nothing to post."),
    N_("If the settlement is not empty at Amazon, download the report again."),
    Severity.WARNS,
)

CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8", "cp1252": "cp1252",
    "windows-1252": "cp1252", "iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "cp932": "cp932",
    "windows-31j": "cp932", "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "ms932": "cp932",
}  # fmt: skip

_YEAR_LAST = re.compile(r"\d{1,2}([-/])\d{1,2}\1\d{2,4}(?!\d)")
POSTED_COLUMNS = ("posted-date", "posted-date-time")
DATE_COLUMNS = ("settlement-start-date", "settlement-end-date", "deposit-date", *POSTED_COLUMNS)


@dataclass(frozen=True, slots=True)
class Look:
    """What the first look found. `encoding` is Python's name, "utf-8-sig" where the file has a mark."""

    layout: Layout
    encoding: str
    numbers: NumberStyle
    day_first: bool | None
    currency: str


class TwoReadings(Refused):
    """The file can be read two ways; carries what is certain about it all the same."""

    def __init__(self, found: Look, *problems: Problem) -> None:
        super().__init__(*problems)
        self.found = found


class Encodings:
    """Which encodings still fit every line seen so far."""

    def __init__(self, charset: str | None) -> None:
        self.marked = False
        self.hint = CHARSETS.get((charset or "").strip().strip('"').lower(), "")
        self.fitting = ["utf-8", "cp1252", "cp932"]
        self.japanese = False
        self.only_ascii = True

    def feed(self, block: bytes) -> None:
        if block.isascii():
            return
        self.only_ascii = False
        self.japanese = self.japanese or b".co.jp" in block or b"\tJPY\t" in block
        for encoding in list(self.fitting):
            try:
                block.decode(encoding)
            except UnicodeDecodeError:
                self.fitting.remove(encoding)

    def verdict(self) -> str | None:
        """A stated charset that fits, else UTF-8, else Japanese or Western by the marketplace."""
        if self.marked:
            return "utf-8-sig" if "utf-8" in self.fitting else None
        order = [self.hint, "utf-8", *(("cp932", "cp1252") if self.japanese else ("cp1252", "cp932"))]
        return next((encoding for encoding in order if encoding in self.fitting), None)


class _Styles:
    """Collects proof of the styles from rows until nothing is open."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.numbers = Evidence()
        self.day_first: bool | None = None
        self.unclear_date = ""
        self.clear_rows = False
        self.currency = ""
        self.rows = 0
        amounts = ["total-amount", "amount"]
        if layout.version is FormatVersion.V1:
            amounts = ["total-amount", *(column.amount for column in V1_AMOUNTS)]
        self._amounts = [layout.index[name] for name in amounts if name in layout.index]
        self._posted = {layout.index[name] for name in POSTED_COLUMNS if name in layout.index}
        self._dates = [layout.index[name] for name in DATE_COLUMNS if name in layout.index]

    @property
    def settled(self) -> bool:
        dates = self.day_first is not None or (self.clear_rows and not self.unclear_date)
        return self.numbers.decided and dates and bool(self.currency) and self.rows > 1

    def feed(self, cells: list[str]) -> None:
        self.rows += 1
        for position in self._amounts:
            if position < len(cells) and cells[position]:
                self.numbers.add(cells[position])
        for position in self._dates:
            if position < len(cells) and cells[position].strip():
                self._date(cells[position], position in self._posted)
        self.currency = self.currency or _cell(cells, self.layout.index["currency"])

    def _date(self, text: str, is_posted: bool) -> None:
        """The summary row's dates say nothing about the rows': they may be written another way."""
        proof = day_first_evidence(text)
        if proof is not None:
            self.day_first = proof if self.day_first is None else self.day_first
        elif says_itself(text):
            self.clear_rows = self.clear_rows or is_posted
        elif any(character.isdigit() for character in text):
            self.unclear_date = self.unclear_date or text.strip()


def _cell(cells: list[str], position: int) -> str:
    return cells[position].strip() if position < len(cells) else ""


def look(source: Source, charset: str | None = None) -> Look:
    """Look at the whole file once. Raises Refused when it is no settlement report or can be read two ways."""
    return _verdict(source, *_looked(source, charset, whole=True))


def glance(source: Source, charset: str | None = None) -> tuple[Look, bool]:
    """As `look`, but stops as soon as the styles are proven; False when text outside ASCII may still follow.

    Whoever meets such text then needs a whole `look` for the encoding.
    """
    encodings, styles = _looked(source, charset, whole=False)
    return _verdict(source, encodings, styles), not styles.settled or not encodings.only_ascii


def _looked(source: Source, charset: str | None, *, whole: bool) -> tuple[Encodings, _Styles]:
    encodings = Encodings(charset)
    encodings.marked = next(source.chunks(), b"").startswith(codecs.BOM_UTF8)
    styles: _Styles | None = None
    number = 0
    for block in blocks(source):
        if b"\0" in block or styles is None:
            _refuse_binary(source, block, number)
        encodings.feed(block)
        number += block.count(b"\n")
        if styles is None:
            styles, block = _first_rows(source, block)
        if styles is not None and not styles.settled:
            _feed(styles, block)
        whole = whole or not encodings.only_ascii
        if styles is not None and styles.settled and not whole:
            break
    if styles is None:
        raise source.refuse(FILE_EMPTY)
    return encodings, styles


def _first_rows(source: Source, block: bytes) -> tuple[_Styles | None, bytes]:
    """The header row is the first line that is not blank; the rest of its block are rows."""
    while block:
        line, _, block = block.partition(b"\n")
        if line.strip():
            return _Styles(read_header(source.name, line)), block
    return None, b""


def _feed(styles: _Styles, block: bytes) -> None:
    for line in block.split(b"\n"):
        if line.strip():
            styles.feed(line.decode("cp1252", "replace").split("\t"))
            if styles.settled:
                return


def _refuse_binary(source: Source, block: bytes, number: int) -> None:
    if number == 0:
        refuse_foreign(source.name, block)
    if b"\0" in block:
        line = number + block[: block.index(b"\0")].count(b"\n") + 1
        raise source.refuse(BINARY, line, kind="binary data")


def _verdict(source: Source, encodings: Encodings, styles: _Styles) -> Look:
    encoding = encodings.verdict()
    if encoding is None:
        raise source.refuse(ENCODING_UNKNOWN)
    numbers = styles.numbers.verdict(styles.currency)
    problems = []
    where = Where(file=source.name)
    if numbers is NumberStyle.AMBIGUOUS:
        problems.append(Problem(AMBIGUOUS_NUMBERS, {"example": styles.numbers.ambiguous}, where))
    if styles.unclear_date and styles.day_first is None and _day_month(styles.unclear_date):
        problems.append(Problem(AMBIGUOUS_DATES, {"example": styles.unclear_date}, where))
    found = Look(styles.layout, encoding, numbers, styles.day_first, styles.currency)
    if problems:
        raise TwoReadings(found, *problems)
    return found


def _day_month(text: str) -> bool:
    """Whether the text has the shape of a date at all; junk is refused by line when rows are read."""
    return _YEAR_LAST.match(text) is not None

"""Errors as data: a Problem is a code with parameters and a place, never a sentence.

The sentence and its remedy come from the catalogue in `CATALOGUE`, so that a page, the API and
the command line say the same thing, and translators see every string (`N_` marks it for
gettext; whoever shows it translates it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """What a problem does: BLOCKS posting, asks for a look (WARNS), or only TELLS."""

    BLOCKS = "blocks"
    WARNS = "warns"
    TELLS = "tells"


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a problem: a file and its 1-based line, a field, or a document."""

    file: str = ""
    line: int | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: `code` names an entry of the catalogue, `params` fill its sentence."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    where: Where = Where()

    @property
    def severity(self) -> Severity:
        return CATALOGUE[self.code].severity

    def text(self, translate: Callable[[str], str] = str) -> str:
        return translate(CATALOGUE[self.code].text) % _filled(self.params)

    def remedy(self, translate: Callable[[str], str] = str) -> str:
        return translate(CATALOGUE[self.code].remedy) % _filled(self.params)


class Refused(Exception):
    """Raised where work cannot go on because of problems; carries them as data."""

    def __init__(self, *problems: Problem) -> None:
        self.problems = problems
        super().__init__("; ".join(p.text() for p in problems))


@dataclass(frozen=True, slots=True)
class Entry:
    text: str
    remedy: str
    severity: Severity = Severity.BLOCKS


class _Filled(dict[str, str | int]):
    def __missing__(self, key: str) -> str:
        return "?"


def _filled(params: Mapping[str, str | int]) -> _Filled:
    return _Filled(params)


def N_(message: str) -> str:
    """Marks a string for the translators' extractor; translation happens where it is shown."""
    return message


CATALOGUE: dict[str, Entry] = {}


def declare(code: str, text: str, remedy: str, severity: Severity = Severity.BLOCKS) -> str:
    """Add an entry to the catalogue; a code is declared once, beside the code that raises it."""
    if code in CATALOGUE:
        raise ValueError(f"problem code declared twice: {code}")
    CATALOGUE[code] = Entry(text, remedy, severity)
    return code

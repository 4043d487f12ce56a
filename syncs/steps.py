"""The registry of steps: the words that flow documents are written in.

A step is `name@version`. It takes work items, an API call's or a page's worth at a time, and gives
one outcome for each; it never raises for one item's sake. A lister finds the work to begin with.
Apps register theirs in `AppConfig.ready()`, so that `syncs` knows reconciliation's steps by name alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from canonical.problems import Problem

if TYPE_CHECKING:
    from syncs.pipeline import Context


class Fate(StrEnum):
    """What becomes of an item after a step."""

    ONWARD = "onward"  # to the next step of the chain
    FINISHED = "finished"  # nothing more to do for it
    WAITING = "waiting"  # the same step again, not before a time
    HELD = "held"  # a person must act first
    FAILED = "failed"  # tried again by itself, later and later


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """`input` is what the next step takes; `made` a content hash of what this one made."""

    fate: Fate
    input: Mapping[str, Any] = field(default_factory=dict)
    made: str = ""
    problem: Problem | None = None
    not_before: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Discovery:
    """One piece of work a lister found. `record` names it for ever: it is never discovered twice."""

    record: str
    title: str
    input: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of discoveries and the cursor to move the watermark to, in the same commit."""

    found: list[Discovery]
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class ItemView:
    """A work item as a step sees it: ids and small facts, no row to write to."""

    id: int
    record: str
    input: Mapping[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class Editable:
    """One field of an item's input that a person may change before a retry, when this step holds it.

    `kind` is text, date, amount, choice (one of `choices`) or reference (an active object of the ledger of
    kind `reference`: account, item, customer, tax_code). `pattern` is a regular expression the whole text
    must match. What is `private` (a buyer's name) is audited as a digest.
    """

    key: str
    label: str
    kind: str = "text"
    choices: tuple[tuple[str, str], ...] = ()
    reference: str = ""
    pattern: str = ""
    required: bool = True
    private: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """`name@version`, what it takes and makes (for pickers), whether it writes outside, and its function.

    `editable` names what a person may correct in an item this step holds; everything else of the input is ours.
    """

    name: str
    title: str
    takes: str
    makes: str
    run: Callable[[Context, Sequence[ItemView]], list[StepOutcome]]
    params_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "additionalProperties": False})
    writes: bool = False
    page: int = 1
    fills_calls: bool = False  # the page is cut to what fills whole calls to the ledger
    # One item may keep a worker busy for many seconds: it is done on the long queue, where nobody waits behind it.
    heavy: bool = False
    editable: tuple[Editable, ...] = ()


@dataclass(frozen=True, slots=True)
class Lister:
    """A step at the head of a flow: lists changes since the watermark of its `stream`."""

    name: str
    title: str
    makes: str
    stream: str
    pages: Callable[[Context, str], Iterator[Page]]
    params_schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "object", "additionalProperties": False})


_STEPS: dict[str, Step] = {}
_LISTERS: dict[str, Lister] = {}


def register(step: Step | Lister) -> None:
    """Make a step known. Registering the same function again is harmless; another under its name is not."""
    table: dict[str, Any] = _LISTERS if isinstance(step, Lister) else _STEPS
    if step.name in _STEPS.keys() | _LISTERS.keys() and table.get(step.name) != step:
        raise ValueError(f"two steps are called {step.name}")
    table[step.name] = step


def writes(name: str) -> bool:
    """Whether the step writes outside. False for a name nobody registered."""
    known = _STEPS.get(name)
    return known is not None and known.writes


def is_heavy(name: str) -> bool:
    """Whether the step belongs on the long queue. False for a name nobody registered."""
    known = _STEPS.get(name)
    return known is not None and known.heavy


def editable(name: str) -> tuple[Editable, ...]:
    """What may be corrected in an item that stands at this step; nothing for a name nobody registered."""
    known = _STEPS.get(name)
    return known.editable if known else ()


def step(name: str) -> Step:
    return _STEPS[name]


def lister(name: str) -> Lister:
    return _LISTERS[name]


def is_lister(name: str) -> bool:
    return name in _LISTERS


def known() -> list[str]:
    return sorted(_STEPS.keys() | _LISTERS.keys())

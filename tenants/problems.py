"""Problems as a page shows them: translated words for what is kept as codes and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext as _

from canonical.problems import CATALOGUE, Problem, Severity, Where


@dataclass(frozen=True, slots=True)
class Shown:
    """One problem in words. `place` names file, line or field; `severity` is blocks, warns or tells."""

    code: str
    text: str
    remedy: str
    severity: str
    place: str


def stored(problem: Problem) -> dict[str, Any]:
    """A problem as it is kept in a JSON column."""
    where = problem.where
    return {
        "code": problem.code,
        "params": dict(problem.params),
        "where": {"file": where.file, "line": where.line, "field": where.field},
        "severity": problem.severity.value,
    }


def shown(item: Problem | Mapping[str, Any] | Shown) -> Shown:
    """Put a problem into words; a code this release does not know is shown as it is, never hidden."""
    if isinstance(item, Shown):
        return item
    problem = item if isinstance(item, Problem) else _problem(item)
    if problem.code not in CATALOGUE:
        remedy = _("Send us this code; nothing was changed.")
        return Shown(problem.code, problem.code, remedy, Severity.BLOCKS.value, _place(problem.where))
    return Shown(problem.code, problem.text(gettext), problem.remedy(gettext), problem.severity.value, _place(problem.where))


def _problem(item: Mapping[str, Any]) -> Problem:
    where = item.get("where") or {}
    place = Where(file=where.get("file") or "", line=where.get("line"), field=where.get("field") or "")
    return Problem(code=str(item.get("code", "")), params=item.get("params") or {}, where=place)


def _place(where: Where) -> str:
    parts = [PurePath(where.file).name] if where.file else []  # the folder it was read in tells nobody anything
    if where.line is not None:
        parts.append(_("line %(line)s") % {"line": where.line})
    if where.field:
        parts.append(where.field)
    return ", ".join(parts)

"""Nothing but syncs/posting writes documents to a ledger: read from the source, so that a new caller cannot hide."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from syncs import hooks

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = ("config", "reconciliation", "syncs", "connections", "tenants")
WRITERS = {"post", "remove"}


def target_calls(path: Path) -> list[str]:
    """Calls like `<something>.target.post(...)` or `target.remove(...)` in a file."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if name == "target":
                found.append(node.func.attr)
    return found


def test_only_the_open_ledger_of_posting_calls_a_targets_writes() -> None:
    callers = {
        str(path.relative_to(ROOT)): target_calls(path)
        for package in PRODUCT
        for path in (ROOT / package).rglob("*.py")
        if target_calls(path)
    }
    assert callers == {"syncs/posting/ledgers.py": ["post", "remove"]}


def test_every_hook_point_stands_in_the_code_exactly_where_tests_kill() -> None:
    text = "".join(path.read_text() for path in [*(ROOT / "syncs" / "posting").glob("*.py"), ROOT / "syncs" / "pipeline.py"])
    passed = {point for point in hooks.POINTS if f'hooks.at("{point}")' in text}
    assert passed == set(hooks.POINTS)
    assert len(hooks.POSTING) >= 12


@pytest.mark.parametrize("spec", ["nowhere:kill", "sent:explode"])
def test_a_hook_that_does_not_exist_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="there is no hook"):
        hooks.parse(spec)


def test_a_hook_strikes_the_time_it_is_told_to() -> None:
    handler = hooks.parse("sent:raise@2")
    assert handler is not None
    handler("sent")
    with pytest.raises(hooks.Interrupted):
        handler("sent")
    handler("sent")

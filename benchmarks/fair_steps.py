"""What the shops of the fairness benchmark do: a step that waits for a provider, and one that keeps us busy ourselves.

Imported by the workers of `benchmarks.fairness`; the product never sees it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from syncs.models import Integration
from syncs.steps import Fate, ItemView, Step, StepOutcome, register

CALL_S = 0.05
FLOW: dict[str, Any] = {
    "schema": "workflow/1",
    "key": "bench",
    "name": "Bench",
    "nodes": [
        {"id": "a", "type": "trigger.schedule", "v": 1, "name": "", "params": {}},
        {"id": "b", "type": "bench.work", "v": 1, "name": "", "params": {}},
    ],
    "edges": [{"id": "1", "from": "a", "to": "b"}],
}


def work(ctx: Any, items: Sequence[ItemView]) -> list[StepOutcome]:
    """As its record says: "call" waits as for an answer, anything else reads a row and goes on at once."""
    for item in items:
        if item.record.startswith("call"):
            time.sleep(CALL_S)
        else:
            Integration.objects.filter(pk=ctx.integration.pk).exists()
    return [StepOutcome(Fate.ONWARD) for _item in items]


register(Step("bench.work@1", "Work", "x", "x", work))

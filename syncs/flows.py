"""Reading flow documents: a `workflow/1` document as the chain of steps it stands for.

Shipped flows are JSON files in `templates/`. For now a flow is a trigger and a chain; the document
format already carries more (ux: branches, conditions), and whatever this reader cannot run it refuses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from canonical.problems import Problem, Refused, declare
from syncs import steps as registry
from syncs.models import Flow, FlowVersion

TEMPLATES = Path(__file__).parent / "templates"
_LAYOUT = ("notes", "samples")

NOT_A_CHAIN = declare(
    "flow.not_a_chain",
    "The flow is not a trigger followed by one chain of steps (%(detail)s).",
    "Restore the shipped version of the flow, or mend the step it names.",
)


@dataclass(frozen=True, slots=True)
class Chain:
    """A flow ready to run: what lists the work, then the steps every item passes, in order."""

    key: str
    trigger: Mapping[str, Any]
    listers: tuple[registry.Lister, ...]
    steps: tuple[registry.Step, ...]
    max_attempts: int

    def after(self, name: str) -> registry.Step | None:
        names = [step.name for step in self.steps]
        position = names.index(name) + 1
        return self.steps[position] if position < len(names) else None


def doc_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of the document without layout, notes and samples: moving a box changes nothing."""
    kept = {key: value for key, value in document.items() if key not in _LAYOUT}
    kept["nodes"] = [{key: value for key, value in node.items() if key != "ui"} for node in document["nodes"]]
    return hashlib.sha256(json.dumps(kept, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def chain(document: Mapping[str, Any]) -> Chain:
    """The chain a document stands for; raises Refused(flow.not_a_chain) for anything else."""
    if document.get("schema") != "workflow/1":
        raise _refused("its schema is not workflow/1")
    ordered = _in_order(document)
    trigger, names = ordered[0], [f"{node['type']}@{node['v']}" for node in ordered[1:]]
    if not str(trigger["type"]).startswith("trigger."):
        raise _refused("it does not begin with a trigger")
    unknown = [name for name in names if name not in registry.known()]
    if unknown:
        raise _refused(f"unknown step {unknown[0]}")
    heads = [name for name in names if registry.is_lister(name)]
    if names[: len(heads)] != heads:
        raise _refused("a listing step stands behind a working step")
    retry = document.get("settings", {}).get("retry", {})
    return Chain(
        key=str(document["key"]),
        trigger=trigger,
        listers=tuple(registry.lister(name) for name in heads),
        steps=tuple(registry.step(name) for name in names[len(heads) :]),
        max_attempts=int(retry.get("max_attempts", 8)),
    )


def install(template: str) -> FlowVersion:
    """The tenant's current version of a shipped flow; a changed shipped document becomes a new version."""
    document = json.loads((TEMPLATES / f"{template}.json").read_text())
    flow, _made = Flow.objects.get_or_create(key=template, defaults={"name": document["name"], "template": template})
    digest = doc_hash(document)
    latest = FlowVersion.objects.filter(flow=flow).order_by("-number").first()
    if latest is not None and latest.doc_hash == digest:
        return latest
    number = 1 if latest is None else latest.number + 1
    return FlowVersion.objects.create(flow=flow, number=number, document=document, doc_hash=digest)


def template_for(source_provider: str, ledger_provider: str, record: str = "settlement") -> str:
    """The shipped flow of a pair for one kind of record: named by convention, so that a pair's own flow is a new file.

    A pair without one of its own shares the flow of its source into any ledger, which is what most do.
    """
    own = f"{source_provider}-{record}-to-{ledger_provider.replace('_', '-')}"
    return own if (TEMPLATES / f"{own}.json").exists() else f"{source_provider}-{record}-to-ledger"


def _in_order(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    nodes = {node["id"]: node for node in document["nodes"]}
    following: dict[str, str] = {}
    for edge in document["edges"]:
        if edge["from"] in following:
            raise _refused(f"step {edge['from']} has two ways out")
        following[edge["from"]] = edge["to"]
    heads = set(nodes) - set(following.values())
    if len(heads) != 1:
        raise _refused("it has no single beginning")
    at: str | None = heads.pop()
    ordered: list[Mapping[str, Any]] = []
    while at is not None and len(ordered) <= len(nodes):
        ordered.append(nodes[at])
        at = following.get(at)
    if len(ordered) != len(nodes):
        raise _refused("not every step is reached once")
    return ordered


def _refused(detail: str) -> Refused:
    return Refused(Problem(NOT_A_CHAIN, {"detail": detail}))

"""`fields=items[entity_id,increment_id],total_count`: an answer trimmed to what was named."""

from __future__ import annotations

import re
from typing import Any

Tree = dict[str, "Tree | None"]


def project(data: Any, wanted: str) -> Any:
    """Only the named properties, at every depth; names that aren't there are passed over."""
    tokens = re.findall(r"[^\[\],\s]+|[\[\],]", wanted)
    return _trimmed(data, _tree(tokens)) if tokens else data


def _tree(tokens: list[str]) -> Tree:
    """Reads up to the closing bracket."""
    tree: Tree = {}
    last = ""
    while tokens:
        part = tokens.pop(0)
        if part == "]":
            break
        if part == "[":
            tree[last] = _tree(tokens)
        elif part != ",":
            tree.setdefault(part, None)
            last = part
    return tree


def _trimmed(data: Any, tree: Tree) -> Any:
    if isinstance(data, list):
        return [_trimmed(one, tree) for one in data]
    if not isinstance(data, dict):
        return data
    return {name: data[name] if inner is None else _trimmed(data[name], inner) for name, inner in tree.items() if name in data}

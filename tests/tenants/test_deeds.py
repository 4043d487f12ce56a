"""Whatever the audit trail holds has words that people read, not codes."""

from __future__ import annotations

import re

from config import data_dir
from tenants.deeds import deed_word

ROOMS = ("tenants", "connections", "syncs", "reconciliation", "config")


def test_every_deed_that_is_audited_has_words() -> None:
    files = [file for room in ROOMS for file in (data_dir.BASE_DIR / room).rglob("*.py")]
    deeds = {deed for file in files for deed in re.findall(r"\baudit\(\s*\"([a-z_]+\.[a-z_]+)\"", file.read_text("utf-8"))}
    assert len(deeds) > 40
    assert sorted(deed for deed in deeds if deed_word(deed) == deed) == []

"""What a test tells the processes it tortures: the time, and where to die. A file, because they share nothing else.

Only the entries in this folder read it; the product knows nothing of it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

VARIABLE = "TIEOUT_TEST_CONTROLS"


class Controls:
    """The file; `offset` in seconds and `hooks` by host name."""

    def __init__(self, path: Path) -> None:
        self.path, self.offset, self.hooks = path, 0.0, dict[str, str]()
        self.write()

    def write(self) -> None:
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"offset": self.offset, "hooks": self.hooks}))
        draft.replace(self.path)


def obey() -> None:
    """Take over time and hooks as they are told now."""
    from django.conf import settings

    from syncs import hooks

    told = json.loads(Path(os.environ[VARIABLE]).read_text())
    settings.CLOCK_OFFSET = told["offset"]
    spec = told["hooks"].get(os.environ.get("TIEOUT_TEST_HOST", ""), "")
    if spec != getattr(obey, "spec", ""):  # a hook that counts must go on counting
        hooks._handler, obey.spec = hooks.parse(spec), spec  # type: ignore[attr-defined]


def keep_obeying() -> None:
    """In a thread of its own, for processes that run no tasks."""

    def follow() -> None:
        while True:
            obey()
            time.sleep(0.05)

    obey()
    threading.Thread(target=follow, daemon=True).start()

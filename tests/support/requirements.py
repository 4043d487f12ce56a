"""What a test needs from the machine. A missing need skips with its reason; TIEOUT_REQUIRE turns that into a failure.

TIEOUT_REQUIRE=browser,contracts,brokers is what `.ci/run` sets for whatever it finds or installs.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.data_dir import BASE_DIR

NEEDS = {"browser": {"browser", "page"}, "contracts": {"shared"}, "brokers": {"broker"}}


def required() -> set[str]:
    return {word.strip() for word in os.environ.get("TIEOUT_REQUIRE", "").split(",") if word.strip()}


def shared_folder() -> Path | None:
    """The folder of contracts and samples beside the project, if this machine has one."""
    folder = Path(os.environ.get("TIEOUT_SHARED") or BASE_DIR.parent / "shared")
    return folder if (folder / "contracts").is_dir() else None


def chromium() -> str | None:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def _unmet(item: pytest.Item) -> str | None:
    """The required need whose absence a skip of this test would hide."""
    names = set(getattr(item, "fixturenames", ()))
    for need, fixtures in NEEDS.items():
        if need in required() and (item.get_closest_marker(need) or names & fixtures):
            return need
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    if report.skipped and not hasattr(report, "wasxfail") and (need := _unmet(item)):
        report.outcome = "failed"
        report.longrepr = f"skipped although TIEOUT_REQUIRE names {need}: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    """A module skipped as a whole has no tests to look at: with any requirement that is a failure."""
    report: Any = yield
    if report.skipped and required():
        report.outcome = "failed"
        report.longrepr = f"a whole module was skipped although TIEOUT_REQUIRE is set: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The providers' own schemas and the sample files."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("no shared folder beside the project (set TIEOUT_SHARED)")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium, driven by Playwright."""
    program = chromium()
    if program is None:
        pytest.skip("no Chromium found (set CHROMIUM, or install the package chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield opened
        opened.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]

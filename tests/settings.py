"""The product's settings, pointed at a database and a data folder that only this test process uses."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from config import data_dir

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
TEST_DATA = Path(os.environ.setdefault("TIEOUT_TEST_DATA", str(data_dir.data_dir() / "test")))
os.environ["READ_DOTENV"] = "off"
os.environ["TIEOUT_ENV"] = "development"

if "pytest" in sys.modules:  # a process started by a test keeps what it inherits
    from config import embedded
    from tests.support.urls import with_database

    # Without a server of their own, tests start the embedded one; a worker inherits its controller's answer.
    os.environ.setdefault("TIEOUT_TEST_EMBEDDED", "" if os.environ.get("DATABASE_URL") else "yes")
    os.environ["TIEOUT_DATA"] = str(TEST_DATA / f"{WORKER}-{os.getpid()}")
    base = os.environ.get("DATABASE_URL") or embedded.place(TEST_DATA).url("app")
    for name in ("DATABASE_URL", "DATABASE_URL_OWNER", "DATABASE_URL_CONSOLE"):
        if name == "DATABASE_URL" or name in os.environ:
            os.environ[name] = with_database(os.environ.get(name) or base, f"tieout_test_{WORKER}_{os.getpid()}")

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = False

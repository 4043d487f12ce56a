"""The Celery application. A message is only a wake-up: the row it names is the truth."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from celery import Celery
from celery.exceptions import SecurityWarning
from kombu.transport import TRANSPORT_ALIASES

TRANSPORT_ALIASES["folder"] = "config.queue:Transport"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if os.environ.get("C_FORCE_ROOT"):  # the supervisor runs as whoever typed make; it said yes to this
    warnings.simplefilter("ignore", SecurityWarning)

app = Celery("tieout")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def _make_queue_folders() -> None:
    """The embedded broker is a folder; it must be there before the first message, whoever sends it."""
    options = app.conf.broker_transport_options
    for key in ("data_folder_in", "control_folder"):
        if key in options:
            Path(options[key]).mkdir(parents=True, exist_ok=True)


app.on_after_configure.connect(lambda **_kwargs: _make_queue_folders(), weak=False)

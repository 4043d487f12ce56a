"""Celery as it is run in service, by the very same arguments, but living at the time and dying at the place a test says.

python -m tests.faults.celery_entry worker ...
python -m tests.faults.celery_entry beat ...
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from celery import signals

    from config.celery import app
    from tests.faults import controls

    app.loader.import_default_modules()
    signals.task_prerun.connect(lambda **_told: controls.obey(), weak=False)
    if "beat" in sys.argv:
        controls.keep_obeying()
    app.start(argv=sys.argv[1:])


if __name__ == "__main__":
    main()

"""WSGI entry of the web process (and, with TIEOUT_ROLE=console, of the operator console)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

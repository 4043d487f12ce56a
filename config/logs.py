"""Logs for people who run this: what happened to which ids, never whose money or whose token.

Every record passes one filter that blanks anything named like a secret and anything that looks like
a bearer token, in messages and in fields. Libraries that log request bodies are kept at WARNING.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any

import structlog
from structlog.types import EventDict, Processor

SECRET_NAMES = re.compile(r"(token|secret|password|authori[sz]ation|cookie|api[_-]?key|refresh|totp|seed)", re.IGNORECASE)
SECRET_SHAPES = re.compile(
    r"(Atz[ar]\|[^\s\"'&,;]+"  # Login with Amazon access and refresh tokens
    r"|tie_(?:live|test)_[0-9A-Za-z]+|whsec_[0-9A-Za-z+/=]+"  # our own API keys and webhook secrets
    r"|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*"  # JSON web tokens (Intuit access tokens)
    r"|(?<=Bearer )[^\s\"',;]+|(?<=Basic )[^\s\"',;]+"
    r"|(?<=token=)[^&\s\"']+|(?<=code=)[^&\s\"']{6,}|(?<=secret=)[^&\s\"']+|(?<=password=)[^&\s\"']+|(?<=state=)[^&\s\"']{8,})",
    re.IGNORECASE,
)
BLANK = "[hidden]"
# kombu announces at WARNING that the folder queue has no host name.
SILENT = ("kombu.connection",)
QUIET = ("sp_api", "httpx", "httpcore", "urllib3", "botocore", "kombu", "amqp", "parso", "asyncio", "faker")


def redact(value: Any) -> Any:
    """The value with secrets blanked: texts by their shape, mappings by their keys, recursively."""
    if isinstance(value, str):
        return SECRET_SHAPES.sub(BLANK, value)
    if isinstance(value, Mapping):
        return {key: BLANK if SECRET_NAMES.search(str(key)) else redact(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(redact(item) for item in value) if type(value) in (list, tuple) else value
    return value


def redact_event(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """A structlog processor."""
    blanked: EventDict = redact(event)
    return blanked


class Redaction(logging.Filter):
    """The same for records of the standard library."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.msg, str):
            record.msg = redact(record.msg)
        if record.args:
            record.args = redact(dict(record.args) if isinstance(record.args, Mapping) else record.args)
        return True


def logging_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING; structlog is configured beside it, once."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"redaction": {"()": Redaction}},
        "formatters": {"line": {"()": structlog.stdlib.ProcessorFormatter, "processor": renderer, "foreign_pre_chain": shared}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["redaction"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            **{name: {"level": "WARNING"} for name in QUIET},
            **{name: {"level": "ERROR"} for name in SILENT},
            "django_structlog": {"level": "WARNING"},
            "django.server": {"handlers": [], "propagate": True},
        },
    }

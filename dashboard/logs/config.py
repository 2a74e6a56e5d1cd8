"""The logging of the process: structlog's events and everybody else's records end in the same lines."""

from typing import Any

import structlog
from structlog.typing import Processor

from dashboard.logs.processors import add_actor, redact_event


def shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        add_actor,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
    ]


def renderers(*, as_json: bool) -> list[Processor]:
    """Exceptions become text before the redaction, so that a secret in one is taken out too."""
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    last += [structlog.processors.format_exc_info, redact_event]
    if as_json:
        last.append(structlog.processors.JSONRenderer(default=str, ensure_ascii=False))
    else:
        last.append(structlog.dev.ConsoleRenderer(colors=False, pad_event_to=32))
    return last


def logging_settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING, and structlog configured to match it."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_processors()[:-1],
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.processors.StackInfoRenderer(),
            structlog.processors.UnicodeDecoder(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "event": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": renderers(as_json=as_json),
                "foreign_pre_chain": shared_processors(),
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"level": "INFO", "propagate": True, "handlers": []},
            "django.server": {"level": "WARNING", "propagate": True, "handlers": []},
            "procrastinate": {"level": "WARNING", "propagate": True},
            "stripe": {"level": "WARNING", "propagate": True},
            "fontTools": {"level": "WARNING", "propagate": True},
            "weasyprint": {"level": "WARNING", "propagate": True},
        },
    }

"""What scenarios share: the lines of the log, as they would stand in it."""

import logging
from collections.abc import Iterator

import pytest
import structlog

from dashboard.logs.config import renderers, shared_processors


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What every logger writes, as it would stand in the log."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=renderers(as_json=True), foreign_pre_chain=shared_processors()
        )
    )
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)

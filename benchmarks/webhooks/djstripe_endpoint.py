"""The id in the address of the benchmark's dj-stripe site."""

from typing import Any

UUID = "5f3a7c1e-6f0e-4a39-9d53-0c1b4f5f7a10"


def only_store(trigger: Any, api_key: str) -> None:
    """In place of dj-stripe's own processing: the message is verified and stored, and nothing more."""

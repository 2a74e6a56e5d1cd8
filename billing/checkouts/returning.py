"""Where a customer may be sent back to. Pure."""

from collections.abc import Collection
from urllib.parse import urlsplit

LONGEST_URL = 2_000
HERE = ("localhost", "127.0.0.1")


def safe_return(url: str, hosts: Collection[str], default: str) -> str:
    """The address, where it is on one of ``hosts`` or on a subdomain of one; else ``default``.

    Whole https addresses only (plain http on this very machine, where it is one of the hosts); without user
    names, odd characters, or a name that only looks like one of ours.
    """
    if (
        not url
        or len(url) > LONGEST_URL
        or not url.isascii()
        or any(c <= " " or c in '\\<>"`{|}^' for c in url)
    ):
        return default
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # quiet: what cannot be read as an address is not one that we send anybody to
        return default
    host = (parts.hostname or "").lower()
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        return default
    if parts.netloc.endswith(":") or not _is_ours(host, hosts):
        return default
    if host in HERE:
        return url if parts.scheme in ("http", "https") else default
    return url if parts.scheme == "https" and port in (None, 443) else default


def _is_ours(host: str, hosts: Collection[str]) -> bool:
    if not host or host.endswith(".") or ".." in host:
        return False
    return any(
        host == name or (name not in HERE and host.endswith(f".{name}"))
        for name in (each.lower().strip(".") for each in hosts)
        if name
    )

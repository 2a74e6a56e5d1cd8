"""What a checkout may become, how often one may buy, and where a customer may be sent back to. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from billing.errors import NotAllowed
from billing.history.machines import Machine, moves

MACHINE = Machine(
    "checkoutsession",
    moves("""
        starting → open | complete | expired | failed
        open → complete | expired
        expired → complete
    """),
    moves("""
        failed → open | complete
        open → complete | expired
        expired → complete
    """),
)

#: How many purchases an account may start within an hour.
MOST_AN_HOUR = 10
HOUR = timedelta(hours=1)
#: How long a page can be paid on.
OPEN_FOR = timedelta(hours=1)
#: Two of the same thing so soon after each other are probably one too many.
DOUBLE_WITHIN = timedelta(minutes=10)
MOST_AT_ONCE = 100
LONGEST_URL = 2_000
HERE = ("localhost", "127.0.0.1")


def check_pace(started: Sequence[datetime], now: datetime) -> None:
    """Raises `NotAllowed` for one purchase too many within an hour; says when the next may start."""
    recent = sorted(at for at in started if at > now - HOUR)
    if len(recent) < MOST_AN_HOUR:
        return
    free_at = recent[-MOST_AN_HOUR] + HOUR
    raise NotAllowed(
        "too_many_purchases",
        f"This account has started {len(recent)} purchases within an hour; {MOST_AN_HOUR} are allowed. "
        f"The next can start at {free_at:%H:%M} UTC.",
        retry_helps=True,
        facts={"started": len(recent), "free_at": free_at.isoformat()},
    )


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

"""Who sent a message: the address that connected, or what configured proxies say of it."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network


def sender_of(peer: str, forwarded: str, proxies: Sequence[str]) -> str:
    """The sender's address, "" when unknown.

    ``forwarded`` (X-Forwarded-For) is believed only when ``peer`` is one of the proxies, and read from its
    end: the last address that is no proxy of ours is the sender. What stands before it anybody may have
    written.
    """
    found = peer
    if not forwarded or not is_proxy(peer, tuple(proxies)):
        return found
    for told in reversed(forwarded.split(",")):
        address = bare(told)
        if not address:
            return found
        found = address
        if not is_proxy(found, tuple(proxies)):
            break
    return found


def bare(told: str) -> str:
    """203.0.113.9, 203.0.113.9:4711, [2001:db8::1]:4711: the address alone; "" for what is none."""
    text = told.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:  # quiet: the header said nothing that can be used
        return ""


@lru_cache(maxsize=4096)
def is_proxy(address: str, proxies: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:  # quiet: a socket in the file system has no address; no network holds it
        return False
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in ip_network(network) for network in proxies)

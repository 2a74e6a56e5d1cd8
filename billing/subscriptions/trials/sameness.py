"""When two e-mail addresses, network addresses or devices count as the same. Pure."""

import unicodedata
from ipaddress import IPv4Address, IPv6Address, ip_address

from billing.errors import InvalidInput

__all__ = ["domain_of", "same_device", "same_email", "same_network"]

#: Names of one provider for the same mailboxes.
ALIASES = {"googlemail.com": "gmail.com", "pm.me": "proton.me", "protonmail.com": "proton.me"}
#: Where dots in a mailbox's name mean nothing.
DOTLESS = frozenset({"gmail.com"})
#: A network's part of an IPv6 address: a household or a machine has at least as much to itself.
IPV6_BITS = 64
LONGEST = 320


def same_email(address: str) -> str:
    """The address as all its spellings have it in common; two are equal when they reach one mailbox.

    Case and width of letters do not count, neither does what follows a plus sign, nor dots at Gmail, whose
    other name is googlemail; international domains are compared in their ASCII form. Raises `InvalidInput`.
    """
    text = unicodedata.normalize("NFKC", address).strip()
    local, at, domain = text.rpartition("@")
    if not at or not local or len(text) > LONGEST or any(c.isspace() or not c.isprintable() for c in text):
        raise _no_address()
    local, domain = local.casefold(), _ascii(domain)
    domain = ALIASES.get(domain, domain)
    local = local.partition("+")[0] or local
    if domain in DOTLESS:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def domain_of(email: str) -> str:
    """The domain of an address as `same_email` gives it."""
    return email.rpartition("@")[2]


def same_network(address: str) -> str:
    """The network that an IP address stands for: itself, or the first 64 bits of an IPv6 one.

    An IPv4 address written as IPv6 is the IPv4 one. Empty stays empty. Raises `InvalidInput`.
    """
    text = address.strip()
    if not text:
        return ""
    try:
        found: IPv4Address | IPv6Address = ip_address(text.partition("%")[0])
    except ValueError as error:
        raise InvalidInput(
            "address_unreadable", "Address: this is no IP address, such as 203.0.113.9 or 2001:db8::1."
        ) from error
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if isinstance(found, IPv6Address):
        prefix = int(found) >> (128 - IPV6_BITS) << (128 - IPV6_BITS)
        return f"{IPv6Address(prefix)}/{IPV6_BITS}"
    return str(found)


def same_device(signal: str) -> str:
    """What the host sends about a device, as it stands but for blanks around it."""
    return signal.strip()


def _ascii(domain: str) -> str:
    """The domain as the network knows it. Raises `InvalidInput`."""
    bare = domain.strip().rstrip(".").casefold()
    try:
        found = bare.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise _no_address() from error
    if "." not in found or ".." in found:
        raise _no_address()
    return found


def _no_address() -> InvalidInput:
    return InvalidInput("email_unreadable", "E-mail: enter a whole address, such as ines@halden.example.")

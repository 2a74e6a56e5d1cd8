"""The certificates that PayPal signs its messages with: fetched from PayPal only, and believed only with a
chain to a root that is trusted here. The address in a message was chosen by whoever sent it."""

import threading
import warnings
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import certifi
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection

from billing.gateways.errors import NotSetUp

CONNECT_SECONDS, READ_SECONDS = 3, 5
LARGEST = 64 * 1024
MOST_IN_A_CHAIN = 6
SMALLEST_KEY = 2048
#: How long a certificate is kept, and for how long one that could not be had is not asked for again.
KEPT = timedelta(hours=6)
NOT_AGAIN = timedelta(seconds=30)
MOST_KEPT = 16


class BadCertificate(Exception):
    """The address is not PayPal's, or what stands there is no certificate of PayPal's. Names no secret."""


@dataclass(frozen=True, slots=True)
class Held:
    """A key until ``until``, or why there is none."""

    until: datetime
    key: RSAPublicKey | None = None
    why: str = ""


_held: dict[str, Held] = {}
_lock = threading.Lock()


def key_at(url: str, *, now: datetime) -> RSAPublicKey:
    """The public key of the certificate at an address of PayPal's, valid now.

    Kept in this process, and the certificate itself in the shared cache, where each process checks it for
    itself. Raises `BadCertificate`, and `NotSetUp` when PayPal cannot be reached: then the sender shall come
    again.
    """
    require_paypal(url)
    held = _held.get(url)
    if held is None or held.until <= now:
        held = _obtain(url, now)
        _keep(url, held)
    if held.key is None:
        raise BadCertificate(held.why)
    return held.key


def forget() -> None:
    """Forgets the certificates of this process."""
    with _lock:
        _held.clear()


def require_paypal(url: str) -> None:
    """Raises `BadCertificate` unless it is https on a host below paypal.com, or stands at PAYPAL_API_BASE.

    No name and password, no other port, no blanks, no backslashes, nothing behind a # or a ?.
    """
    if not url or len(url) > 500 or not url.isascii() or any(c in url for c in " \t\r\n\\#?@%"):
        raise BadCertificate("The certificate's address is not one of PayPal's.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadCertificate("The certificate's address is not one of PayPal's.") from None
    base = urlsplit(settings.PAYPAL_API_BASE)
    if (parts.scheme, parts.netloc.lower()) == (base.scheme, base.netloc.lower()):
        return
    if parts.scheme != "https" or port not in (None, 443) or not _is_paypals(host):
        raise BadCertificate("The certificate's address is not one of PayPal's.")


def _is_paypals(name: str) -> bool:
    return name == "paypal.com" or (name.endswith(".paypal.com") and ".." not in name)


def _obtain(url: str, now: datetime) -> Held:
    """From the shared cache, else from PayPal."""
    name = f"paypal-certificate:{sha256(url.encode()).hexdigest()}"
    pem = _shared(name)
    try:
        if pem is not None:
            with suppress(BadCertificate):  # It has ended, or was renewed at the same address: fetched anew.
                return _good(pem, now)
        pem = _fetch(url)
        held = _good(pem, now)
    except BadCertificate as refusal:
        return Held(now + NOT_AGAIN, why=str(refusal))
    _shared(name, pem)
    return held


def _good(pem: bytes, now: datetime) -> Held:
    key, until = judge(pem, now=now)
    return Held(min(now + KEPT, until), key)


def _shared(name: str, pem: bytes | None = None) -> bytes | None:
    """What all processes keep together; reads it, or writes it where something is given. Without a database
    each keeps its own. Called outside of requests too, so the connection is given back."""
    try:
        if pem is not None:
            cache.set(name, pem, timeout=int(KEPT.total_seconds()))
        found = cache.get(name)
    except DatabaseError:  # quiet: the message itself will find out that there is no database
        found = None
    if not connection.in_atomic_block:
        connection.close()
    return found if isinstance(found, bytes) else None


def _keep(url: str, held: Held) -> None:
    """A flood of addresses that hold nothing never drives out a key that is in use."""
    with _lock:
        if len(_held) >= MOST_KEPT and url not in _held:
            useless = [each for each, known in _held.items() if known.key is None]
            for each in useless or [min(_held, key=lambda known: _held[known].until)]:
                del _held[each]
        _held[url] = held


def _fetch(url: str) -> bytes:
    try:
        with requests.get(
            url,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
            stream=True,
            auth=lambda request: request,
        ) as answer:
            status = answer.status_code
            pem = answer.raw.read(LARGEST + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise NotSetUp(
            "certificate_unreachable",
            "PayPal's certificate could not be fetched; the message shall come again.",
        ) from error
    if status >= 500:
        raise NotSetUp("certificate_unreachable", "PayPal's certificate could not be fetched just now.")
    if status != 200 or len(pem) > LARGEST:
        raise BadCertificate("There is no certificate at the address that the message names.")
    return bytes(pem)


def judge(pem: bytes, *, now: datetime) -> tuple[RSAPublicKey, datetime]:
    """The key of the first certificate, and when it ends. Raises `BadCertificate` unless its chain leads to a
    trusted root, all of it is valid now, and it was issued to a host below paypal.com."""
    try:
        chain = x509.load_pem_x509_certificates(pem)
        leaf = chain[0]
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = [each for each in names.get_values_for_type(x509.DNSName) if _is_paypals(each.lower())]
        key = leaf.public_key()
    except (ValueError, IndexError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise BadCertificate("What stands at the certificate's address is no certificate.") from error
    plain = [each for each in hosts if "*" not in each]
    if not plain or len(chain) > MOST_IN_A_CHAIN:
        raise BadCertificate("The certificate was not issued to PayPal.")
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_KEY:
        raise BadCertificate("The certificate's key is not an RSA key of 2048 bits or more.")
    roots = _roots(settings.PAYPAL_CERT_ROOTS)
    verifier = PolicyBuilder().store(roots).time(now).build_server_verifier(x509.DNSName(plain[0]))
    try:
        verified = verifier.verify(leaf, chain[1:])
    except (VerificationError, ValueError) as error:
        raise BadCertificate(
            "The certificate does not lead to a root that is trusted, or is not valid now."
        ) from error
    return key, min(each.not_valid_after_utc for each in verified).astimezone(UTC)


@lru_cache(maxsize=4)
def _roots(extra: str) -> Store:
    """The roots that browsers trust, and those of the operator's own file."""
    found = _each(Path(certifi.where()).read_text(encoding="ascii"))
    if extra:
        try:
            found += x509.load_pem_x509_certificates(Path(extra).read_bytes())
        except (OSError, ValueError) as error:
            raise NotSetUp(
                "cert_roots_unreadable", "PAYPAL_CERT_ROOTS names no readable file of certificates."
            ) from error
    return Store(found)


def _each(bundle: str) -> list[x509.Certificate]:
    """The certificates of a bundle one by one: an old root that breaks rules never costs the others."""
    found = []
    with warnings.catch_warnings(action="ignore"):
        for block in bundle.split("-----BEGIN CERTIFICATE-----")[1:]:
            with suppress(ValueError):
                found.append(x509.load_pem_x509_certificate(f"-----BEGIN CERTIFICATE-----{block}".encode()))
    return found

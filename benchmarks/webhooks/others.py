"""Messages of PayPal, signed with a certificate of the benchmark's own, and of YooKassa, which signs none."""

import base64
import json
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from benchmarks.webhooks.messages import made_id

HOST, WEBHOOK = "messageverificationcerts.paypal.com", "9XL90610J3647323C"
KEY, CERTIFICATE = "BENCH_PAYPAL_KEY", "BENCH_PAYPAL_CERTIFICATE"


@contextmanager
def paypal() -> Iterator[dict[str, str]]:
    """Serves the certificate; gives the variables with which a desk believes it. Clients find the key by two
    more, set here for as long as the block runs."""
    key, root = (generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    pem = _certificate(key, root, is_root=False)

    class Certificate(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(pem)))
            self.end_headers()
            self.wfile.write(pem)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Certificate)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    with TemporaryDirectory() as folder:
        roots, secret = Path(folder, "roots.pem"), Path(folder, "key.pem")
        roots.write_bytes(_certificate(root, root, is_root=True))
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        os.environ |= {KEY: str(secret), CERTIFICATE: f"{base}/v1/notifications/certs/CERT-BENCH"}
        try:
            yield {
                "PAYPAL_API_BASE": base,
                "PAYPAL_CERT_ROOTS": str(roots),
                "PAYPAL_WEBHOOK_IDS": WEBHOOK,
                "PAYPAL_TOLERANCE_SECONDS": "3600",
            }
        finally:
            server.shutdown()
            del os.environ[KEY], os.environ[CERTIFICATE]


def _certificate(key: RSAPrivateKey, root: RSAPrivateKey, *, is_root: bool) -> bytes:
    """PayPal's host's, or that of the authority that issues it."""
    now, own = datetime.now(UTC), x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = (
        x509.CertificateBuilder()
        .subject_name(_named("Benchmark Root" if is_root else HOST))
        .issuer_name(_named("Benchmark Root"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=1 if is_root else None), critical=True)
    )
    if is_root:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = made.add_extension(own, critical=False).add_extension(usage, critical=True)
    else:
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
        use = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([x509.DNSName(HOST)])
        for extension in (names, use, issuer):
            made = made.add_extension(extension, critical=False)
    return made.sign(root, SHA256()).public_bytes(Encoding.PEM)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@cache
def _key() -> RSAPrivateKey:
    found = load_pem_private_key(Path(os.environ[KEY]).read_bytes(), None)
    assert isinstance(found, RSAPrivateKey)
    return found


def paypal_message(number: int, run: str) -> tuple[bytes, dict[str, str]]:
    """A completed capture, and the headers that sign it."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    amount = {"currency_code": "EUR", "value": "49.00"}
    told = {
        "id": made_id("WH", number, run).replace("_", "-"),
        "event_version": "1.0",
        "create_time": now,
        "resource_type": "capture",
        "resource_version": "2.0",
        "event_type": "PAYMENT.CAPTURE.COMPLETED",
        "summary": "Payment completed for EUR 49.00 EUR",
        "resource": {
            "id": made_id("CAP", number, run)[4:21].upper(),
            "status": "COMPLETED",
            "amount": amount,
            "final_capture": True,
            "seller_receivable_breakdown": {
                "gross_amount": amount,
                "paypal_fee": amount,
                "net_amount": amount,
            },
            "payee": {"email_address": "mira.lindqvist@example.com", "merchant_id": "7NQHCFZ9SYPJN"},
            "create_time": now,
            "update_time": now,
        },
    }
    body = json.dumps(told).encode()
    transmission = f"d938e770-8046-11e6-8103-{number:012x}"
    signed = f"{transmission}|{now}|{WEBHOOK}|{zlib.crc32(body) & 0xFFFFFFFF}".encode()
    return body, {
        "PayPal-Transmission-Id": transmission,
        "PayPal-Transmission-Time": now,
        "PayPal-Transmission-Sig": base64.b64encode(_key().sign(signed, PKCS1v15(), SHA256())).decode(),
        "PayPal-Cert-Url": os.environ[CERTIFICATE],
        "PayPal-Auth-Algo": "SHA256withRSA",
    }


def yookassa_message(number: int, run: str) -> tuple[bytes, dict[str, str]]:
    """A payment that succeeded; the sender's address is all that vouches for it."""
    told = {
        "type": "notification",
        "event": "payment.succeeded",
        "object": {
            "id": made_id("yk", number, run).replace("_", "-"),
            "status": "succeeded",
            "paid": True,
            "amount": {"value": "490.00", "currency": "RUB"},
            "created_at": "2026-11-18T09:00:00.000Z",
            "captured_at": "2026-11-18T09:00:31.390Z",
            "description": f"Order {number} for mira.lindqvist@example.com",
            "payment_method": {"type": "bank_card", "card": {"first6": "555555", "last4": "4477"}},
            "metadata": {"order": str(number)},
        },
    }
    return json.dumps(told).encode(), {}

"""A stand-in for PayPal: signs with a certificate of its own authority, serves it, and answers calls."""

import base64
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from billing.gateways import paypal, paypal_certificates
from tests.gateways.server import Answer, Asked, Server, answering

WEBHOOK_ID = "9XL90610J3647323C"
CERT_PATH = "/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"
HOST = "messageverificationcerts.paypal.com"
DAY = timedelta(days=1)


@cache
def key(name: str) -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@cache
def authority(name: str = "Halden Test Root") -> x509.Certificate:
    own = key(name)
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named(name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 400 * DAY)
        .not_valid_after(now + 400 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
        .sign(own, SHA256())
    )


def certificate(
    host: str = HOST,
    *,
    by: str = "Halden Test Root",
    starts: timedelta = -DAY,
    ends: timedelta = 30 * DAY,
    owner: str = "PayPal",
) -> bytes:
    """A certificate in PEM for ``host``, issued by the authority called ``by``."""
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named(host))
        .issuer_name(named(by))
        .public_key(key(owner).public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + starts)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key(by).public_key()), critical=False
        )
        .sign(key(by), SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@dataclass
class PayPalServer:
    """``objects`` are its objects by path; ``refunds`` what it has refunded, by PayPal-Request-Id."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    pem: bytes = field(default_factory=certificate)
    served: Server = field(default_factory=Server)
    says: str = "SUCCESS"
    tokens: int = 0

    def put(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        self.objects[f"{paypal.PATHS[kind]}{body.get('id') or body['dispute_id']}"] = body
        return body

    def answer(self, asked: Asked) -> Answer:
        path = asked.path.partition("?")[0]
        if path in self.answers:
            return self.answers[path]
        if path == CERT_PATH:
            return Answer(200, self.pem)
        if path == "/v1/oauth2/token":
            self.tokens += 1
            return found({"access_token": f"A21AA-token-{self.tokens}", "expires_in": 32400})
        if not asked.headers.get("Authorization", "").startswith("Bearer A21AA-token-"):
            return found({"name": "AUTHENTICATION_FAILURE"}, 401)
        if path == "/v1/notifications/verify-webhook-signature":
            return found({"verification_status": self.says})
        if asked.method == "POST" and path.endswith("/refund"):
            return self._refund(asked, path.removesuffix("/refund"))
        if path in self.objects:
            return found(self.objects[path])
        return found({"name": "RESOURCE_NOT_FOUND", "message": "The resource does not exist."}, 404)

    def _refund(self, asked: Asked, path: str) -> Answer:
        name = asked.headers["PayPal-Request-Id"]
        if path not in self.objects:
            return found({"name": "RESOURCE_NOT_FOUND", "message": "No such payment."}, 404)
        if name not in self.refunds:
            said, parent = json.loads(asked.body), path.rpartition("/")[2]
            made = {
                **said,
                "id": f"RFND{len(self.refunds) + 1:013d}",
                "create_time": "2026-11-18T09:30:00Z",
                "update_time": "2026-11-18T09:30:00Z",
            }
            if path.startswith("/v2"):
                made |= {"status": "COMPLETED", "links": [link("up", f"/v2/payments/captures/{parent}")]}
                self.put("refunds", made)
            else:
                made |= {"state": "completed", "sale_id": parent}
                self.put("sale_refunds", made)
            self.refunds[name] = made
        return found(self.refunds[name], 201)


def found(body: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(body).encode())


def link(rel: str, path: str) -> dict[str, str]:
    return {"rel": rel, "method": "GET", "href": f"https://api.paypal.com{path}"}


@contextmanager
def paypal_serving(settings: Any, folder: Path) -> Iterator[PayPalServer]:
    """The desk's settings point at the stand-in, and trust its authority, while the block runs."""
    paypal_certificates.forget()
    paypal._tokens.clear()
    roots = folder / "roots.pem"
    roots.write_bytes(authority().public_bytes(Encoding.PEM))
    server = PayPalServer()
    with answering(server.answer) as served:
        server.served = served
        settings.PAYPAL_API_BASE = served.url
        settings.PAYPAL_CLIENT_ID, settings.PAYPAL_SECRET = "halden-client", "halden-secret"
        settings.PAYPAL_CERT_ROOTS = str(roots)
        settings.PAYPAL_WEBHOOK_IDS = [WEBHOOK_ID]
        yield server
    paypal_certificates.forget()


def headers(
    body: bytes,
    cert_url: str,
    *,
    at: datetime | None = None,
    webhook_id: str = WEBHOOK_ID,
    stamp: str = "",
    owner: str = "PayPal",
) -> dict[str, str]:
    """The headers of a message that PayPal signs."""
    stamp = stamp or (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    transmission = "d938e770-8046-11e6-8103-6b62a8a99ac4"
    message = f"{transmission}|{stamp}|{webhook_id}|{zlib.crc32(body) & 0xFFFFFFFF}".encode()
    signature = key(owner).sign(message, PKCS1v15(), SHA256())
    return {
        "paypal-transmission-id": transmission,
        "paypal-transmission-time": stamp,
        "paypal-transmission-sig": base64.b64encode(signature).decode(),
        "paypal-cert-url": cert_url,
        "paypal-auth-algo": "SHA256withRSA",
    }

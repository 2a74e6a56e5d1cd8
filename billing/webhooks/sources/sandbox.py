"""The sandbox gateway at the door: it signs in Stripe's manner, with a secret of its own."""

from datetime import datetime, timedelta

from django.conf import settings

from billing.gateways.signing import verify
from billing.webhooks.endpoints import secrets_of
from billing.webhooks.sources.envelope import read_envelope
from billing.webhooks.sources.protocol import Delivery, Incoming, NotSigned


class Sandbox:
    name = "sandbox"

    def verify(self, delivery: Delivery, *, now: datetime) -> None:
        header = delivery.headers.get("sandbox-signature", "")
        secrets = secrets_of(self.name, delivery.endpoint)
        if not header:
            raise NotSigned("missing", "The message carries no signature.")
        tolerance = timedelta(seconds=settings.WEBHOOK_TOLERANCE_SECONDS)
        if not verify(delivery.body, header, secrets, tolerance=tolerance, now=now):
            raise NotSigned("mismatch", "The signature does not match, or is of another time.")

    def read(self, delivery: Delivery, *, now: datetime) -> Incoming:
        return read_envelope(self.name, delivery, now=now)

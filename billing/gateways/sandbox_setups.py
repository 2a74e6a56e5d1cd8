"""Pages at the sandbox on which a customer leaves a card: the part of `Sandbox` that takes no money."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from billing.gateways import sandbox_charges as charges
from billing.gateways.charge_outcomes import charge_outcome
from billing.gateways.errors import Declined, Garbage, GatewayRefused
from billing.gateways.facts import PageFact, SetupFact
from billing.gateways.measuring import measured
from billing.gateways.models import SandboxObject
from billing.gateways.sandbox_events import owe_event


class Setups:
    """What the sandbox does as a `CardTaker`."""

    clock: Callable[[], datetime]

    @measured("sandbox", "post setups")
    def open_setup(
        self, reference: str, *, key: str, customer_gateway_id: str, return_url: str, expires_at: datetime
    ) -> PageFact:
        charges.outside_transactions()
        now = self.clock().replace(microsecond=0)
        body = {
            "reference": reference,
            "customer": customer_gateway_id,
            "return_url": return_url,
            "created_at": now.isoformat(),
            "as_of": now.isoformat(),
            "expires_at": expires_at.isoformat(),
            "state": "open",
            "method": "",
            "card": "",
        }
        made, _ = SandboxObject.objects.get_or_create(
            idempotency_key=f"setup:{key}",
            defaults={
                "id": f"sbx_si_{secrets.token_hex(8)}",
                "kind": "setup",
                "body": body,
                "created_at": now,
            },
        )
        return PageFact(
            gateway="sandbox",
            gateway_id=made.id,
            url=f"{settings.PUBLIC_URL}/sandbox/card/{made.id}/" if made.body["state"] == "open" else "",
            expires_at=datetime.fromisoformat(made.body["expires_at"]),
        )

    @measured("sandbox", "get setups")
    def find_setup(self, checkout_id: str) -> SetupFact | None:
        charges.outside_transactions()
        found = SandboxObject.objects.filter(kind="setup", id=checkout_id).first()
        return setup_fact(public_setup(found)) if found else None

    def leave_card(self, page_id: str, card: str) -> SetupFact:
        """What somebody does on the sandbox's page: leaves one of its cards. Raises `Declined` for one that
        its bank would not let be charged, and `GatewayRefused` where the page is closed."""
        charges.outside_transactions()
        with transaction.atomic():
            found = SandboxObject.objects.select_for_update().filter(kind="setup", id=page_id).first()
            if found is None or datetime.fromisoformat(found.body["expires_at"]) <= self.clock():
                raise GatewayRefused("page_closed", "This page has expired: no card can be left on it.")
            outcome = charge_outcome(card, 0)
            if found.body["state"] == "open" and outcome.state == "failed":
                raise Declined(outcome.code, outcome.message, hard=outcome.hard)
            if found.body["state"] == "open":
                now = self.clock().replace(microsecond=0).isoformat()
                method = charges.method_on_page(card, keep=True)
                found.body |= {"state": "complete", "method": method, "card": card, "as_of": now}
                found.save(update_fields=["body"])
                owe_event("setup.succeeded", public_setup(found), due_at=datetime.fromisoformat(now))
        return setup_fact(public_setup(found))


def public_setup(setup: SandboxObject) -> dict[str, Any]:
    shown = {name: value for name, value in setup.body.items() if name != "return_url"}
    return {"id": setup.id, "object": "setup", **shown}


def setup_fact(found: Mapping[str, Any]) -> SetupFact:
    """What a setup of the sandbox says, from an answer or from the object inside an event."""
    try:
        as_of = datetime.fromisoformat(found["as_of"])
        complete = found["state"] == "complete"
        return SetupFact(
            gateway="sandbox",
            gateway_id=found["id"],
            reference=found["reference"],
            state=found["state"],
            as_of=as_of,
            method=charges.method_fact(found, as_of) if complete else None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbage(
            "setup_unreadable", "The sandbox's setup cannot be read: a field is missing or makes no sense."
        ) from error

"""Valid rows of each noun, made in a line: `make.payment(state="failed")`.

Each function fills in what the caller leaves out and makes the rows that its own stands on. Nothing here goes
through services: tests of screens and queries need rows, not their history.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from billing.ids import new_reference, new_short_reference
from billing.models import (
    CardLink,
    Commitment,
    Customer,
    Dispute,
    Feature,
    GatewayEnd,
    Identity,
    IdentityKey,
    Incident,
    IncidentCredit,
    Invoice,
    InvoiceLine,
    Message,
    MessageText,
    Meter,
    PackagePrice,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentLink,
    PaymentMethod,
    PendingChange,
    PendingLine,
    Price,
    Quota,
    Refund,
    Subscription,
    SubscriptionChange,
    SubscriptionItem,
    Tier,
    TokenPackage,
    TrialCluster,
    TrialMark,
    TrialStart,
    UsageEvent,
    UsagePrice,
    WebhookEvent,
)

NOW = datetime(2026, 11, 18, 13, 32, tzinfo=UTC)
_serial = 0


def serial() -> int:
    """A number that no other row of this test run has."""
    global _serial
    _serial += 1
    return _serial


def member(role: str = "support", **more: Any) -> Any:
    """A member of staff in a role, who can sign in with `client.force_login`."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group

    number = serial()
    fields = {"email": f"jude.okafor.{number}@halden.example", "display_name": "Jude Okafor", **more}
    made = get_user_model().objects.create(**fields)
    if role:
        made.groups.add(Group.objects.get(name=role))
    return made


def customer(name: str = "Brückner Feinmechanik GmbH", *, email: str = "", **more: Any) -> Customer:
    """A customer with their identity."""
    fields = {
        "reference": new_short_reference("CUS"),
        "country": "DE",
        "currency": "EUR",
        "locale": "de",
        "created_at": NOW,
        **more,
    }
    made = Customer.objects.create(**fields)
    Identity.objects.create(customer=made, name=name, email=email or f"billing.{made.pk}@customer.example")
    IdentityKey.objects.create(customer=made, key=b"k" * 32)
    return made


def message(of: Customer | None = None, **more: Any) -> Message:
    """A message about a refund, sent unless `state` says otherwise, with its words."""
    number = serial()
    owner = of or customer()
    words = {
        "subject": "Ihre Rückerstattung ist unterwegs",
        "body": "Guten Tag,\n\nsie ist unterwegs.",
        **more,
    }
    fields = {
        "reference": new_reference("MSG", more.get("created_at", NOW).date()),
        "customer": owner,
        "kind": "refund_promised",
        "language": "de",
        "state": "sent",
        "cause": f"test:{number}",
        "subject_kind": "refund",
        "subject_id": number,
        "subject_label": "REF-20261118-7K3N9Q4F",
        "asked_by_ref": "staff:1",
        "asked_by_name": "Jude Okafor",
        "created_at": NOW,
        **{name: value for name, value in more.items() if name not in ("subject", "body")},
    }
    if fields["state"] == "sent":
        fields.setdefault("sent_at", fields["created_at"] + timedelta(seconds=3))
    made = Message.objects.create(**fields)
    MessageText.objects.create(
        message=made, address=owner.identity.email, subject=words["subject"], body=words["body"]
    )
    return made


def method(of: Customer | None = None, **more: Any) -> PaymentMethod:
    """A card on file."""
    fields = {
        "customer": of or customer(),
        "kind": "card",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 12,
        "exp_year": 2029,
        "created_at": NOW,
        **more,
    }
    return PaymentMethod.objects.create(**fields)


def payment(of: Customer | None = None, **more: Any) -> Payment:
    """A card payment of 99.00 EUR through the sandbox, succeeded unless `state` says otherwise."""
    number = serial()
    state = more.get("state", "succeeded")
    fields = {
        "reference": new_reference("PAY", more.get("created_at", NOW).date()),
        "customer": of or customer(),
        "state": state,
        "currency": "EUR",
        "amount_minor": 9900,
        "method_kind": "card",
        "card_brand": "visa",
        "card_last4": "4242",
        "gateway": "sandbox",
        "gateway_id": f"sbx_pay_{number}",
        "created_at": NOW,
        **more,
    }
    took = state in ("succeeded", "reversed")
    fields.setdefault("captured_minor", fields["amount_minor"] if took else 0)
    fields.setdefault("succeeded_at", fields["created_at"] if took else None)
    return Payment.objects.create(**fields)


def payments(count: int, of: Customer | None = None, **more: Any) -> list[Payment]:
    """Many payments, a minute apart, the first the newest; two statements, however many."""
    owner = of or customer()
    first = more.pop("created_at", NOW)
    states = more.pop("states", ("succeeded",))
    made = []
    for place in range(count):
        number, at, state = serial(), first - timedelta(minutes=place), states[place % len(states)]
        amount = more.get("amount_minor", 9900 + place)
        took = state in ("succeeded", "reversed")
        made.append(
            Payment(
                **{
                    "reference": new_reference("PAY", at.date()),
                    "customer": owner,
                    "state": state,
                    "currency": "EUR",
                    "amount_minor": amount,
                    "captured_minor": amount if took else 0,
                    "method_kind": "card",
                    "card_brand": "visa",
                    "card_last4": "4242",
                    "gateway": "sandbox",
                    "gateway_id": f"sbx_pay_{number}",
                    "created_at": at,
                    "succeeded_at": at if took else None,
                    **more,
                }
            )
        )
    return Payment.objects.bulk_create(made)


def attempt(of: Payment, **more: Any) -> PaymentAttempt:
    """One try at a payment, in the payment's own state."""
    fields = {"payment": of, "at": of.created_at, "state": of.state, "amount_minor": of.amount_minor, **more}
    return PaymentAttempt.objects.create(**fields)


def refund(of: Payment | None = None, **more: Any) -> Refund:
    """A refund of a whole payment by the desk, succeeded unless `state` says otherwise."""
    paid = of or payment()
    number = serial()
    fields = {
        "reference": new_reference("REF", more.get("created_at", NOW).date()),
        "payment": paid,
        "customer": paid.customer,
        "state": "succeeded",
        "origin": "desk",
        "reason": "requested_by_customer",
        "currency": paid.currency,
        "amount_minor": paid.captured_minor or paid.amount_minor,
        "gateway": paid.gateway,
        "gateway_id": f"sbx_re_{number}",
        "asked_by_ref": "staff:1",
        "asked_by_name": "Jude Okafor",
        "created_at": NOW,
        **more,
    }
    return Refund.objects.create(**fields)


def dispute(of: Payment | None = None, **more: Any) -> Dispute:
    """A chargeback that needs a response, for the whole payment."""
    paid = of or payment()
    fields = {
        "reference": new_reference("DIS", NOW.date()),
        "payment": paid,
        "customer": paid.customer,
        "state": "needs_response",
        "reason": "product_not_received",
        "currency": paid.currency,
        "amount_minor": paid.amount_minor,
        "created_at": NOW,
        "gateway": paid.gateway,
        "gateway_id": f"sbx_dp_{serial()}",
        **more,
    }
    return Dispute.objects.create(**fields)


def tier(**more: Any) -> Tier:
    """A tier that is sold."""
    number = serial()
    fields = {"slug": f"pro-{number}", "name": "Pro", "rank": 2, "created_at": NOW, **more}
    return Tier.objects.create(**fields)


def price(of: Tier | None = None, **more: Any) -> Price:
    """99.00 EUR a month, version 1."""
    fields = {
        "tier": of or tier(),
        "currency": "EUR",
        "unit_amount_minor": 9900,
        "interval_unit": "month",
        "version": 1,
        "created_at": NOW,
        **more,
    }
    return Price.objects.create(**fields)


def feature(**more: Any) -> Feature:
    """Something that may be used or not."""
    fields = {"slug": f"audit-log-{serial()}", "name": "Audit log", "created_at": NOW, **more}
    return Feature.objects.create(**fields)


def meter(**more: Any) -> Meter:
    """Calls of an API, summed."""
    fields = {"slug": f"api-calls-{serial()}", "name": "API calls", "unit": "call", "created_at": NOW, **more}
    return Meter.objects.create(**fields)


def quota(of: Tier | None = None, **more: Any) -> Quota:
    """10,000 a month, refused past it."""
    fields = {"tier": of or tier(), "limit": 10_000, "per": "month", "past": "hard", **more}
    fields.setdefault("meter", None)
    fields["meter"] = fields["meter"] or meter()
    return Quota.objects.create(**fields)


def usage_price(of: Tier | None = None, **more: Any) -> UsagePrice:
    """5 cents a call past the first 100."""
    fields = {
        "tier": of or tier(),
        "meter": None,
        "currency": "EUR",
        "unit_amount_minor": 5,
        "per_units": 1,
        "included": 100,
        "since": NOW - timedelta(days=365),
        "created_at": NOW - timedelta(days=365),
        "reason": "The price list of the year",
        "actor_ref": "staff:1",
        **more,
    }
    fields["meter"] = fields["meter"] or meter()
    return UsagePrice.objects.create(**fields)


def token_package(**more: Any) -> TokenPackage:
    """Tokens that are sold at once."""
    fields = {
        "slug": f"tokens-{serial()}",
        "name": "100,000 tokens",
        "unit": "tokens",
        "created_at": NOW,
        **more,
    }
    return TokenPackage.objects.create(**fields)


def package_price(of: TokenPackage | None = None, **more: Any) -> PackagePrice:
    """100,000 tokens for 20.00 EUR, version 1."""
    fields = {
        "package": of or token_package(),
        "currency": "EUR",
        "amount_minor": 2000,
        "units": 100_000,
        "version": 1,
        "created_at": NOW,
        **more,
    }
    return PackagePrice.objects.create(**fields)


def invoice(of: Customer | None = None, *, lines: int = 1, **more: Any) -> Invoice:
    """An invoice of 82.50 net and 16.50 tax with its lines; open unless `state` says otherwise."""
    number = serial()
    state = more.get("state", "open")
    fields = {
        "reference": new_reference("INV", NOW.date()),
        "number": f"T-{NOW:%Y}-{number:06}" if state != "draft" else None,
        "customer": of or customer(),
        "state": state,
        "currency": "EUR",
        "net_minor": 8250,
        "tax_minor": 1650,
        "created_at": NOW,
        "finalised_at": NOW if state != "draft" else None,
        "due_on": NOW.date() + timedelta(days=14),
        "paid_at": NOW if state == "paid" else None,
        **more,
    }
    fields.setdefault("total_minor", fields["net_minor"] + fields["tax_minor"])
    made = Invoice.objects.create(**{**fields, "state": "draft"})
    share = fields["net_minor"] // max(1, lines)
    InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=made,
            position=place + 1,
            description="Pro, monthly",
            net_minor=share if place else fields["net_minor"] - share * (lines - 1),
            tax_minor=0 if place else fields["tax_minor"],
        )
        for place in range(lines)
    )
    if state != "draft":
        Invoice.objects.filter(pk=made.pk).update(state="open")
    if state not in ("draft", "open"):
        Invoice.objects.filter(pk=made.pk).update(state=state)
    made.refresh_from_db()
    return made


def pending_line(of: Customer | None = None, **more: Any) -> PendingLine:
    """Unused time worth 12.00 EUR that waits for the customer's next invoice."""
    fields = {
        "customer": of or customer(),
        "currency": "EUR",
        "kind": "proration_credit",
        "description": "Unused time on Pro",
        "amount_minor": -1200,
        "cause": f"test:{serial()}",
        "created_at": NOW,
        **more,
    }
    return PendingLine.objects.create(**fields)


def allocation(of: Payment, to: Invoice, **more: Any) -> PaymentAllocation:
    """The whole of a payment on an invoice."""
    fields = {"payment": of, "invoice": to, "amount_minor": of.amount_minor, "created_at": NOW, **more}
    return PaymentAllocation.objects.create(**fields)


def payment_link(to: Invoice | None = None, **more: Any) -> PaymentLink:
    """A page to pay an open invoice on, good for two weeks."""
    invoiced = to or invoice()
    fields = {
        "reference": new_reference("LNK", NOW.date()),
        "invoice": invoiced,
        "customer": invoiced.customer,
        "gateway": "sandbox",
        "form_key": f"link-{serial()}",
        "made_by_ref": "staff:1",
        "made_by_name": "Jude Okafor",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=14),
        **more,
    }
    return PaymentLink.objects.create(**fields)


def card_link(of: Customer | None = None, **more: Any) -> CardLink:
    """A page to leave a card on, good for a month."""
    fields = {
        "reference": new_reference("CRD", NOW.date()),
        "customer": of or customer(),
        "token_hash": f"{serial():064x}",
        "made_by_ref": "staff:1",
        "made_by_name": "Jude Okafor",
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=30),
        **more,
    }
    return CardLink.objects.create(**fields)


def subscription(of: Customer | None = None, at: Price | None = None, **more: Any) -> Subscription:
    """An active subscription with one seat at one price."""
    priced = at or price()
    fields = {
        "reference": new_short_reference("SUB"),
        "customer": of or customer(),
        "state": "active",
        "collected_by": "us",
        "currency": priced.currency,
        "anchor_at": NOW,
        "current_period_start": NOW,
        "current_period_end": NOW + timedelta(days=30),
        "created_at": NOW,
        **more,
    }
    made = Subscription.objects.create(**fields)
    SubscriptionItem.objects.create(subscription=made, price=priced, quantity=1)
    return made


def subscription_change(of: Subscription | None = None, **more: Any) -> SubscriptionChange:
    """A change of plan that a customer asked for."""
    fields = {
        "subscription": of or subscription(),
        "kind": "plan",
        "asked_by": "customer",
        "reason": "Needs more seats",
        "at": NOW,
        "actor_ref": "staff:1",
        "actor_name": "Jude Okafor",
        **more,
    }
    return SubscriptionChange.objects.create(**fields)


def gateway_end(of: Subscription | None = None, **more: Any) -> GatewayEnd:
    """An end with the period that runs, which its gateway is being asked for."""
    theirs = {"collected_by": "gateway", "gateway": "sandbox", "gateway_id": new_short_reference("SBX")}
    owner = of or subscription(**theirs)
    fields = {
        "subscription": owner,
        "change": subscription_change(owner, kind="cancel"),
        "wanted": "later",
        "ends_at": owner.current_period_end,
        "asked_at": NOW,
        **more,
    }
    return GatewayEnd.objects.create(**fields)


def pending_change(of: Subscription | None = None, **more: Any) -> PendingChange:
    """Three seats from the end of the period on."""
    owner = of or subscription()
    fields = {
        "subscription": owner,
        "price": owner.items.get().price,
        "quantity": 3,
        "applies_at": owner.current_period_end,
        "asked_by": "customer",
        "reason": "The team grows",
        "actor_ref": "staff:1",
        "created_at": NOW,
        **more,
    }
    return PendingChange.objects.create(**fields)


def trial(of: Subscription | None = None, *, marks: int = 1, **more: Any) -> TrialStart:
    """A running trial of a subscription that is on trial, with marks of its own."""
    owner = of or subscription(state="trialing", trial_ends_at=NOW + timedelta(days=14))
    fields = {
        "reference": new_short_reference("TRI"),
        "customer": owner.customer,
        "subscription": owner,
        "started_at": owner.created_at,
        **more,
    }
    if fields.get("state", "started") != "started":
        fields.setdefault("decided_at", NOW)
    made = TrialStart.objects.create(**fields)
    for _ in range(marks):
        mark(made)
    return made


def mark(of: TrialStart, cluster: TrialCluster | None = None, **more: Any) -> TrialMark:
    """That a trial belongs to a cluster; a device of its own where none is named."""
    at = of.started_at
    shared = cluster or TrialCluster.objects.create(
        kind="device", hash=f"{serial():064x}", first_at=at, last_at=at
    )
    made = TrialMark.objects.create(trial=of, cluster=shared, at=at, **more)
    shared.trials += 1
    shared.converted += of.state == "converted"
    shared.last_at = max(shared.last_at, at)
    shared.save()
    return made


def commitment(of: Subscription | None = None, **more: Any) -> Commitment:
    """A year from the subscription's anchor, agreed with the customer."""
    owner = of or subscription()
    ends_at = more.pop("ends_at", owner.anchor_at.replace(year=owner.anchor_at.year + 1))
    fields = {
        "reference": new_short_reference("COM"),
        "subscription": owner,
        "customer": owner.customer,
        "starts_on": owner.anchor_at.date(),
        "ends_on": ends_at.date(),
        "ends_at": ends_at,
        "agreed_by": "customer",
        "agreed_by_ref": "staff:1",
        "agreed_by_name": "Jude Okafor",
        "created_at": owner.created_at,
        **more,
    }
    state = fields.get("state", "agreed")
    if state in ("canceling", "confirmed", "at_risk"):
        fields.setdefault("cancel_asked_at", NOW)
    if state in ("ended", "released"):
        fields.setdefault("ended_at", NOW)
    return Commitment.objects.create(**fields)


def incident(of: Meter | None = None, **more: Any) -> Incident:
    """Two hours without exports, recorded the day after."""
    fields = {
        "reference": new_reference("INC", NOW.date()),
        "title": "Exports did not start",
        "meter": of or meter(),
        "starts_at": NOW - timedelta(hours=26),
        "ends_at": NOW - timedelta(hours=24),
        "reason": "The queue stood still after the release.",
        "recorded_by_ref": "staff:1",
        "recorded_by_name": "Jude Okafor",
        "created_at": NOW,
        **more,
    }
    return Incident.objects.create(**fields)


def incident_credit(of: Incident | None = None, **more: Any) -> IncidentCredit:
    """What one customer gets for it, not given yet."""
    fields = {
        "incident": of or incident(),
        "customer": None,
        "currency": "EUR",
        "amount_minor": 28,
        "seconds": 7_200,
        "shares": [
            {"of": "SUB-7K2M9QPA, Pro", "price_minor": 9900, "seconds": 7_200, "period_seconds": 2_592_000}
        ],
        **more,
    }
    fields["customer"] = fields["customer"] or customer()
    return IncidentCredit.objects.create(**fields)


def event(**more: Any) -> WebhookEvent:
    """A processed message of the sandbox about a refund."""
    fields = {
        "source": "sandbox",
        "event_id": f"sbx_evt_{serial()}",
        "type": "refund.updated",
        "state": "processed",
        "happened_at": NOW,
        "received_at": NOW,
        **more,
    }
    return WebhookEvent.objects.create(**fields)


def usage(of: Customer | None = None, to: Meter | None = None, **more: Any) -> UsageEvent:
    """Three units of a meter, reported as they happened."""
    at = more.get("at", NOW)
    fields = {
        "customer": of or customer(),
        "meter": to or meter(),
        "key": f"use-{serial()}",
        "digest": "0" * 32,
        "quantity": 3,
        "at": at,
        "counted_at": at,
        "received_at": at,
        "actor_ref": "system:host",
        **more,
    }
    return UsageEvent.objects.create(**fields)

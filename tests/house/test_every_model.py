"""One row of every model is written and read back with the application's rights.

A model that is new and has no sample below fails with a sentence. What may only grow is shown to refuse an
UPDATE and a DELETE; what the application may only read, an INSERT.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, models, transaction

from billing.fields import AppendOnly
from billing.history.rights import READ_ONLY
from billing.models import (
    AccessRead,
    Alert,
    AllowedTransition,
    Approval,
    ApprovalLimit,
    AuditLeaves,
    AuditSeal,
    BillingBatch,
    CardLink,
    CheckoutSession,
    Commitment,
    CreditAccount,
    CreditEntry,
    CreditEntryLot,
    CreditLot,
    CreditNote,
    CreditNoteLine,
    Customer,
    CustomerLink,
    CustomerNote,
    DailyTotal,
    Dispute,
    ExchangeRate,
    ExpiryNotice,
    Feature,
    GatewayEnd,
    GatewayMeter,
    GatewayPace,
    HeardSpan,
    HistoryEntry,
    Identity,
    IdentityKey,
    Incident,
    IncidentCredit,
    Invoice,
    InvoiceLine,
    LimitUse,
    LocationEvidence,
    Message,
    MessageTemplate,
    MessageText,
    Meter,
    MeterPush,
    MeterReport,
    MetricTotal,
    MrrMovement,
    NumberSeries,
    PackagePrice,
    Payment,
    PaymentAllocation,
    PaymentAttempt,
    PaymentLink,
    PaymentMethod,
    Payout,
    PendingChange,
    PendingLine,
    Posting,
    PostingLine,
    Price,
    Quota,
    Refund,
    RollupMark,
    Run,
    RunFile,
    RunRow,
    SandboxEvent,
    SandboxObject,
    Subscription,
    SubscriptionChange,
    SubscriptionItem,
    Tier,
    TierCredits,
    TierFeature,
    TokenPackage,
    TrialCluster,
    TrialMark,
    TrialStart,
    UsageBilled,
    UsageCounter,
    UsageEvent,
    UsageGap,
    UsagePrice,
    UsageStream,
    UsageThreshold,
    VatCheck,
    WebhookAttempt,
    WebhookEvent,
    WebhookPayload,
    WebhookRefusal,
)
from dashboard.models import ApiCalls, ApiKey, Member, SavedView, WorkItem
from tests import make

pytestmark = pytest.mark.django_db
NOW = make.NOW


def credit_note() -> CreditNote:
    invoice = make.invoice()
    return CreditNote.objects.create(
        reference="CRN-20261118-7K3N9Q4F",
        number="C-2026-000001",
        invoice=invoice,
        customer=invoice.customer,
        currency="EUR",
        net_minor=1000,
        tax_minor=200,
        total_minor=1200,
        reason="goodwill",
        issued_at=NOW,
    )


def credit_note_line() -> CreditNoteLine:
    note = credit_note()
    line = note.invoice.lines.get()
    return CreditNoteLine.objects.create(
        credit_note=note,
        invoice_line=line,
        position=1,
        description=line.description,
        net_minor=1000,
        tax_minor=200,
    )


def posting() -> Posting:
    """With the two lines that it needs to sum to zero, written in one statement."""
    made = Posting.objects.create(
        cause="payment.succeeded:PAY-20261118-7K3N9Q4F",
        fact="payment.succeeded",
        effective_on=NOW.date(),
        posted_at=NOW,
        actor_ref="system:worker",
    )
    PostingLine.objects.bulk_create(
        PostingLine(posting=made, account=account, currency="EUR", amount_minor=minor, day=NOW.date())
        for account, minor in (("gateway_clearing", 9900), ("receivable", -9900))
    )
    return made


def posting_line() -> PostingLine:
    return posting().lines.order_by("id").first()


def run() -> Run:
    return Run.objects.create(
        kind="import",
        title="Import from Stripe",
        asked={"since": "2026-11-01"},
        started_by_ref="staff:1",
        started_by_name="Ines Marchetti",
        created_at=NOW,
    )


def event() -> WebhookEvent:
    return WebhookEvent.objects.create(
        source="stripe",
        event_id="evt_1SVm2bHqLpQ",
        type="charge.refunded",
        object_kind="charge",
        object_id="ch_3SVm2bHqLpQ",
        happened_at=NOW,
        received_at=NOW + timedelta(seconds=2),
    )


def credit_account() -> CreditAccount:
    return CreditAccount.objects.create(customer=make.customer(), unit="tokens", created_at=NOW)


def credit_lot() -> CreditLot:
    return CreditLot.objects.create(
        account=credit_account(), source="goodwill", amount=500, granted_at=NOW, expires_at=NOW
    )


def credit_entry() -> CreditEntry:
    lot = credit_lot()
    return CreditEntry.objects.create(
        account=lot.account,
        movement="grant",
        amount=500,
        balance_after=500,
        at=NOW,
        lot_ids=[lot.pk],
        lot_amounts=[500],
        key="8f14e45f",
        reason="Sorry for the outage",
        actor_kind="person",
        actor_ref="staff:1",
        actor_name="Jude Okafor",
    )


def api_key() -> ApiKey:
    return ApiKey.objects.create(
        name="The product",
        prefix="1a2b3c4d5e6f",
        secret_hash="d" * 64,
        scopes=["usage.write"],
        reason="For the product's backend",
        created_at=NOW,
        created_by_ref="staff:3",
    )


def usage_billed() -> UsageBilled:
    priced = make.usage_price()
    subscription = make.subscription()
    return UsageBilled.objects.create(
        customer=subscription.customer,
        meter=priced.meter,
        subscription=subscription,
        price=priced,
        starts_at=NOW,
        ends_at=NOW + timedelta(days=30),
        quantity=Decimal("142"),
        billed=Decimal("42"),
        amount_minor=210,
        at=NOW + timedelta(days=30),
    )


def gateway_meter() -> GatewayMeter:
    return GatewayMeter.objects.create(
        meter=make.meter(), gateway="stripe", event_name="api_calls", since=NOW, looked_until=NOW
    )


SAMPLES: dict[type[models.Model], Callable[[], Any]] = {
    AccessRead: lambda: AccessRead.objects.create(
        at=NOW,
        member_ref="staff:12",
        member_name="Jude Okafor",
        kind="page",
        screen="customers",
        customer=make.customer(),
        request_id="req_1a2b3c4d",
    ),
    AuditLeaves: lambda: AuditLeaves.objects.create(seal=1, part=0, packed=b"leaf"),
    AuditSeal: lambda: AuditSeal.objects.create(
        number=1,
        sealed_at=NOW,
        from_xid=0,
        below_xid=812,
        count=3,
        tables={"billing_refundevent": 3},
        shapes={"billing_refundevent": ["pgh_id", "state"]},
        digest="a" * 64,
        previous="b" * 64,
        head="c" * 64,
    ),
    ApiCalls: lambda: ApiCalls.objects.create(key=api_key(), minute=NOW, count=12),
    ApiKey: api_key,
    Alert: lambda: Alert.objects.create(
        kind="webhooks.lag",
        key="inbox",
        sentence="Webhook events wait for 12 min; the limit is 5 min.",
        opened_at=NOW,
        seen_at=NOW,
    ),
    GatewayEnd: make.gateway_end,
    GatewayPace: lambda: GatewayPace.objects.create(gateway="sample", next_at=NOW),
    BillingBatch: lambda: BillingBatch.objects.create(
        run=run(), worker="worker-1", at=NOW, took_ms=312, renewed=1_000, invoices=998, failed=2
    ),
    HeardSpan: lambda: HeardSpan.objects.create(sender="stripe/eu-live", span_at=NOW, heard=12, last_at=NOW),
    MetricTotal: lambda: MetricTotal.objects.create(
        name="quota_hits", labels='["api_calls"]', part="", value=12
    ),
    Message: make.message,
    MessageTemplate: lambda: MessageTemplate.objects.create(
        kind="refund_promised",
        language="de",
        version=1,
        subject="Ihr Geld ist unterwegs",
        body="Guten Tag {customer_name},",
        reason="Shorter",
        author_ref="staff:3",
        author_name="Tove Ahlgren",
        created_at=NOW,
    ),
    MessageText: lambda: make.message().text,
    CheckoutSession: lambda: CheckoutSession.objects.create(
        reference="CHK-20261118-7K3N9Q4F",
        mode="payment",
        state="complete",
        payment_state="paid",
        customer=make.customer(),
        payment=make.payment(),
        currency="EUR",
        amount_minor=9900,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
    ),
    Commitment: make.commitment,
    Incident: make.incident,
    IncidentCredit: make.incident_credit,
    CreditAccount: credit_account,
    CreditEntry: credit_entry,
    CreditEntryLot: lambda: credit_entry().parts.get(),
    CreditLot: credit_lot,
    CreditNote: credit_note,
    CreditNoteLine: credit_note_line,
    Customer: lambda: make.customer(tags=["vip", "annual"]),
    CustomerLink: lambda: CustomerLink.objects.create(
        customer=make.customer(),
        into=make.customer(),
        reason="One company, two sign-ups.",
        made_at=NOW,
        made_by_ref="staff:1",
        made_by_name="Ines Marchetti",
    ),
    CustomerNote: lambda: CustomerNote.objects.create(
        customer=make.customer(),
        body="Called about the double charge of October.",
        author_ref="staff:1",
        author_name="Jude Okafor",
        form_key="8f14e45f",
        created_at=NOW,
    ),
    Approval: lambda: Approval.objects.create(
        reference="APP-20261118-7K3N9Q4F",
        action="refund",
        target_kind="refund",
        target_id=1,
        target_label="REF-20261118-7K3N9Q4F",
        customer=make.customer(),
        currency="EUR",
        amount_minor=90_000,
        reason="Charged twice",
        digest="0" * 64,
        rule="support: EUR 900.00 is above EUR 500.00 at once",
        state="requested",
        asked_by_ref="staff:1",
        asked_by_name="Jude Okafor",
        asked_at=NOW,
        expires_at=NOW,
    ),
    ApprovalLimit: lambda: ApprovalLimit.objects.create(
        role="support",
        action="refund",
        currency="EUR",
        scope="one",
        limit_minor=50_000,
        changed_at=NOW,
        changed_by_ref="staff:3",
        changed_by_name="Tove Ahlgren",
    ),
    DailyTotal: lambda: DailyTotal.objects.create(
        measure="payments.succeeded", day=NOW.date(), currency="EUR", count=12, amount_minor=118_800
    ),
    Dispute: make.dispute,
    ExchangeRate: lambda: ExchangeRate.objects.create(
        day=NOW.date(), currency="USD", reporting_currency="EUR", rate=Decimal("0.9213")
    ),
    ExpiryNotice: lambda: ExpiryNotice.objects.create(
        lot=credit_lot(), expires_at=NOW, amount=500, noted_at=NOW
    ),
    HistoryEntry: lambda: HistoryEntry.objects.create(
        at=NOW,
        subject_kind="payment",
        subject_id=1,
        kind="state",
        from_state="pending",
        to_state="succeeded",
        actor_kind="gateway",
        actor_ref="gateway:sandbox",
        actor_name="Sandbox",
        facts={"fee_minor": 174},
    ),
    Identity: lambda: make.customer("Łukasz Żółć").identity,
    IdentityKey: lambda: make.customer().identity_key,
    Invoice: make.invoice,
    InvoiceLine: lambda: make.invoice().lines.get(),
    LocationEvidence: lambda: LocationEvidence.objects.create(
        customer=make.customer(), kind="card", country="DE", seen_at=NOW
    ),
    PendingLine: make.pending_line,
    VatCheck: lambda: VatCheck.objects.create(
        country="DE", number_hash="5f" * 32, answer="valid", source="vies", checked_at=NOW
    ),
    Member: make.member,
    LimitUse: lambda: LimitUse.objects.create(
        action="refund",
        actor_ref="staff:1",
        currency="EUR",
        amount_minor=9_900,
        subject_kind="refund",
        subject_id=1,
        at=NOW,
    ),
    MrrMovement: lambda: MrrMovement.objects.create(
        customer=make.customer(),
        day=NOW.date(),
        at=NOW,
        currency="EUR",
        kind="new",
        amount_minor=9900,
        cause="subscription.started:SUB-7K3N9Q4F",
    ),
    NumberSeries: lambda: NumberSeries.objects.create(name="samples", prefix="S-2026-", next_number=42),
    Payment: make.payment,
    PaymentAllocation: lambda: make.allocation(make.payment(), make.invoice()),
    PaymentAttempt: lambda: make.attempt(make.payment()),
    PaymentLink: make.payment_link,
    CardLink: make.card_link,
    PaymentMethod: make.method,
    Payout: lambda: Payout.objects.create(
        reference="PYT-20261118-7K3N9Q4F",
        state="paid",
        currency="EUR",
        amount_minor=9726,
        arrival_on=NOW.date(),
        created_at=NOW,
    ),
    PendingChange: make.pending_change,
    Posting: posting,
    PostingLine: posting_line,
    Price: make.price,
    Refund: make.refund,
    RollupMark: lambda: RollupMark.objects.create(source="samples", below_xid=734, rolled_at=NOW),
    Run: run,
    RunFile: lambda: RunFile.objects.create(
        row=RunRow.objects.create(
            run=run(), subject_kind="invoice", subject_id=1, label="2026-00012", ok=True
        ),
        name="2026-00012.pdf",
        content=b"%PDF-1.7",
        made_at=NOW,
    ),
    RunRow: lambda: RunRow.objects.create(
        run=run(), subject_kind="refund", subject_id=1, label="REF-20261118-7K3N9Q4F", ok=True
    ),
    SandboxEvent: lambda: SandboxEvent.objects.create(
        id="sbx_evt_1", type="refund.failed", body={"id": "sbx_evt_1"}, due_at=NOW
    ),
    SandboxObject: lambda: SandboxObject.objects.create(
        id="sbx_pay_sample", kind="payment", body={"amount_minor": 9900, "currency": "EUR"}, created_at=NOW
    ),
    SavedView: lambda: SavedView.objects.create(
        screen="payments",
        name="Failed cards",
        owner=make.member(),
        params={"state": "failed"},
        created_at=NOW,
    ),
    Subscription: make.subscription,
    SubscriptionChange: make.subscription_change,
    SubscriptionItem: lambda: make.subscription().items.get(),
    Tier: make.tier,
    Feature: make.feature,
    Meter: make.meter,
    TierFeature: lambda: TierFeature.objects.create(tier=make.tier(), feature=make.feature()),
    Quota: make.quota,
    TierCredits: lambda: TierCredits.objects.create(
        tier=make.tier(), unit="tokens", amount=5_000, per="month", rollover="capped", rollover_cap=10_000
    ),
    TokenPackage: make.token_package,
    PackagePrice: make.package_price,
    TrialCluster: lambda: make.trial().marks.get().cluster,
    TrialMark: lambda: make.trial().marks.get(),
    TrialStart: make.trial,
    MeterReport: lambda: MeterReport.objects.create(meter=make.meter(), reported_until=NOW, said_at=NOW),
    UsageCounter: lambda: UsageCounter.objects.get(meter=make.usage().meter, span="day"),
    UsageEvent: make.usage,
    UsageBilled: usage_billed,
    UsagePrice: make.usage_price,
    GatewayMeter: gateway_meter,
    MeterPush: lambda: MeterPush.objects.create(
        event=make.usage(),
        gateway_meter=gateway_meter(),
        customer_gateway_id="cus_QpL4mB1xWf7Zc2",
        identifier="usage-1-order-4711",
        promised_at=NOW,
        due_at=NOW,
    ),
    UsageGap: lambda: UsageGap.objects.create(
        meter=make.meter(),
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=3),
        reason="The collector in Frankfurt was down",
        noted_at=NOW,
        noted_by_ref="staff:1",
    ),
    UsageStream: lambda: UsageStream.objects.create(
        customer=make.customer(), meter=make.meter(), opened_at=NOW
    ),
    UsageThreshold: lambda: UsageThreshold.objects.create(
        customer=make.customer(),
        meter=make.meter(),
        span="month",
        starts_at=NOW,
        percent=80,
        limit=1_000,
        at=NOW,
    ),
    WebhookEvent: event,
    WebhookAttempt: lambda: WebhookAttempt.objects.create(
        event=event(), number=1, kind="first", state="processed", started_at=NOW, ended_at=NOW
    ),
    WebhookPayload: lambda: WebhookPayload.objects.create(
        event=event(), received_at=NOW, body={"amount": 9900}
    ),
    WebhookRefusal: lambda: WebhookRefusal.objects.create(
        source="stripe",
        address="203.0.113.9",
        reason="mismatch",
        window_at=NOW,
        last_at=NOW,
        times=12,
    ),
    WorkItem: lambda: WorkItem.objects.create(
        subject_kind="refund",
        subject_id=1,
        label="REF-20261118-7K3N9Q4F",
        url="/refunds/REF-20261118-7K3N9Q4F/",
        assignee=make.member(),
        changed_at=NOW,
    ),
}

MODELS = [
    model
    for label in ("billing", "dashboard")
    for model in apps.get_app_config(label).get_models()
    if not hasattr(model, "pgh_tracked_model")
]
READ = [model for model in MODELS if model._meta.db_table in READ_ONLY]
WRITTEN = [model for model in MODELS if model not in READ]


def name(model: type[models.Model]) -> str:
    return model._meta.label


@pytest.mark.parametrize("model", WRITTEN, ids=name)
def test_a_row_is_written_and_read_back(model: type[models.Model]) -> None:
    assert model in SAMPLES, (
        f"{name(model)} has no sample row: add one to SAMPLES in tests/house/test_every_model.py."
    )
    row = SAMPLES[model]()
    assert type(row) is model
    there = model._default_manager.get(pk=row.pk)
    assert values(there) == values(row)
    assert str(there)


def values(row: models.Model) -> dict[str, Any]:
    """What stands in the columns that the application writes; the database fills in the others."""
    fields = [each for each in row._meta.concrete_fields if each.db_default is models.NOT_PROVIDED]
    written = [each for each in fields if not each.generated]
    return {each.attname: plain(getattr(row, each.attname)) for each in written}


def plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


@pytest.mark.parametrize("model", [each for each in WRITTEN if issubclass(each, AppendOnly)], ids=name)
def test_what_only_grows_is_neither_changed_nor_deleted(model: type[models.Model]) -> None:
    row = SAMPLES[model]()
    column = next(each for each in model._meta.concrete_fields if not each.primary_key and not each.generated)
    mine = model._default_manager.filter(pk=row.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        mine.update(**{column.attname: getattr(row, column.attname)})
    with pytest.raises(DatabaseError), transaction.atomic():
        mine._raw_delete(mine.db)
    assert mine.exists()


@pytest.mark.parametrize("model", READ, ids=name)
def test_what_is_only_read_takes_no_row(model: type[models.Model]) -> None:
    there = model._default_manager.first()
    assert there is not None
    there.pk = None
    with pytest.raises(DatabaseError), transaction.atomic():
        there.save(force_insert=True)


def test_no_sample_is_left_over() -> None:
    assert [name(model) for model in SAMPLES if model not in WRITTEN] == []
    assert [AllowedTransition] == READ

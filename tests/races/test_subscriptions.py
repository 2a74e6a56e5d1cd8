"""What meets at one subscription: two changes, a change and a renewal, a cancellation and a trial's end."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction

from billing.billing_run.renewing import renew_batch
from billing.credits.granting import Cause, Renewal, grant_many
from billing.errors import Conflict
from billing.ids import form_key
from billing.models import Commitment, CreditLot, Invoice, InvoiceLine, PendingLine, Subscription
from billing.subscriptions.commitments.agreeing import agree_on_commitment
from billing.subscriptions.commitments.canceling import cancel_at_end
from billing.subscriptions.granting import grant_due, grant_period_credits, grant_told
from tests import make
from tests.billing.subscriptions import life
from tests.billing.subscriptions.plans import day
from tests.races.harness import Meeting, at_once, meeting, meeting_at, refused, went_through

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DECIDES = "billing.billing_run.renewing.decide_all"
PLANS = "billing.subscriptions.changing.plan_change"
ENDS = "billing.subscriptions.canceling.bound_until"


@contextmanager
def meeting_of(*targets: str) -> Iterator[None]:
    """One call of each target waits, when it is done, until all have been."""
    place = Meeting(len(targets))
    with ExitStack() as stack:
        for target in targets:
            stack.enter_context(meeting_at(place, target))
        yield


@contextmanager
def without_lock() -> Iterator[None]:
    """The naive twin: the subscription is read, not locked."""

    def read(pk: int, **more: Any) -> Subscription:
        return Subscription.objects.get(pk=pk)

    with (
        patch("billing.subscriptions.changing.lock", read),
        patch("billing.subscriptions.canceling.lock", read),
    ):
        yield


def renewal(row: Subscription, now: str, *, locks: bool = True) -> None:
    """What a batch of the billing run does for one subscription."""
    with transaction.atomic():
        rows = Subscription.objects.filter(pk=row.pk)
        some = list(rows.select_for_update() if locks else rows)
        due = [each for each in some if each.current_period_end <= day(now)]
        done = renew_batch(due, until=day(now), actor=life.RUN, now=day(now))
        assert not done.failures


def team() -> Any:
    return life.price(life.tier("Team", 3_000, rank=1, trial_days=14), 3_000)


def business() -> Any:
    return life.price(life.tier("Business", rank=2), 9_900)


def given_back(row: Subscription) -> int:
    """What was taken back of its first invoice, whether billed or waiting."""
    line = Invoice.objects.filter(subscription=row).order_by("pk")[0].lines.get()
    taken = sum(each.net_minor for each in InvoiceLine.objects.filter(takes_back=line))
    waits = PendingLine.objects.filter(takes_back=line, invoice__isnull=True)
    return taken + sum(each.amount_minor for each in waits)


def two_changes(guard: Any) -> Subscription:
    row, ways = life.start("2026-04-01", team()), [business(), life.price(life.tier("Club"), 5_000)]
    with guard, meeting(PLANS, 2):
        at_once([partial(life.change, row, "2026-04-16", way) for way in ways])
    return row


def test_two_changes_at_once_give_the_unused_time_back_once() -> None:
    row = two_changes(nullcontext())
    assert given_back(row) == -1_500
    assert life.mrr(row)[-1][2] + life.mrr(row)[-2][2] + 3_000 == row.items.get().price.unit_amount_minor


def test_without_the_lock_it_is_given_back_twice() -> None:
    assert given_back(two_changes(without_lock())) == -3_000


def of_may(row: Subscription) -> InvoiceLine:
    return InvoiceLine.objects.get(
        invoice__subscription=row, kind="subscription", period_start=day("2026-05-01")
    )


def upgrade_during_renewal(guard: Any, *, locks: bool) -> tuple[Subscription, list[Any]]:
    row, to = life.start("2026-04-01", team()), business()
    with guard, meeting_of(PLANS, DECIDES):
        outcomes = at_once(
            [
                partial(life.change, row, "2026-04-30T23:59:59", to),
                partial(renewal, row, "2026-05-01", locks=locks),
            ]
        )
    row.refresh_from_db()
    return row, outcomes


def test_an_upgrade_during_its_renewal_comes_before_or_after_it() -> None:
    row, outcomes = upgrade_during_renewal(nullcontext(), locks=True)
    assert row.current_period_end == day("2026-06-01")
    may = InvoiceLine.objects.get(
        invoice__subscription=row, kind="subscription", period_start=day("2026-05-01")
    )
    assert may.price == row.items.get().price
    assert len(refused(outcomes)) == (0 if may.price.tier.name == "Business" else 1)


def test_without_the_lock_the_renewal_bills_another_plan_than_it_is_on() -> None:
    row, _ = upgrade_during_renewal(without_lock(), locks=False)
    may = InvoiceLine.objects.get(
        invoice__subscription=row, kind="subscription", period_start=day("2026-05-01")
    )
    assert (may.price.tier.name, row.items.get().price.tier.name) == ("Team", "Business")


def cancel_during_conversion(guard: Any, *, locks: bool) -> tuple[Subscription, list[Any]]:
    row = life.start("2026-04-01", team(), trial=True)
    make.method(row.customer)
    with guard, meeting_of(ENDS, DECIDES):
        outcomes = at_once(
            [
                partial(life.cancel, row, "2026-04-14T23:59:59", key=form_key()),
                partial(renewal, row, "2026-04-15", locks=locks),
            ]
        )
    row.refresh_from_db()
    return row, outcomes


def test_a_trial_canceled_while_it_converts_ends_unbilled_or_with_what_was_billed() -> None:
    row, outcomes = cancel_during_conversion(nullcontext(), locks=True)
    assert len(went_through(outcomes)) == 2
    if row.state == "canceled":
        assert not Invoice.objects.filter(subscription=row).exists()
    else:
        assert row.cancel_at == row.current_period_end == day("2026-05-15")


def test_without_the_lock_it_is_billed_although_it_was_to_end_before() -> None:
    row, _ = cancel_during_conversion(without_lock(), locks=False)
    assert row.state == "active" and row.cancel_at == day("2026-04-15")
    assert Invoice.objects.filter(subscription=row).exists()


def grants_at_once(workers: int) -> Subscription:
    row = life.start("2026-04-01", team())
    Subscription.objects.filter(pk=row.pk).update(
        current_period_start=day("2026-05-01"), current_period_end=day("2026-06-01")
    )
    ask = {"subscription_ids": [row.pk], "actor": life.RUN, "now": day("2026-05-01T00:00:10")}
    at_once([partial(grant_period_credits, **ask) for _ in range(workers)])
    return row


def test_a_retry_and_a_new_event_grant_a_period_once() -> None:
    row = grants_at_once(4)
    assert life.grants(row) == [("2026-04-01", 3_000), ("2026-05-01", 3_000)]
    lots = CreditLot.objects.filter(subscription=row)
    assert sorted(str(lot.grant_period) for lot in lots) == ["2026-04-01", "2026-05-01"]


def asked_by_all(row: Subscription) -> list[Any]:
    """The renewal, two messages of a gateway's, a retry and the sweep, all at once."""
    now = day("2026-05-01T00:00:10")
    told = {"actor": life.RUN, "now": now}
    return at_once(
        [
            partial(renewal, row, "2026-05-01T00:00:10"),
            partial(grant_told, [row.pk], **told),
            partial(grant_told, [row.pk], [row.pk], **told),
            partial(grant_period_credits, [row.pk], **told),
            partial(grant_due, **told),
        ]
    )


def test_renewal_webhook_and_retry_at_once_grant_one_period() -> None:
    for _ in range(3):
        row = life.start("2026-04-01", team())
        assert refused(asked_by_all(row)) == []
        assert life.grants(row) == [("2026-04-01", 3_000), ("2026-05-01", 3_000)]
        lots = CreditLot.objects.filter(subscription=row)
        assert len({(lot.grant_period, lot.kind, lot.cause) for lot in lots}) == lots.count() == 2


def test_looking_first_and_granting_then_grants_several() -> None:
    """The naive twin: has this period been granted? If not, grant it, each under a key of its own."""
    broken = 0
    for _ in range(4):
        row, meet = life.start("2026-04-01", team()), Barrier(4)

        def naive(worker: int, row: Subscription = row, meet: Barrier = meet) -> None:
            period = day("2026-05-01").date()
            there = CreditLot.objects.filter(subscription=row, grant_period=period).exists()
            meet.wait()
            if not there:
                cause = Cause(row.pk, period, "tier:tokens", f"worker-{worker}")
                asked = [Renewal(row.customer_id, 3_000, cause, day("2026-06-01"))]
                grant_many(
                    renewals=asked, unit="tokens", actor=life.RUN, now=day("2026-05-01"), reason="Renewed"
                )

        at_once([partial(naive, worker) for worker in range(4)])
        broken += sum(amount for at, amount in life.grants(row) if at == "2026-05-01") > 3_000
    assert broken > 2


CANCELS = "billing.subscriptions.commitments.canceling.why_not_cancel"


def committed() -> tuple[Subscription, Commitment]:
    """A term of one month, on its last day."""
    row = life.start("2026-04-01", team())
    made = agree_on_commitment(
        subscription_id=row.pk, months=1, renews=False, agreed_by="customer", reason="Order form",
        actor=life.JUDE, now=day("2026-04-01"), form_key=form_key(),
    )  # fmt: skip
    return row, made


def give_notice(made: Commitment) -> Commitment:
    return cancel_at_end(
        commitment_id=made.pk, asked_by="customer", reason="They move on", actor=life.JUDE,
        now=day("2026-04-30T23:59:59"),
    )  # fmt: skip


def test_a_term_canceled_while_it_is_renewed_ends_unbilled_or_is_refused() -> None:
    for _ in range(4):
        row, made = committed()
        notice, _ = at_once([partial(give_notice, made), partial(renewal, row, "2026-05-01")])
        row.refresh_from_db()
        billed = InvoiceLine.objects.filter(invoice__subscription=row, period_start=day("2026-05-01"))
        if isinstance(notice, Conflict):
            assert "cancel the subscription itself" in notice.sentence
            assert (row.state, row.cancel_at, billed.count()) == ("active", None, 1)
        else:
            assert (row.state, row.ended_at, billed.count()) == ("canceled", day("2026-05-01"), 0)


def test_without_its_lock_the_term_ends_and_is_billed_beyond_it() -> None:
    def read(pk: int) -> tuple[Subscription, Commitment]:
        made = Commitment.objects.select_related("subscription").get(pk=pk)
        return made.subscription, made

    broken = 0
    for _ in range(4):
        row, made = committed()
        with (
            patch("billing.subscriptions.commitments.canceling.lock_commitment", read),
            meeting_of(CANCELS, DECIDES),
        ):
            at_once([partial(give_notice, made), partial(renewal, row, "2026-05-01", locks=False)])
        row.refresh_from_db()
        billed = InvoiceLine.objects.filter(invoice__subscription=row, period_start=day("2026-05-01"))
        broken += row.cancel_at == day("2026-05-01") and billed.exists()
    assert broken > 2

"""Changing, ending, pausing, moving and starting subscriptions, as a person does it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.history.actors import person
from billing.ids import form_key
from billing.models import GatewayEnd, Invoice, PendingChange, Price, Subscription, SubscriptionChange
from billing.subscriptions.changing import change_subscription
from billing.subscriptions.pausing import pause_subscription
from billing.subscriptions.starting import start_subscription
from billing.usage.services import record_usage
from tests import make
from tests.billing.subscriptions import life
from tests.dashboard.credits.desk import desk_of, filled, told

pytestmark = pytest.mark.django_db

JUDE = person(1, "Jude Okafor")


@pytest.fixture
def team():
    return life.price(life.tier("Team", 3_000, rank=1, trial_days=14), 3_000)


@pytest.fixture
def business():
    return life.price(life.tier("Business", 9_000, rank=2), 9_900)


def began(of: Price, *, days: int = 10, quantity: int = 1, **more) -> Subscription:
    """A subscription that began so many days ago."""
    return start_subscription(
        customer_id=make.customer().pk, price_id=of.pk, quantity=quantity, reason="Ordered", key=form_key(),
        actor=JUDE, now=timezone.now() - timedelta(days=days), **more,
    ).subscription  # fmt: skip


def url(row: Subscription, name: str) -> str:
    return reverse(f"subscriptions:{name}", args=[row.reference])


def page(client, row: Subscription) -> str:
    return " ".join(client.get(reverse("subscriptions:show", args=[row.reference])).content.decode().split())


def ask(of: Price, seats: int = 1, when: str = "now", **more) -> dict:
    return {
        "price": of.pk, "quantity": seats, "when": when, "asked_by": "customer", "reason": "Grows", **more,
    }  # fmt: skip


def test_a_change_shows_its_effect_and_is_done_once(team, business):
    row, client = began(team), desk_of("support")
    said = told(client, url(row, "change"), **ask(business, 2))
    for words in ("Unused time: Team, monthly: −", "Remaining time: Business × 2, monthly:", "invoiced now",
                  "of it is tax", "Next invoice on", "tokens are added now", "18,000 tokens each month",
                  "Change it now"):  # fmt: skip
        assert words in said, words
    assert Invoice.objects.filter(subscription=row).count() == 1
    form = filled(client, url(row, "change"), **ask(business, 2))
    assert client.post(url(row, "change"), form).status_code == 302
    client.post(url(row, "change"), form)
    assert Invoice.objects.filter(subscription=row).count() == 2
    done = SubscriptionChange.objects.get(subscription=row, kind="plan")
    assert (done.actor_name, done.asked_by, done.reason) == ("Jude Okafor", "customer", "Grows")
    assert "Moved from Team, monthly to Business × 2, monthly" in page(client, row)


def test_what_the_preview_says_is_what_is_invoiced(team, business):
    row, client = began(team), desk_of("support")
    said = told(client, url(row, "change"), **ask(business))
    client.post(url(row, "change"), filled(client, url(row, "change"), **ask(business)))
    made = Invoice.objects.filter(subscription=row).order_by("pk").last()
    total = made.total_minor
    # The clock goes on between the two: a cent at most, where a second is worth less than one.
    shown = [f"{(total + d) // 100}.{(total + d) % 100:02} EUR is invoiced now" for d in (-1, 0, 1)]
    assert any(words in said for words in shown), (shown, said)


@pytest.mark.parametrize(
    ("seats", "words"),
    [(0, "Seats: a number from 1 to 1,000,000"), (10_000_000, "Seats: a number from 1 to 1,000,000")],
)
def test_what_cannot_be_comes_back_with_422(team, business, seats, words):
    row, client = began(team), desk_of("support")
    answer = client.post(url(row, "change"), filled(client, url(row, "change"), **ask(business, seats)))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert words in told(client, url(row, "change"), **ask(business, seats))
    without = client.post(url(row, "change"), filled(client, url(row, "change"), **ask(business, reason="")))
    assert without.status_code == 422


def test_a_planned_change_stands_on_the_page_with_its_undo(team, business):
    row, client = began(business), desk_of("support")
    asked = ask(team, when="period_end")
    assert "Plan the change" in told(client, url(row, "change"), **asked)
    client.post(url(row, "change"), filled(client, url(row, "change"), **asked))
    shown = page(client, row)
    assert "It changes to Team, monthly on" in shown and url(row, "undo_change") in shown
    undo = filled(client, url(row, "undo_change"), asked_by="staff", reason="Stays")
    assert client.post(url(row, "undo_change"), undo).status_code == 302
    assert PendingChange.objects.get().withdrawn_at is not None
    assert "It changes to" not in page(client, row)


def test_ending_and_going_on_after_all(team):
    row, client = began(team), desk_of("support")
    asked = {"when": "period_end", "asked_by": "customer", "reason": "Too dear"}
    assert "It ends on" in told(client, url(row, "cancel"), **asked)
    client.post(url(row, "cancel"), filled(client, url(row, "cancel"), **asked))
    assert "It was canceled and ends" in page(client, row)
    kept = filled(client, url(row, "undo_cancel"), asked_by="customer", reason="Stays")
    client.post(url(row, "undo_cancel"), kept)
    row.refresh_from_db()
    assert row.cancel_at is None
    now = {"when": "now", "give_back": "on", "asked_by": "customer", "reason": "Closed down"}
    assert "of unused time is credited" in told(client, url(row, "cancel"), **now)
    client.post(url(row, "cancel"), filled(client, url(row, "cancel"), **now))
    row.refresh_from_db()
    assert row.state == "canceled"
    assert "Start it again" in page(client, row)
    again = {"price": team.pk, "quantity": 2, "asked_by": "customer", "reason": "Came back"}
    assert "is invoiced now" in told(client, url(row, "restart"), **again)
    client.post(url(row, "restart"), filled(client, url(row, "restart"), **again))
    assert Subscription.objects.get(continues=row).items.get().quantity == 2


def test_pausing_and_resuming(team):
    row, client = began(team), desk_of("support")
    asked = {"resumes_at": "", "asked_by": "customer", "reason": "Holidays"}
    assert "is given back on a later invoice" in told(client, url(row, "pause"), **asked)
    client.post(url(row, "pause"), filled(client, url(row, "pause"), **asked))
    assert "Until somebody resumes it" in page(client, row)
    back = {"asked_by": "customer", "reason": "Back"}
    assert "Unused time" in told(client, url(row, "resume"), **back)
    client.post(url(row, "resume"), filled(client, url(row, "resume"), **back))
    row.refresh_from_db()
    assert row.state == "active"


def test_moving_dates(team):
    row, client = began(team), desk_of("support")
    later = (row.current_period_end + timedelta(days=5)).date().isoformat()
    asked = {"date": later, "asked_by": "customer", "reason": "After pay day"}
    assert "Remaining time" in told(client, url(row, "move_date"), **asked)
    client.post(url(row, "move_date"), filled(client, url(row, "move_date"), **asked))
    row.refresh_from_db()
    assert row.current_period_end.date().isoformat() == later
    trial = began(team, days=2, trial=True)
    ends = (trial.current_period_end + timedelta(days=7)).date().isoformat()
    longer = {"date": ends, "asked_by": "customer", "reason": "Busy"}
    assert "Nothing is invoiced now" in told(client, url(trial, "extend_trial"), **longer)
    client.post(url(trial, "extend_trial"), filled(client, url(trial, "extend_trial"), **longer))
    trial.refresh_from_db()
    assert trial.trial_ends_at.date().isoformat() == ends


def test_starting_one(team):
    customer, client = make.customer(), desk_of("support")
    address = reverse("subscriptions:start", args=[customer.reference])
    asked = {
        "price": team.pk, "quantity": 3, "collection": "send", "asked_by": "customer", "reason": "Ordered",
    }  # fmt: skip
    said = told(client, address, **asked)
    assert "and sent to be paid" in said and "9,000 tokens are added now" in said
    assert "A trial of 14 days begins" in told(client, address, **asked, trial="on")
    form = filled(client, address, **asked)
    client.post(address, form)
    client.post(address, form)
    assert Subscription.objects.get(customer=customer).collection == "send"


def test_what_is_refused_says_why(team, business):
    client = desk_of("support")
    theirs = make.subscription(at=team, collected_by="gateway", gateway="stripe", gateway_id="sub_1")
    assert "The gateway collects it: change it there, the desk follows." in page(client, theirs)
    refused = client.post(url(theirs, "change"), filled(client, url(theirs, "change"), **ask(business)))
    assert refused.status_code == 422 and "collected by the gateway" in refused.content.decode()
    paused = began(team)
    pause_subscription(subscription_id=paused.pk, reason="Rest", actor=JUDE, now=timezone.now())
    assert "It is paused: it has to run first." in page(client, paused)
    ends = began(team)
    change_subscription(
        subscription_id=ends.pk, price_id=business.pk, quantity=1, when="period_end", reason="Grows",
        actor=JUDE, now=timezone.now(),
    )  # fmt: skip
    auditor = desk_of("auditor")
    assert "Your role may not do this" in page(auditor, ends)
    assert auditor.get(url(ends, "change")).status_code == 403


def test_ending_it_now_tells_what_it_used_and_that_it_waits_to_be_billed(team):
    meter = make.usage_price(team.tier, since=timezone.now() - timedelta(days=60)).meter
    row, client = began(team), desk_of("support")
    at = timezone.now() - timedelta(days=1)
    record_usage(
        customer_id=row.customer_id, meter=meter.slug, quantity=Decimal(142), key="told", at=at, actor=JUDE,
        now=timezone.now(),
    )  # fmt: skip
    later = told(client, url(row, "cancel"), when="period_end", asked_by="customer", reason="Leaves")
    assert "What it uses until then is billed with its end" in later
    asked = {"when": "now", "asked_by": "customer", "reason": "Leaves"}
    said = told(client, url(row, "cancel"), **asked)
    assert "And the usage up to now: API calls, 42 past what is included for 2.10 EUR" in said
    client.post(url(row, "cancel"), filled(client, url(row, "cancel"), **asked))
    assert "What it used last waits to be billed" in page(client, row)


def test_one_that_a_gateway_collects_is_ended_there(team):
    ends = timezone.now() + timedelta(days=9)
    row = make.subscription(
        at=team, collected_by="gateway", gateway="sandbox", gateway_id="sbx_sub_9", current_period_end=ends
    )
    client = desk_of("support")
    said = told(client, url(row, "cancel"), when="period_end", asked_by="customer", reason="Leaves")
    assert "Sandbox is asked, and read back" in said and "Let it end" in said
    form = filled(client, url(row, "cancel"), when="period_end", asked_by="customer", reason="Leaves")
    assert client.post(url(row, "cancel"), form).status_code == 302
    client.post(url(row, "cancel"), form)
    end = GatewayEnd.objects.get(subscription=row)
    assert (end.wanted, end.ends_at, end.change.actor_name != "") == ("later", ends, True)
    assert "Sandbox is being asked to end it on" in page(client, row)
    assert "Sandbox is being asked already" in page(client, row)
    GatewayEnd.objects.update(state="refused", settled_at=timezone.now(), found="Sandbox refused: no.")
    assert "Sandbox refused: no." in page(client, row)
    Subscription.objects.filter(pk=row.pk).update(cancel_at=ends)
    said = told(client, url(row, "undo_cancel"), asked_by="customer", reason="Stays")
    assert "Sandbox bills its next period" in said

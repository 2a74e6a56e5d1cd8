"""The log of webhook events and an event's page: what was stored, what was left out, what it changed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing.history.actors import gateway
from billing.history.services import entry
from billing.models import HistoryEntry, WebhookEvent, WebhookPayload
from billing.webhooks.allowlist import allowed
from dashboard.fetching import take_blocked
from dashboard.lists.narrow import narrow_first
from dashboard.lists.page import page_keys
from dashboard.lists.state import read
from dashboard.webhooks.payload import tree_of
from dashboard.webhooks.screen import EVENTS
from dashboard.webhooks.tables import span_words
from tests import make, plans
from tests.big import big_table

pytestmark = pytest.mark.django_db
CHARGE = {
    "id": "ch_3QxQ9A", "object": "charge", "amount": 14800, "amount_refunded": 14800, "currency": "jpy",
    "created": 1795002778, "receipt_email": "hana@midori.example", "paid": True, "failure_code": None,
    "billing_details": {"name": "Hana Sato"},
    "payment_method_details": {"card": {"brand": "jcb", "last4": "0505", "fingerprint": "abcd", "shiny": 1}},
    "refunds": {"data": [{"id": "re_1", "object": "refund", "amount": 14800, "currency": "jpy",
                          "destination_details": {"card": 1}}]},
}  # fmt: skip


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make.member("finance"))
    return client


def event(body: Any = None, **more: Any) -> WebhookEvent:
    fields = {
        "source": "stripe", "event_id": f"evt_{make.serial()}", "type": "charge.refunded",
        "object_kind": "charge", "object_id": "ch_3QxQ9A", "state": "processed", "attempts": 1,
        "happened_at": make.NOW, "received_at": make.NOW, "processed_at": make.NOW + timedelta(seconds=608),
        **more,
    }  # fmt: skip
    made = WebhookEvent.objects.create(**fields)
    kept, dropped = allowed("stripe", "charge", body or CHARGE)
    WebhookPayload.objects.create(
        event=made, received_at=made.received_at, body={"object": kept, "dropped": dropped, "api_version": ""}
    )
    return made


def page(desk: Client, of: WebhookEvent) -> str:
    answer = desk.get(f"/webhooks/{of.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_payload_shows_what_was_kept_and_marks_what_was_removed(desk: Client) -> None:
    told = page(desk, event())
    for word in ("14,800 JPY", "&quot;jcb&quot;", "fingerprint", "a secret", "receipt_email",
                 "personal data", "each.destination_details", "the allow list", "10 min 8 s"):  # fmt: skip
        assert word in told, word
    for secret in ("hana@midori.example", "Hana Sato", "abcd"):
        assert secret not in told


def test_the_tree_counts_and_folds() -> None:
    kept, dropped = allowed("stripe", "charge", CHARGE)
    tree = tree_of({"object": kept, "dropped": dropped})
    assert tree.removed == len(dropped) == 5
    assert tree.kept == 14
    refunds = next(node for node in tree.nodes if node.key == "refunds")
    assert refunds.branch and refunds.open
    long = tree_of({"object": {"lines": [{"id": str(place)} for place in range(30)]}, "dropped": {}})
    assert not long.nodes[0].open and len(long.nodes[0].children) == 30


@pytest.mark.parametrize("body", [None, [], {}, {"object": None}, {"object": []}, {"data": {"object": {}}}])
def test_a_body_without_an_object_is_an_empty_tree(body: Any) -> None:
    assert tree_of(body).nodes == []


def test_other_events_of_the_object_and_what_this_one_changed(desk: Client) -> None:
    payment = make.payment(gateway="stripe", gateway_id="ch_3QxQ9A")
    one = event(event_id="evt_one")
    other = event(type="charge.succeeded", happened_at=make.NOW - timedelta(days=2))
    elsewhere = event(object_id="ch_other", type="charge.captured")
    entry(payment, "applied", actor=gateway("stripe"), now=make.NOW)
    written = entry(payment, "refunded_at_gateway", actor=gateway("stripe"), now=make.NOW)
    written.request_id = "evt_one"
    HistoryEntry.objects.bulk_create([written])
    told = page(desk, one)
    assert f"/payments/{payment.reference}/" in told and "Refunded at gateway" in told
    assert f"/webhooks/{other.pk}/" in told and f"/webhooks/{elsewhere.pk}/" not in told
    assert "in the books already" in page(desk, other)


def test_failed_dead_and_ignored_say_what_comes_next(desk: Client) -> None:
    failed = event(state="failed", attempts=1, error="The payment is not known yet.")
    assert "is tried again" in page(desk, failed) and "The payment is not known yet." in page(desk, failed)
    assert "gave up after 6 attempts" in page(desk, event(state="dead", attempts=6))
    assert "has no use for events of this type" in page(desk, event(state="ignored"))
    received = event(state="received", attempts=0, processed_at=None)
    assert "so far" in page(desk, received)


def test_an_event_whose_content_is_gone_or_object_unknown_still_has_a_page(desk: Client) -> None:
    bare = event(object_kind="topup", object_id="tu_1")
    bare.payloads.all().delete()
    told = page(desk, bare)
    assert "Nothing of its content is stored" in told and "unknown" in told
    assert page(desk, event(object_id="", object_kind=""))


@pytest.mark.parametrize("kind", ["payment_intent", "refund", "dispute", "invoice", "customer",
                                  "subscription", "product", "price", "credit_note", "charge"])  # fmt: skip
def test_every_kind_of_object_is_looked_up(desk: Client, kind: str) -> None:
    assert "unknown" in page(desk, event(object_kind=kind, object_id="missing_1"))


def test_it_leads_to_the_object_it_is_about(desk: Client) -> None:
    names = {"gateway": "stripe", "gateway_id": "obj_1"}
    invoice = make.invoice(**names, number=None, foreign_number="F-9")
    assert f"/invoices/{invoice.reference}/" in page(desk, event(object_kind="invoice", object_id="obj_1"))
    tier = make.tier(**names)
    assert f"/catalog/{tier.slug}/" in page(desk, event(object_kind="product", object_id="obj_1"))
    refund = make.refund(**names)
    assert f"/refunds/{refund.reference}/" in page(desk, event(object_kind="refund", object_id="obj_1"))


def test_the_log_narrows_and_fetches_nothing_row_by_row(desk: Client) -> None:
    dead = event(state="dead", event_id="evt_dead")
    other = event(source="sandbox", type="refund.updated", object_id="sbx_re_1")
    take_blocked()

    def rows(query: str) -> str:
        answer = desk.get(f"/webhooks/?view=all&{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    for query in ("state=dead", "trouble=dead", "source=stripe", "type=charge.refunded", "object=ch_3QxQ9A"):
        found = rows(query)
        assert f"/webhooks/{dead.pk}/" in found and f"/webhooks/{other.pk}/" not in found, query
    assert take_blocked() == []
    assert "No gateway has told anything yet" not in rows("")
    text = b"".join(desk.get("/webhooks/?view=all&format=csv").streaming_content).decode()
    assert "evt_dead" in text and "608" in text


def test_a_family_of_types_is_one_choice_and_reads_as_one(desk: Client) -> None:
    for name in ("invoice.paid", "invoice.voided", "charge.updated"):
        event(type=name, event_id=f"evt_{name}")
    told = " ".join(desk.get("/webhooks/?view=all&type=invoice.*").content.decode().split())
    assert "evt_invoice.paid" in told and "evt_invoice.voided" in told and "evt_charge.updated" not in told
    state = read(EVENTS, QueryDict("view=all&type=invoice.*&type=charge.updated"), [])
    assert [chip.value for chip in state.chips()] == ["invoice.*, charge.updated"]
    assert read(EVENTS, QueryDict("view=all&type=payout.*"), []).troubles


def test_the_customer_is_named_whichever_way_the_desk_knows_them(desk: Client) -> None:
    named = make.customer("Brückner Feinmechanik GmbH", gateway="stripe", gateway_id="cus_1")
    owner = make.customer("Hana Sato")
    make.payment(owner, gateway="stripe", gateway_id="pi_1")
    event(event_id="evt_named", customer_gateway_id="cus_1", object_kind="invoice", object_id="in_1")
    event(event_id="evt_owned", object_kind="payment_intent", object_id="pi_1")
    event(event_id="evt_nobody", object_kind="payment_intent", object_id="pi_2")
    told = desk.get("/webhooks/?view=all").content.decode()
    assert "Brückner Feinmechanik GmbH" in told and "Hana Sato" in told
    for whose, theirs, other in ((named, "evt_named", "evt_owned"), (owner, "evt_owned", "evt_named")):
        found = desk.get(f"/webhooks/?view=all&customer={whose.reference}").content.decode()
        assert theirs in found and other not in found and "evt_nobody" not in found


def test_the_log_costs_the_same_however_many_rows_it_shows(desk: Client) -> None:
    owner = make.customer()
    for place in range(2):
        make.payment(owner, gateway="stripe", gateway_id=f"pi_{place}")
        event(object_kind="payment_intent", object_id=f"pi_{place}")
    desk.get("/webhooks/?view=all")
    with CaptureQueriesContext(connection) as few:
        desk.get("/webhooks/?view=all")
    for place in range(2, 30):
        make.payment(owner, gateway="stripe", gateway_id=f"pi_{place}")
        event(object_kind="payment_intent", object_id=f"pi_{place}")
    with CaptureQueriesContext(connection) as many:
        desk.get("/webhooks/?view=all")
    assert len(many) == len(few)


def test_an_event_at_the_side(desk: Client) -> None:
    of = event(state="failed", error="The payment is not known yet.", event_id="evt_side")
    told = desk.get(
        "/webhooks/?view=all&peek=evt_side", headers={"HX-Request": "true", "HX-Target": "peek"}
    ).content.decode()
    assert "The payment is not known yet." in told and f"/webhooks/{of.pk}/replay/" in told


def test_the_payload_opens_whole_and_shows_raw(desk: Client) -> None:
    of = event()
    assert "<details open>" not in desk.get(f"/webhooks/{of.pk}/?payload=closed").content.decode()
    raw = desk.get(f"/webhooks/{of.pk}/?payload=raw").content.decode()
    assert "tree-raw" in raw and "<details" not in raw.partition("tree-raw")[2].partition("</pre>")[0]
    assert 'data-copy="payment_method_details.card.brand"' in page(desk, of)


def test_many_events_of_an_object_cost_what_few_cost(desk: Client) -> None:
    one = event()
    event()
    page(desk, one)
    with CaptureQueriesContext(connection) as few:
        page(desk, one)
    for _ in range(30):
        event()
    with CaptureQueriesContext(connection) as many:
        page(desk, one)
    assert len(many) == len(few)


def test_who_may_see_it(client: Client) -> None:
    of = event()
    client.force_login(make.member(""))
    assert client.get("/webhooks/").status_code == 403
    assert client.get(f"/webhooks/{of.pk}/").status_code == 403
    client.force_login(make.member("support"))
    assert client.get("/webhooks/999999999/").status_code == 404
    assert client.get(f"/webhooks/{2**70}/").status_code == 404


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(milliseconds=412), "412 ms"),
        (timedelta(seconds=6), "6 s"),
        (timedelta(seconds=608), "10 min 8 s"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=30), "1 day"),
        (timedelta(days=3), "3 days"),
    ],
)
def test_spans_in_words(span: timedelta, words: str) -> None:
    assert span_words(span) == words


MANY = """
INSERT INTO billing_webhookevent (source, event_id, type, object_kind, object_id, state, happened_at,
    received_at, processed_at, attempts, duplicates, error, endpoint, customer_gateway_id)
SELECT CASE WHEN n %% 5000 = 9 THEN 'sandbox' ELSE 'stripe' END, 'evt_b' || n,
    CASE WHEN n %% 5000 = 8 THEN 'customer.deleted' WHEN n %% 5000 = 18 THEN 'customer.created'
        ELSE 'charge.succeeded' END,
    'charge', 'ch_' || n / 3, CASE WHEN n %% 5000 = 7 THEN 'dead' ELSE 'processed' END,
    now() - n * interval '1 minute', now() - n * interval '1 minute',
    now() - n * interval '1 minute' + CASE WHEN n %% 5000 = 6 THEN interval '2 h' ELSE interval '1 s' END,
    CASE WHEN n %% 5000 = 5 THEN 3 ELSE 1 END, 0, '', CASE WHEN n %% 5000 = 4 THEN 'eu-live' ELSE '' END,
    'cus_' || n / 10
FROM generate_series(1, 60000) n
"""


def test_each_declared_pair_is_cheap_on_a_big_table() -> None:
    whose = make.customer(gateway="stripe", gateway_id="cus_77")
    make.payment(whose, gateway="stripe", gateway_id="ch_12000")
    with big_table("billing_webhookevent", MANY):
        for query, rows in (
            ("sort=-received", 51),
            ("sort=received", 51),
            ("state=dead", 12),
            ("trouble=dead&source=stripe&type=charge.succeeded", 12),
            ("source=sandbox", 12),
            ("type=customer.deleted", 12),
            ("type=customer.*", 24),
            ("endpoint=eu-live", 12),
            ("attempts=3", 12),
            ("delay=4", 12),
            ("object=ch_77", 3),
            ("object=ch_77&state=processed&source=stripe", 3),
            (f"customer={whose.reference}", 13),
        ):
            state = read(EVENTS, QueryDict(f"view=all&{query}"), [])
            assert not state.troubles and narrow_first(state) is None, query
            with CaptureQueriesContext(connection) as captured:
                assert len(page_keys(state, None, 51, backwards=False, user=None)) == rows, query
            for one in captured:
                found = plans.cost_of(one["sql"].replace("%", "%%"))
                assert found.removed <= plans.ROWS_REMOVED, f"{query}: {found.removed}\n{found.plan}"
                assert found.buffers <= plans.BUFFERS, f"{query}: {found.buffers}\n{found.plan}"
        assert narrow_first(read(EVENTS, QueryDict("view=all&state=dead&source=stripe"), [])) is not None

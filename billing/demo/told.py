"""What stands beside the story at its end: the gateway's messages, its memory, and free periods."""

from datetime import datetime, timedelta
from typing import Any

from billing.demo.book import Row
from billing.demo.world import World
from billing.periods import Interval, period_at

__all__ = ["bring_free_up_to_date", "tell_of_gateway"]

DAYS = 70
TYPES = {
    ("payment", "succeeded"): "payment.succeeded", ("payment", "failed"): "payment.failed",
    ("payment", "requires_action"): "payment.requires_action", ("payment", "reversed"): "payment.reversed",
    ("refund", "succeeded"): "refund.updated", ("refund", "pending"): "refund.created",
    ("refund", "requires_action"): "refund.updated", ("refund", "failed"): "refund.failed",
    ("dispute", "needs_response"): "dispute.created", ("dispute", "warning"): "dispute.created",
    ("dispute", "won"): "dispute.closed", ("dispute", "lost"): "dispute.closed",
}  # fmt: skip
ERRORS = {
    "failed": "The payment that this event speaks of is not known yet.",
    "dead": "Gave up after 6 attempts: the refund is in USD, its payment in EUR.",
}


def bring_free_up_to_date(world: World) -> None:
    """Free subscriptions renew without a trace; only where they stand counts."""
    now = world.book.now
    for account in world.accounts:
        for plan in account.plans:
            if plan.slug == "free" and plan.row["state"] == "active":
                period = period_at(plan.row["anchor_at"], Interval("month"), now)
                plan.row.update(current_period_start=period.start, current_period_end=period.end)


def tell_of_gateway(world: World) -> None:
    """The last month's messages, and the refunds as the sandbox remembers them."""
    book = world.book
    by_id: dict[str, list[Row]] = {kind: book.rows[kind] for kind in ("payment", "refund", "dispute")}
    since = book.now - timedelta(days=DAYS)
    told = [
        entry for entry in book.rows["historyentry"]
        if entry["kind"] == "state" and entry["actor_kind"] == "gateway" and entry["at"] >= since
        and (entry["subject_kind"], entry["to_state"]) in TYPES
        and by_id[entry["subject_kind"]][entry["subject_id"] - 1].get("gateway_id")
    ]  # fmt: skip
    for place, entry in enumerate(told):
        row = by_id[entry["subject_kind"]][entry["subject_id"] - 1]
        _event(world, entry, row, _fate(place, len(told)))
    for row in book.rows["refund"]:
        if row.get("gateway_id"):
            _remember(world, row)


def _fate(place: int, of: int) -> str:
    """Nearly all were processed; the newest are still to be, and a few went wrong."""
    if of - place <= 2:
        return "received"
    if of - place == 3:
        return "processing"
    return {7: "dead", 29: "ignored", 53: "failed", 54: "failed"}.get(of - place, "processed") \
        if of - place < 100 else {0: "ignored", 1: "dead"}.get(place % 211, "processed")  # fmt: skip


def _event(world: World, entry: Row, row: Row, state: str) -> None:
    book = world.book
    kind = entry["subject_kind"]
    received = entry["at"] + timedelta(milliseconds=book.random.randrange(150, 2400))
    delay = timedelta(milliseconds=book.random.randrange(40, 900) + (6000 if book.chance(2) else 0))
    received = min(received, book.now - timedelta(seconds=1))
    done = state in ("processed", "ignored", "dead", "failed")
    event = book.add(
        "webhookevent",
        source="sandbox",
        event_id=book.gateway_id("sbx_evt"),
        type=TYPES[kind, entry["to_state"]],
        object_kind=kind,
        object_id=row["gateway_id"],
        state=state,
        happened_at=entry["at"],
        received_at=received,
        due_at=_due(state, received, book.now),
        processed_at=min(received + delay, book.now) if done else None,
        attempts={"received": 0, "dead": 6, "failed": 2}.get(state, 1),
        duplicates=1 if book.chance(1) else 0,
        error=ERRORS.get(state, ""),
    )
    shown = {
        "id": row["gateway_id"], "object": kind, "amount_minor": row["amount_minor"],
        "currency": row["currency"], "state": entry["to_state"], "reference": row["reference"],
    }  # fmt: skip
    body = {"object": shown, "dropped": {}, "api_version": ""}
    book.add("webhookpayload", event_id=event["id"], received_at=received, body=body)


def _due(state: str, received: datetime, now: datetime) -> datetime | None:
    """When a worker may take it; what failed is not tried again while the demo is new."""
    if state == "failed":
        return now + timedelta(hours=6)
    return {"received": received, "processing": received + timedelta(minutes=5)}.get(state)


def _remember(world: World, row: Row) -> None:
    """The refund in the sandbox's own words, so that it can be looked up there and counts as given back."""
    payment = world.book.rows["payment"][row["payment_id"] - 1]
    made = row.get("submitted_at") or row["created_at"]
    body: dict[str, Any] = {
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        "state": row["state"],
        "reason": row["reason"],
        "reference": row["reference"] if row["origin"] == "desk" else "",
        "failure_code": row.get("failure_code", ""),
        "message": row.get("gateway_message", ""),
        "created_at": made.replace(microsecond=0).isoformat(),
        "as_of": row["gateway_as_of"].replace(microsecond=0).isoformat(),
    }
    world.book.add(
        "sandboxobject",
        id=row["gateway_id"],
        kind="refund",
        idempotency_key=row["reference"] if row["origin"] == "desk" else None,
        parent_id=payment["gateway_id"],
        body=body,
        created_at=made,
    )

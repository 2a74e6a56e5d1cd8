"""What stands beside the story at its end: the gateway's messages, its memory, and free periods."""

from datetime import datetime, timedelta
from typing import Any

from billing.demo.book import Row
from billing.demo.world import World
from billing.periods import Interval, period_at
from billing.webhooks.allowlist import allowed
from billing.webhooks.rules import RETRIES

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
#: What the sandbox says of each, beside its id: the fields that its messages have.
SHOWN = ("amount_minor", "currency", "reference", "reason", "failure_code")
LOST = "This event could not be recorded (OperationalError)."
SERVED_BY = "halden-worker-1"
HEADERS = {"content-type": "application/json", "user-agent": "Python-urllib/3.13"}


#: Of which the desk reads nothing: kind, object and type.
OF_NO_USE = ("balance", "sbx_balance", "balance.updated")


def bring_free_up_to_date(world: World) -> None:
    """Free subscriptions renew without a trace; only where they stand counts."""
    now = world.book.now
    for account in world.accounts:
        for plan in account.plans:
            if plan.slug == "free" and plan.row["state"] == "active":
                period = period_at(plan.row["anchor_at"], Interval("month"), now)
                plan.row.update(current_period_start=period.start, current_period_end=period.end)


def tell_of_gateway(world: World) -> None:
    """The last months' messages, and the refunds as the sandbox remembers them."""
    book = world.book
    by_id: dict[str, list[Row]] = {kind: book.rows[kind] for kind in ("payment", "refund", "dispute")}
    since = book.now - timedelta(days=DAYS)
    told = [
        entry for entry in book.rows["historyentry"]
        if entry["kind"] == "state" and entry["actor_kind"] == "gateway" and entry["at"] >= since
        and (entry["subject_kind"], entry["to_state"]) in TYPES
        and by_id[entry["subject_kind"]][entry["subject_id"] - 1].get("gateway_id")
    ]  # fmt: skip
    posted: dict[tuple[str, int, datetime], list[Row]] = {}
    for posting in book.rows["posting"]:
        key = (posting["subject_kind"], posting["subject_id"], posting["posted_at"])
        posted.setdefault(key, []).append(posting)
    arrived = {row["id"]: row for row in book.rows["refund"] if row["state"] == "pending"}
    for place, entry in enumerate(told):
        row = by_id[entry["subject_kind"]][entry["subject_id"] - 1]
        event = _event(world, entry, row, entry["to_state"], _fate(place, len(told)))
        if event["state"] == "processed":
            # What the message changed is found by its id.
            key = (entry["subject_kind"], entry["subject_id"], entry["at"])
            for written in (entry, *posted.get(key, ())):
                written["request_id"] = event["event_id"]
        if entry["subject_kind"] == "refund" and entry["to_state"] == "pending" and row["id"] in arrived:
            _lost(world, entry, row)
    for row in book.rows["refund"]:
        if row.get("gateway_id"):
            _remember(world, row)


def _fate(place: int, of: int) -> str:
    """Nearly all were processed; the newest are still to be, and a few were of no use."""
    if of - place <= 2:
        return "received"
    return "ignored" if of - place == 29 or place % 211 == 0 else "processed"


def _lost(world: World, entry: Row, row: Row) -> None:
    """The money has arrived, and the desk does not know: the message that says so went wrong until it was
    given up, or is still to be tried again. A replay puts it right."""
    later = {**entry, "at": entry["at"] + timedelta(seconds=2)}
    over = world.book.now - later["at"] > sum(RETRIES, timedelta(minutes=5))
    _event(world, later, row, "succeeded", "dead" if over else "failed")


def _event(world: World, entry: Row, row: Row, to_state: str, state: str) -> Row:
    book = world.book
    kind, about, of_type = entry["subject_kind"], row["gateway_id"], TYPES[entry["subject_kind"], to_state]
    if state == "ignored":
        kind, about, of_type = OF_NO_USE
    received = entry["at"] + timedelta(milliseconds=book.random.randrange(150, 2400))
    took = timedelta(milliseconds=book.random.randrange(40, 900) + (6000 if book.chance(2) else 0))
    received = min(received, book.now - timedelta(seconds=1))
    event = book.add(
        "webhookevent",
        source="sandbox",
        event_id=book.gateway_id("sbx_evt"),
        type=of_type,
        object_kind=kind,
        object_id=about,
        state=state,
        happened_at=entry["at"],
        received_at=received,
        due_at=received if state == "received" else None,
        processed_at=None,
        attempts=0,
        duplicates=1 if book.chance(1) else 0,
        error=LOST if state in ("dead", "failed") else "",
    )
    for begun in _begun(received + took, state, book.now):
        _try(world, event, begun, begun + took)
    if event["state"] == "failed":
        event["due_at"] = event["processed_at"] + RETRIES[event["attempts"] - 1]
    said = {
        "id": about, "object": kind, "state": to_state,
        "payment": _payment_id(world, entry["subject_kind"], row),
        **{name: row[name] for name in SHOWN if name in row}, "message": row.get("gateway_message", ""),
        "created_at": (row.get("submitted_at") or row["created_at"]).replace(microsecond=0).isoformat(),
        "as_of": entry["at"].replace(microsecond=0).isoformat(),
    }  # fmt: skip
    if kind == "refund":
        said["reference"] = row["reference"] if row["origin"] == "desk" else ""
        said |= {"failure_code": said.get("failure_code", ""), "reason": said.get("reason", "")}
    kept, dropped = allowed("sandbox", kind, said)
    body = {"object": kept, "dropped": dropped, "previous": {}, "headers": HEADERS, "api_version": ""}
    book.add("webhookpayload", event_id=event["id"], received_at=received, body=body)
    return event


def _payment_id(world: World, kind: str, row: Row) -> str:
    whose = row if kind == "payment" else world.book.rows["payment"][row["payment_id"] - 1]
    return str(whose["gateway_id"])


def _begun(first: datetime, state: str, now: datetime) -> list[datetime]:
    """When each attempt began: one, or as many as there was time for."""
    if state == "received":
        return []
    if state not in ("dead", "failed"):
        return [min(first, now - timedelta(milliseconds=500))]
    begun = [first]
    for wait in RETRIES:
        if begun[-1] + wait < now:
            begun.append(begun[-1] + wait)
    return begun


def _try(world: World, event: Row, begun: datetime, ended: datetime) -> None:
    """One attempt, which leaves the event as it is after it."""
    event["attempts"] += 1
    lost = event["state"] in ("dead", "failed")
    last = event["attempts"] > len(RETRIES)
    event["processed_at"] = min(ended, world.book.now)
    world.book.add(
        "webhookattempt",
        event_id=event["id"],
        number=event["attempts"],
        kind="first" if event["attempts"] == 1 else "retry",
        state=("dead" if last else "failed") if lost else event["state"],
        started_at=begun,
        ended_at=event["processed_at"],
        error=LOST if lost else "",
        worker=SERVED_BY,
    )


def _remember(world: World, row: Row) -> None:
    """The refund in the sandbox's own words, so that it can be looked up there and counts as given back."""
    payment = world.book.rows["payment"][row["payment_id"] - 1]
    made = row.get("submitted_at") or row["created_at"]
    body: dict[str, Any] = {
        "amount_minor": row["amount_minor"],
        "currency": row["currency"],
        # The sandbox knows that the money has arrived; the desk may not have taken it in.
        "state": "succeeded" if row["state"] == "pending" else row["state"],
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

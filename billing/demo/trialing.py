"""Trials at Halden: what they are known by, what some of them share, and what became of each.

Chances are drawn from a generator of each trial's own, so that telling of trials changes nothing else.
"""

from datetime import datetime
from random import Random

from billing.demo.book import BILLING, Row
from billing.demo.world import Account, Plan, World
from billing.history.actors import Actor
from billing.ids import new_short_reference
from billing.subscriptions.trials.hashing import mark_hash
from billing.subscriptions.trials.rules import CLAIMED
from billing.subscriptions.trials.sameness import domain_of, same_email

__all__ = ["decide", "gives_up", "start"]

#: At Halden's made-up provider of mail everybody may have an address.
FREE_MAIL = "post.example"
#: Networks that many come from, and devices that were seen again; of a hundred trials so many.
SHARED_NETWORKS, SHARES_NETWORK = 9, 12
SHARED_DEVICES, SHARES_DEVICE, SHARES_CARD = 5, 5, 4
GIVES_UP = 35


def start(world: World, at: datetime, account: Account, plan: Plan, actor: Actor) -> None:
    """The trial of a subscription that has just begun, with its marks."""
    book = world.book
    chance = Random(plan.row["id"])  # noqa: S311 (a demo is to come out the same again)
    trial = book.add(
        "trialstart",
        reference=new_short_reference("TRI", chance),
        customer_id=plan.row["customer_id"],
        subscription_id=plan.row["id"],
        state="started",
        started_at=at,
    )
    plan.trial = trial
    book.born("trialstart", trial, at, actor)
    mailbox = same_email(account.identity["email"])
    _mark(world, trial, "email", mailbox, at)
    if domain_of(mailbox) != FREE_MAIL:
        _mark(world, trial, "domain", domain_of(mailbox), at)
    own = f"198.51.{trial['id'] // 250 % 250}.{trial['id'] % 250}"
    shared = f"203.0.113.{chance.randrange(SHARED_NETWORKS)}"
    _mark(world, trial, "address", shared if chance.randrange(100) < SHARES_NETWORK else own, at)
    if chance.randrange(100) < SHARES_DEVICE:
        _mark(world, trial, "device", f"device-{chance.randrange(SHARED_DEVICES)}", at)
    if account.method is not None:
        _mark(world, trial, "card", account.method["fingerprint_hash"], at)
    cards = [each for each in book.rows["trialcluster"] if each["kind"] == "card"]
    if cards and chance.randrange(100) < SHARES_CARD:
        _join(world, trial, cards[chance.randrange(len(cards))], at, claims=False)


def gives_up(plan: Plan) -> bool:
    """Whether somebody who gave no card cancels before the end."""
    return Random(plan.row["id"]).randrange(100) < GIVES_UP  # noqa: S311 (as above)


def decide(world: World, at: datetime, plan: Plan, state: str) -> None:
    """What became of the trial; nothing for one that is decided, or for a plan without."""
    trial = plan.trial
    if trial is None or trial["state"] != "started":
        return
    world.book.move("trialstart", trial, state, at, BILLING, decided_at=at)
    if state == "converted":
        inside = {each["cluster_id"] for each in world.marks.get(trial["id"], ())}
        for cluster in (world.clusters[pk] for pk in inside):
            cluster["converted"] += 1


def _mark(world: World, trial: Row, kind: str, value: str, at: datetime) -> None:
    known = world.known_marks.get((kind, value))
    if known is None:
        known = world.book.add(
            "trialcluster",
            kind=kind,
            hash=mark_hash(kind, value),
            trials=0,
            converted=0,
            first_at=at,
            last_at=at,
        )
        world.known_marks[kind, value] = known
        world.clusters[known["id"]] = known
    _join(world, trial, known, at, claims=kind in CLAIMED and known["trials"] == 0)


def _join(world: World, trial: Row, cluster: Row, at: datetime, *, claims: bool) -> None:
    mine = world.marks.setdefault(trial["id"], [])
    if any(each["cluster_id"] == cluster["id"] for each in mine):
        return
    mine.append(
        world.book.add("trialmark", trial_id=trial["id"], cluster_id=cluster["id"], claims=claims, at=at)
    )
    cluster["trials"] += 1
    cluster["last_at"] = at

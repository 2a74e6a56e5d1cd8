"""The book being written: rows in memory, in the order of time, with their history and postings."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from billing.history.actors import Actor, gateway, system
from billing.history.machines import all_machines
from billing.ids import ALPHABET, seeded
from billing.ledger.rules import Draft
from billing.money import Money, round_half_away

__all__ = ["BILLING", "SANDBOX", "TABLES", "Book", "Row"]

type Row = dict[str, Any]

#: in the order in which they can be written
TABLES = (
    "tier", "price", "feature", "meter", "tierfeature", "quota", "tiercredits", "tokenpackage",
    "packageprice", "usageprice", "meterreport", "exchangerate",
    "customer", "identity", "identitykey", "customernote",
    "customerlink", "paymentmethod",
    "subscription", "subscriptionitem", "trialstart", "trialcluster", "trialmark", "commitment",
    "creditaccount", "creditlot", "creditentry", "mrrmovement", "usagestream", "usageevent",
    "numberseries", "invoice", "invoiceline", "usagebilled", "creditnote", "creditnoteline",
    "payment", "paymentattempt", "paymentallocation", "payout", "dispute", "refund", "approval", "posting",
    "postingline", "historyentry", "webhookevent", "webhookpayload", "webhookattempt", "sandboxobject",
)  # fmt: skip
KEYED_BY_ANOTHER = frozenset({"identity", "identitykey", "webhookpayload", "sandboxobject"})
BILLING = system("billing")
SANDBOX = gateway("sandbox")
REPORTING = "EUR"


class Book:
    """Everything that happened up to ``now``. Ids count from 1 in the order of time.

    ``people`` are the members of staff who did what people do: support first, then finance, then admin.
    """

    def __init__(self, *, seed: int, now: datetime, people: Sequence[Actor]) -> None:
        self.random = Random(seed)  # noqa: S311 (a demo is to come out the same again)
        self.mint = seeded(self.random)
        self.now = now
        self.people = list(people)
        self.rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self.tiers: dict[str, Row] = {}
        self.prices: dict[tuple[str, str, str], Row] = {}
        self.rates: dict[str, list[tuple[Any, Decimal]]] = {}
        self.clearing: dict[str, int] = {}
        self._machines = all_machines()
        self._series: dict[str, Row] = {}
        self._last = dict.fromkeys(TABLES, 0)

    def add(self, table: str, **columns: Any) -> Row:
        row = columns
        if table not in KEYED_BY_ANOTHER:
            self._last[table] += 1
            row = {"id": self._last[table], **columns}
        self.rows[table].append(row)
        return row

    def chance(self, percent: int | Decimal) -> bool:
        """True in so many of a hundred cases."""
        return self.random.randrange(100_000) < percent * 1000

    def support(self) -> Actor:
        return self.people[0] if self.chance(70) else self.random.choice(self.people)

    def approver(self, asker: Actor) -> Actor:
        """Somebody of finance or admin who is not the one who asked."""
        return next(one for one in [*self.people[1:], *self.people] if one.ref != asker.ref)

    def gateway_id(self, prefix: str) -> str:
        return f"{prefix}_{''.join(self.random.choice(ALPHABET) for _ in range(12))}"

    def number(self, series: str, at: datetime) -> str:
        """The next number of the year's series: INV-2026-000123."""
        prefix = f"{series}-{at:%Y}-"
        row = self._series.get(prefix)
        if row is None:
            row = self._series[prefix] = self.add(
                "numberseries", name=prefix.rstrip("-").lower(), prefix=prefix, next_number=1
            )
        row["next_number"] += 1
        return f"{prefix}{row['next_number'] - 1:06d}"

    def tell(
        self,
        kind: str,
        row: Row,
        what: str,
        at: datetime,
        actor: Actor,
        *,
        reason: str = "",
        money: Money | None = None,
        from_state: str = "",
        to_state: str = "",
        **facts: Any,
    ) -> None:
        """An entry of history about a row."""
        self.add(
            "historyentry",
            at=at,
            subject_kind=kind,
            subject_id=row["id"],
            customer_id=row["id"] if kind == "customer" else row.get("customer_id"),
            kind=what,
            from_state=from_state,
            to_state=to_state,
            amount_minor=money.minor if money else None,
            currency=money.currency if money else "",
            actor_kind=actor.kind,
            actor_ref=actor.ref,
            actor_name=actor.name,
            reason=reason,
            facts=facts,
        )

    def born(self, kind: str, row: Row, at: datetime, actor: Actor, **rest: Any) -> None:
        """The first entry of a row that has states."""
        self.tell(kind, row, "state", at, actor, to_state=row["state"], **rest)

    def move(
        self, kind: str, row: Row, to_state: str, at: datetime, actor: Actor, *, reason: str = "",
        money: Money | None = None, **columns: Any,
    ) -> None:  # fmt: skip
        """Moves a row as its machine lists, with the further columns, and tells of it."""
        before = row["state"]
        self._machines[kind].require(before, to_state, by_gateway=actor.kind == "gateway")
        row.update(columns, state=to_state)
        self.tell(
            kind, row, "state", at, actor, reason=reason, money=money, from_state=before, to_state=to_state
        )

    def post(
        self, draft: Draft, at: datetime, *, kind: str = "", row: Row | None = None, actor: Actor = BILLING,
        customer_id: int | None = None, reverses: int | None = None,
    ) -> Row | None:  # fmt: skip
        """Posts a draft about a row; one without lines posts nothing."""
        if draft.is_empty:
            return None
        customer_id = row.get("customer_id") if row and customer_id is None else customer_id
        posting = self.add(
            "posting",
            cause=draft.cause,
            fact=draft.fact,
            effective_on=at.date(),
            posted_at=at,
            customer_id=customer_id,
            subject_kind=kind,
            subject_id=row["id"] if row else None,
            reverses_id=reverses,
            actor_ref=actor.ref,
        )
        for line in draft.lines:
            if line.account == "gateway_clearing":
                self.clearing[line.currency] = self.clearing.get(line.currency, 0) + line.amount_minor
            rate = self.rate(line.currency, at)
            self.add(
                "postingline",
                posting_id=posting["id"],
                account=str(line.account),
                currency=line.currency,
                amount_minor=line.amount_minor,
                day=at.date(),
                customer_id=customer_id,
                reporting_minor=None if rate is None else round_half_away(line.amount_minor * rate),
                reporting_rate=rate,
            )
        return posting

    def rate(self, currency: str, at: datetime) -> Decimal | None:
        """What one unit was worth in euro on that day; all three currencies have two decimals."""
        if currency == REPORTING:
            return Decimal(1)
        known = [rate for day, rate in self.rates.get(currency, ()) if day <= at.date()]
        return known[-1] if known else None

    def digest(self) -> str:
        """The same for the same seed, day, size and staff, whatever the machine."""
        whole = hashlib.sha256()
        for table in TABLES:
            for row in self.rows[table]:
                whole.update(repr((table, sorted(row.items()))).encode())
        return whole.hexdigest()

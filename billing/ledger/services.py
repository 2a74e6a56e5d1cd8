"""Writing postings: each fact once, all its lines in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models, transaction

from billing.history import context
from billing.history.actors import Actor
from billing.ledger.accounts import Account
from billing.ledger.models import ExchangeRate, Posting, PostingLine
from billing.ledger.rules import Draft, Line
from billing.money import exact, exponent, round_half_away


@dataclass(frozen=True, slots=True)
class Entry:
    """One draft to post, with what it is about."""

    draft: Draft
    customer_id: int | None = None
    subject: models.Model | None = None
    at: datetime | None = None
    reverses: Posting | None = None

    def posting(self, actor: Actor, now: datetime, request_id: str) -> Posting:
        """The unsaved posting; a reversal is about what the posting it reverses is about."""
        about = (self.subject._meta.model_name or "", self.subject.pk) if self.subject else ("", None)
        if self.reverses:
            about = (self.reverses.subject_kind, self.reverses.subject_id)
        return Posting(
            cause=self.draft.cause,
            fact=self.draft.fact,
            effective_on=(self.at or now).date(),
            posted_at=now,
            customer_id=self.customer_id,
            subject_kind=about[0],
            subject_id=about[1],
            reverses=self.reverses,
            actor_ref=actor.ref,
            request_id=request_id,
        )


def post(
    draft: Draft,
    *,
    actor: Actor,
    now: datetime,
    customer_id: int | None = None,
    subject: models.Model | None = None,
    effective_at: datetime | None = None,
    reverses: Posting | None = None,
) -> Posting | None:
    """Posts one fact. Returns None, and writes nothing, when its cause has been posted before."""
    written = post_many([Entry(draft, customer_id, subject, effective_at, reverses)], actor=actor, now=now)
    return written[0] if written else None


def post_many(entries: Sequence[Entry], *, actor: Actor, now: datetime) -> list[Posting]:
    """Posts many facts with two statements; those whose cause is already posted are left out.

    Promises that a cause is posted once, under any number of writers: a second writer waits for the
    first and then finds the cause taken.
    """
    entries = [e for e in entries if e.draft.lines]
    acting = context.current()
    request_id = acting.request_id if acting else ""
    with transaction.atomic():
        postings = Posting.objects.bulk_create(
            [e.posting(actor, now, request_id) for e in entries], ignore_conflicts=True
        )
        written = _those_written_here([p.cause for p in postings])
        by_cause = {e.draft.cause: e for e in entries}
        rates = rates_of({line.currency for e in entries for line in e.draft.lines})
        PostingLine.objects.bulk_create(
            [
                PostingLine(
                    posting=posting,
                    account=line.account,
                    currency=line.currency,
                    amount_minor=line.amount_minor,
                    day=posting.effective_on,
                    customer_id=posting.customer_id,
                    **reported(line.amount_minor, line.currency, posting.effective_on, rates),
                )
                for posting in written
                for line in by_cause[posting.cause].draft.lines
            ]
        )
    return written


def reverse(posting: Posting, *, cause: str, actor: Actor, now: datetime) -> Posting | None:
    """Posts the exact opposite of ``posting``, once; None when it has been reversed before."""
    lines = tuple(
        Line(Account[line.account.upper()], line.currency, -line.amount_minor)
        for line in posting.lines.order_by("id")
    )
    return post(
        Draft(f"{posting.fact}.reversed", cause, lines),
        actor=actor,
        now=now,
        customer_id=posting.customer_id,
        reverses=posting,
    )


def _those_written_here(causes: Iterable[str]) -> list[Posting]:
    """The postings of these causes that this very transaction wrote, none of them with lines yet."""
    return list(
        Posting.objects.filter(cause__in=list(causes), lines__isnull=True)
        .extra(where=["billing_posting.xid = pg_current_xact_id()"])
        .order_by("id")
    )


def rates_of(currencies: set[str]) -> dict[str, list[ExchangeRate]]:
    """What is known of each currency beside the reporting one, the newest rate first."""
    known: dict[str, list[ExchangeRate]] = {}
    others = currencies - {settings.REPORTING_CURRENCY}
    if others:
        rows = ExchangeRate.objects.filter(
            currency__in=others, reporting_currency=settings.REPORTING_CURRENCY
        ).order_by("-day")
        for row in rows:
            known.setdefault(row.currency, []).append(row)
    return known


def reported(minor: int, currency: str, on: date, rates: dict[str, list[ExchangeRate]]) -> dict[str, Any]:
    """The amount in the reporting currency and the rate of that day; None for both where none is known."""
    if currency == settings.REPORTING_CURRENCY:
        return {"reporting_minor": minor, "reporting_rate": Decimal(1)}
    for rate in rates.get(currency, ()):
        if rate.day <= on:
            shift = exact(10) ** (exponent(settings.REPORTING_CURRENCY) - exponent(currency))
            return {
                "reporting_minor": round_half_away(minor * exact(rate.rate) * shift),
                "reporting_rate": rate.rate,
            }
    return {"reporting_minor": None, "reporting_rate": None}

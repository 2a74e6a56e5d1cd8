"""What entries of the trail are about: each kind in words, what its rows are called, and their pages."""

from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Case, CharField, F, OuterRef, Subquery, Value, When
from django.db.models.functions import Cast, Concat
from django.urls import NoReverseMatch, reverse

from billing.ids import normalise
from dashboard.staff.models import Member

#: Where the page of each kind stands; the address takes what `called` gives.
PAGES = {
    "approval": "approvals:show",
    "checkoutsession": "checkouts:show",
    "customer": "customers:show",
    "dispute": "disputes:show",
    "incident": "incidents:show",
    "invoice": "invoices:show",
    "payment": "payments:show",
    "payout": "payouts:show",
    "refund": "refunds:show",
    "subscription": "subscriptions:show",
    "tier": "catalog:show",
}
#: How references begin.
PREFIXES = {
    "APP": "approval",
    "CHK": "checkoutsession",
    "CRN": "creditnote",
    "CUS": "customer",
    "DSP": "dispute",
    "INC": "incident",
    "INV": "invoice",
    "MSG": "message",
    "PAY": "payment",
    "PYT": "payout",
    "REF": "refund",
    "SUB": "subscription",
}
WORDS = {
    "auditseal": "Seal",
    "checkoutsession": "Checkout",
    "creditaccount": "Credits",
    "creditnote": "Credit note",
    "customernote": "Note",
    "approvallimit": "Limit",
    "incidentcredit": "Credit for an outage",
    "member": "Member",
    "mrrmovement": "MRR movement",
    "paymentallocation": "Allocation",
    "paymentattempt": "Payment attempt",
    "paymentmethod": "Payment method",
    "cardlink": "Link for a card",
    "subscriptionitem": "Subscription item",
    "webhookevent": "Webhook event",
    "workitem": "Work",
}


def noun(kind: str) -> str:
    return WORDS.get(kind, kind.replace("_", " ").capitalize())


@cache
def key_of(kind: str) -> tuple[type[Any], str] | None:
    """The model of a kind and the column that people call its rows by; None when they have no name."""
    if kind == "member":
        return Member, "display_name"
    if kind == "auditseal":
        return apps.get_model("billing", "AuditSeal"), "number"
    if kind == "creditaccount":
        return apps.get_model("billing", "CreditAccount"), "customer__reference"
    for model in apps.get_app_config("billing").get_models():
        if model._meta.model_name == kind:
            names = {field.name for field in model._meta.fields}
            return next(((model, name) for name in ("reference", "slug") if name in names), None)
    return None


def called() -> Case:
    """What each entry's subject is called, as an annotation: only the kind's own table is asked."""
    kinds = sorted({*PAGES, *WORDS})
    whens = [
        When(
            subject_kind=kind,
            then=Cast(
                Subquery(found[0]._default_manager.filter(pk=OuterRef("subject_id")).values(found[1])[:1]),
                CharField(),
            ),
        )
        for kind in kinds
        if (found := key_of(kind)) is not None
    ]
    number = Concat(Value("#"), Cast(F("subject_id"), CharField()))
    return Case(*whens, default=number, output_field=CharField())


def address(kind: str, name: str) -> str:
    """The page of the object; empty when it has none."""
    if kind not in PAGES or not name:
        return ""
    try:
        return reverse(PAGES[kind], args=[name])
    except NoReverseMatch:
        return ""


def object_named(text: str) -> tuple[str, int, str] | None:
    """Kind, id and name of the object that somebody means: a reference, or "creditaccount:12"."""
    kind, colon, number = text.partition(":")
    if colon and number.isascii() and number.isdigit() and len(number) < 19 and kind.isalpha():
        return kind.lower(), int(number), f"{noun(kind.lower())} #{number}"
    reference = normalise(text)
    kind = PREFIXES.get(reference.partition("-")[0], "")
    found = key_of(kind) if kind else None
    if found is None:
        return None
    pk = found[0]._default_manager.filter(reference=reference).values_list("pk", flat=True).first()
    return (kind, pk, reference) if pk else None

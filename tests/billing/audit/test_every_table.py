"""Every audit table carries what the seal and the auditor need, and none carries personal data."""

import pytest
from django.apps import apps
from django.db import connection

from billing.audit.columns import event_tables, missing
from billing.audit.trail import sealed_tables
from billing.fields import AppendOnly
from billing.history import context
from billing.history.actors import person
from billing.models import CustomerNote, Identity
from tests import make

#: Tables of the domain without an audit table, and why. One that is new must be tracked or stand here.
NOT_TRACKED = {
    "alert": "the desk's own troubles, no business",
    "allowedtransition": "written by migrate only; the application may not",
    "creditaccount": "its balance is written by credit entries alone, which only grow",
    "creditlot": "its remainder is written by credit entries alone, which only grow",
    "creditnoteline": "frozen with its credit note by the database",
    "dailytotal": "sums that are made anew from what only grows",
    "exchangerate": "copied from outside",
    "gatewaypace": "how fast and whether a gateway may be called, changed by every call",
    "heardspan": "counts of messages",
    "identity": "personal data: the trail must not hold it",
    "identitykey": "a secret: the trail must not hold it",
    "invoiceline": "frozen with its invoice by the database",
    "limituse": "sums under a lock, made from approvals and refunds",
    "message": "has a log and a state of its own",
    "messagetemplate": "versions that only grow",
    "messagetext": "personal data: what was written to a customer",
    "meterpush": "one event's way to a gateway: its outcome stands in the row",
    "meterreport": "up to when a host has reported, moved forward by every report",
    "metrictotal": "counts",
    "numberseries": "a counter; the numbers stand in tracked rows",
    "paymentattempt": "what a gateway told of each try, inserted once",
    "rollupmark": "how far sums have come",
    "run": "long work: what it changes is tracked where it is changed",
    "runfile": "what a run made, dropped after a while",
    "runrow": "long work: what it changes is tracked where it is changed",
    "sandboxevent": "a pretended gateway",
    "sandboxobject": "a pretended gateway",
    "trialcluster": "keyed hashes and counts of what trials have in common; the trials are tracked",
    "trialmark": "which trial has which hash; the trials are tracked",
    "usagecounter": "sums that the database makes of events, which only grow",
    "usagestream": "a lock and how far the events of a meter were billed",
    "usagethreshold": "that a share of a quota was passed, once, written with its event",
    "webhookattempt": "attempts of an inbox",
    "webhookevent": "an inbox: what its messages change is tracked",
    "webhookpayload": "content of messages, dropped after a while",
    "webhookrefusal": "counts of refused messages",
}  # fmt: skip


@pytest.mark.django_db
def test_every_audit_table_carries_transaction_and_session() -> None:
    assert len(event_tables()) > 10
    assert missing(connection) == [], "run `manage.py migrate`: it adds them to new audit tables"


@pytest.mark.django_db
def test_every_audit_table_has_the_indexes_of_sealing_and_of_differences() -> None:
    with connection.cursor() as cursor:
        for table in event_tables():
            cursor.execute("SELECT string_agg(indexdef, ' ') FROM pg_indexes WHERE tablename = %s", [table])
            told = cursor.fetchone()[0]
            assert "(pgh_xid, pgh_id)" in told, table
            assert "(pgh_obj_id, pgh_id)" in told, table


def test_every_table_of_the_domain_is_tracked_or_says_why_not() -> None:
    tracked = {model._meta.label for model in event_tables().values()}
    silent = [
        model._meta.model_name
        for model in apps.get_app_config("billing").get_models()
        if not hasattr(model, "pgh_tracked_model")
        and model._meta.label not in tracked
        and not issubclass(model, AppendOnly)
        and model._meta.model_name not in NOT_TRACKED
    ]
    assert silent == [], "track it (billing.history.tracking.tracked), or say here why not"


PERSONAL = {
    "name": "Zsófia Kőszeghy-Unverwechselbar",
    "email": "zsofia.unverwechselbar@customer.example",
    "line1": "Unverwechselbarer Weg 77",
    "line2": "Hinterhaus Unverwechselbar",
    "city": "Unverwechselstadt",
    "region": "Unverwechselregion",
    "postal_code": "UNV-99887",
    "phone": "+49 30 99887766",
    "tax_id": "DE998877665",
}


@pytest.mark.django_db
def test_no_table_of_the_trail_holds_personal_data() -> None:
    jude = person(11, "Jude Okafor")
    with context.acting(jude, request_id="req_1a2b3c4d", reason="asked by phone"):
        customer = make.customer(PERSONAL["name"], email=PERSONAL["email"])
        Identity.objects.filter(pk=customer.pk).update(**PERSONAL)
        payment = make.payment(customer)
        make.invoice(customer)
        payment.description = "changed"
        payment.save(update_fields=["description"])
        CustomerNote.objects.create(
            customer=customer, body=f"{PERSONAL['name']} called", author_ref="staff:11",
            author_name="Jude Okafor",
            form_key="a" * 32, created_at=make.NOW,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_customerevent WHERE pgh_obj_id = %s", [customer.pk])
        assert cursor.fetchone()[0] == 1, "the trail did write"
        for table in sealed_tables():
            cursor.execute(f"SELECT coalesce(string_agg(to_jsonb(t)::text, ' '), '') FROM {table} t")
            told = cursor.fetchone()[0]
            assert [name for name, value in PERSONAL.items() if value in told] == [], table

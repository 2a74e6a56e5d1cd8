"""A whole desk into a file and back: every row, each refusal of the database, what was sent meanwhile."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from billing.history.actors import system
from billing.ids import form_key
from billing.imports.services import run_import, start_import
from billing.models import Payment, Refund
from billing.money import Money
from billing.refunds.services import issue_refund
from dashboard.local import backup, database, postgres
from dashboard.local.addresses import APPLICATION, OWNER, url
from tests import make
from tests.billing.imports.stripe_account import START, Account

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(database.is_external(), reason="backs up the embedded server"),
]
CLERK = system("test")


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a database of its own, dropped afterwards."""
    name = f"{connection.settings_dict['NAME']}_back"
    yield name
    postgres.drop_database(name)


def refund_of(payment: Any, minor: int) -> Refund:
    return issue_refund(
        payment_id=payment.pk,
        amount=Money(minor, "EUR"),
        reason="goodwill",
        note_internal="",
        note_to_customer="",
        actor=CLERK,
        form_key=form_key(),
        now=timezone.now(),
    )


def there_and_back(to: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_NAME", str(connection.settings_dict["NAME"]))
    backup.dump(file)
    monkeypatch.setenv("DATABASE_NAME", to)
    backup.restore(file)


def counts(name: str) -> dict[str, int]:
    with psycopg.connect(url(OWNER, name)) as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        found = {}
        for (table,) in tables:
            row = owner.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
            found[table] = row[0] if row else 0
        return found


def test_every_row_comes_back_and_the_database_refuses_what_it_refused(
    restored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make.payment(amount_minor=9900)
    refund = refund_of(payment, 3000)
    there_and_back(restored, tmp_path / "desk.dump", monkeypatch)

    before = counts(str(connection.settings_dict["NAME"]))
    assert counts(restored) == before
    assert before["billing_posting"] == 1
    assert before["billing_refundevent"] == 2

    with psycopg.connect(url(APPLICATION, restored), autocommit=True) as desk:
        found = desk.execute("SELECT reference, amount_minor FROM billing_refund").fetchall()
        assert found == [(refund.reference, 3000)]
        for statement in (
            "UPDATE billing_postingline SET amount_minor = 1",
            "DELETE FROM billing_historyentry",
            "TRUNCATE billing_posting",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                desk.execute(statement)
        with pytest.raises(psycopg.Error):
            desk.execute("UPDATE billing_refund SET state = 'succeeded'")
        with pytest.raises(psycopg.Error):
            desk.execute("UPDATE billing_refund SET amount_minor = 990000, from_balance_minor = 0")


def test_a_refund_sent_after_the_dump_is_known_again_by_an_import(settings: Any) -> None:
    """The book says promised, Stripe says sent: the import tells, before a worker could send it twice."""
    account = Account().whole(1)
    account.objects["refunds"].clear()
    with account.serving(settings):
        assert imported().state == "done"
        payment = Payment.objects.get(gateway_id="pi_0001")
        promised = refund_of(payment, 1200)
        sent = int((timezone.now() + timedelta(minutes=1)).timestamp()) - START
        account.refund(1, 1200, created=START + sent, metadata={"reference": promised.reference})
        imported()
    refund = Refund.objects.get()
    assert (refund.pk, refund.state, refund.gateway_id) == (promised.pk, "succeeded", "re_0001")


def imported() -> Any:
    run = start_import(actor=CLERK, form_key=form_key(), now=timezone.now(), enqueue=False)
    return run_import(run_id=run.pk)

# ruff: noqa: E501 (statements of SQL)
"""verify_books holds on a sound book, and each check finds the corruption made for it."""

import pytest
from django.db import connection, transaction
from django.utils import timezone

from billing.checks.database import passes_luhn
from billing.checks.run import CHECKS, verify
from billing.rollups.services import roll_up_all
from dashboard.database import as_owner

pytestmark = pytest.mark.django_db

SOME = "(SELECT min(id) FROM billing_{0} WHERE {1})"


def some(table: str, where: str = "true") -> str:
    return SOME.format(table, where)


LINE_OF = (
    "(SELECT min(l.id) FROM billing_postingline l JOIN billing_posting p ON p.id = l.posting_id WHERE {0})"
)

OUTAGES = (
    "INSERT INTO billing_incident (reference, title, state, meter_id, starts_at, ends_at, reason, hit, left_out, "
    "recorded_by_ref, recorded_by_name, created_at) SELECT 'INC-20261118-0000000' || n, 'Out', 'credited', m.id, "
    "now() - interval '2 hours', now() - interval '1 hour', 'x', 1, 0, 'staff:1', 'x', now() "
    "FROM (SELECT min(id) AS id FROM billing_meter) m, generate_series(1, {0}) n"
)

#: check, statements that break just what it looks at, a part of what it says about it
CORRUPTIONS = [
    ("postings_balance",
     ["UPDATE billing_postingline SET amount_minor = amount_minor + 1 WHERE id = "
      + LINE_OF.format("p.fact = 'payout.paid'")], "payout.paid:"),
    ("postings_have_lines",
     ["INSERT INTO billing_posting (cause, fact, effective_on, posted_at, subject_kind, actor_ref, request_id, "
      "xid) VALUES ('payout.paid:hollow', 'payout.paid', '2026-01-01', now(), '', 'system:x', '', '3')"],
     "payout.paid:hollow"),
    ("causes_are_unique",
     ["ALTER TABLE billing_posting DROP CONSTRAINT billing_posting_cause_key",
      f"UPDATE billing_posting SET cause = (SELECT cause FROM billing_posting WHERE id = {some('posting')}) "
      f"WHERE id = 1 + {some('posting')}"], ":"),
    ("lines_follow_their_posting",
     [f"UPDATE billing_postingline SET day = day + 1 WHERE id = {some('postingline')}"], ":"),
    ("payments_are_posted",
     [f"UPDATE billing_payment SET captured_minor = captured_minor - 1 WHERE id = "
      f"{some('payment', "state = 'succeeded'")}"], "PAY-"),
    ("invoices_are_posted",
     ["UPDATE billing_postingline SET account = 'revenue' WHERE id = "
      + LINE_OF.format("p.fact = 'invoice.finalised' AND l.account = 'tax_payable'")], "INV-"),
    ("refunds_are_posted",
     ["UPDATE billing_postingline SET account = 'gateway_fees' WHERE id = "
      + LINE_OF.format("p.fact = 'refund.succeeded' AND l.account = 'gateway_clearing'")], "REF-"),
    ("refunds_in_transit",
     [f"UPDATE billing_refund SET state = 'pending' WHERE id = {some('refund', "state = 'rejected'")}"], "REF-"),
    ("disputes_are_posted",
     [f"UPDATE billing_dispute SET withdrawn_minor = withdrawn_minor + 5 WHERE id = {some('dispute')}"], "DSP-"),
    ("credit_notes_are_posted",
     [f"UPDATE billing_creditnote SET net_minor = net_minor - 1, tax_minor = tax_minor + 1 WHERE id = "
      f"{some('creditnote')}"], "CN-"),
    ("receivable_is_owed",
     ["UPDATE billing_postingline SET account = 'bad_debt' WHERE id = "
      + LINE_OF.format("p.fact = 'payment.succeeded' AND l.account = 'receivable'")], "CUS-"),
    ("customer_balance_is_theirs",
     ["UPDATE billing_postingline SET account = 'goodwill' WHERE id = "
      + LINE_OF.format("l.account = 'customer_balance'")], "CUS-"),
    ("usage_counters",
     [f"UPDATE billing_usagecounter SET total = total + 1 WHERE id = {some('usagecounter')}"], ": counted "),
    ("usage_paid_by_credits",
     [f"UPDATE billing_usageevent SET credits = 7, credit_unit = 'tokens' WHERE id = {some('usageevent')}"],
     "7 paid, 0 used"),
    ("usage_billed",
     ["INSERT INTO billing_usageprice (tier_id, meter_id, currency, unit_amount_minor, per_units, included, since, "
      "created_at, reason, actor_ref, actor_name) SELECT t.id, m.id, 'EUR', 5, 1, 0, now(), now(), 'x', 'x', '' "
      "FROM billing_tier t, billing_meter m LIMIT 1",
      "INSERT INTO billing_usagebilled (customer_id, meter_id, subscription_id, price_id, starts_at, ends_at, "
      "quantity, billed, amount_minor, at) SELECT e.customer_id, e.meter_id, s.id, p.id, e.counted_at, "
      "e.counted_at + interval '1 second', 987654321, 0, 0, now() FROM billing_usageevent e, "
      "billing_subscription s, billing_usageprice p LIMIT 1"], "billed 987654321"),
    ("usage_of_ended_subscriptions",
     ["UPDATE billing_subscription SET collected_by = 'us', state = 'canceled', created_at = '2000-01-01', "
      "trial_ends_at = NULL, ended_at = now() - interval '36 days' WHERE id = (SELECT min(s.id) FROM "
      "billing_subscription s JOIN billing_usageevent e USING (customer_id) "
      "WHERE e.counted_at < now() - interval '36 days' AND NOT EXISTS (SELECT FROM billing_usagebilled b "
      "WHERE b.customer_id = e.customer_id AND b.meter_id = e.meter_id))",
      "INSERT INTO billing_usageprice (tier_id, meter_id, currency, unit_amount_minor, per_units, included, since, "
      "created_at, reason, actor_ref, actor_name) SELECT DISTINCT p.tier_id, m.id, s.currency, 5, 1, 0, "
      "timestamptz '2000-01-01', now(), 'x', 'x', '' FROM billing_subscription s JOIN billing_subscriptionitem i "
      "ON i.subscription_id = s.id JOIN billing_price p ON p.id = i.price_id CROSS JOIN billing_meter m "
      "WHERE s.created_at = '2000-01-01'"], "before is not billed"),
    ("credit_balances",
     [f"UPDATE billing_creditaccount SET balance = balance + 1 WHERE id = {some('creditaccount')}"], "tokens"),
    ("credit_entries_tell_the_balance",
     [f"UPDATE billing_creditentry SET balance_after = 7 WHERE id = {some('creditentry')}"], "tells 7"),
    ("credit_lots_are_their_parts",
     [f"UPDATE billing_creditlot SET remainder = amount - remainder - 1 WHERE id = "
      f"{some('creditlot', "source <> 'debt'")}"], "holds"),
    ("credit_entries_are_their_parts",
     [f"UPDATE billing_creditentrylot SET amount = amount + 1 WHERE id = {some('creditentrylot')}"], "its parts"),
    ("credits_are_granted_once",
     ["DROP INDEX credit_is_granted_once_per_period_and_cause /* billing_creditlot */",
      f"UPDATE billing_creditlot SET grant_period = '2026-01-01' WHERE subscription_id = (SELECT subscription_id "
      f"FROM billing_creditlot WHERE id = {some('creditlot', 'subscription_id IS NOT NULL')})"], "2026-01-01"),
    ("clawbacks_within_their_grant",
     [f"UPDATE billing_creditentry SET amount = amount * 9 WHERE id = "
      f"{some('creditentry', "movement = 'clawback'")}"], "clawed back"),
    ("store_credit_is_the_customer_balance",
     ["UPDATE billing_creditaccount SET currency = 'CHF' WHERE id = "
      f"{some('creditaccount', "unit = 'money' AND balance <> 0")}"], "CHF"),
    ("incident_credits_are_given_as_found",
     [OUTAGES.format(1), "INSERT INTO billing_incidentcredit (incident_id, customer_id, currency, amount_minor, "
      "seconds, shares, why_not, entry_id, given_at) SELECT i.id, a.customer_id, a.currency, e.amount + 1, 60, '[]', "
      "'', e.id, now() FROM billing_incident i, billing_creditentry e JOIN billing_creditaccount a ON "
      "a.id = e.account_id WHERE e.amount > 0 AND a.unit = 'money' LIMIT 1"], "INC-20261118-00000001 CUS-"),
    ("outages_are_credited_once",
     [OUTAGES.format(2), "INSERT INTO billing_incidentcredit (incident_id, customer_id, currency, amount_minor, "
      "seconds, shares, why_not, entry_id, given_at) SELECT i.id, c.id, 'EUR', 1, 60, '[]', '', e.id, now() "
      "FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM billing_incident) i "
      "JOIN (SELECT id, row_number() OVER (ORDER BY id) AS place FROM billing_creditentry) e USING (place), "
      "(SELECT min(id) AS id FROM billing_customer) c WHERE place <= 2"], "INC-20261118-00000002"),
    ("refunds_within_payment",
     [f"UPDATE billing_refund SET amount_minor = amount_minor * 50 WHERE id = "
      f"{some('refund', "state = 'succeeded' AND origin = 'desk'")}"], "PAY-"),
    ("refunds_match_their_payment",
     [f"UPDATE billing_refund SET currency = 'CHF' WHERE id = {some('refund')}"], "REF-"),
    ("allocations_within_payment",
     [f"UPDATE billing_paymentallocation SET amount_minor = amount_minor + 1 WHERE id = "
      f"{some('paymentallocation')}"], "PAY-"),
    ("allocations_within_invoice",
     [f"UPDATE billing_paymentallocation SET amount_minor = amount_minor + 1 WHERE id = "
      f"{some('paymentallocation')}"], "INV-"),
    ("paid_invoices_are_covered",
     [f"DELETE FROM billing_paymentallocation WHERE id = {some('paymentallocation')}"], "INV-"),
    ("invoice_totals",
     [f"UPDATE billing_invoiceline SET net_minor = net_minor + 1 WHERE id = {some('invoiceline')}"], "INV-"),
    ("credits_within_invoice",
     [f"UPDATE billing_creditnote SET total_minor = total_minor * 100, net_minor = total_minor * 100 - tax_minor "
      f"WHERE id = {some('creditnote')}"], "INV-"),
    ("credited_tax_within_rate",
     [f"UPDATE billing_creditnoteline SET tax_minor = tax_minor * 100 + 9999 WHERE id = {some('creditnoteline')}"],
     "of tax"),
    ("credit_notes_are_their_lines",
     [f"UPDATE billing_creditnoteline SET net_minor = net_minor + 1 WHERE id = {some('creditnoteline')}"], "CN-"),
    ("refunds_within_their_note",
     ["UPDATE billing_refund SET amount_minor = amount_minor + 1 WHERE id = "
      f"{some('refund', "credit_note_id IS NOT NULL AND state = 'succeeded'")}"], "CN-"),
    ("refunds_within_their_note",
     [f"UPDATE billing_refund SET invoice_id = NULL WHERE id = {some('refund', 'credit_note_id IS NOT NULL')}"],
     "REF-"),
    ("invoices_give_back_what_was_paid",
     ["UPDATE billing_creditnote SET on_paid_minor = on_paid_minor * 100, total_minor = total_minor * 100, "
      f"net_minor = total_minor * 100 - tax_minor WHERE id = {some('creditnote', 'on_paid_minor > 0')}"], "INV-"),
    ("purchases_are_given_once",
     [f"UPDATE billing_creditlot SET amount = amount + 1 WHERE id = {some('creditlot', "cause LIKE 'CHK-%'")}"],
     "succeeded, 1 grants"),
    ("purchases_are_given_once",
     [f"UPDATE billing_creditlot SET cause = 'CHK-20261118-00000000' WHERE id = "
      f"{some('creditlot', "cause LIKE 'CHK-%'")}"], "succeeded, 0 grants"),
    ("purchases_are_given_once",
     ["UPDATE billing_payment SET state = 'failed' WHERE id = (SELECT min(payment_id) FROM billing_checkoutsession "
      "WHERE fulfilled_at IS NOT NULL AND package_price_id IS NOT NULL)"], "failed, 1 grants"),
    ("purchases_are_given_once",
     [f"UPDATE billing_checkoutsession SET amount_minor = amount_minor + 1 WHERE id = "
      f"{some('checkoutsession', 'fulfilled_at IS NOT NULL')}"], "CHK-"),
    ("plans_begin_once",
     ["UPDATE billing_subscriptionchange SET key = 'another' WHERE id = (SELECT max(id) FROM "
      "billing_subscriptionchange WHERE key LIKE 'checkout:%')"], "succeeded, 0 started"),
    ("plans_begin_once",
     ["UPDATE billing_payment SET state = 'failed' WHERE id = (SELECT min(payment_id) FROM billing_checkoutsession "
      "WHERE fulfilled_at IS NOT NULL AND price_id IS NOT NULL)"], "failed, 1 started"),
    ("plans_begin_once",
     ["UPDATE billing_invoiceline SET price_id = NULL WHERE invoice_id = (SELECT min(invoice_id) FROM "
      "billing_checkoutsession WHERE price_id IS NOT NULL)"], "succeeded, 1 started"),
    ("unpaid_plans_begin_nothing",
     ["UPDATE billing_subscriptionchange SET key = (SELECT 'checkout:' || reference FROM billing_checkoutsession "
      "WHERE price_id IS NOT NULL AND state = 'open' LIMIT 1) WHERE id = (SELECT max(id) FROM "
      "billing_subscriptionchange WHERE key LIKE 'checkout:%')"], "open, pending"),
    ("unpaid_plans_begin_nothing",
     ["UPDATE billing_checkoutsession SET state = 'expired' WHERE price_id IS NOT NULL AND state = 'open'",
      "UPDATE billing_payment SET state = 'succeeded' WHERE id = (SELECT payment_id FROM billing_checkoutsession "
      "WHERE price_id IS NOT NULL AND state = 'expired')"], "expired, succeeded"),
    ("payments_buy_once",
     ["UPDATE billing_checkoutsession SET payment_id = (SELECT min(payment_id) FROM billing_checkoutsession) "
      f"WHERE id = {some('checkoutsession', "state = 'expired'")}"], "CHK-"),
    ("unpaid_purchases_give_nothing",
     ["UPDATE billing_creditlot SET cause = (SELECT reference FROM billing_checkoutsession WHERE state = 'open' LIMIT 1)"
      " WHERE id = (SELECT min(l.id) FROM billing_creditlot l JOIN billing_creditaccount a ON a.id = l.account_id "
      "JOIN billing_checkoutsession s ON s.customer_id = a.customer_id AND s.state = 'open')"], "open, pending"),
    ("unpaid_purchases_give_nothing",
     ["UPDATE billing_payment SET state = 'succeeded' WHERE id = (SELECT payment_id FROM billing_checkoutsession "
      "WHERE state = 'expired' AND package_price_id IS NOT NULL LIMIT 1)"], "expired, succeeded"),
    ("grants_are_of_a_purchase",
     [f"UPDATE billing_creditlot SET cause = 'CHK-20261118-00000000' WHERE id = "
      f"{some('creditlot', "cause LIKE 'CHK-%'")}"], "CHK-20261118-00000000"),
    ("payouts_are_posted",
     ["INSERT INTO billing_payout (reference, gateway, gateway_id, state, currency, amount_minor, is_automatic, "
      "is_instant, is_reconciled, failure_code, failure_message, created_at) VALUES ('PYT-20261118-00000000', "
      "'stripe', 'po_lost', 'paid', 'EUR', 500, true, false, false, '', '', now())"],
     "paid of 500, posted 0"),
    ("numbers_have_no_gap",
     ["UPDATE billing_creditnote SET number = 'CN-2026-009999' WHERE id = "
      f"{some('creditnote', "number = 'CN-2026-000002'")}"], "CN-2026-009999"),
    ("numbers_have_no_gap",
     ["UPDATE billing_invoice SET number = 'INV-2026-009999' WHERE number = 'INV-2026-000005'"],
     "INV-2026-000006"),
    ("numbers_have_no_gap",
     ["UPDATE billing_invoice SET finalised_at = finalised_at - interval '90 days' "
      "WHERE number = 'INV-2026-000100'"], "INV-2026-000100"),
    ("numbers_have_no_gap",
     ["UPDATE billing_numberseries SET next_number = next_number + 1 WHERE prefix = 'INV-2026-'"], "next is"),
    ("identities_are_complete", ["DELETE FROM billing_identitykey WHERE customer_id = 7"], "CUS-"),
    ("sandbox_agrees",
     ["DELETE FROM billing_sandboxobject WHERE id = (SELECT min(id) FROM billing_sandboxobject "
      "WHERE kind = 'refund')"], "REF-"),
    ("states_are_told",
     [f"UPDATE billing_payment SET state = 'failed' WHERE id = {some('payment', "state = 'succeeded'")}"],
     "is failed, told succeeded"),
    ("moves_follow_each_other",
     [f"UPDATE billing_historyentry SET from_state = 'lost' WHERE id = "
      f"{some('historyentry', "from_state = 'pending' AND to_state = 'succeeded'")}"], "lost → succeeded"),
    ("history_names_who",
     ["ALTER TABLE billing_historyentry DROP CONSTRAINT history_entry_names_who_did_it",
      f"UPDATE billing_historyentry SET actor_name = '' WHERE id = {some('historyentry')}"], "entry "),
    ("mrr_is_its_movements",
     [f"UPDATE billing_mrrmovement SET amount_minor = amount_minor + 1 WHERE id = "
      f"{some('mrrmovement', "kind = 'new'")}"], "CUS-"),
    ("totals_of_posting_lines",
     ["INSERT INTO billing_dailytotal (measure, day, currency, count, amount_minor) "
      "VALUES ('account.revenue', '2026-01-01', 'EUR', 1, 5)"], "account.revenue 2026-01-01 EUR"),
    ("totals_of_posting_lines",
     ["UPDATE billing_postingline SET xid = '999999999999' WHERE id = (SELECT max(id) FROM billing_postingline)"],
     "roll_up --rebuild"),
    ("totals_of_state_changes",
     ["INSERT INTO billing_rollupmark (source, below_xid, rolled_at) VALUES ('state_changes', '999999999999', "
      "now())"], "state."),
    *((f"totals_of_{source}",
       ["INSERT INTO billing_dailytotal (measure, day, currency, count, amount_minor) "
        f"VALUES ('{measure}', '2026-01-01', 'EUR', 1, 5)"], f"{measure} 2026-01-01 EUR")
      for source, measure in (
          ("cash", "cash.payment"), ("refunds_of_captured", "refunds.of_captured"),
          ("payments", "payments.failed"), ("tries", "tries.declined"), ("disputes", "disputes.opened"))),
    ("events_wait_or_are_over",
     [f"UPDATE billing_webhookevent SET due_at = NULL WHERE id = {some('webhookevent', "state = 'received'")}"],
     ": received"),
    ("events_wait_or_are_over",
     [f"UPDATE billing_webhookevent SET due_at = now() WHERE id = {some('webhookevent', "state = 'processed'")}"],
     ": processed"),
    ("attempts_have_no_gap",
     [f"UPDATE billing_webhookevent SET attempts = attempts + 1 WHERE id = "
      f"{some('webhookevent', "state = 'processed'")}"], "2 made, 1 told"),
    ("attempts_have_no_gap",
     [f"UPDATE billing_webhookattempt SET number = number + 1 WHERE id = {some('webhookattempt')}"], "made, 1 told"),
    ("events_end_as_told",
     [f"UPDATE billing_webhookattempt SET state = 'failed' WHERE id = "
      f"{some('webhookattempt', "state = 'processed'")}"], "is processed, told failed"),
    ("events_are_done_once",
     ["INSERT INTO billing_webhookattempt (event_id, number, kind, state, started_at, ended_at, error, worker, "
      "actor_ref, actor_name, reason) SELECT event_id, number + 1, 'retry', state, started_at, ended_at, '', '', '', "
      f"'', '' FROM billing_webhookattempt WHERE id = {some('webhookattempt', "state = 'processed'")}"],
     "done 2 times"),
    ("payloads_are_stored_once",
     ["INSERT INTO billing_webhookpayload (event_id, received_at, body) SELECT event_id, received_at "
      "+ interval '1 second', body FROM billing_webhookpayload ORDER BY event_id LIMIT 1"], "payload of event"),
    ("machines_agree",
     ["INSERT INTO billing_allowedtransition (machine, from_state, to_state) "
      "VALUES ('payment', 'failed', 'reversed')"], "payment: failed → reversed"),
    ("no_card_numbers",
     ["UPDATE billing_customernote SET body = 'Their card is 4242 4242 4242 4242, they say.' WHERE id = "
      f"{some('customernote')}"], "billing_customernote: ends in 4242"),
    ("no_card_numbers",
     ["UPDATE billing_webhookpayload SET body = '{\"number\": \"5555555555554444\"}' WHERE event_id = "
      "(SELECT min(event_id) FROM billing_webhookpayload)"], "billing_webhookpayload: ends in 4444"),
]  # fmt: skip


def results() -> dict:
    return {result.key: result for result in verify()}


def test_holds_on_the_demo_company(halden):
    with transaction.atomic():
        broken = [r for r in results().values() if not r.holds]
        empty = [r.key for r in results().values() if not r.counted]
    assert broken == []
    assert empty == []


@pytest.mark.parametrize(("key", "statements", "said"), CORRUPTIONS, ids=[c[0] for c in CORRUPTIONS])
def test_finds_what_was_corrupted(halden, key, statements, said):
    with transaction.atomic():
        with as_owner(), connection.cursor() as cursor:
            for table in sorted({t.split()[0] for s in statements for t in [s.split("billing_")[1]]}):
                cursor.execute(f"ALTER TABLE billing_{table.strip('(').split('(')[0]} DISABLE TRIGGER USER")
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount != 0, "the corruption corrupted nothing"
        result = results()[key]
        transaction.set_rollback(True)
    assert not result.holds
    assert any(said in offender for offender in result.offenders), result.offenders


def test_rights_that_are_too_wide_are_found(halden, application_role):
    with transaction.atomic():
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"GRANT UPDATE ON billing_historyentry TO {application_role}")
        result = results()["rights_are_narrow"]
        transaction.set_rollback(True)
    assert result.offenders == (f"The database role {application_role} may UPDATE billing_historyentry.",)


def test_every_check_has_a_corruption():
    covered = {key for key, *_ in CORRUPTIONS} | {"rights_are_narrow"}
    assert {check.key for check in CHECKS} == covered


def test_rolled_up_totals_hold(halden):
    with transaction.atomic():
        roll_up_all(now=timezone.now())
        assert all(result.holds for result in verify())
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("text", "is_card"),
    [("4242424242424242", True), ("4242-4242-4242-4242", True), ("4242424242424241", False),
     ("1763458200000", False), ("378282246310005", True), ("424242", False)],
)  # fmt: skip
def test_luhn(text, is_card):
    assert passes_luhn(text) is is_card

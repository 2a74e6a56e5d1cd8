"""Every row of the table of postings, in cents."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.ledger import rules
from billing.ledger.accounts import Account
from billing.ledger.rules import Draft, Line, Unbalanced
from billing.money import CurrencyMismatch, Money

INVOICE, PAYMENT, REFUND = "INV-20261118-2F8Q0M7T", "PAY-20261118-9XK4D1ZB", "REF-20261118-7K2M9QPA"


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def posted(draft: Draft) -> dict[str, int]:
    """Minor units per account: debit above zero, credit below."""
    assert len({(line.account, line.currency) for line in draft.lines}) == len(draft.lines)
    return {line.account.value: line.amount_minor for line in draft.lines}


ROWS: list[tuple[str, Draft, str, dict[str, int]]] = [
    (
        "an invoice is finalised",
        rules.invoice_finalised(INVOICE, total=eur(11900), net=eur(10000), tax=eur(1900)),
        f"invoice.finalised:{INVOICE}",
        {"receivable": 11900, "deferred_revenue": -10000, "tax_payable": -1900},
    ),
    (
        "an invoice without tax has no line for it",
        rules.invoice_finalised(INVOICE, total=eur(10000), net=eur(10000), tax=eur(0)),
        f"invoice.finalised:{INVOICE}",
        {"receivable": 10000, "deferred_revenue": -10000},
    ),
    (
        "an invoice is void",
        rules.void(INVOICE, total=eur(11900), net=eur(10000), tax=eur(1900)),
        f"invoice.voided:{INVOICE}",
        {"receivable": -11900, "deferred_revenue": 10000, "tax_payable": 1900},
    ),
    (
        "a month's service is rendered",
        rules.service_rendered("2026-11:EUR", amount=eur(3333)),
        "service.rendered:2026-11:EUR",
        {"deferred_revenue": 3333, "revenue": -3333},
    ),
    (
        "a payment pays what is owed",
        rules.payment_succeeded(PAYMENT, amount=eur(11900), owed=eur(11900)),
        f"payment.succeeded:{PAYMENT}",
        {"gateway_clearing": 11900, "receivable": -11900},
    ),
    (
        "a payment in part",
        rules.payment_succeeded(PAYMENT, amount=eur(5000), owed=eur(11900)),
        f"payment.succeeded:{PAYMENT}",
        {"gateway_clearing": 5000, "receivable": -5000},
    ),
    (
        "a payment of too much leaves the rest to the customer",
        rules.payment_succeeded(PAYMENT, amount=eur(12000), owed=eur(11900)),
        f"payment.succeeded:{PAYMENT}",
        {"gateway_clearing": 12000, "receivable": -11900, "customer_balance": -100},
    ),
    (
        "a payment of nothing owed is all the customer's",
        rules.payment_succeeded(PAYMENT, amount=eur(4900), owed=eur(0)),
        f"payment.succeeded:{PAYMENT}",
        {"gateway_clearing": 4900, "customer_balance": -4900},
    ),
    (
        "a payment to the bank",
        rules.paid_out_of_band(PAYMENT, amount=eur(11950), owed=eur(11900)),
        f"payment.out_of_band:{PAYMENT}",
        {"bank": 11950, "receivable": -11900, "customer_balance": -50},
    ),
    (
        "a gateway's fee",
        rules.gateway_fee("txn_1MiN3gLkdIwHu7ixxapQrznl", amount=eur(198)),
        "gateway.fee:txn_1MiN3gLkdIwHu7ixxapQrznl",
        {"gateway_fees": 198, "gateway_clearing": -198},
    ),
    (
        "a dispute's fee",
        rules.dispute_fee("DIS-20261118-0C5H8WNE", amount=eur(1500)),
        "dispute.fee:DIS-20261118-0C5H8WNE",
        {"gateway_fees": 1500, "gateway_clearing": -1500},
    ),
    (
        "a payout",
        rules.payout("po_1OaFDbEcg9tTZuTgNYmX0PKB", amount=eur(250000)),
        "payout.paid:po_1OaFDbEcg9tTZuTgNYmX0PKB",
        {"bank": 250000, "gateway_clearing": -250000},
    ),
    (
        "a credit note on an unpaid invoice, nothing rendered",
        rules.credit_note(
            "CN-2026-0007", net=eur(5000), tax=eur(950), unrendered=eur(10000), unpaid=eur(11900)
        ),
        "credit_note.issued:CN-2026-0007",
        {"deferred_revenue": 5000, "tax_payable": 950, "receivable": -5950},
    ),
    (
        "a credit note on a paid invoice, partly rendered",
        rules.credit_note("CN-2026-0007", net=eur(10000), tax=eur(1900), unrendered=eur(6000), unpaid=eur(0)),
        "credit_note.issued:CN-2026-0007",
        {"deferred_revenue": 6000, "revenue": 4000, "tax_payable": 1900, "customer_balance": -11900},
    ),
    (
        "a credit note on an invoice paid in part",
        rules.credit_note("CN-2026-0007", net=eur(10000), tax=eur(1900), unrendered=eur(0), unpaid=eur(2000)),
        "credit_note.issued:CN-2026-0007",
        {"revenue": 10000, "tax_payable": 1900, "receivable": -2000, "customer_balance": -9900},
    ),
    (
        "a refund that a credit note has covered",
        rules.refund_approved(REFUND, amount=eur(11900), from_balance=eur(11900)),
        f"refund.approved:{REFUND}",
        {"customer_balance": 11900, "refunds_in_transit": -11900},
    ),
    (
        "a refund without an invoice",
        rules.refund_approved(REFUND, amount=eur(6000), from_balance=eur(0)),
        f"refund.approved:{REFUND}",
        {"refunds_granted": 6000, "refunds_in_transit": -6000},
    ),
    (
        "a refund of a payment that left a little unallocated",
        rules.refund_approved(REFUND, amount=eur(6000), from_balance=eur(100)),
        f"refund.approved:{REFUND}",
        {"customer_balance": 100, "refunds_granted": 5900, "refunds_in_transit": -6000},
    ),
    (
        "a refund reaches the original payment",
        rules.refund_succeeded(REFUND, amount=eur(6000)),
        f"refund.succeeded:{REFUND}",
        {"refunds_in_transit": 6000, "gateway_clearing": -6000},
    ),
    (
        "a refund from our bank",
        rules.refund_outside(REFUND, amount=eur(6000)),
        f"refund.succeeded:{REFUND}",
        {"refunds_in_transit": 6000, "bank": -6000},
    ),
    (
        "a refund fails before it went",
        rules.reversal(
            rules.refund_approved(REFUND, amount=eur(6000), from_balance=eur(100)), f"refund.failed:{REFUND}"
        ),
        f"refund.failed:{REFUND}",
        {"customer_balance": -100, "refunds_granted": -5900, "refunds_in_transit": 6000},
    ),
    (
        "a refund comes back after it had gone",
        rules.reversal(
            [
                rules.refund_approved(REFUND, amount=eur(6000), from_balance=eur(100)),
                rules.refund_succeeded(REFUND, amount=eur(6000)),
            ],
            f"refund.failed:{REFUND}",
        ),
        f"refund.failed:{REFUND}",
        {"customer_balance": -100, "refunds_granted": -5900, "gateway_clearing": 6000},
    ),
    (
        "store credit as a gesture",
        rules.goodwill_store_credit("CRE-20261118-3RTV5Y6A", amount=eur(2000)),
        "goodwill.granted:CRE-20261118-3RTV5Y6A",
        {"goodwill": 2000, "customer_balance": -2000},
    ),
    (
        "what was given is taken back",
        rules.goodwill_taken_back("LOT-20261118-4N9G2KDJ", amount=eur(500)),
        "goodwill.taken_back:LOT-20261118-4N9G2KDJ",
        {"customer_balance": 500, "goodwill": -500},
    ),
    (
        "given store credit expires",
        rules.store_credit_expired("LOT-20261118-4N9G2KDJ", amount=eur(500), paid_for=False),
        "store_credit.expired:LOT-20261118-4N9G2KDJ",
        {"customer_balance": 500, "goodwill": -500},
    ),
    (
        "store credit that was paid for expires",
        rules.store_credit_expired("LOT-20261118-4N9G2KDJ", amount=eur(500), paid_for=True),
        "store_credit.expired:LOT-20261118-4N9G2KDJ",
        {"customer_balance": 500, "breakage": -500},
    ),
    (
        "store credit pays an invoice",
        rules.store_credit_used("USE-20261118-3RTV5Y6A", amount=eur(2000)),
        "store_credit.used:USE-20261118-3RTV5Y6A",
        {"customer_balance": 2000, "receivable": -2000},
    ),
    (
        "a dispute takes the funds",
        rules.dispute_funds_withdrawn("txn_1Pd", amount=eur(11900)),
        "dispute.withdrawn:txn_1Pd",
        {"disputed": 11900, "gateway_clearing": -11900},
    ),
    (
        "a dispute gives them back",
        rules.dispute_funds_reinstated("txn_1Pe", amount=eur(11900)),
        "dispute.reinstated:txn_1Pe",
        {"gateway_clearing": 11900, "disputed": -11900},
    ),
    (
        "a dispute is lost for good",
        rules.dispute_lost("DIS-20261118-0C5H8WNE", amount=eur(11900)),
        "dispute.lost:DIS-20261118-0C5H8WNE",
        {"dispute_losses": 11900, "disputed": -11900},
    ),
    (
        "a write-off after a third was rendered",
        rules.write_off(INVOICE, amount=eur(11900), unrendered=eur(6667)),
        f"invoice.written_off:{INVOICE}",
        {"deferred_revenue": 6667, "bad_debt": 5233, "receivable": -11900},
    ),
    (
        "a write-off of less than was never rendered",
        rules.write_off(INVOICE, amount=eur(5000), unrendered=eur(6667)),
        f"invoice.written_off:{INVOICE}",
        {"deferred_revenue": 5000, "receivable": -5000},
    ),
    (
        "a payment after the write-off",
        rules.payment_after_write_off(PAYMENT, amount=eur(11900)),
        f"payment.after_write_off:{PAYMENT}",
        {"gateway_clearing": 11900, "bad_debts_recovered": -11900},
    ),
    (
        "tokens are burnt",
        rules.tokens_burnt("2026-11-18:EUR", amount=eur(120)),
        "tokens.burnt:2026-11-18:EUR",
        {"deferred_revenue": 120, "revenue": -120},
    ),
    (
        "tokens expire",
        rules.tokens_expired("LOT-20261118-4N9G2KDJ", amount=eur(380)),
        "tokens.expired:LOT-20261118-4N9G2KDJ",
        {"deferred_revenue": 380, "breakage": -380},
    ),
    (
        "used tokens are put back",
        rules.tokens_put_back("812:44", amount=eur(380)),
        "tokens.put_back:812:44",
        {"revenue": 380, "deferred_revenue": -380},
    ),
    (
        "expired tokens are put back",
        rules.tokens_put_back("812:44", amount=eur(380), expired=True),
        "tokens.put_back:812:44",
        {"breakage": 380, "deferred_revenue": -380},
    ),
    (
        "a gain of the exchange at the close",
        rules.fx_gain_realised("2026-11:EUR", amount=eur(41)),
        "fx.realised:2026-11:EUR",
        {"fx_position": 41, "fx_gain_or_loss": -41},
    ),
    (
        "a loss of the exchange at the close",
        rules.fx_loss_realised("2026-11:EUR", amount=eur(41)),
        "fx.realised:2026-11:EUR",
        {"fx_gain_or_loss": 41, "fx_position": -41},
    ),
]


@pytest.mark.parametrize(("draft", "cause", "lines"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_each_fact_posts(draft, cause, lines):
    assert draft.cause == cause
    assert draft.fact == cause.partition(":")[0]
    assert posted(draft) == lines


def test_a_settlement_in_another_currency_sums_to_zero_in_both():
    draft = rules.settled_in_other_currency("txn_1Pf", taken=Money(10000, "USD"), settled=eur(9180))

    assert draft.lines == (
        Line(Account.FX_POSITION, "USD", 10000),
        Line(Account.GATEWAY_CLEARING, "USD", -10000),
        Line(Account.GATEWAY_CLEARING, "EUR", 9180),
        Line(Account.FX_POSITION, "EUR", -9180),
    )
    with pytest.raises(ValueError, match="own currency"):
        rules.settled_in_other_currency("txn_1Pf", taken=eur(100), settled=eur(100))


def test_every_cause_and_fact_fits_its_column():
    for _, draft, *_ in ROWS:
        assert len(draft.cause) <= 160
        assert len(draft.fact) <= 48


AMOUNTS = st.integers(0, 10**12).map(eur)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_every_fact_sums_to_zero_without_lines_of_zero(a, b, c, d):
    larger, smaller = max(a, b), min(a, b)
    drafts = [
        rules.invoice_finalised("N", total=a + b, net=a, tax=b),
        rules.void("N", total=a + b, net=a, tax=b),
        rules.invoice_below_zero("N", total=a + b, net=a, tax=b),
        rules.payment_succeeded("N", amount=a, owed=b),
        rules.paid_out_of_band("N", amount=a, owed=b),
        rules.credit_note("N", net=a, tax=b, unrendered=c, unpaid=d),
        rules.refund_approved("N", amount=larger, from_balance=smaller),
        rules.write_off("N", amount=a, unrendered=b),
        rules.settled_in_other_currency("N", taken=Money(a.minor, "USD"), settled=b),
    ]
    for draft in drafts:
        back = rules.reversal(draft, "x.taken_back:N")
        for each in (draft, back):
            sums: dict[str, int] = {}
            for line in each.lines:
                assert line.amount_minor != 0
                sums[line.currency] = sums.get(line.currency, 0) + line.amount_minor
            assert not any(sums.values())
        assert rules.reversal(back, "x.again:N").lines == draft.lines
        assert rules.reversal([draft, back], "x.nothing:N").is_empty


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=6))
def test_an_invoice_credited_in_parts_ends_where_it_began(parts):
    """Whatever was rendered and paid, credit notes that add up to the invoice leave no trace on it."""
    net, tax = sum(p[0].minor for p in parts), sum(p[1].minor for p in parts)
    drafts = [rules.invoice_finalised("I", total=eur(net + tax), net=eur(net), tax=eur(tax))]
    left_net, left_total = eur(net), eur(net + tax)
    for number, (part_net, part_tax) in enumerate(parts):
        drafts.append(
            rules.credit_note(
                f"C{number}", net=part_net, tax=part_tax, unrendered=left_net, unpaid=left_total
            )
        )
        left_net, left_total = left_net - part_net, left_total - part_net - part_tax
    assert rules.reversal(drafts, "all.taken_back:I").is_empty


ONE_AMOUNT: list[Callable[..., Draft]] = [
    rules.service_rendered,
    rules.payment_after_write_off,
    rules.gateway_fee,
    rules.dispute_fee,
    rules.payout,
    rules.refund_succeeded,
    rules.refund_outside,
    rules.goodwill_store_credit,
    rules.goodwill_taken_back,
    rules.store_credit_used,
    rules.dispute_funds_withdrawn,
    rules.dispute_funds_reinstated,
    rules.dispute_lost,
    rules.tokens_burnt,
    rules.tokens_expired,
    rules.tokens_put_back,
    rules.fx_gain_realised,
    rules.fx_loss_realised,
]


@pytest.mark.parametrize("build", ONE_AMOUNT)
def test_one_amount_moves_from_one_account_to_another_or_not_at_all(build):
    assert sorted(line.amount_minor for line in build("N", amount=eur(1)).lines) == [-1, 1]
    assert build("N", amount=eur(0)).is_empty
    with pytest.raises(ValueError, match="negative"):
        build("N", amount=eur(-1))
    with pytest.raises(ValueError, match="reference"):
        build(" ", amount=eur(1))


@pytest.mark.parametrize(
    "build",
    [
        lambda: rules.invoice_finalised("N", total=eur(-1), net=eur(-2), tax=eur(1)),
        lambda: rules.invoice_below_zero("N", total=eur(-119), net=eur(-100), tax=eur(-19)),
        lambda: rules.payment_succeeded("N", amount=eur(-1), owed=eur(0)),
        lambda: rules.payment_succeeded("N", amount=eur(1), owed=eur(-1)),
        lambda: rules.credit_note("N", net=eur(-1), tax=eur(0), unrendered=eur(0), unpaid=eur(0)),
        lambda: rules.credit_note("N", net=eur(1), tax=eur(0), unrendered=eur(-1), unpaid=eur(0)),
        lambda: rules.credit_note("N", net=eur(1), tax=eur(0), unrendered=eur(0), unpaid=eur(-1)),
        lambda: rules.refund_approved("N", amount=eur(1), from_balance=eur(-1)),
        lambda: rules.write_off("N", amount=eur(1), unrendered=eur(-1)),
        lambda: rules.settled_in_other_currency("N", taken=eur(-1), settled=Money(1, "USD")),
    ],
)
def test_negative_amounts_are_refused_wherever_they_stand(build):
    with pytest.raises(ValueError, match="negative"):
        build()


def test_sums_that_contradict_each_other_are_refused():
    with pytest.raises(ValueError, match="are not"):
        rules.invoice_finalised("N", total=eur(11901), net=eur(10000), tax=eur(1900))
    with pytest.raises(ValueError, match="are not"):
        rules.invoice_below_zero("N", total=eur(11901), net=eur(10000), tax=eur(1900))
    with pytest.raises(ValueError, match="more than the refund"):
        rules.refund_approved("N", amount=eur(100), from_balance=eur(101))


def test_two_currencies_do_not_meet_in_one_fact():
    with pytest.raises(CurrencyMismatch):
        rules.payment_succeeded("N", amount=eur(100), owed=Money(100, "USD"))
    with pytest.raises(CurrencyMismatch):
        rules.refund_approved("N", amount=eur(100), from_balance=Money(0, "USD"))


def test_a_draft_that_does_not_sum_to_zero_cannot_be_made():
    with pytest.raises(Unbalanced):
        Draft("f", "f:N", (Line(Account.BANK, "EUR", 100), Line(Account.REVENUE, "EUR", -99)))
    with pytest.raises(Unbalanced):
        Draft("f", "f:N", (Line(Account.BANK, "EUR", 100), Line(Account.REVENUE, "USD", -100)))


@pytest.mark.parametrize("cause", ["", "refund.failed", ":REF", "refund.failed:"])
def test_a_reversal_names_what_happened_and_to_what(cause):
    with pytest.raises(ValueError, match="a cause is"):
        rules.reversal(rules.payout("P", amount=eur(1)), cause)


def test_two_facts_about_one_thing_have_two_causes():
    causes = sorted(build("N", amount=eur(1)).cause for build in ONE_AMOUNT)
    twice = {a for a, b in pairwise(causes) if a == b}

    # A refund succeeds once, wherever to; a close realises a gain or a loss, never both.
    assert twice == {"refund.succeeded:N", "fx.realised:N"}


def test_the_chart_of_accounts():
    assert {account.value: account.normal_side for account in Account} == {
        "receivable": "debit",
        "deferred_revenue": "credit",
        "revenue": "credit",
        "tax_payable": "credit",
        "gateway_clearing": "debit",
        "bank": "debit",
        "customer_balance": "credit",
        "refunds_in_transit": "credit",
        "refunds_granted": "debit",
        "gateway_fees": "debit",
        "goodwill": "debit",
        "disputed": "debit",
        "dispute_losses": "debit",
        "bad_debt": "debit",
        "bad_debts_recovered": "credit",
        "breakage": "credit",
        "fx_position": "debit",
        "fx_gain_or_loss": "credit",
    }
    assert Account("bank") is Account.BANK
    assert f"{Account.BANK}" == "bank"
    assert Account.choices()[0] == ("receivable", "Receivable")
    assert all(account.label and account.description.endswith(".") for account in Account)
    assert all(len(account) <= 32 for account in Account)

"""The texts as shipped, in English."""

TEXTS = {
    "refund_promised": (
        "Your refund of {amount} is on its way",
        """\
Hello {customer_name},

We have sent {amount} back to the way you paid. Banks take up to ten days to show it.

{note}

Our reference is {reference}. Please name it if you have a question.

Kind regards,
{company}
""",
    ),
    "refund_succeeded": (
        "Your refund of {amount} has been paid out",
        """\
Hello {customer_name},

The bank confirmed your refund of {amount} on {date}.

{note}

Our reference is {reference}.

Kind regards,
{company}
""",
    ),
    "refund_failed": (
        "Your refund of {amount} did not reach you",
        """\
Hello {customer_name},

Your bank did not accept the refund of {amount}. We still owe it to you. Please answer this message so \
that we find another way.

Our reference is {reference}.

Kind regards,
{company}
""",
    ),
    "credits_granted": (
        "You have received {credits}",
        """\
Hello {customer_name},

We have added {credits} to your account.
They can be used until {expires_on}.

{note}

Kind regards,
{company}
""",
    ),
    "credits_expiring": (
        "{credits} end on {expires_on}",
        """\
Hello {customer_name},

You still have {credits} that can be used until {expires_on}. After that day they are gone.

Kind regards,
{company}
""",
    ),
    "card_expiring": (
        "Your card {card} expires in {month}",
        """\
Hello {customer_name},

The card {card}, to which we charge your invoices, expires in {month}.
Please give us a new one here, so that nothing is interrupted:
{link}

Kind regards,
{company}
""",
    ),
    "invoice_issued": (
        "Invoice {number} of {amount}",
        """\
Hello {customer_name},

Attached is invoice {number} of {amount}.
It is due on {date}.

{note}

Kind regards,
{company}
""",
    ),
    "credit_note_issued": (
        "Credit note {number}",
        """\
Hello {customer_name},

We have issued credit note {number} of {amount} on {date}.
It belongs to invoice {invoice}.

Kind regards,
{company}
""",
    ),
    "usage_threshold": (
        "You have used {percent} of {meter}",
        """\
Hello {customer_name},

You have used {percent} of the {limit} of {meter} that your plan includes.
Your next allowance begins on {renews_on}.

Kind regards,
{company}
""",
    ),
    "incident_credited": (
        "We have credited {amount} for an outage",
        """\
Hello {customer_name},

On {date} we had an outage: {outage}. We are sorry.
For the time that you were without it we have credited {amount} to your account.
It is used for your next invoices.

{note}

Reference: {reference}

Kind regards,
{company}
""",
    ),
}

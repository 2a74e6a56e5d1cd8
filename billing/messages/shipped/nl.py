"""The texts as shipped, in Dutch."""

TEXTS = {
    "refund_promised": (
        "Uw terugbetaling van {amount} is onderweg",
        """\
Beste {customer_name},

We hebben {amount} teruggestuurd naar uw betaalmiddel. Het kan tien dagen duren voordat de bank het toont.

{note}

Ons kenmerk is {reference}. Vermeld het als u een vraag hebt.

Met vriendelijke groet,
{company}
""",
    ),
    "refund_succeeded": (
        "Uw terugbetaling van {amount} is uitbetaald",
        """\
Beste {customer_name},

De bank heeft uw terugbetaling van {amount} op {date} bevestigd.

{note}

Ons kenmerk is {reference}.

Met vriendelijke groet,
{company}
""",
    ),
    "refund_failed": (
        "Uw terugbetaling van {amount} is niet aangekomen",
        """\
Beste {customer_name},

Uw bank heeft de terugbetaling van {amount} niet aangenomen. U hebt het bedrag nog van ons te goed. \
Antwoord op dit bericht, dan zoeken we een andere weg.

Ons kenmerk is {reference}.

Met vriendelijke groet,
{company}
""",
    ),
    "credits_granted": (
        "U hebt {credits} ontvangen",
        """\
Beste {customer_name},

We hebben {credits} aan uw account toegevoegd.
Te gebruiken tot en met {expires_on}.

{note}

Met vriendelijke groet,
{company}
""",
    ),
    "credits_expiring": (
        "{credits} verlopen op {expires_on}",
        """\
Beste {customer_name},

U hebt nog {credits} die tot en met {expires_on} te gebruiken zijn. Daarna vervallen ze.

Met vriendelijke groet,
{company}
""",
    ),
    "card_expiring": (
        "Uw kaart {card} verloopt in {month}",
        """\
Beste {customer_name},

De kaart {card}, waarvan wij uw facturen afschrijven, verloopt in {month}.
Geef ons hier een nieuwe door, zodat niets wordt onderbroken:
{link}

Met vriendelijke groet,
{company}
""",
    ),
    "invoice_issued": (
        "Factuur {number} van {amount}",
        """\
Hallo {customer_name},

Bijgaand vindt u factuur {number} van {amount}.
Deze vervalt op {date}.

{note}

Met vriendelijke groet,
{company}
""",
    ),
    "credit_note_issued": (
        "Creditnota {number}",
        """\
Beste {customer_name},

We hebben creditnota {number} van {amount} uitgegeven op {date}.
Deze hoort bij factuur {invoice}.

Met vriendelijke groet,
{company}
""",
    ),
    "usage_threshold": (
        "U hebt {percent} van {meter} gebruikt",
        """\
Hallo {customer_name},

U hebt {percent} gebruikt van {limit} ({meter}) in uw abonnement.
Uw volgende tegoed begint op {renews_on}.

Met vriendelijke groet,
{company}
""",
    ),
    "incident_credited": (
        "We hebben u {amount} gecrediteerd voor een storing",
        """\
Hallo {customer_name},

Op {date} hadden we een storing: {outage}. Onze excuses daarvoor.
Voor de tijd dat u er geen gebruik van kon maken, hebben we {amount} op uw account bijgeschreven.
Het bedrag wordt verrekend met uw volgende facturen.

{note}

Referentie: {reference}

Met vriendelijke groet,
{company}
""",
    ),
}

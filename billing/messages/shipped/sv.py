"""The texts as shipped, in Swedish."""

TEXTS = {
    "refund_promised": (
        "Din återbetalning på {amount} är på väg",
        """\
Hej {customer_name},

Vi har skickat tillbaka {amount} till ditt betalsätt. Det kan ta tio dagar innan banken visar beloppet.

{note}

Vår referens är {reference}. Ange den om du har en fråga.

Vänliga hälsningar
{company}
""",
    ),
    "refund_succeeded": (
        "Din återbetalning på {amount} är utbetald",
        """\
Hej {customer_name},

Banken bekräftade din återbetalning på {amount} den {date}.

{note}

Vår referens är {reference}.

Vänliga hälsningar
{company}
""",
    ),
    "refund_failed": (
        "Din återbetalning på {amount} kom inte fram",
        """\
Hej {customer_name},

Din bank tog inte emot återbetalningen på {amount}. Vi är fortfarande skyldiga dig beloppet. Svara på \
det här meddelandet så hittar vi ett annat sätt.

Vår referens är {reference}.

Vänliga hälsningar
{company}
""",
    ),
    "credits_granted": (
        "Du har fått {credits}",
        """\
Hej {customer_name},

Vi har lagt till {credits} på ditt konto.
De kan användas till och med {expires_on}.

{note}

Vänliga hälsningar
{company}
""",
    ),
    "credits_expiring": (
        "{credits} upphör den {expires_on}",
        """\
Hej {customer_name},

Du har {credits} kvar som kan användas till och med {expires_on}. Efter den dagen är de borta.

Vänliga hälsningar
{company}
""",
    ),
    "card_expiring": (
        "Ditt kort {card} går ut {month}",
        """\
Hej {customer_name},

Kortet {card}, som vi debiterar dina fakturor, går ut {month}.
Lägg gärna till ett nytt här så att inget avbryts:
{link}

Vänliga hälsningar
{company}
""",
    ),
    "invoice_issued": (
        "Faktura {number} på {amount}",
        """\
Hej {customer_name},

Här kommer faktura {number} på {amount}.
Den ska betalas senast {date}.

{note}

Vänliga hälsningar
{company}
""",
    ),
    "credit_note_issued": (
        "Kreditnota {number}",
        """\
Hej {customer_name},

Vi har utfärdat kreditnota {number} på {amount} den {date}.
Den hör till faktura {invoice}.

Vänliga hälsningar
{company}
""",
    ),
    "usage_threshold": (
        "Ni har använt {percent} av {meter}",
        """\
Hej {customer_name},

Ni har använt {percent} av {limit} ({meter}) som ingår i er plan.
Nästa kvot börjar den {renews_on}.

Vänliga hälsningar
{company}
""",
    ),
    "incident_credited": (
        "Vi har krediterat {amount} för ett avbrott",
        """\
Hej {customer_name},

Den {date} hade vi ett avbrott: {outage}. Vi ber om ursäkt.
För den tid då ni var utan har vi krediterat {amount} på ert konto.
Beloppet används för era kommande fakturor.

{note}

Referens: {reference}

Vänliga hälsningar
{company}
""",
    ),
}

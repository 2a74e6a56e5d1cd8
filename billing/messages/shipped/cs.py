"""The texts as shipped, in Czech."""

TEXTS = {
    "refund_promised": (
        "Vrácení částky {amount} je na cestě",
        """\
Dobrý den, {customer_name},

poslali jsme vám zpět {amount} stejnou cestou, jakou jste platili. Bankám může trvat až deset dní, než \
částku ukážou.

{note}

Naše číslo případu je {reference}. Uveďte ho prosím, pokud se budete chtít na něco zeptat.

S pozdravem
{company}
""",
    ),
    "refund_succeeded": (
        "Částka {amount} byla vrácena",
        """\
Dobrý den, {customer_name},

banka potvrdila vrácení částky {amount} dne {date}.

{note}

Naše číslo případu je {reference}.

S pozdravem
{company}
""",
    ),
    "refund_failed": (
        "Vrácená částka {amount} k vám nedorazila",
        """\
Dobrý den, {customer_name},

vaše banka nepřijala vrácení částky {amount}. Stále vám ji dlužíme. Odpovězte prosím na tuto zprávu, \
abychom našli jinou cestu.

Naše číslo případu je {reference}.

S pozdravem
{company}
""",
    ),
    "credits_granted": (
        "Získali jste {credits}",
        """\
Dobrý den, {customer_name},

na váš účet jsme připsali {credits}.
Využít je můžete do {expires_on}.

{note}

S pozdravem
{company}
""",
    ),
    "credits_expiring": (
        "{credits}: platnost končí {expires_on}",
        """\
Dobrý den, {customer_name},

na účtu vám zbývá {credits} k využití do {expires_on}. Po tomto dni propadnou.

S pozdravem
{company}
""",
    ),
    "card_expiring": (
        "Platnost vaší karty {card} končí {month}",
        """\
Dobrý den, {customer_name},

platnost karty {card}, ze které strháváme vaše faktury, končí {month}.
Zadejte nám prosím novou zde, aby se nic nepřerušilo:
{link}

S pozdravem
{company}
""",
    ),
    "invoice_issued": (
        "Faktura {number} na částku {amount}",
        """\
Dobrý den, {customer_name},

v příloze posíláme fakturu {number} na částku {amount}.
Splatnost: {date}.

{note}

S pozdravem
{company}
""",
    ),
    "credit_note_issued": (
        "Dobropis {number}",
        """\
Dobrý den, {customer_name},

vystavili jsme dobropis {number} na částku {amount} dne {date}.
Vztahuje se k faktuře {invoice}.

S pozdravem
{company}
""",
    ),
    "usage_threshold": (
        "Využili jste {percent}: {meter}",
        """\
Dobrý den, {customer_name},

využili jste {percent} z {limit} ({meter}) ve svém tarifu.
Další období začíná {renews_on}.

S pozdravem
{company}
""",
    ),
    "incident_credited": (
        "Připsali jsme vám {amount} za výpadek",
        """\
Dobrý den, {customer_name},

dne {date} jsme měli výpadek: {outage}. Omlouváme se.
Za dobu, kdy jste službu nemohli používat, jsme na váš účet připsali {amount}.
Částka se použije na příští faktury.

{note}

Číslo případu: {reference}

S pozdravem
{company}
""",
    ),
}

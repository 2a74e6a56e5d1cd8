"""The texts as shipped, in Polish."""

TEXTS = {
    "refund_promised": (
        "Zwrot {amount} jest w drodze",
        """\
Dzień dobry, {customer_name},

Odesłaliśmy {amount} tą samą drogą, którą wpłynęła płatność. Bank może pokazać kwotę dopiero po \
dziesięciu dniach.

{note}

Nasz numer sprawy to {reference}. Prosimy podać go w razie pytań.

Z poważaniem
{company}
""",
    ),
    "refund_succeeded": (
        "Zwrot {amount} został wypłacony",
        """\
Dzień dobry, {customer_name},

Bank potwierdził zwrot {amount} dnia {date}.

{note}

Nasz numer sprawy to {reference}.

Z poważaniem
{company}
""",
    ),
    "refund_failed": (
        "Zwrot {amount} nie dotarł",
        """\
Dzień dobry, {customer_name},

Bank nie przyjął zwrotu {amount}. Nadal jesteśmy winni tę kwotę. Prosimy odpowiedzieć na tę wiadomość, a \
znajdziemy inną drogę.

Nasz numer sprawy to {reference}.

Z poważaniem
{company}
""",
    ),
    "credits_granted": (
        "Otrzymane środki: {credits}",
        """\
Dzień dobry, {customer_name},

Dodaliśmy do konta {credits}.
Można z nich korzystać do {expires_on}.

{note}

Z poważaniem
{company}
""",
    ),
    "credits_expiring": (
        "{credits}: koniec ważności {expires_on}",
        """\
Dzień dobry, {customer_name},

Na koncie pozostało {credits} do wykorzystania do {expires_on}. Po tym dniu środki przepadną.

Z poważaniem
{company}
""",
    ),
    "card_expiring": (
        "Państwa karta {card} wygasa: {month}",
        """\
Dzień dobry {customer_name},

karta {card}, którą obciążamy za Państwa faktury, wygasa: {month}.
Prosimy podać nową tutaj, aby nic nie zostało przerwane:
{link}

Z poważaniem
{company}
""",
    ),
    "invoice_issued": (
        "Faktura {number} na kwotę {amount}",
        """\
Dzień dobry {customer_name},

w załączniku przesyłamy fakturę {number} na kwotę {amount}.
Termin płatności: {date}.

{note}

Z poważaniem
{company}
""",
    ),
    "credit_note_issued": (
        "Nota kredytowa {number}",
        """\
Dzień dobry, {customer_name},

Wystawiliśmy notę kredytową {number} na kwotę {amount} dnia {date}.
Dotyczy faktury {invoice}.

Z poważaniem
{company}
""",
    ),
    "usage_threshold": (
        "Wykorzystano {percent}: {meter}",
        """\
Dzień dobry {customer_name},

Wykorzystano {percent} z {limit} ({meter}) w Państwa planie.
Następny limit zaczyna się {renews_on}.

Z poważaniem
{company}
""",
    ),
    "incident_credited": (
        "Przyznaliśmy Państwu {amount} za przerwę w działaniu",
        """\
Dzień dobry {customer_name},

dnia {date} wystąpiła przerwa w działaniu: {outage}. Przepraszamy.
Za czas, w którym usługa była niedostępna, dopisaliśmy {amount} do Państwa konta.
Kwota zostanie rozliczona z kolejnymi fakturami.

{note}

Numer sprawy: {reference}

Z poważaniem
{company}
""",
    ),
}

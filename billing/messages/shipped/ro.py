"""The texts as shipped, in Romanian."""

TEXTS = {
    "refund_promised": (
        "Rambursarea de {amount} este pe drum",
        """\
Bună ziua, {customer_name},

V-am trimis înapoi {amount} pe aceeași cale pe care ați plătit. Băncile pot avea nevoie de până la zece \
zile ca să arate suma.

{note}

Referința noastră este {reference}. Vă rugăm să o menționați dacă aveți întrebări.

Cu stimă,
{company}
""",
    ),
    "refund_succeeded": (
        "Rambursarea de {amount} a fost plătită",
        """\
Bună ziua, {customer_name},

Banca a confirmat rambursarea de {amount} la data de {date}.

{note}

Referința noastră este {reference}.

Cu stimă,
{company}
""",
    ),
    "refund_failed": (
        "Rambursarea de {amount} nu a ajuns la dumneavoastră",
        """\
Bună ziua, {customer_name},

Banca dumneavoastră nu a acceptat rambursarea de {amount}. Vă datorăm în continuare această sumă. Vă rugăm \
să răspundeți la acest mesaj, ca să găsim o altă cale.

Referința noastră este {reference}.

Cu stimă,
{company}
""",
    ),
    "credits_granted": (
        "Ați primit {credits}",
        """\
Bună ziua, {customer_name},

Am adăugat {credits} în contul dumneavoastră.
Le puteți folosi până la {expires_on}.

{note}

Cu stimă,
{company}
""",
    ),
    "credits_expiring": (
        "{credits}: valabile până la {expires_on}",
        """\
Bună ziua, {customer_name},

Mai aveți {credits} pe care le puteți folosi până la {expires_on}. După această zi nu mai sunt valabile.

Cu stimă,
{company}
""",
    ),
    "card_expiring": (
        "Cardul dumneavoastră {card} expiră în {month}",
        """\
Bună ziua, {customer_name},

Cardul {card}, din care încasăm facturile dumneavoastră, expiră în {month}.
Vă rugăm să ne dați unul nou aici, ca să nu se întrerupă nimic:
{link}

Cu stimă,
{company}
""",
    ),
    "invoice_issued": (
        "Factura {number} în valoare de {amount}",
        """\
Bună ziua, {customer_name},

Vă trimitem atașat factura {number} în valoare de {amount}.
Termenul de plată este {date}.

{note}

Cu stimă,
{company}
""",
    ),
    "credit_note_issued": (
        "Nota de credit {number}",
        """\
Bună ziua, {customer_name},

Am emis nota de credit {number} în valoare de {amount} la data de {date}.
Ea se referă la factura {invoice}.

Cu stimă,
{company}
""",
    ),
    "usage_threshold": (
        "Ați folosit {percent} din {meter}",
        """\
Bună ziua, {customer_name},

Ați folosit {percent} din {limit} ({meter}), cât include planul dumneavoastră.
Următoarea perioadă începe la {renews_on}.

Cu stimă,
{company}
""",
    ),
    "incident_credited": (
        "V-am creditat {amount} pentru o întrerupere",
        """\
Bună ziua, {customer_name},

La data de {date} am avut o întrerupere: {outage}. Ne pare rău.
Pentru timpul în care nu ați putut folosi serviciul, am adăugat {amount} în contul dumneavoastră.
Suma se folosește la următoarele facturi.

{note}

Referința: {reference}

Cu stimă,
{company}
""",
    ),
}

"""The texts as shipped, in Italian."""

TEXTS = {
    "refund_promised": (
        "Il rimborso di {amount} è in arrivo",
        """\
Buongiorno {customer_name},

Abbiamo restituito {amount} sul metodo con cui ha pagato. La banca può impiegare fino a dieci giorni per \
mostrarlo.

{note}

Il nostro riferimento è {reference}. Lo indichi per qualsiasi domanda.

Cordiali saluti
{company}
""",
    ),
    "refund_succeeded": (
        "Il rimborso di {amount} è stato versato",
        """\
Buongiorno {customer_name},

La banca ha confermato il rimborso di {amount} il {date}.

{note}

Il nostro riferimento è {reference}.

Cordiali saluti
{company}
""",
    ),
    "refund_failed": (
        "Il rimborso di {amount} non è arrivato",
        """\
Buongiorno {customer_name},

La sua banca non ha accettato il rimborso di {amount}. Le dobbiamo ancora questo importo. Risponda a \
questo messaggio per trovare un’altra soluzione.

Il nostro riferimento è {reference}.

Cordiali saluti
{company}
""",
    ),
    "credits_granted": (
        "Ha ricevuto {credits}",
        """\
Buongiorno {customer_name},

Abbiamo aggiunto {credits} al suo conto.
Può usarli fino al {expires_on}.

{note}

Cordiali saluti
{company}
""",
    ),
    "credits_expiring": (
        "{credits} scadono il {expires_on}",
        """\
Buongiorno {customer_name},

Ha ancora {credits} da usare entro il {expires_on}. Dopo quel giorno andranno persi.

Cordiali saluti
{company}
""",
    ),
    "card_expiring": (
        "La sua carta {card} scade in {month}",
        """\
Buongiorno {customer_name},

La carta {card}, su cui addebitiamo le sue fatture, scade in {month}.
Ce ne indichi una nuova qui, così nulla si interrompe:
{link}

Cordiali saluti
{company}
""",
    ),
    "invoice_issued": (
        "Fattura {number} di {amount}",
        """\
Buongiorno {customer_name},

in allegato trova la fattura {number} di {amount}.
Scade il {date}.

{note}

Cordiali saluti
{company}
""",
    ),
    "credit_note_issued": (
        "Nota di credito {number}",
        """\
Buongiorno {customer_name},

Abbiamo emesso la nota di credito {number} di {amount} il {date}.
Si riferisce alla fattura {invoice}.

Cordiali saluti
{company}
""",
    ),
    "usage_threshold": (
        "Hai utilizzato il {percent} di {meter}",
        """\
Gentile {customer_name},

Hai utilizzato il {percent} di {limit} ({meter}) inclusi nel tuo piano.
La prossima quota inizia il {renews_on}.

Cordiali saluti
{company}
""",
    ),
    "incident_credited": (
        "Le abbiamo accreditato {amount} per un'interruzione",
        """\
Gentile {customer_name},

il {date} abbiamo avuto un'interruzione: {outage}. Ce ne scusiamo.
Per il tempo in cui non è stato disponibile abbiamo accreditato {amount} sul suo conto.
L'importo sarà usato per le prossime fatture.

{note}

Riferimento: {reference}

Cordiali saluti
{company}
""",
    ),
}

"""The texts as shipped, in French."""

TEXTS = {
    "refund_promised": (
        "Votre remboursement de {amount} est en route",
        """\
Bonjour {customer_name},

Nous avons renvoyé {amount} vers votre moyen de paiement. Il faut parfois dix jours à la banque pour \
l’afficher.

{note}

Notre référence est {reference}. Merci de la rappeler pour toute question.

Cordialement,
{company}
""",
    ),
    "refund_succeeded": (
        "Votre remboursement de {amount} a été versé",
        """\
Bonjour {customer_name},

La banque a confirmé votre remboursement de {amount} le {date}.

{note}

Notre référence est {reference}.

Cordialement,
{company}
""",
    ),
    "refund_failed": (
        "Votre remboursement de {amount} ne vous est pas parvenu",
        """\
Bonjour {customer_name},

Votre banque n’a pas accepté le remboursement de {amount}. Nous vous le devons toujours. Merci de \
répondre à ce message pour trouver une autre solution.

Notre référence est {reference}.

Cordialement,
{company}
""",
    ),
    "credits_granted": (
        "Vous avez reçu {credits}",
        """\
Bonjour {customer_name},

Nous avons ajouté {credits} à votre compte.
À utiliser jusqu’au {expires_on}.

{note}

Cordialement,
{company}
""",
    ),
    "credits_expiring": (
        "{credits} expirent le {expires_on}",
        """\
Bonjour {customer_name},

Il vous reste {credits} à utiliser jusqu’au {expires_on}. Passé ce jour, ils seront perdus.

Cordialement,
{company}
""",
    ),
    "card_expiring": (
        "Votre carte {card} expire en {month}",
        """\
Bonjour {customer_name},

La carte {card}, sur laquelle nous débitons vos factures, expire en {month}.
Merci d’en indiquer une nouvelle ici pour éviter toute interruption :
{link}

Cordialement,
{company}
""",
    ),
    "invoice_issued": (
        "Facture {number} de {amount}",
        """\
Bonjour {customer_name},

Vous trouverez ci-joint la facture {number} de {amount}.
Elle est à régler avant le {date}.

{note}

Cordialement,
{company}
""",
    ),
    "credit_note_issued": (
        "Avoir {number}",
        """\
Bonjour {customer_name},

Nous avons émis l’avoir {number} de {amount} le {date}.
Il se rapporte à la facture {invoice}.

Cordialement,
{company}
""",
    ),
    "usage_threshold": (
        "Vous avez utilisé {percent} de {meter}",
        """\
Bonjour {customer_name},

Vous avez utilisé {percent} de {limit} ({meter}) compris dans votre formule.
Votre prochain quota commence le {renews_on}.

Cordialement,
{company}
""",
    ),
    "incident_credited": (
        "Nous vous avons crédité {amount} pour une interruption",
        """\
Bonjour {customer_name},

Le {date}, nous avons subi une interruption : {outage}. Nous en sommes désolés.
Pour le temps pendant lequel vous en avez été privé, nous avons crédité {amount} sur votre compte.
Ce montant sera déduit de vos prochaines factures.

{note}

Référence : {reference}

Cordialement,
{company}
""",
    ),
}

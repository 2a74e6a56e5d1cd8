"""The texts as shipped, in Portuguese."""

TEXTS = {
    "refund_promised": (
        "O seu reembolso de {amount} está a caminho",
        """\
Olá, {customer_name},

Devolvemos {amount} para o meio com que pagou. O banco pode demorar até dez dias a mostrá-lo.

{note}

A nossa referência é {reference}. Indique-a se tiver alguma pergunta.

Com os melhores cumprimentos,
{company}
""",
    ),
    "refund_succeeded": (
        "O seu reembolso de {amount} foi pago",
        """\
Olá, {customer_name},

O banco confirmou o seu reembolso de {amount} em {date}.

{note}

A nossa referência é {reference}.

Com os melhores cumprimentos,
{company}
""",
    ),
    "refund_failed": (
        "O seu reembolso de {amount} não chegou",
        """\
Olá, {customer_name},

O seu banco não aceitou o reembolso de {amount}. Continuamos a dever-lhe este valor. Responda a esta \
mensagem para encontrarmos outra forma.

A nossa referência é {reference}.

Com os melhores cumprimentos,
{company}
""",
    ),
    "credits_granted": (
        "Recebeu {credits}",
        """\
Olá, {customer_name},

Adicionámos {credits} à sua conta.
Pode usá-los até {expires_on}.

{note}

Com os melhores cumprimentos,
{company}
""",
    ),
    "credits_expiring": (
        "{credits} terminam em {expires_on}",
        """\
Olá, {customer_name},

Ainda tem {credits} que pode usar até {expires_on}. Depois desse dia deixam de valer.

Com os melhores cumprimentos,
{company}
""",
    ),
    "card_expiring": (
        "O seu cartão {card} expira em {month}",
        """\
Olá {customer_name},

O cartão {card}, no qual cobramos as suas faturas, expira em {month}.
Indique-nos um novo aqui, para que nada seja interrompido:
{link}

Com os melhores cumprimentos,
{company}
""",
    ),
    "invoice_issued": (
        "Fatura {number} de {amount}",
        """\
Olá {customer_name},

Segue em anexo a fatura {number} de {amount}.
Vence em {date}.

{note}

Com os melhores cumprimentos,
{company}
""",
    ),
    "credit_note_issued": (
        "Nota de crédito {number}",
        """\
Olá, {customer_name},

Emitimos a nota de crédito {number} de {amount} em {date}.
Refere-se à fatura {invoice}.

Com os melhores cumprimentos,
{company}
""",
    ),
    "usage_threshold": (
        "Já utilizou {percent} de {meter}",
        """\
Olá {customer_name},

Já utilizou {percent} de {limit} ({meter}) incluídos no seu plano.
A próxima quota começa em {renews_on}.

Com os melhores cumprimentos,
{company}
""",
    ),
    "incident_credited": (
        "Creditámos {amount} por uma interrupção",
        """\
Olá {customer_name},

Em {date} tivemos uma interrupção: {outage}. Pedimos desculpa.
Pelo tempo em que o serviço não esteve disponível, creditámos {amount} na sua conta.
O valor será usado nas suas próximas faturas.

{note}

Referência: {reference}

Com os melhores cumprimentos,
{company}
""",
    ),
}

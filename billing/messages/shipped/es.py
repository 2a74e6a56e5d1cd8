"""The texts as shipped, in Spanish."""

TEXTS = {
    "refund_promised": (
        "Su reembolso de {amount} está en camino",
        """\
Hola, {customer_name}:

Hemos devuelto {amount} a su medio de pago. El banco puede tardar hasta diez días en mostrarlo.

{note}

Nuestra referencia es {reference}. Indíquela si tiene alguna pregunta.

Un cordial saludo,
{company}
""",
    ),
    "refund_succeeded": (
        "Su reembolso de {amount} se ha abonado",
        """\
Hola, {customer_name}:

El banco confirmó su reembolso de {amount} el {date}.

{note}

Nuestra referencia es {reference}.

Un cordial saludo,
{company}
""",
    ),
    "refund_failed": (
        "Su reembolso de {amount} no le ha llegado",
        """\
Hola, {customer_name}:

Su banco no aceptó el reembolso de {amount}. Seguimos debiéndoselo. Responda a este mensaje para que \
busquemos otra forma.

Nuestra referencia es {reference}.

Un cordial saludo,
{company}
""",
    ),
    "credits_granted": (
        "Ha recibido {credits}",
        """\
Hola, {customer_name}:

Hemos añadido {credits} a su cuenta.
Puede usarlos hasta el {expires_on}.

{note}

Un cordial saludo,
{company}
""",
    ),
    "credits_expiring": (
        "{credits} caducan el {expires_on}",
        """\
Hola, {customer_name}:

Le quedan {credits} que puede usar hasta el {expires_on}. Después de ese día se pierden.

Un cordial saludo,
{company}
""",
    ),
    "card_expiring": (
        "Su tarjeta {card} caduca en {month}",
        """\
Hola {customer_name}:

La tarjeta {card}, en la que cargamos sus facturas, caduca en {month}.
Indíquenos una nueva aquí para que nada se interrumpa:
{link}

Un cordial saludo,
{company}
""",
    ),
    "invoice_issued": (
        "Factura {number} de {amount}",
        """\
Hola, {customer_name}:

Adjuntamos la factura {number} de {amount}.
Vence el {date}.

{note}

Un saludo,
{company}
""",
    ),
    "credit_note_issued": (
        "Factura rectificativa {number}",
        """\
Hola, {customer_name}:

Hemos emitido la factura rectificativa {number} de {amount} el {date}.
Corresponde a la factura {invoice}.

Un cordial saludo,
{company}
""",
    ),
    "usage_threshold": (
        "Ha usado el {percent} de {meter}",
        """\
Hola, {customer_name}:

Ha usado el {percent} de {limit} ({meter}) que incluye su plan.
Su próximo cupo empieza el {renews_on}.

Atentamente,
{company}
""",
    ),
    "incident_credited": (
        "Le hemos abonado {amount} por una interrupción",
        """\
Hola, {customer_name}:

El {date} tuvimos una interrupción: {outage}. Lo sentimos.
Por el tiempo que no pudo usarlo hemos abonado {amount} en su cuenta.
Se descontará de sus próximas facturas.

{note}

Referencia: {reference}

Atentamente,
{company}
""",
    ),
}

"""A message as one customer would get it: the preview and what is sent are made here, the same way."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from billing.customers.models import Customer
from billing.messages import rules
from billing.messages.kinds import kind_named
from billing.messages.templates import Text, text_for
from billing.messages.words import Value, in_words

__all__ = ["Preview", "compose", "preview", "reason_not_to"]

NO_ADDRESS = "No e-mail address is known."
BAD_ADDRESS = "The e-mail address cannot be delivered to."
ERASED = "The customer's personal data was erased."
EXAMPLE = "This is an example address: nothing is sent there."


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be written. ``why_not`` says why it would not be sent, and is empty when it would."""

    kind: str
    language: str
    version: int
    address: str
    subject: str
    body: str
    why_not: str = ""


def preview(kind: str, customer: Customer, facts: Mapping[str, Value]) -> Preview:
    """The message of this kind to this customer with these facts; writes nothing. One query at most beside
    the customer's identity."""
    return compose(text_for(kind, customer.locale), customer, facts)


def compose(text: Text, customer: Customer, facts: Mapping[str, Value]) -> Preview:
    """The text with its facts in the customer's own notation, if they read the text's language."""
    kind = kind_named(text.kind)
    unknown = set(facts) - set(kind.facts)
    if unknown:
        raise KeyError(f"{kind.name} takes no {', '.join(sorted(unknown))}")
    own = customer.locale.replace("_", "-")
    locale = own if own.split("-")[0].lower() == text.language.split("-")[0] else text.language
    identity = getattr(customer, "identity", None)
    words = {name: in_words(facts.get(name), locale) for name in kind.facts}
    words["customer_name"] = rules.fact(identity.name) if identity else ""
    words["company"] = rules.fact(settings.COMPANY_NAME)
    subject, body = rules.fill(text.subject, text.body, words)
    address = identity.email.strip() if identity else ""
    why_not = reason_not_to(address) if identity else ERASED
    return Preview(kind.name, text.language, text.version, address[:254], subject, body, why_not)


def reason_not_to(address: str) -> str:
    """Why nothing is sent to this address, in a sentence; empty when it is."""
    if not address:
        return NO_ADDRESS
    try:
        validate_email(address)
    except ValidationError:
        return BAD_ADDRESS
    if len(address) > 254:
        return BAD_ADDRESS
    if rules.is_example_address(address) and not settings.MAIL_EXAMPLE_ADDRESSES:
        return EXAMPLE
    return ""

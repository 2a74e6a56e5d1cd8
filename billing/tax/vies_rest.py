"""The EU's register of VAT numbers, asked over its REST interface; set VAT_REGISTER to use it.

It passes each question on to the register of the number's member state, which is out at times: no answer, an
answer about an error and one that cannot be read are all *unknown*, which is not *invalid*. Described at
https://ec.europa.eu/taxation_customs/vies/#/technical-information (POST check-vat-number). With our own
number as the requester, the answer carries an identifier that proves the consultation.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from billing.gateways.calling import call
from billing.gateways.errors import Unreachable
from billing.logs import note_odd
from billing.tax.models import VatAnswer
from billing.tax.vies import Answer

__all__ = ["Vies"]

CONNECT_SECONDS, READ_SECONDS = 3, 10
PATH = "/check-vat-number"
#: Whose numbers it knows: the member states, Greece as EL, and Northern Ireland.
STATES = frozenset(
    {
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES",
        "FI", "FR", "HR", "HU", "IE", "IT", "LT", "LU", "LV", "MT",
        "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
    }
)  # fmt: skip
UNKNOWN = Answer(VatAnswer.UNKNOWN)


class Vies:
    """A `Register`. Never raises for what the network does; not to be asked inside a transaction."""

    name = "vies"

    def __init__(self, url: str = "") -> None:
        self.url = url or settings.VIES_URL

    def ask(self, number: str) -> Answer:
        """A number of a state whose register it does not know is unknown, without a call."""
        state, own = number[:2], number[2:]
        if state not in STATES or not own:
            return UNKNOWN
        told = self._post({"countryCode": state, "vatNumber": own, **_requester()})
        if not told:
            return UNKNOWN
        if told.get("valid") is True:
            return Answer(VatAnswer.VALID, str(told.get("requestIdentifier") or "")[:64])
        # Some states' errors come as an answer that is not valid and says why.
        if told.get("valid") is False and told.get("userError") in (None, "", "INVALID", "VALID"):
            return Answer(VatAnswer.INVALID, str(told.get("requestIdentifier") or "")[:64])
        note_odd("tax.register_trouble", source=self.name, said=_trouble(told))
        return UNKNOWN

    def _post(self, body: Mapping[str, str]) -> Mapping[str, Any]:
        seconds = CONNECT_SECONDS, READ_SECONDS
        try:
            answer = call("VIES", "post", self.url + PATH, sign=_unsigned, body=body, seconds=seconds)
        except Unreachable as trouble:  # quiet: unknown is an answer, and the log says why
            return self._silent(trouble.code)
        return answer.body if answer.status == 200 else self._silent(str(answer.status))

    def _silent(self, why: str) -> dict[str, Any]:
        """An answer that says nothing."""
        note_odd("tax.register_trouble", source=self.name, said=why)
        return {}


def _unsigned(request: Any) -> Any:
    return request


def _requester() -> dict[str, str]:
    """Who asks, where our own number is one that the register knows."""
    own = str(settings.SELLER.get("vat_number", "")) if settings.SELLER else ""
    if own[:2] not in STATES or not own[2:]:
        return {}
    return {"requesterMemberStateCode": own[:2], "requesterNumber": own[2:]}


def _trouble(told: Mapping[str, Any]) -> str:
    wrapped = told.get("errorWrappers")
    if isinstance(wrapped, list) and wrapped and isinstance(wrapped[0], dict):
        return str(wrapped[0].get("error", ""))[:64]
    return str(told.get("userError", ""))[:64]

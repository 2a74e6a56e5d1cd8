"""What a host product may call its users. Pure."""

import re

from billing.errors import InvalidInput

LONGEST = 128
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+=|-]*")


def check_external_id(external_id: str) -> str:
    """The id, as it is. It stands in the clear in history, and so it is no e-mail address or name."""
    if not external_id or len(external_id) > LONGEST or not PLAIN.fullmatch(external_id):
        raise InvalidInput(
            "external_id_malformed",
            f"Id: 1 to {LONGEST} letters, digits and . _ : / + = | - without blanks; not an e-mail address.",
            field="external_id",
        )
    return external_id

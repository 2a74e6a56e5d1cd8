"""The people of the tests: one member per role."""

from dashboard.staff.models import Member
from dashboard.staff.services import make_member

PASSWORD = "a-very-quiet-ledger"
NAMES = {
    "support": "Jude Okafor",
    "finance": "Ines Marchetti",
    "admin": "Tove Ahlgren",
    "auditor": "Ruth Adeyemi",
}


def member_in(role: str, *, email: str = "", password: str | None = PASSWORD) -> Member:
    """A member in this role, e.g. Jude Okafor of support; another address makes another person."""
    name = NAMES[role]
    address = email or f"{name.lower().replace(' ', '.')}@halden.example"
    return make_member(email=address, display_name=name, roles=[role], password=password)

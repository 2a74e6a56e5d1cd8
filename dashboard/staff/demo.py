"""The four people of the demo company, one per role."""

from dataclasses import dataclass

from django.conf import settings

from dashboard.staff.models import Member
from dashboard.staff.services import make_member


@dataclass(frozen=True, slots=True)
class DemoMember:
    role: str
    name: str
    email: str
    time_zone: str


DEMO_PASSWORD = "open-the-ledger"  # noqa: S105 (known to everybody, and refused in production)

DEMO_MEMBERS = (
    DemoMember("support", "Jude Okafor", "jude.okafor@halden.example", "Europe/London"),
    DemoMember("finance", "Ines Marchetti", "ines.marchetti@halden.example", "Europe/Rome"),
    DemoMember("admin", "Tove Ahlgren", "tove.ahlgren@halden.example", "Europe/Stockholm"),
    DemoMember("auditor", "Ruth Adeyemi", "ruth.adeyemi@halden.example", "Europe/London"),
)


def make_demo_members() -> list[Member]:
    """Makes those that are not there yet and leaves the others as they are. Refuses in production."""
    if settings.PRODUCTION:
        raise RuntimeError("demo members have a password that everybody knows")
    made = []
    for each in DEMO_MEMBERS:
        member = Member.objects.filter(email=each.email).first()
        if member is None:
            member = make_member(
                email=each.email, display_name=each.name, roles=[each.role], password=DEMO_PASSWORD
            )
            member.time_zone = each.time_zone
            member.save(update_fields=["time_zone"])
        made.append(member)
    return made

"""`manage.py demo_members`: one member per role, to look around with. Never in production."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from dashboard.staff.demo import DEMO_MEMBERS, DEMO_PASSWORD, make_demo_members


class Command(BaseCommand):
    help = "Makes the four demo members, one per role, and prints how to sign in as each."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "demo_members makes members whose password everybody knows: not in production."
            )
        make_demo_members()
        for each in DEMO_MEMBERS:
            self.stdout.write(f"{each.role:<8}  {each.email:<32}  {DEMO_PASSWORD}  ({each.name})")

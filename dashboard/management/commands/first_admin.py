"""`manage.py first_admin`: the first person who may invite others, on a desk that has no admin."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.utils import timezone

from billing.errors import Refused
from dashboard.staff.invitation import password_link
from dashboard.staff.services import make_first_admin


class Command(BaseCommand):
    help = "Makes the first admin and prints the link at which they set their password."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address they sign in with.")
        parser.add_argument("--name", required=True, help="Their name, as colleagues read it.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_email(options["email"])
        except ValidationError as error:
            raise CommandError(
                "Give an e-mail address: manage.py first_admin tove@example.com --name 'Tove Ahlgren'"
            ) from error
        try:
            member = make_first_admin(
                email=options["email"], display_name=options["name"], now=timezone.now()
            )
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        days = settings.PASSWORD_RESET_TIMEOUT // 86_400
        self.stdout.write(
            f"{member} is an admin. The password is set at this link, once, within {days} days:"
        )
        self.stdout.write(password_link(member))

"""`manage.py empty_demo`: takes every book out of the database; members and their roles stay."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.customers.models import Customer
from dashboard.database import as_owner

KEPT = {"billing_allowedtransition"}


class Command(BaseCommand):
    help = "Empties every table of the books, audit trail included, as the owner. Never in production."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Do it; without this nothing happens.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("Books are never emptied in production.")
        customers = Customer.objects.count()
        if not options["yes"]:
            raise CommandError(
                f"This would delete all books of {customers:,} customers from the database "
                f"{settings.DATABASES['default']['NAME']}. Say --yes to do it."
            )
        tables = {model._meta.db_table for model in apps.get_app_config("billing").get_models()} - KEPT
        with as_owner() as connection, connection.cursor() as cursor:
            names = ", ".join(connection.ops.quote_name(table) for table in sorted(tables))
            # CASCADE reaches what screens keep about books, such as who works on what.
            cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
        self.stdout.write(f"Emptied: {customers:,} customers and everything about them are gone.")

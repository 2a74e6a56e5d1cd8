#!/usr/bin/env python
"""Django's commands, and the desk's own. A setting that cannot be used is a sentence, not a traceback."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as refusal:
        sys.exit(str(refusal))
    except OperationalError:
        from dashboard.local import database, postgres

        if database.is_external() or postgres.running():
            raise
        sys.exit("The embedded database is not running; `make run` starts it and the desk with it.")

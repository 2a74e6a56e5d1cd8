"""The web process: it serves only on a fit database, and says why when it does not."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

django = get_wsgi_application()

from billing.metrics import flushing  # noqa: E402 (the apps must be loaded first)
from dashboard.health.startup import refuse_unless_fit  # noqa: E402 (the apps must be loaded first)
from dashboard.webhooks.door import with_door  # noqa: E402

refuse_unless_fit()

application = with_door(django)

gc.collect()
gc.freeze()  # What is loaded now stays: looking through it again would cost each request a little.
flushing.allow()

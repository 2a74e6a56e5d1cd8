"""The site's settings, a file for each thing they are about. What differs between machines comes from the
environment.

Each variable is read through `dashboard.environment`, and a malformed one keeps the site from starting,
with a sentence that names it and the remedy. The table in docs/settings.md says what each is for.
"""

from dashboard.settings.browsers import *  # noqa: F403
from dashboard.settings.company import *  # noqa: F403
from dashboard.settings.database import *  # noqa: F403
from dashboard.settings.gateways import *  # noqa: F403
from dashboard.settings.members import *  # noqa: F403
from dashboard.settings.place import *  # noqa: F403
from dashboard.settings.place import env
from dashboard.settings.site import *  # noqa: F403
from dashboard.settings.work import *  # noqa: F403

env.finish()

"""The icons that the vendored sprite has."""

import re
from functools import cache

from django.contrib.staticfiles import finders

SPRITE = "vendor/tabler-icons/sprite.svg"


@cache
def icon_names() -> frozenset[str]:
    """Every name in the sprite; filled ones end in `-filled`."""
    found = finders.find(SPRITE)
    if not isinstance(found, str):
        return frozenset()
    with open(found, encoding="utf-8") as sprite:
        return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read()))

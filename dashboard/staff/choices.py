"""What a member may choose for themselves."""

from itertools import groupby
from typing import Any
from zoneinfo import available_timezones

from babel import Locale
from django.conf import settings

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
LOCALES = tuple(
    [
        "en_GB",
        "en_US",
        "de_DE",
        "de_CH",
        "fr_FR",
        "it_IT",
        "es_ES",
        "nl_NL",
        "pl_PL",
        "pt_PT",
        "pt_BR",
        "sv_SE",
        "da_DK",
        "nb_NO",
        "fi_FI",
        "cs_CZ",
        "hu_HU",
        "ro_RO",
        "el_GR",
        "tr_TR",
        "uk_UA",
        "ja_JP",
        "ko_KR",
        "zh_CN",
        "hi_IN",
    ]
)


def time_zone_choices() -> list[Any]:
    """The company's zone first, then each area's zones."""
    zones = sorted(zone for zone in available_timezones() if zone.split("/")[0] in AREAS and "/" in zone)
    grouped = [
        (area, [(zone, zone.split("/", 1)[1].replace("_", " ")) for zone in found])
        for area, found in groupby(zones, key=lambda zone: zone.split("/")[0])
    ]
    return [("", f"As the company ({settings.DEFAULT_TIME_ZONE})"), ("UTC", "UTC"), *grouped]


def locale_choices() -> list[tuple[str, str]]:
    named = [(name, str(Locale.parse(name).get_display_name("en"))) for name in LOCALES]
    return [("", "As the page's language"), *sorted(named, key=lambda choice: choice[1])]

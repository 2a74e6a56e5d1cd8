"""Whose eyes the page is for: the locale of figures and the names on the shell."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError
from django.utils import timezone
from django.utils.translation import get_language, to_locale

from dashboard.access.roles import ROLES

DEFAULT_LOCALE = "en_GB"
LABELS = {role.name: role.label for role in ROLES}
THEMES = ("", "light", "dark")
_locale: ContextVar[str] = ContextVar("viewer_locale", default="")


@dataclass(frozen=True, slots=True)
class Viewer:
    """What the shell says about the person who is signed in."""

    name: str
    role: str
    zone: str
    theme: str

    @property
    def next_theme(self) -> str:
        """The theme that one press further gives: as the system, light, dark, and round again."""
        return THEMES[(THEMES.index(self.theme) + 1) % len(THEMES)]


def known_locale(name: str) -> str:
    """The locale in the form Babel knows (`de_DE`), or an empty string when there is none such."""
    try:
        return str(Locale.parse(name.replace("-", "_"))) if name else ""
    except (ValueError, UnknownLocaleError):
        return ""


def use_locale(name: str) -> None:
    """Figures of this request are written as this locale writes them; empty goes back to the default."""
    _locale.set(known_locale(name))


def current_locale() -> str:
    """The viewer's own locale, else that of the page's language; plain English reads as British."""
    chosen = _locale.get()
    if chosen:
        return chosen
    language = to_locale(get_language() or "en")
    return DEFAULT_LOCALE if language == "en" else known_locale(language) or DEFAULT_LOCALE


def zone_name() -> str:
    """The current time zone as people call it: CET, BST, UTC+3."""
    return abbreviation(timezone.localtime())


def abbreviation(moment: Any) -> str:
    """A zone without letters (+03) gets them: UTC+3."""
    name = moment.tzname() or "UTC"
    if name[0] not in "+-":
        return str(name)
    hours, minutes = int(name[1:3]), name[3:5]
    return f"UTC{name[0].replace('-', '−')}{hours}" + (f":{minutes}" if minutes and minutes != "00" else "")


def viewer_of(user: Any) -> Viewer | None:
    """The signed-in person, or nobody. Costs the one query for their roles."""
    if user is None or not user.is_authenticated:
        return None
    theme = getattr(user, "theme", "")
    return Viewer(
        name=user.get_full_name() or str(user),
        role=", ".join(LABELS.get(name, name.capitalize()) for name in role_names(user)) or "No role",
        zone=zone_name(),
        theme=theme if theme in THEMES else "",
    )


def role_names(user: Any) -> list[str]:
    """The roles of a person, looked up once for as long as this user object lives."""
    if not hasattr(user, "_role_names"):
        user._role_names = list(user.groups.order_by("name").values_list("name", flat=True))
    names: list[str] = user._role_names
    return names

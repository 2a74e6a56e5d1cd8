"""Settings from the environment: each variable is read by its kind, and what is malformed is refused.

A `Reader` collects one sentence for each variable it cannot use. `finish()` raises them all at once, so
that somebody who sets up a server mends everything in one go instead of one restart at a time.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

YES = {"1", "true", "yes", "on"}
NO = {"0", "false", "no", "off"}
HOST = re.compile(r"^(\*|\.?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*|\[[0-9a-fA-F:]+\])$")


class Reader:
    """Reads the variables of one environment. Values never appear in a sentence, names always do."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = os.environ if environ is None else environ
        self.refusals: list[str] = []

    def refuse(self, name: str, remedy: str) -> None:
        self.refusals.append(f"{name} {remedy}")

    def finish(self) -> None:
        """Raise ImproperlyConfigured with a sentence for each variable that was refused."""
        if self.refusals:
            raise ImproperlyConfigured("\n".join(self.refusals))

    def text(
        self, name: str, default: str = "", *, choices: tuple[str, ...] = (), required: bool = False
    ) -> str:
        """The variable without surrounding blanks. An empty variable counts as absent."""
        value = self.environ.get(name, "").strip()
        if not value:
            if required:
                self.refuse(name, "is required in production; set it.")
            return default
        if choices and value not in choices:
            self.refuse(name, f"must be one of {', '.join(choices)}.")
            return default
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.text(name).lower()
        if not value:
            return default
        if value not in YES | NO:
            self.refuse(name, "must be yes or no (also accepted: true, false, on, off, 1, 0).")
            return default
        return value in YES

    def number(self, name: str, default: int, *, least: int = 0, most: int = 2**31 - 1) -> int:
        value = self.text(name)
        if not value:
            return default
        if not re.fullmatch(r"-?[0-9]{1,12}", value) or not least <= int(value) <= most:
            self.refuse(name, f"must be a whole number from {least} to {most}.")
            return default
        return int(value)

    def words(self, name: str) -> list[str]:
        """A list separated by commas."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def hosts(self, name: str, default: list[str], *, required: bool = False) -> list[str]:
        found = self.words(name)
        if not found:
            if required:
                self.refuse(
                    name, "is required in production: the host names the desk is reached at, by commas."
                )
            return default
        wrong = [host for host in found if not HOST.match(host)]
        if wrong:
            self.refuse(name, "must be host names separated by commas, without scheme, port or path.")
            return default
        if required and "*" in found:
            self.refuse(name, "must name the hosts in production; * would answer for any.")
        return found

    def url(self, name: str, default: str = "", *, schemes: tuple[str, ...] = ("https", "http")) -> str:
        """An absolute URL without the slash at its end."""
        value = self.text(name)
        if not value:
            return default
        if not good_url(value, schemes):
            self.refuse(
                name, f"must be a whole URL beginning with {' or '.join(s + '://' for s in schemes)}."
            )
            return default
        return value.rstrip("/")

    def urls(self, name: str, default: list[str]) -> list[str]:
        found = self.words(name)
        if any(not good_url(value, ("https", "http")) or urlsplit(value).path.strip("/") for value in found):
            self.refuse(name, "must be origins such as https://desk.example.com, separated by commas.")
            return default
        return found or default

    def networks(self, name: str, default: list[str]) -> list[str]:
        """Addresses and networks, as networks."""
        try:
            return [str(ip_network(word)) for word in self.words(name)] or default
        except ValueError:
            self.refuse(name, "must be IP addresses or networks such as 10.0.0.0/8, separated by commas.")
            return default

    def secret(self, name: str, *, shape: str = "", hint: str = "", required: bool = False) -> str:
        """A secret. Only its shape is judged, and the sentence never repeats it."""
        value = self.text(name, required=required)
        if value and shape and not re.fullmatch(shape, value):
            self.refuse(name, hint)
            return ""
        return value

    def checked(self, name: str, default: str, judge: Callable[[str], bool], remedy: str) -> str:
        value = self.text(name, default)
        if value and not judge(value):
            self.refuse(name, remedy)
            return default
        return value

    def mailer(self, name: str, folder: Path, *, required: bool = False) -> dict[str, object]:
        """How mail goes out: `smtp://`, `smtp+tls://` (STARTTLS), `smtps://`, or `file:///folder`.

        Without one, messages are written to files in `folder`.
        """
        value = self.text(name, required=required)
        parts = urlsplit(value or folder.as_uri())
        backend = "django.core.mail.backends."
        if parts.scheme == "file" and parts.path:
            return {"BACKEND": f"{backend}filebased.EmailBackend", "OPTIONS": {"file_path": parts.path}}
        if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not good_url(value, (parts.scheme,)):
            self.refuse(
                name,
                "must look like smtp+tls://user:password@host:587 (or smtp://, smtps://, file:///folder).",
            )
            return {}
        options: dict[str, object] = {
            "host": parts.hostname,
            "port": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": 10,
        }
        if parts.username:
            options |= {"username": unquote(parts.username), "password": unquote(parts.password or "")}
        return {"BACKEND": f"{backend}smtp.EmailBackend", "OPTIONS": options}

    def database(self, name: str, default: str = "") -> dict[str, Any]:
        """A `postgresql://` URL as Django's settings of a connection. Empty when there is none."""
        value = self.text(name, default)
        if not value:
            return {}
        try:
            return database_settings(value)
        except ValueError:
            self.refuse(
                name, "must look like postgresql://user:password@host:5432/name (other databases won't do)."
            )
            return {}


def good_url(value: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and not re.search(r"\s", value)


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for a `postgresql://` URL; a socket's folder is given as `?host=/folder`.

    Raises ValueError for anything else.
    """
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgresql", "postgres"} or not name or "/" in name:
        raise ValueError("not a PostgreSQL URL")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": options.pop("port", None) or str(parts.port or ""),
        "OPTIONS": options,
    }


def program_name(arguments: Sequence[str]) -> str:
    """How this process names its sessions in the database, where audit rows keep it.

    The site, the worker and each command are the desk. A shell is not: what is changed there by hand is
    told as a change from outside.
    """
    program = Path(arguments[0]).name if arguments and arguments[0] else ""
    command = arguments[1] if program == "manage.py" and len(arguments) > 1 else ""
    if command in ("shell", "dbshell") or program in ("", "-c"):
        return "shell"
    return f"countinghouse {command or 'web'}"[:60]


def kept_secret(path: Path) -> str:
    """The secret kept at this path, made on first use, readable by its owner only."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    made = secrets.token_urlsafe(64)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(made)
    return made

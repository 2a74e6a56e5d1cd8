"""Templates: which text holds, and editing it. An edit is a new version; what was sent keeps its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from billing.errors import Conflict, InvalidInput, Missing
from billing.history.actors import Actor
from billing.logs import add_facts, service
from billing.messages import rules, shipped
from billing.messages.kinds import KINDS, kind_named
from billing.messages.models import MessageTemplate

__all__ = ["Text", "current", "edit", "languages", "shipped_text", "text_for", "versions"]


@dataclass(frozen=True, slots=True)
class Text:
    """A template as it holds now. Version 0 is the shipped text."""

    kind: str
    language: str
    version: int
    subject: str
    body: str


def shipped_text(kind: str, language: str) -> Text | None:
    """What holds while nobody has edited it, where there is one in that language."""
    found = shipped.TEXTS.get(language, {}).get(kind)
    return Text(kind, language, 0, found[0], found[1].strip()) if found else None


def current(kind: str, language: str) -> Text | None:
    """The latest version in exactly this language, else the shipped one, else None."""
    return _first(kind, [language])


def text_for(kind: str, locale: str) -> Text:
    """The text for a customer of that locale: "pt-BR", then "pt", then the company's English. One query."""
    kind_named(kind)
    found = _first(kind, rules.languages_for(locale, shipped.FALLBACK))
    if found is None:
        raise Missing("message_text_missing", f"There is no text for {KINDS[kind].label}.")
    return found


def _first(kind: str, wanted: Sequence[str]) -> Text | None:
    latest = MessageTemplate.objects.filter(kind=kind, language__in=wanted).order_by("language", "-version")
    edited = {each.language: each for each in latest.distinct("language")}
    for language in wanted:
        if language in edited:
            row = edited[language]
            return Text(kind, language, row.version, row.subject, row.body)
        if as_shipped := shipped_text(kind, language):
            return as_shipped
    return None


def versions(kind: str, language: str) -> list[MessageTemplate]:
    """Every edit, the latest first."""
    return list(MessageTemplate.objects.filter(kind=kind, language=language).order_by("-version")[:200])


def languages() -> list[str]:
    """The languages that any text exists in, those that are shipped first."""
    written = MessageTemplate.objects.order_by().values_list("language", flat=True).distinct()
    return [*shipped.TEXTS, *sorted(set(written) - set(shipped.TEXTS))]


@service("messages")
def edit(
    *,
    kind: str,
    language: str,
    subject: str,
    body: str,
    reason: str,
    based_on: int,
    actor: Actor,
    now: datetime,
) -> MessageTemplate:
    """Writes the next version.

    ``based_on`` is the version that the editor saw: when somebody else has written a newer one meanwhile this
    raises `Conflict`. `InvalidInput` names the field, and a placeholder that this kind cannot fill in.
    """
    declared = kind_named(kind)
    if not rules.LANGUAGE.fullmatch(language):
        raise InvalidInput(
            "language_malformed", 'Language: a code such as "de" or "pt-BR".', field="language"
        )
    subject, body = rules.check_template(subject, body, declared.placeholders)
    if not reason.strip() or len(reason) > rules.LONGEST_REASON:
        raise InvalidInput(
            "reason_missing",
            f"Reason: say why, in at most {rules.LONGEST_REASON:,} characters.",
            field="reason",
        )
    held = current(kind, language)
    if held and held.version == based_on and (held.subject, held.body) == (subject, body):
        raise InvalidInput("nothing_changed", "Nothing is changed yet.", field="body")
    try:
        with transaction.atomic():
            newest = MessageTemplate.objects.filter(kind=kind, language=language).order_by("-version").first()
            if (newest.version if newest else 0) != based_on:
                raise _overtaken()
            made = MessageTemplate.objects.create(
                kind=kind,
                language=language,
                version=based_on + 1,
                subject=subject,
                body=body,
                reason=reason.strip(),
                author_ref=actor.ref,
                author_name=actor.name,
                created_at=now,
            )
    except IntegrityError as error:
        if "message_template_version_is_written_once" not in str(error):
            raise
        raise _overtaken() from error
    add_facts(kind=kind, language=language, version=made.version)
    return made


def _overtaken() -> Conflict:
    return Conflict(
        "template_moved_on",
        "Somebody has edited this text since you opened it. Copy yours, reload the page and look at theirs.",
    )

# ruff: noqa: E501
"""What the lines of invoices say, as one record for each language that documents are written in but English.

Names of tiers and meters are the seller's own and stand as they are. `every` and the plural forms are those of
CLDR: what counts more than one of an interval says its number, `{n}`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LINE_WORDS", "LineWords"]


@dataclass(frozen=True, slots=True, eq=False)
class LineWords:
    """``once`` by interval for one of it, ``every`` by interval and plural form for more; ``rest`` and ``unused``
    take the text of the plan, ``past`` that of usage beyond what was included."""

    language: str
    once: Mapping[str, str]
    every: Mapping[str, Mapping[str, str]]
    rest: str
    unused: str
    past: str


def _intervals(*words: str) -> dict[str, str]:
    return dict(zip(("day", "week", "month", "year"), words, strict=True))


def _all(*words: str) -> dict[str, dict[str, str]]:
    return {unit: {"other": word} for unit, word in _intervals(*words).items()}


def _few(few: tuple[str, ...], other: tuple[str, ...]) -> dict[str, dict[str, str]]:
    more = _intervals(*other)
    return {unit: {"few": word, "other": more[unit]} for unit, word in _intervals(*few).items()}


LINE_WORDS = {
    each.language: each
    for each in (
        LineWords(
            "de",
            _intervals("täglich", "wöchentlich", "monatlich", "jährlich"),
            _all("alle {n} Tage", "alle {n} Wochen", "alle {n} Monate", "alle {n} Jahre"),
            "Restliche Zeit: {what}",
            "Nicht genutzte Zeit: {what}",
            "{what}, {billed} über die {included} enthaltenen hinaus",
        ),
        LineWords(
            "fr",
            _intervals("par jour", "par semaine", "par mois", "par an"),
            _all("tous les {n} jours", "toutes les {n} semaines", "tous les {n} mois", "tous les {n} ans"),
            "Temps restant\N{NO-BREAK SPACE}: {what}",
            "Temps non utilisé\N{NO-BREAK SPACE}: {what}",
            "{what}, {billed} au-delà des {included} inclus",
        ),
        LineWords(
            "es",
            _intervals("diario", "semanal", "mensual", "anual"),
            _all("cada {n} días", "cada {n} semanas", "cada {n} meses", "cada {n} años"),
            "Tiempo restante: {what}",
            "Tiempo no utilizado: {what}",
            "{what}, {billed} por encima de {included} incluidos",
        ),
        LineWords(
            "it",
            _intervals("al giorno", "alla settimana", "al mese", "all’anno"),
            _all("ogni {n} giorni", "ogni {n} settimane", "ogni {n} mesi", "ogni {n} anni"),
            "Tempo rimanente: {what}",
            "Tempo non utilizzato: {what}",
            "{what}, {billed} oltre {included} inclusi",
        ),
        LineWords(
            "pt",
            _intervals("diário", "semanal", "mensal", "anual"),
            _all("a cada {n} dias", "a cada {n} semanas", "a cada {n} meses", "a cada {n} anos"),
            "Tempo restante: {what}",
            "Tempo não utilizado: {what}",
            "{what}, {billed} além de {included} incluídos",
        ),
        LineWords(
            "nl",
            _intervals("per dag", "per week", "per maand", "per jaar"),
            _all("elke {n} dagen", "elke {n} weken", "elke {n} maanden", "elke {n} jaar"),
            "Resterende tijd: {what}",
            "Ongebruikte tijd: {what}",
            "{what}, {billed} boven de {included} inbegrepen",
        ),
        LineWords(
            "pl",
            _intervals("dziennie", "tygodniowo", "miesięcznie", "rocznie"),
            _few(
                ("co {n} dni", "co {n} tygodnie", "co {n} miesiące", "co {n} lata"),
                ("co {n} dni", "co {n} tygodni", "co {n} miesięcy", "co {n} lat"),
            ),
            "Pozostały czas: {what}",
            "Niewykorzystany czas: {what}",
            "{what}, {billed} ponad {included} w cenie",
        ),
        LineWords(
            "ro",
            _intervals("zilnic", "săptămânal", "lunar", "anual"),
            _few(
                (
                    "la fiecare {n} zile",
                    "la fiecare {n} săptămâni",
                    "la fiecare {n} luni",
                    "la fiecare {n} ani",
                ),
                (
                    "la fiecare {n} de zile",
                    "la fiecare {n} de săptămâni",
                    "la fiecare {n} de luni",
                    "la fiecare {n} de ani",
                ),
            ),
            "Timp rămas: {what}",
            "Timp neutilizat: {what}",
            "{what}, {billed} peste cele {included} incluse",
        ),
        LineWords(
            "cs",
            _intervals("denně", "týdně", "měsíčně", "ročně"),
            _few(
                ("každé {n} dny", "každé {n} týdny", "každé {n} měsíce", "každé {n} roky"),
                ("každých {n} dní", "každých {n} týdnů", "každých {n} měsíců", "každých {n} let"),
            ),
            "Zbývající čas: {what}",
            "Nevyužitý čas: {what}",
            "{what}, {billed} nad {included} v ceně",
        ),
        LineWords(
            "sv",
            _intervals("per dag", "per vecka", "per månad", "per år"),
            _all("var {n}:e dag", "var {n}:e vecka", "var {n}:e månad", "vart {n}:e år"),
            "Återstående tid: {what}",
            "Outnyttjad tid: {what}",
            "{what}, {billed} utöver {included} som ingår",
        ),
    )
}

"""International bank account numbers (ISO 13616), in any case and spacing, known by their checksum."""

import re

#: Country and the form of what follows the two check digits: n digits, a letters, c either. The registry's
#: countries, and those that write accounts so without standing in it.
_FORMS = """
AD8n12c AE19n AL8n16c AO21n AT16n AZ4a20c BA16n BE12n BF2c22n BG4a6n8c BH4a14c BI23n BJ2c22n
BR23n1a1c BY4c4n16c CF23n CG23n CH5n12c CI2a22n CM23n CR18n CV21n CY8n16c CZ20n DE18n DJ23n DK14n
DO4c20n DZ22n EE16n EG25n ES20n FI14n FK2a12n FO14n FR10n11c2n GA23n GB4a14n GE2a16n GI4a15c GL14n
GQ23n GR7n16c GT24c GW2c19n HN4a20n HR17n HU24n IE4a14n IL19n IQ4a15n IR22n IS22n IT1a10n12c
JO4a4n18c KM23n KW4a22c KZ3n13c LB4n20c LC4a24c LI5n12c LT16n LU3n13c LV4a13c LY21n MA24n MC10n11c2n
MD20c ME18n MG23n MK3n10c2n ML2c22n MN16n MR23n MT4a5n18c MU4a19n3a MZ21n NE2a22n NI4a20n NL4a10n
NO11n OM3n16c PK4a16c PL24n PS4a21c PT21n QA4a21c RO4a16c RS18n RU14n15c SA2n18c SC4a20n3a SD14n
SE20n SI15n SK20n SM1a10n12c SN2a22n SO19n ST21n SV4a20n TD23n TG2a22n TL19n TN20n TR6n16c UA6n19c
VA18n VG4a16n XK16n YE4a4n18c
"""
FORMS: dict[str, re.Pattern[str]] = {}
LENGTHS: dict[str, int] = {}
for _row in _FORMS.split():
    _parts = re.findall(r"(\d+)([nac])", _row[2:])
    _class = {"n": "[0-9]", "a": "[A-Z]", "c": "[A-Z0-9]"}
    FORMS[_row[:2]] = re.compile("".join(f"{_class[kind]}{{{size}}}" for size, kind in _parts))
    LENGTHS[_row[:2]] = 4 + sum(int(size) for size, _ in _parts)

_BETWEEN = r"[\s.\-]"
_START = re.compile(rf"[A-Za-z]{{2}}(?={_BETWEEN}{{0,2}}[0-9]{_BETWEEN}?[0-9]{_BETWEEN}{{0,2}}[A-Za-z0-9])")
_LABEL = re.compile(r"iban[\s:=#_-]{0,4}$", re.IGNORECASE)
#: Named as one: taken out whether or not its checksum is right.
_NAMED = re.compile(
    rf"(\biban\b[^A-Za-z0-9]{{1,6}}(?:is |no\.? |number )?)"
    rf"([A-Za-z]{{2}}{_BETWEEN}?[0-9]{{2}}(?:{_BETWEEN}?[A-Za-z0-9]){{10,30}})"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def is_iban(text: str) -> bool:
    """Whether all of the text is one: its country's length, and remainder 1 by 97 once the first four
    characters stand at the end and letters count from 10."""
    plain = re.sub(_BETWEEN, "", text).upper()
    form = FORMS.get(plain[:2])
    return bool(form and plain[2:4].isdigit() and form.fullmatch(plain, 4)) and _sums_up(plain)


def _sums_up(plain: str) -> bool:
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def without_ibans(text: str) -> str:
    """The text with each account's number replaced by its last two characters."""
    pieces, done = [], 0
    for match in _START.finditer(text):
        start = match.start()
        if start < done or match.group().upper() not in FORMS or not _may_begin(text, start):
            continue
        end = _end(text, start)
        if end:
            pieces.append(text[done:start] + f"[IBAN …{text[end - 2 : end]}]")
            done = end
    text = "".join(pieces) + text[done:] if pieces else text
    return _NAMED.sub(r"\1[IBAN]", text) if "ban" in text.lower() else text


def _may_begin(text: str, start: int) -> bool:
    before = text[start - 1 : start]
    if before.islower() and before.isascii() and text[start : start + 2].isupper():
        return True  # accountDE89…: where the capitals begin
    return not (before.isalnum() and before.isascii()) or bool(_LABEL.search(text, max(0, start - 8), start))


def _end(text: str, start: int) -> int:
    """Where the number that begins here ends; 0 when none does."""
    wanted = LENGTHS[text[start : start + 2].upper()]
    found: list[str] = []
    at, gap = start, 0
    while at < len(text) and len(found) < wanted:
        char = text[at]
        if char.isascii() and char.isalnum():
            found.append(char)
            gap = 0
        elif char in " .-\t\r\n\f\v":
            gap += 1
            if gap > 2:
                return 0
        else:
            return 0
        at += 1
    after = text[at : at + 1]
    if len(found) < wanted or (after.isalnum() and after.isascii()):
        return 0
    plain = "".join(found).upper()
    right = plain[2:4].isdigit() and FORMS[plain[:2]].fullmatch(plain, 4) and _sums_up(plain)
    return at if right else 0

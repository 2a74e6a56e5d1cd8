"""Values that the word before them calls secret: passwords, keys, tokens, security codes."""

import re

REMOVED = "[removed]"

_STRONG = (
    r"pass(?:word|wd|phrase|code)|\bpwd|\bpass|"
    r"(?:client|api|app|webhook|signing|shared|account|consumer)[_\- ]?secret|"
    r"\bsecret(?:[_\- ]?(?:access[_\- ]?)?key)?|"
    r"(?:api|access|private|signing|encryption|auth|account)[_\- ]?key|"
    r"(?:access|refresh|id|auth|bearer|session|csrf|api|bot|private)[_\- ]?token|credentials?|"
    r"session[_\- ]?id|set-cookie|\bcookie|пароль|\bpin[_\- ]?code|\botp\b|\bauthorization[_\- ]?code"
)
#: What may follow "is" and is a sentence about a key, not the key.
_TOLD = (
    r"(?:not|no|never|already|also|only|missing|required|wrong|invalid|malformed|expired|unset|empty|unknown|too|"
    r"revoked|rejected|refused|known|used|kept|shown|stored|set|changed|reset|updated|sent|rotated|removed|deleted|"
    r"created|incorrect|accepted|entered|requested|replaced|optional|needed|being)"
)
#: What may stand behind a colon and be all that is said: "Password: required."
_LABEL = (
    r"(?:required|missing|wrong|invalid|incorrect|expired|unset|empty|unknown|optional|"
    r"not (?:set|given|known|valid|found))[.,;!)]{0,4}(?:\s|$)"
)
_ASSIGNED = re.compile(
    rf"(?i)((?:{_STRONG})[\"'\\]{{0,3}}"
    rf"(?:\s{{0,3}}(?:=>|:=|=|:(?!\s{{1,3}}{_LABEL}))\s{{0,3}}|\s+(?:is|was)\s+(?!{_TOLD}\b)))"
    r"(\\\"(?:[^\"\\]|\\[^\"])*+\\?\"?|\"(?:[^\"\\]|\\.)*+\"?|'[^']*+'?|[^\s\"'&<>]++)"
)
#: <password>…</password>, also with a namespace before the name.
_TAGGED = re.compile(rf"(?i)(<(?:\w{{1,30}}:)?(?:{_STRONG})(?:\s[^<>]{{0,200}})?>)(?!\[)[^<>]{{1,500}}(?=</)")
_ACCOUNT = re.compile(
    r"(?i)(\b(?:account|acct|routing)[ _-]?(?:number|no|nr)\.?[\"'\\]{0,3}[ :=#]{1,3}[\"']?)(\d{8,17})(?!\d)"
)
#: "token" alone counts what is sold too: only what looks like one goes.
_WEAK = re.compile(
    r"(?i)(\b(?:\w{1,30}_)?(?:token|auth|signature|sig)[\"'\\]{0,3}\s{0,3}(?:=>|:=|=|:)\s{0,3}[\"'\\]{0,2})"
    r"([A-Za-z0-9._~+/=\-$]{6,}+)"
)
_CODE = re.compile(
    r"(?i)((?<![a-z0-9])(?:cvc2?|cvv2?|cvn2?|csc|cvd|security[ _-]code|card[ _-]code|"
    r"card[ _-]verification(?:[ _-](?:value|code))?)"
    r"(?:[ _-]?(?:code|number|value|no))?[^\w\n]{0,6}(?:is|was|=)?[^\w\n]{0,4})(\d{3,4})(?!\d)"
)
#: Looked for in small letters before the patterns are.
_WORD_HINT = re.compile(r"pass|pwd|secret|key|token|auth|cred|session|cookie|пароль|pin|otp|sig")
_DIGIT = re.compile(r"\d")


def without_named(text: str) -> str:
    """The text without what stands behind "password", "api_key", "cvc" and their like."""
    lower = text.lower()
    if not text.isascii() or _WORD_HINT.search(lower):
        text = _ASSIGNED.sub(_assigned, text)
        if "</" in text:
            text = _TAGGED.sub(rf"\1{REMOVED}", text)
        text = _WEAK.sub(_weak, text)
    if "c" in lower and _DIGIT.search(text):
        text = _ACCOUNT.sub(rf"\1{REMOVED}", _CODE.sub(rf"\1{REMOVED}", text))
    return text


def _assigned(match: re.Match[str]) -> str:
    """A quoted value goes to its closing quote; one that was taken out already stays so."""
    named, value = match.groups()
    if value.strip("\"'\\").startswith("[") and value.strip("\"'\\,.;)}").endswith("]"):
        return match.group()
    quote = value[0] if value[0] in "\"'" else ""
    tail = value[len(value.rstrip(".,;)}]")) :] if not quote else ""
    closed = quote if quote and value.endswith(quote) and len(value) > 1 else ""
    return f"{named}{quote}{REMOVED}{closed}{tail}"


def _weak(match: re.Match[str]) -> str:
    value = match.group(2)
    digits = sum(char.isdigit() for char in value)
    letters = sum(char.isalpha() for char in value)
    return match.group(1) + REMOVED if digits and letters and len(value) >= 8 else match.group()

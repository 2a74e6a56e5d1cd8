"""Keys, tokens, passwords and private keys: what opens something."""

import base64
import binascii
import re

REMOVED = "[removed]"

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----(?:.*?-----END [A-Z0-9 ]{0,50}-----|.*)",
    re.DOTALL,
)
#: scheme://user:password@host, and scheme://token@host.
_CREDENTIALS = re.compile(r"(?i)([a-z][a-z0-9+.\-]{0,30}+:/{2})(?:[^\s/@:?#]*+:[^\s/@]*+|[^\s/@:?#]{12,}+)@")
#: A password may itself hold slashes and at-signs; then the host is what follows the last one.
_ODD_CREDENTIALS = re.compile(
    r"(?i)([a-z][a-z0-9+.\-]{0,30}+:/{2}[^\s/@:?#]{1,64}+:)(?=[^\s@]{0,200}@)[^\s]*@"
)
_TOKENS = re.compile(r"(?<![A-Za-z0-9_\-])[A-Za-z0-9_\-]{12,}+(?:\.[A-Za-z0-9_\-]*+){0,4}")
_KEYS = re.compile(
    r"""(?x)
    (?:sk|rk|pk|ek)_(?:org_)?(?:test|live|prod)_[A-Za-z0-9_]{4,}
    | whsec_[A-Za-z0-9+/=_\-]{4,}
    | (?<=[A-Za-z0-9]_secret_)(?=[A-Za-z]*+[0-9]|[a-z]*+[A-Z])[A-Za-z0-9]{4,}
    | access_token\$(?:production|sandbox)\$[A-Za-z0-9$]{8,}
    | (?<![A-Za-z0-9])A21AA[A-Za-z0-9_\-]{20,}
    | (?<![A-Za-z0-9])A10[0-9]\.[A-Za-z0-9_\-]{20,}
    | (?<![A-Za-z0-9_\-])[AE][A-Za-z0-9_\-]{79}(?![A-Za-z0-9_\-])
    | (?<![A-Za-z0-9])A(?:KIA|SIA|BIA|CCA|ROA|IDA|GPA|IPA|NPA|NVA|PKA|SCA)[A-Z0-9]{16}(?![A-Za-z0-9])
    | gh[pousr]_[A-Za-z0-9]{16,} | github_pat_[A-Za-z0-9_]{16,} | gl(?:pat|dt|rt|cbt|ptt)-[A-Za-z0-9_\-]{16,}
    | AIza[A-Za-z0-9_\-]{30,} | ya29\.[A-Za-z0-9_\-.]{10,} | GOCSPX-[A-Za-z0-9_\-]{16,}
    | xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9\-]{8,} | xapp-[A-Za-z0-9\-]{8,}
    | (?<=hooks\.slack\.com/)(?:services|workflows)/[A-Za-z0-9/]{8,}
    | (?<=discord\.com/api/webhooks/)[0-9]{6,}/[A-Za-z0-9_\-]{8,}
    | SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}
    | (?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])
    | (?<![A-Za-z0-9])(?:key-|dapi|shp(?:at|ss|ca|pa)_)[0-9a-fA-F]{32} | do[opr]_v1_[0-9a-f]{32,}
    | npm_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_\-]{16,} | hf_[A-Za-z0-9]{30,} | dckr_pat_[A-Za-z0-9_\-]{20,}
    | (?<![A-Za-z0-9])sk-(?:proj-|ant-|svcacct-|or-)?(?=[A-Za-z\-]{0,40}[0-9])[A-Za-z0-9_\-]{20,}
    | sq0[a-z]{3}-[A-Za-z0-9_\-]{20,} | EAAA[A-Za-z0-9_\-]{40,} | AGE-SECRET-KEY-1[A-Z0-9]{20,}
    | (?<![A-Za-z0-9])[0-9]{8,10}:AA[A-Za-z0-9_\-]{30,}
    """
)
#: YooKassa's own keys have no mark but this beginning, which test names share: they hold digits and capitals.
_LIVE_OR_TEST = re.compile(r"(?<![A-Za-z0-9_\-])((?:live|test)_)([A-Za-z0-9_\-]{20,}+)")
_SCHEME = re.compile(r"(?i)\b(bearer|basic|digest)(\s{1,4}+)([A-Za-z0-9._~+/=\-]{6,}+)")
_AUTHORIZATION = re.compile(
    r"(?i)(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?)((?:[a-z]{1,12}\s{1,3})?)([^\s\"',;]{4,}+)"
)
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
    r"revoked|rejected|refused|known|used|kept|shown|stored|set)"
)
_ASSIGNED = re.compile(
    rf"(?i)((?:{_STRONG})[\"'\\]{{0,3}}(?:\s{{0,3}}(?:=>|:=|=|:)\s{{0,3}}|\s+(?:is|was)\s+(?!{_TOLD}\b)))"
    r"(\\?\"(?:[^\"\\]|\\[^\"])*+\\?\"?|'[^']*+'?|[^\s\"'&<>]++)"
)
#: "token" alone counts what is sold too: only what looks like one goes.
_WEAK = re.compile(
    r"(?i)(\b(?:\w{1,30}_)?(?:token|auth|signature|sig)[\"'\\]{0,3}\s{0,3}(?:=>|:=|=|:)\s{0,3}[\"'\\]{0,2})"
    r"([A-Za-z0-9._~+/=\-$]{6,}+)"
)
_CODE = re.compile(
    r"(?i)((?<![a-z])(?:cvc2?|cvv2?|cvn2?|csc|cvd|security[ _-]code|card[ _-]code|"
    r"card[ _-]verification(?:[ _-](?:value|code))?)"
    r"(?:[ _-]?(?:code|number|value|no))?[^\w\n]{0,6}(?:is|was|=)?[^\w\n]{0,4})(\d{3,4})(?!\d)"
)
_DIGIT = re.compile(r"\d")
#: No word of these, no key: looked for before the patterns are.
_HINT = re.compile(
    r"(?i)_test_|_live_|_prod_|whsec_|_secret_|access_token\$|A21AA|A10\d\.|AKIA|ASIA|A[BR-][IO]A|ACCA|AIDA|AGPA|AIPA|"
    r"AN[PV]A|APKA|ASCA|gh[pousr]_|github_pat|gl[a-z]{2,3}-|AIza|ya29\.|GOCSPX|xox[a-z]|xapp-|slack\.com|discord\.com|"
    r"SG\.|SK[0-9a-f]{8}|AC[0-9a-f]{8}|key-[0-9a-f]|dapi|shp[a-z]{2}_|do[opr]_v1|npm_|pypi-|hf_|dckr_|sk-|sq0|EAAA|"
    r"AGE-SECRET|:AA|[AE][a-z0-9_\-]{79}"
)
_WORD_HINT = re.compile(
    r"(?i)pass|pwd|secret|key|token|auth|cred|session|cookie|пароль|pin|otp|sig|is\s|was\s"
)


def without_keys(text: str) -> str:
    """The text without private keys, tokens, keys of known services, and values said to be secret."""
    if "PRIVATE KEY" in text:
        text = _PEM.sub(REMOVED, text)
    if "://" in text and "@" in text:
        text = _CREDENTIALS.sub(rf"\1{REMOVED}@", text)
        text = _ODD_CREDENTIALS.sub(rf"\1{REMOVED}@", text)
    if "eyJ" in text:
        text = _TOKENS.sub(_web_token, text)
    if _HINT.search(text):
        text = _KEYS.sub(REMOVED, text)
    if "live_" in text or "test_" in text:
        text = _LIVE_OR_TEST.sub(_own_key, text)
    lower = text.lower()
    if "bearer" in lower or "basic" in lower or "digest" in lower:
        text = _SCHEME.sub(_scheme, text)
    if "authorization" in lower:
        text = _AUTHORIZATION.sub(_authorization, text)
    if _WORD_HINT.search(text):
        text = _ASSIGNED.sub(_assigned, text)
        text = _WEAK.sub(_weak, text)
    return _CODE.sub(rf"\1{REMOVED}", text) if "c" in lower and _has_digit(text) else text


def _has_digit(text: str) -> bool:
    return _DIGIT.search(text) is not None


def _web_token(match: re.Match[str]) -> str:
    """A JSON web token, also behind a word, also its first part alone: the base64 of a brace and a quote."""
    found = match.group()
    at = found.find("eyJ")
    head = found[at:].split(".", 1)[0] if at >= 0 else ""
    if len(head) < 8 or "." in found[: max(at, 0)]:
        return _later_token(found)
    inside = found[at - 1 : at].isalnum()
    whole = "." in found[at:] if inside else "." in found[at:] or len(head) >= 20
    return found[:at] + REMOVED if whole else found


def _later_token(found: str) -> str:
    """A token whose first part stands behind a dot: everything from it on goes."""
    at = found.find(".eyJ")
    return found[: at + 1] + REMOVED if at >= 0 and len(found) - at > 20 else found


def _own_key(match: re.Match[str]) -> str:
    rest = match.group(2)
    mixed = (
        any(c.isupper() for c in rest) and any(c.islower() for c in rest) and any(c.isdigit() for c in rest)
    )
    return match.group(1) + REMOVED if mixed else match.group()


def _scheme(match: re.Match[str]) -> str:
    """Bearer and basic stand before plans and certificates too: what follows must look like a token."""
    scheme, gap, token = match.groups()
    if scheme.lower() == "basic":
        try:
            secret = b":" in base64.b64decode(token + "=" * (-len(token) % 4), validate=True)
        except (binascii.Error, ValueError):  # quiet: it is not base64, and so no name and password
            secret = False
    else:
        secret = len(token) >= 8 and looks_random(token)
    return f"{scheme}{gap}{REMOVED}" if secret else match.group()


def _authorization(match: re.Match[str]) -> str:
    named, scheme, _ = match.groups()
    return f"{named}{scheme}{REMOVED}"


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


def looks_random(token: str) -> bool:
    """Digits among the letters, or capitals inside: no word of a sentence."""
    return any(char.isdigit() for char in token) or (token[1:] != token[1:].lower() and not token.isupper())

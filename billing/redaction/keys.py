"""Keys, tokens, passwords and private keys: what opens something, known by how it looks."""

import base64
import binascii
import re

from billing.redaction.named import REMOVED, without_named

_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY[A-Z ]{0,10}-----(?:.*?-----END [A-Z0-9 ]{0,50}-----|.*)",
    re.DOTALL | re.IGNORECASE,
)
#: scheme://user:password@host, and scheme://token@host.
_CREDENTIALS = re.compile(r"(?i)([a-z][a-z0-9+.\-]{0,30}+:/{2})(?:[^\s/@:?#]*+:[^\s/@]*+|[^\s/@:?#]{12,}+)@")
#: A password may itself hold slashes and at-signs; then the host is what follows the last one. A number and
#: then a slash is a port with its path.
_ODD_CREDENTIALS = re.compile(
    r"(?i)([a-z][a-z0-9+.\-]{0,30}+:/{2}[^\s/@:?#]{1,64}+:)(?!\d{2,5}/)(?=[^\s@]{0,200}@)[^\s]*@"
)
#: The same without a scheme: user:password@host, where the password looks like one.
_BARE_CREDENTIALS = re.compile(
    r"(?<![\w:@.])([A-Za-z][\w.\-]{0,40}+:)(?=[^\s@:/]{0,40}[0-9])[^\s@:/]{6,64}@(?=[\w\-]+(?:\.[\w\-]+)*)"
)
_TOKENS = re.compile(r"(?<![A-Za-z0-9_\-])[A-Za-z0-9_\-]{12,}+(?:\.[A-Za-z0-9_\-]*+){0,4}")
_KEYS = re.compile(
    r"""(?x)
    (?<![A-Za-z0-9])(?i:sk|rk|pk|ek)_(?i:org_)?(?i:test|live|prod)_[A-Za-z0-9_]{4,}
    | (?:sk|rk|pk|ek)_(?:org_)?(?:test|live|prod)_
      (?=[A-Za-z_]{0,40}[0-9])(?=[0-9_]{0,40}[A-Za-z])[A-Za-z0-9_]{8,}
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
    | (?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9/]{8,}
    | (?:(?<=discord\.com/api/webhooks/)|(?<=discordapp\.com/api/webhooks/))[0-9]{6,}/[A-Za-z0-9_\-]{8,}
    | (?<=\.webhook\.office\.com/)webhookb2/[^\s"'<>]{16,}
    | SG\.[A-Za-z0-9_\-]{16,}\.[A-Za-z0-9_\-]{16,}
    | (?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![A-Za-z0-9])
    | (?<![A-Za-z0-9])(?:key-|dapi|shp(?:at|ss|ca|pa)_)[0-9a-fA-F]{32} | do[opr]_v1_[0-9a-f]{32,}
    | npm_[A-Za-z0-9]{30,} | pypi-[A-Za-z0-9_\-]{16,} | hf_[A-Za-z0-9]{30,} | dckr_pat_[A-Za-z0-9_\-]{20,}
    | (?<![A-Za-z0-9])sk-(?:proj-|ant-|svcacct-|or-)?(?=[A-Za-z\-]{0,40}[0-9])[A-Za-z0-9_\-]{20,}
    | sq0[a-z]{3}-[A-Za-z0-9_\-]{20,} | EAAA[A-Za-z0-9_\-]{40,} | AGE-SECRET-KEY-1[A-Z0-9]{20,}
    | (?:(?<![A-Za-z0-9])|(?<=/bot))[0-9]{8,10}:AA[A-Za-z0-9_\-]{30,}
    """
)
#: The secret half of an object that a customer's browser may confirm: whatever it is made of.
_HALF = re.compile(
    r"((?:pi|seti|cs|src|ba|acct|vs|cuss|fcsess)_[A-Za-z0-9_]{2,80}?_secret_)(?!\[)[^\s\"'&<>,;)]{8,}"
)
#: Amazon's secrets have no mark at all: forty signs of base64 with a slash or a plus, and no word among them.
_AMAZON = re.compile(r"(?<![A-Za-z0-9/+=.])(?=[A-Za-z0-9]{0,39}[/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=.])")
_A_WORD = re.compile(r"[a-z]{6,}|[0-9a-f]{30,}")
_A_NAME = re.compile(r"[A-Za-z]+(?:[_\-][A-Za-z]+)*[_\-]?[0-9]{0,4}|[a-z]{2,6}_[A-Za-z0-9]{14,30}")
#: What an address may carry along; a short one, or one of letters alone, is a choice and no key.
_QUERY = re.compile(
    r"(?i)([?&](?:key|code|state|hash|secret|pass|pw|sid|hmac|x-amz-(?:signature|credential|security-token)|"
    r"x-goog-signature)=)([A-Za-z0-9._~+/%\-]{12,}+)"
)
#: YooKassa's own keys have no mark but this beginning, which test names share: they hold digits and capitals.
_LIVE_OR_TEST = re.compile(r"(?<![A-Za-z0-9_\-])((?:live|test)_)([A-Za-z0-9_\-]{20,}+)")
_SCHEME = re.compile(r"(?i)\b(bearer|basic|digest)(\s{1,4}+)([A-Za-z0-9._~+/=\-]{6,}+)")
_AUTHORIZATION = re.compile(
    r"(?i)(authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?)((?:[a-z]{1,12}\s{1,3})?)([^\s\"',;]{4,}+)"
)
#: No word of these, no key: looked for, in small letters, before the patterns are. Each begins with a plain
#: letter or sign, which is what makes the search quick.
_HINT = re.compile(
    r"_test_|_live_|_prod_|whsec_|_secret_|access_token\$|a21aa|a10\d\.|akia|asia|abia|acca|aroa|aida|agpa|aipa|"
    r"anpa|anva|apka|asca|gh[pousr]_|github_pat|gl[a-z]{2,3}-|aiza|ya29\.|gocspx|xox[a-z]|xapp-|"
    r"slack\.com|discord(?:app)?\.com|office\.com|sg\.|sk[0-9a-f]{8}|ac[0-9a-f]{8}|key-[0-9a-f]|dapi|shp[a-z]{2}_|"
    r"do[opr]_v1|npm_|pypi-|hf_|dckr_|sk-|sq0|eaaa|age-secret|:aa"
)
_LONG_WORD = re.compile(r"[ae][a-z0-9_\-]{79}")


def without_keys(text: str) -> str:
    """The text without private keys, tokens, keys of known services, and values said to be secret."""
    lower = text.lower()
    if "private key" in lower:
        text = _PEM.sub(REMOVED, text)
    if "@" in text and ":" in text:
        text = _CREDENTIALS.sub(rf"\1{REMOVED}@", text)
        text = _ODD_CREDENTIALS.sub(rf"\1{REMOVED}@", text)
        text = _BARE_CREDENTIALS.sub(rf"\1{REMOVED}@", text)
    if "_secret_" in text:
        text = _HALF.sub(rf"\1{REMOVED}", text)
    if "eyJ" in text:
        text = _TOKENS.sub(_web_token, text)
    if not text.isascii() or _HINT.search(lower) or (len(text) >= 80 and _LONG_WORD.search(lower)):
        text = _KEYS.sub(REMOVED, text)
    if "live_" in text or "test_" in text:
        text = _LIVE_OR_TEST.sub(_own_key, text)
    if len(text) >= 40 and ("/" in text or "+" in text):
        text = _AMAZON.sub(_amazon, text)
    if "=" in text and ("?" in text or "&" in text):
        text = _QUERY.sub(_carried, text)
    lower = text.lower()
    if "bearer" in lower or "basic" in lower or "digest" in lower:
        text = _SCHEME.sub(_scheme, text)
    if "authorization" in lower:
        text = _AUTHORIZATION.sub(_authorization, text)
    return without_named(text)


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


def _amazon(match: re.Match[str]) -> str:
    found = match.group()
    mixed = any(c.isupper() for c in found) and any(c.islower() for c in found)
    is_key = mixed and any(c.isdigit() for c in found) and not _A_WORD.search(found)
    return REMOVED if is_key else found


def _carried(match: re.Match[str]) -> str:
    """A key in an address has digits among its letters; a word with a year behind it is a name."""
    value = match.group(2)
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return match.group(1) + REMOVED if mixed and not _A_NAME.fullmatch(value) else match.group()


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
        secret = len(token) >= 8 and (looks_random(token) or len(token) >= 20)
    return f"{scheme}{gap}{REMOVED}" if secret else match.group()


def _authorization(match: re.Match[str]) -> str:
    named, scheme, _ = match.groups()
    return f"{named}{scheme}{REMOVED}"


def looks_random(token: str) -> bool:
    """Digits among the letters, or capitals inside: no word of a sentence."""
    return any(char.isdigit() for char in token) or (token[1:] != token[1:].lower() and not token.isupper())

"""Where a customer may be sent back to: hosts that are set and their subdomains, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.checkouts.returning import safe_return

HOSTS = ("ledger.example", "localhost")
SAFE = "https://ledger.example/thanks"


@pytest.mark.parametrize(
    "url",
    [
        "https://ledger.example",
        "https://ledger.example/",
        "https://LEDGER.example/bought?id=1#top",
        "https://app.ledger.example/bought",
        "https://a.b.ledger.example:443/bought",
        "https://xn--bcher-kva.ledger.example/",
        "http://localhost:8000/thanks",
        "https://ledger.example/?next=https://evil.example",
    ],
)
def test_our_own_addresses_are_kept(url: str) -> None:
    assert safe_return(url, HOSTS, SAFE) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/thanks",
        "thanks",
        "//evil.example",
        "///evil.example",
        "https:evil.example",
        "https:///evil.example",
        "https://evil.example",
        "https://ledger.example.evil.example",
        "https://evilledger.example",
        "https://ledger.example@evil.example",
        "https://evil.example@ledger.example",
        "https://user:secret@ledger.example/",
        "https://@ledger.example/",
        "https://ledger.example\\@evil.example",
        "https://evil.example\\.ledger.example",
        "https:\\\\evil.example",
        "https://evil.example#.ledger.example",
        "https://evil.example?.ledger.example",
        "https://evil.example/.ledger.example",
        "https://lеdger.example",
        "https://ledger。example",
        "https://ledger.example。evil.example",
        "https://ⓛedger.example",
        "https://ledger.example.",
        "https://..ledger.example",
        "https://ledger.example:8443/",
        "https://ledger.example:",
        "https://ledger.example:x/",
        "https://ledger.example:99999/",
        "http://ledger.example/",
        "ftp://ledger.example/",
        "javascript:alert(1)",
        "JaVaScRiPt://ledger.example/%0aalert(1)",
        "data:text/html,hello",
        " https://ledger.example",
        "https://ledger.example/\n",
        "https://ledger\t.example/",
        "ht\ntps://ledger.example/",
        "https://ledger.example/\x00",
        "https://[::1]/",
        "https://[ledger.example]/",
        "https://127.0.0.1/",
        "https://evil.localhost/",
        "ftp://localhost/",
        "https://ledger.example/" + "a" * 2_000,
        "https://ledger.example/<script>",
    ],
)
def test_everything_else_leads_to_the_safe_default(url: str) -> None:
    assert safe_return(url, HOSTS, SAFE) == SAFE


@given(st.text(max_size=60), st.sampled_from(["", "https://", "//", "https://ledger.example", "http://"]))
def test_whatever_is_kept_begins_at_a_host_of_ours(text: str, begins: str) -> None:
    kept = safe_return(begins + text, HOSTS, "")
    if kept:
        host = kept.split("/")[2].split("?")[0].split("#")[0].split(":")[0].lower()
        assert host == "localhost" or host == "ledger.example" or host.endswith(".ledger.example")


def test_without_hosts_nothing_is_kept() -> None:
    assert safe_return("https://ledger.example", (), SAFE) == SAFE
    assert safe_return("https://anything", ("",), SAFE) == SAFE

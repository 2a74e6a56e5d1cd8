"""Spellings of one mailbox and one network are one; others stay apart."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.errors import InvalidInput
from billing.subscriptions.trials.sameness import domain_of, same_email, same_network


@pytest.mark.parametrize(
    ("spelling", "mailbox"),
    [
        ("ines.marchetti@gmail.com", "inesmarchetti@gmail.com"),
        ("Ines.Marchetti+trial7@GoogleMail.com", "inesmarchetti@gmail.com"),
        (" i.n.e.s@gmail.com ", "ines@gmail.com"),
        ("Jude.Okafor+two@Halden.Example", "jude.okafor@halden.example"),
        ("jude.okafor@halden.example.", "jude.okafor@halden.example"),
        ("tove@protonmail.com", "tove@proton.me"),
        ("ruth@BÜCHER.example", "ruth@xn--bcher-kva.example"),
        ("ruth@xn--bcher-kva.example", "ruth@xn--bcher-kva.example"),
        ("ｒｕｔｈ@halden.example", "ruth@halden.example"),
        ("+only@halden.example", "+only@halden.example"),
        ('"a@b"@halden.example', '"a@b"@halden.example'),
    ],
)
def test_spellings_of_a_mailbox(spelling: str, mailbox: str) -> None:
    assert same_email(spelling) == mailbox


def test_dots_count_where_they_do_elsewhere() -> None:
    assert same_email("a.b@halden.example") != same_email("ab@halden.example")
    assert domain_of(same_email("Jude@Halden.Example")) == "halden.example"


@pytest.mark.parametrize(
    "text", ["", "jude", "@halden.example", "jude@", "jude@halden", "a b@halden.example", "jude@ha..lden.x",
             "jude@" + "x" * 70 + ".example", "j\x00@halden.example", "jude@" + "a." * 200 + "example"]
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        same_email(text)


@given(
    local=st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20),
    tag=st.text("abc123", max_size=6),
    places=st.lists(st.integers(0, 30), max_size=4),
    upper=st.booleans(),
    domain=st.sampled_from(["gmail.com", "googlemail.com", "Gmail.com"]),
)
@settings(max_examples=100, deadline=None)
def test_every_spelling_at_gmail_is_one_and_settled(
    local: str, tag: str, places: list[int], upper: bool, domain: str
) -> None:
    spelled = local
    for place in places:
        at = place % (len(spelled) + 1)
        spelled = spelled[:at] + "." + spelled[at:]
    spelled = (spelled.upper() if upper else spelled) + (f"+{tag}" if tag else "")
    found = same_email(f"{spelled}@{domain}")
    assert found == f"{local}@gmail.com"
    assert same_email(found) == found


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("::ffff:203.0.113.9", "203.0.113.9", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::7", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "", True),
    ],
)
def test_networks(one: str, other: str, same: bool) -> None:
    assert (same_network(one) == same_network(other)) is same


def test_what_is_no_ip_address_is_refused() -> None:
    with pytest.raises(InvalidInput):
        same_network("localhost")

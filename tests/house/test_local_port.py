"""The port: one that is taken is named, and where nobody asked for it, the next one is used."""

import socket

import pytest

from dashboard.local import port
from dashboard.local.say import Stop
from tests.ports import free_port


@pytest.fixture
def busy():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_port_that_was_asked_for_and_is_taken_is_refused_with_the_remedy(busy, monkeypatch):
    monkeypatch.setenv("PORT", str(busy))
    with pytest.raises(Stop, match=rf"^Port {busy} is taken .* `make run PORT={busy + 1}`\.$"):
        port.choose()


def test_the_usual_port_when_taken_gives_way_to_the_next_and_says_so(busy, monkeypatch, capsys):
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setattr(port, "USUAL", busy)
    chosen = port.choose()
    assert busy < chosen < busy + 100
    assert f"Port {busy} is taken by another program; the desk takes {chosen}." in capsys.readouterr().out


@pytest.mark.parametrize("word", ["eighty", "0", "65536", "-1", "80.5"])
def test_what_is_no_port_is_refused(word, monkeypatch):
    monkeypatch.setenv("PORT", word)
    with pytest.raises(Stop, match="which is no port"):
        port.choose()


def test_a_free_port_is_taken_as_asked(busy, monkeypatch):
    free = free_port()
    monkeypatch.setenv("PORT", str(free))
    assert port.choose() == free

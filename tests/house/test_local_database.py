"""A server of one's own: out of reach or too old is one sentence, and no password is in it."""

import socket
import struct
import threading

import pytest

from dashboard.local import database
from dashboard.local.say import Stop


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


class OldServer:
    """Answers a PostgreSQL start-up as a server of the given version would, and nothing else."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client:
                while (request := client.recv(4096)) and request[4:8] != struct.pack("!i", 196608):
                    client.sendall(b"N")  # neither TLS nor GSS here
                facts = {"server_version": self.version, "client_encoding": "UTF8", "server_encoding": "UTF8"}
                said = message(b"R", struct.pack("!i", 0))
                for name, value in facts.items():
                    said += message(b"S", f"{name}\0{value}\0".encode())
                client.sendall(said + message(b"Z", b"I"))
                client.recv(4096)


@pytest.mark.parametrize("version", ["14.12", "9.6.24"])
def test_a_server_that_is_too_old_is_refused_by_its_version(version):
    server = OldServer(version)
    with pytest.raises(Stop) as refusal, server.listener:
        database.check("DATABASE_URL", f"postgresql://desk:hush-hush@127.0.0.1:{server.port}/desk")
    sentence = str(refusal.value)
    assert f"is PostgreSQL {version.split('.')[0]}." in sentence
    assert "needs 15 or newer" in sentence
    assert "hush-hush" not in sentence


def test_a_server_that_is_new_enough_is_taken():
    server = OldServer("15.0")
    with server.listener:
        database.check("DATABASE_URL", f"postgresql://desk@127.0.0.1:{server.port}/desk")


def test_a_server_out_of_reach_is_one_sentence_with_place_and_remedy():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Stop) as refusal:
        database.check("DATABASE_URL", f"postgresql://desk:hush-hush@127.0.0.1:{port}/desk")
    sentence = str(refusal.value)
    assert sentence.startswith(f"DATABASE_URL: no database can be opened at 127.0.0.1:{port}")
    assert sentence.endswith("correct DATABASE_URL, or unset it to use the embedded one.")
    assert "\n" not in sentence
    assert "hush-hush" not in sentence


def test_a_malformed_address_is_refused_without_its_password():
    with pytest.raises(Stop) as refusal:
        database.check("DATABASE_URL", "postgresql://desk:hush-hush@localhost:fiftyfour/desk")
    assert "DATABASE_URL" in str(refusal.value)
    assert "hush-hush" not in str(refusal.value)

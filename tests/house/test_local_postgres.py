"""The embedded server: durable, private, mended after a kill, backed up and restored."""

import os
import signal
import stat
import time
from pathlib import Path

import psycopg
import pytest

from dashboard.local import backup, database, postgres
from dashboard.local.processes import alive
from dashboard.local.say import Stop


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server of this module's own, far below the usual depth of a checkout."""
    place = tmp_path_factory.mktemp("deep") / ("a-folder-with-a-long-name/" * 5) / "postgres"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSTGRES_DATA", str(place))
        patch.delenv("DATABASE_NAME", raising=False)
        assert postgres.start() is True
        yield place
        postgres.stop()
        assert not postgres.socket_directory().exists()


def pid_of(place: Path) -> int:
    return int((place / "postmaster.pid").read_text().split("\n")[0])


def ask(role: str, statement: str):
    with psycopg.connect(postgres.url(role), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchone() if cursor.description else None


def test_starting_twice_starts_once(server):
    assert postgres.running()
    assert postgres.start() is False


def test_the_settings_are_durable_and_there_is_no_network(server):
    for name, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
    }.items():
        assert ask(postgres.OWNER, f"SELECT current_setting('{name}')") == (value,)


def test_the_socket_is_short_and_only_the_server_s_account_passes_its_door(server):
    sockets = postgres.socket_directory()
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    assert len(str(sockets / ".s.PGSQL.5432")) < 100 < len(str(server / ".s.PGSQL.5432"))
    assert sockets.stat().st_uid == server.stat().st_uid


def test_the_two_roles_have_no_more_rights_than_they_need(server):
    rights = "SELECT rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    assert ask(postgres.APPLICATION, rights) == (False, False, False)
    assert ask(postgres.OWNER, rights) == (False, False, True)
    assert ask(postgres.OWNER, "SELECT pg_has_role('countinghouse_owner', 'countinghouse', 'SET')") == (True,)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(postgres.APPLICATION, "CREATE TABLE mine (id int)")


def test_a_backup_brings_back_what_was_there(server, tmp_path):
    ask(postgres.OWNER, "CREATE TABLE ledger AS SELECT 4200 AS amount_minor")
    backup.dump(tmp_path / "desk.dump")
    ask(postgres.OWNER, "UPDATE ledger SET amount_minor = 1; CREATE TABLE later ()")
    backup.restore(tmp_path / "desk.dump")
    assert ask(postgres.OWNER, "SELECT amount_minor, to_regclass('later') FROM ledger") == (4200, None)
    owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'ledger'"
    assert ask(postgres.OWNER, owner) == ("countinghouse_owner",)


def test_a_backup_that_cannot_be_read_leaves_the_database_alone(server, tmp_path, capfd):
    (tmp_path / "garbage.dump").write_bytes(b"not a dump")
    with pytest.raises(Stop, match="the database is as it was"):
        backup.restore(tmp_path / "garbage.dump")
    assert ask(postgres.OWNER, "SELECT 1") == (1,)
    with pytest.raises(Stop, match="There is no file"):
        backup.restore(tmp_path / "absent.dump")


def test_a_killed_server_is_mended_with_a_sentence_and_loses_nothing(server, capsys):
    ask(postgres.OWNER, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS n")
    victim = pid_of(server)
    os.kill(victim, signal.SIGKILL)
    until = time.monotonic() + 60
    while alive(victim) and time.monotonic() < until:
        time.sleep(0.05)
    assert postgres.start() is True
    assert "left its lock file" in capsys.readouterr().out
    assert ask(postgres.OWNER, "SELECT n FROM kept") == (7,)


def test_a_server_whose_socket_was_cleaned_away_is_started_again(server):
    (postgres.socket_directory() / ".s.PGSQL.5432").unlink()
    assert postgres.start() is True
    assert ask(postgres.OWNER, "SELECT 1") == (1,)


def test_a_lock_file_that_names_a_stranger_s_process_is_mended(server, capsys):
    assert postgres.stop() is True
    lock = server / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{server}\n1700000000\n5432\n/tmp\n\n  5432001  1\nready   \n")
    assert not postgres.running()
    assert "left its lock file" in capsys.readouterr().out
    assert postgres.start() is True


def test_a_running_server_is_known_by_another_path_to_its_data(server, tmp_path, monkeypatch):
    other = tmp_path / "linked"
    other.symlink_to(server)
    monkeypatch.setenv("POSTGRES_DATA", str(other))
    assert postgres.running()
    assert (server / "postmaster.pid").exists()


def test_a_server_that_cannot_start_says_its_last_words(server, monkeypatch):
    postgres.stop()
    with monkeypatch.context() as patch:
        patch.setattr(postgres, "SETTINGS", {**postgres.SETTINGS, "max_connections": "none"})
        with pytest.raises(Stop, match=r"did not start:(.|\n)*max_connections"):
            postgres.start()
    assert postgres.start() is True


def test_the_urls_are_arithmetic_and_follow_the_database_s_name(monkeypatch):
    monkeypatch.setenv("DATABASE_NAME", "rehearsal")
    addresses = postgres.urls()
    assert addresses["DATABASE_URL"].startswith("postgresql://countinghouse@/rehearsal?host=%2Ftmp%2F")
    assert addresses["DATABASE_OWNER_URL"].startswith("postgresql://countinghouse_owner@/rehearsal?host=")


def test_one_address_becomes_an_owner_and_the_role_that_the_desk_works_as(server, monkeypatch):
    whole = postgres.url(postgres.SUPERUSER)
    monkeypatch.setenv("DATABASE_URL", whole)
    monkeypatch.setenv("DATABASE_OWNER_URL", "")
    database.prepare_external()
    assert os.environ["DATABASE_OWNER_URL"] == whole
    assert os.environ["DATABASE_URL"] == f"{whole}&assume_role=countinghouse"
    database.prepare_external()
    assert os.environ["DATABASE_URL"] == f"{whole}&assume_role=countinghouse"


def test_a_role_that_may_not_share_out_rights_is_told_what_to_do(server, monkeypatch):
    postgres.query("CREATE ROLE clerk LOGIN")
    monkeypatch.setenv("DATABASE_URL", postgres.url("clerk"))
    monkeypatch.setenv("DATABASE_OWNER_URL", "")
    with pytest.raises(Stop, match=r"may not make the role countinghouse .* as DATABASE_OWNER_URL"):
        database.prepare_external()

"""`make run`: database, migrations, demo company, worker and web server; Ctrl-C ends them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from dashboard.local import children, database, documents, port, postgres
from dashboard.local.children import Memory
from dashboard.local.processes import alive
from dashboard.local.say import Stop, complain, say

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, str(ROOT / "manage.py")]
WEB_PATIENCE = 10.0  # seconds in which requests may finish
WORKER_PATIENCE = 30.0  # seconds in which running jobs may finish
READY_WITHIN = 60.0


class Interrupted(Exception):
    """Somebody asked the run to end."""


def main() -> int:
    """Run until somebody ends it; 0 then, 1 when something died or could not start."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup asked to outlive the terminal
        signal.signal(signal.SIGHUP, _interrupt)
    memory = Memory(run=os.getpid())
    programs: dict[str, subprocess.Popen[bytes]] = {}
    outcome = 0
    try:
        began = time.monotonic()
        memory.database = mend_previous()
        memory.port = port.choose(host())
        memory.write()
        prepare(memory)
        start(memory, programs)
        members = sign_ins()
        wait_until_ready(memory.port, programs)
        welcome(memory.port, members, time.monotonic() - began)
        watch(programs)
    except (Interrupted, KeyboardInterrupt):
        say("\nStopping …")
    except Stop as reason:
        complain(str(reason))
        outcome = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        end(memory, programs)
    return outcome


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def mend_previous() -> bool:
    """Clear up after a run that was killed; True if the database it started is now this run's to stop."""
    previous = Memory.read()
    if previous is None:
        return False
    if previous.run != os.getpid() and children.is_ours(previous.run) and alive(previous.run):
        raise AlreadyRunning(
            f"The desk already runs at http://localhost:{previous.port or '…'} (process {previous.run}); "
            "use that one, or end it with `make stop`."
        )
    children.stop_orphans(previous)
    children.memory_file().unlink(missing_ok=True)
    return previous.database


class AlreadyRunning(Stop):
    """Another run of this checkout is up, and everything in it is to be left alone."""


def prepare(memory: Memory) -> None:
    """Bring the database to where the desk can open."""
    missing = documents.missing_library()
    if missing:
        say(missing)
    if database.is_external():
        database.prepare_external()
    else:
        memory.database = memory.database or not postgres.running()
        memory.write()
        postgres.start()
    manage("migrate", "--verbosity", "0")
    if os.environ.get("DEMO", "").strip().lower() not in {"no", "0", "false", "off"} and database.is_empty():
        say("The database is empty; filling it with Halden, the demo company (DEMO=no leaves it empty) …")
        manage("demo")


def manage(*arguments: str) -> None:
    """Run a management command, whose failure ends the run."""
    if subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=environment(0), check=False).returncode:
        raise Stop(f"`manage.py {arguments[0]}` failed; its message stands above.")


def environment(at: int) -> dict[str, str]:
    """The variables of the programs that a run starts."""
    variables = dict(os.environ)
    variables["PYTHONUNBUFFERED"] = "1"
    if at:
        variables.setdefault("PUBLIC_URL", f"http://localhost:{at}")
    return variables


def host() -> str:
    """The address that the web server listens on: this machine only, unless BIND says otherwise."""
    return os.environ.get("BIND", "").strip() or "127.0.0.1"


def commands(at: int) -> dict[str, list[str]]:
    """What a desk consists of: the worker and the web server on a port."""
    return {
        "worker": [*MANAGE, "procrastinate", "worker", "--shutdown-graceful-timeout", "20"],
        "web": [
            *(sys.executable, "-m", "granian", "--interface", "wsgi", "dashboard.wsgi:application"),
            *("--host", host(), "--port", str(at), "--blocking-threads", "8", "--no-ws"),
            *("--working-dir", str(ROOT)),
        ],
    }


def start(memory: Memory, programs: dict[str, subprocess.Popen[bytes]]) -> None:
    """Start the worker and the web server."""
    variables = environment(memory.port)
    for name, command in commands(memory.port).items():
        programs[name] = children.start(name, command, variables)
        memory.children[name] = programs[name].pid
        memory.write()


def wait_until_ready(at: int, programs: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until the web server answers; a program that dies meanwhile ends the run."""
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until:
        still_alive(programs)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{at}/health/", timeout=5):
                return
        except urllib.error.HTTPError:  # quiet: whatever it answered, it answers
            return
        except OSError:
            time.sleep(0.1)
    raise Stop(
        f"The web server did not answer within {READY_WITHIN:.0f} s; {children.log_file('web')} says why."
    )


def still_alive(programs: dict[str, subprocess.Popen[bytes]]) -> None:
    """Raise Stop when one of the programs has ended by itself."""
    for name, program in programs.items():
        if program.poll() is not None:
            complain(children.last_words(name))
            raise Stop(
                f"The {name} ended by itself (its last lines stand above, all of them in "
                f"{children.log_file(name)}); stopping the rest."
            )


def sign_ins() -> str:
    """One line for each demo member of the database, ready to print; nothing when there are none."""
    if not database.has_demo_members():
        return ""
    command = [*MANAGE, "demo_members"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout.rstrip()


def welcome(at: int, members: str, seconds: float) -> None:
    """Print where the desk is and who may sign in."""
    say()
    say(f"Countinghouse is open at http://localhost:{at} (ready in {seconds:.1f} s)")
    say()
    say(
        f"{members}\n"
        if members
        else "Nobody can sign in yet: `manage.py createsuperuser` makes the first.\n"
    )
    say(f"Logs are in {children.log_file('web')} and {children.log_file('worker')}.")
    say("Ctrl-C stops everything; the data is kept.")


def watch(programs: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait until somebody ends the run or a program dies."""
    while True:
        still_alive(programs)
        time.sleep(0.5)


def end(memory: Memory, programs: dict[str, subprocess.Popen[bytes]]) -> None:
    """Stop web, worker and database, in that order; a database that ran before is left running."""
    for name, patience in (("web", WEB_PATIENCE), ("worker", WORKER_PATIENCE)):
        if name in programs:
            children.stop(programs[name], patience)
    kept = Memory.read()
    if kept is None or kept.run != os.getpid():
        return
    if memory.database:
        postgres.stop()
    elif not database.is_external() and programs:
        say("The database ran before this and is left running (`make stop` ends it).")
    children.memory_file().unlink(missing_ok=True)
    say("Stopped.")


if __name__ == "__main__":
    sys.exit(main())

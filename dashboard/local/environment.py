"""Make .venv from the hashed requirement files; nothing is done when it is as the files say.

    python3 -m dashboard.local.environment [--test]

Runs on the system's own Python, 3.9 or newer, before any environment exists.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from dashboard.local.say import Stop, complain, say
from dashboard.local.tools import find_uv

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
FILES = {"run": ROOT / "requirements.txt", "test": ROOT / "requirements-test.txt"}
ENOUGH = "import sys; sys.exit(sys.version_info < (3, 13))"


def ensure(kind: str) -> None:
    """Make the environment hold what `run` or `test` needs; raises Stop with a sentence when it cannot."""
    VENV.parent.joinpath("var").mkdir(exist_ok=True)
    with (ROOT / "var" / "environment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_ready(kind):
            return
        began = time.monotonic()
        kind = "test" if kind == "test" or installed().startswith("test ") else "run"
        uv = find_uv()
        if not python_works():
            make_venv(uv)
        say(f"Installing the packages of {FILES[kind].name} …")
        STAMP.unlink(missing_ok=True)
        # Compiled now, each later start of a process is a second faster.
        sync = [uv, "pip", "sync", "--quiet", "--require-hashes", "--compile-bytecode"]
        sync += ["--python", str(VENV / "bin" / "python")]
        if subprocess.run([*sync, str(FILES[kind])], cwd=ROOT, check=False).returncode:
            raise Stop(
                "The packages could not be installed (uv says why above); mend that and run this again."
            )
        STAMP.write_text(fingerprint(kind))
        say(f"The environment is ready ({time.monotonic() - began:.0f} s).")


def is_ready(kind: str) -> bool:
    """Whether .venv is what the requirement files of today ask for; the tests' tools include all others."""
    return installed() in {fingerprint(kind), fingerprint("test")} and python_works()


def installed() -> str:
    """What the environment was made from."""
    return STAMP.read_text() if STAMP.is_file() else ""


def fingerprint(kind: str) -> str:
    """What an environment of today is made from: kind, place (scripts name it) and both files' content."""
    content = hashlib.sha256(b"".join(file.read_bytes() for file in FILES.values())).hexdigest()
    return f"{kind} {VENV} {content}"


def python_works() -> bool:
    """Whether the environment has a Python that runs and is new enough."""
    try:
        return not subprocess.run([str(VENV / "bin" / "python"), "-c", ENOUGH], check=False).returncode
    except OSError:  # quiet: it does not run, which is the answer
        return False


def make_venv(uv: str) -> None:
    """Make .venv with a Python of this machine, or with one that uv downloads."""
    here = ["--no-python-downloads", "--python"]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    ways = [[*here, "3.13"], [*here, ">=3.13"]]
    ways += [[*here, str(home / "bin" / "python3")] for home in sorted(pyenv.glob("3.13*"))]
    ways += [["--python", "3.13"]]
    for way in ways:
        command = [uv, "venv", "--quiet", "--clear", *way, str(VENV)]
        done = subprocess.run(command, capture_output=True, cwd=ROOT, check=False)
        if done.returncode == 0:
            return
    complain(done.stderr.decode(errors="replace").strip())
    raise Stop(
        "Python 3.13 is not on this machine and could not be downloaded; install it and run this again."
    )


if __name__ == "__main__":
    try:
        ensure("test" if "--test" in sys.argv[1:] else "run")
    except Stop as reason:
        complain(str(reason))
        sys.exit(1)

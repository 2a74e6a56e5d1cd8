"""Where the desk runs, at home or in production, and the environment that says so."""

from pathlib import Path

from dashboard.environment import Reader, kept_secret

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"

env = Reader()

COUNTINGHOUSE_ENV = env.text("COUNTINGHOUSE_ENV", "local", choices=("local", "production"))
PRODUCTION = COUNTINGHOUSE_ENV == "production"
LOCAL = not PRODUCTION
DEBUG = False

SECRET_KEY = env.secret(
    "SECRET_KEY", shape=r".{50,}", hint="must be at least 50 characters long.", required=PRODUCTION
) or (kept_secret(VAR_DIR / "secret_key") if LOCAL else "")

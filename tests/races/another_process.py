"""A worker's view of a gateway, from a process of its own.

`python -m tests.races.another_process fails|asks|takes GATEWAY`, on the database that DATABASE_NAME names:
reports calls that nobody answered, says whether it may call, or takes as many calls as it gets.
"""

import sys
from datetime import UTC, datetime

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


def main(does: str, gateway: str) -> None:
    import django

    django.setup()
    from billing.gateways import pacing
    from billing.gateways.pace_rules import TOO_MANY

    if does == "fails":
        for _ in range(TOO_MANY):
            pacing.heard(gateway, answered=False, now=NOW)
        print("failed")
    elif does == "asks":
        try:
            pacing.admit(gateway, now=NOW)
        except pacing.Shut:
            print("shut")
        else:
            print("open")
    else:
        got = sum(pacing.may_call(gateway, a_second=50, wanted=1, clock=lambda: NOW).calls for _ in range(80))
        print(got)


if __name__ == "__main__":
    main(*sys.argv[1:])

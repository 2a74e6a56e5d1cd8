"""A worker at a billing run in a process of its own, in small batches, until it is killed.

`python -m tests.crashes.biller RUN_ID`, on the database that DATABASE_NAME names.
"""

import sys


def main(run_id: str) -> None:
    import django

    django.setup()
    from billing.billing_run.running import work_on

    work_on(run_id=int(run_id), worker="to be killed", limit=5)


if __name__ == "__main__":
    main(sys.argv[1])

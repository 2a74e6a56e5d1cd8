"""A worker at a billing run in a process of its own, in small batches, that stands still in its third.

`python -m tests.crashes.biller RUN_ID`, on the database that DATABASE_NAME names. In the third batch all is
written, nothing committed and the locks are held: it waits there until it is killed.
"""

import sys
import time
from itertools import count
from typing import Any
from unittest.mock import patch

LIMIT, WHOLE = 5, 2


def main(run_id: str) -> None:
    import django

    django.setup()
    from billing.billing_run import batches
    from billing.billing_run.running import work_on

    write, number = batches._write, count(1)

    def stand_still(*args: Any, **more: Any) -> None:
        write(*args, **more)
        if next(number) > WHOLE:
            time.sleep(600)

    with patch("billing.billing_run.batches._write", stand_still):
        work_on(run_id=int(run_id), worker="to be killed", limit=LIMIT)


if __name__ == "__main__":
    main(sys.argv[1])

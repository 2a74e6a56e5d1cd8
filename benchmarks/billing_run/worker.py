"""A worker of its own: takes part in a run until it is done, and says how much memory that took.

`python -m benchmarks.billing_run.worker RUN_ID [BATCH]`, on the database that DATABASE_NAME names. It prints
its resident memory in KiB after its first batches, and the most it ever had.
"""

import os
import sys
from pathlib import Path
from typing import Any


def memory(what: str) -> int:
    """KiB that this process holds now (``VmRSS``), or the most that it ever held (``VmHWM``)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1])
    return 0


def main(run_id: int, batch: int) -> None:
    import django

    django.setup()
    from billing.billing_run.renewing import renew_batch
    from billing.billing_run.running import work_on

    early: list[int] = []

    def renew(rows: Any, **told: Any) -> Any:
        done = renew_batch(rows, **told)
        if len(early) < 4:
            early.append(memory("VmRSS"))
        return done

    work_on(run_id=run_id, worker=f"worker {os.getpid()}", renew=renew, limit=batch)
    sys.stdout.write(f"{early[-1] if early else memory('VmRSS')} {memory('VmHWM')}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000)

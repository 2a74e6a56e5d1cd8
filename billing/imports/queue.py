"""How an import is given to a worker, in the caller's transaction."""

from procrastinate.contrib.django import app

RUN = "imports.run"
QUEUE = "imports"


def defer_run(run_id: int) -> None:
    app.configure_task(RUN, queue=QUEUE).defer(run_id=run_id)

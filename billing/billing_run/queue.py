"""How a run is given to workers, in the caller's transaction."""

from procrastinate.contrib.django import app

WORK, FORECAST = "billing_run.work", "billing_run.forecast"
QUEUE = "billing"
#: As many workers as there are may take up a run; a job that finds nothing left ends at once.
JOBS = 4


def defer_work(run_id: int, jobs: int = JOBS) -> None:
    for _ in range(jobs):
        app.configure_task(WORK, queue=QUEUE).defer(run_id=run_id)


def defer_forecast(run_id: int) -> None:
    app.configure_task(FORECAST, queue=QUEUE).defer(run_id=run_id)

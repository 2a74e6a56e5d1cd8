"""What every test stands on: a database with the application's rights, one browser, repeatable chance.

The test database is made and migrated by the owner's role; the tests themselves then work as the application,
so that a test finds out when a service asks for more than the application may do. The database's name is
TEST_DATABASE_NAME, else `test_` and the desk's own. An embedded server that is down is started and stays up.
"""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings as hypothesis_settings

hypothesis_settings.register_profile(
    "usual", derandomize=True, deadline=None, database=None, max_examples=100
)
hypothesis_settings.register_profile("deep", deadline=None, database=None, max_examples=2_000)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Journeys and races go through one worker, one after the other, while the rest runs on the others."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("race"):
            item.add_marker(pytest.mark.xdist_group("alone"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[None]:
    """Sign in as the owner, without a pool, while the test database is made."""
    from django.conf import settings
    from django.db import connection

    from dashboard.local import database, postgres

    if not database.is_external():
        postgres.start()
    kept = dict(connection.settings_dict)
    connection.settings_dict.update(settings.DATABASE_OWNER)
    connection.settings_dict["OPTIONS"] = {
        name: value for name, value in kept["OPTIONS"].items() if name not in {"pool", "assume_role"}
    }
    yield
    connection.settings_dict.update({name: kept[name] for name in ("USER", "PASSWORD", "OPTIONS")})


@pytest.fixture(scope="session", autouse=True)
def metrics_stay_in_this_process() -> None:
    """No thread writes beside a test; tests of the sums write them themselves."""
    from django.conf import settings

    settings.METRICS_FLUSH_SECONDS = 0


@pytest.fixture(scope="session")
def application_role() -> str:
    """The role that the desk works as, and so do the tests."""
    from django.conf import settings

    return settings.APPLICATION_ROLE


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """From here on each connection, of any thread, assumes the application's role."""
    from django.conf import settings
    from django.db import connection

    options = connection.settings_dict["OPTIONS"]
    with django_db_blocker.unblock():
        connection.close()
    if connection.settings_dict["USER"] != settings.APPLICATION_ROLE:
        options["assume_role"] = settings.APPLICATION_ROLE
    yield
    options.pop("assume_role", None)
    with django_db_blocker.unblock():
        connection.close()


@pytest.fixture(scope="module", autouse=True)
def big_tables_are_forgotten(request: pytest.FixtureRequest) -> Iterator[None]:
    """What ANALYZE wrote about a big table outlives its rollback and would mislead what follows."""
    yield
    from tests import bulk

    if bulk.ANALYSED:
        with request.getfixturevalue("django_db_blocker").unblock():
            bulk.forget()


@pytest.fixture(autouse=True)
def jobs_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test that commits has queued outlives its rows, and would be counted by what follows."""
    marked = request.node.get_closest_marker("django_db")
    if not (marked and marked.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("django_db_setup")  # from here on it is the tests' database
    blocker = request.getfixturevalue("django_db_blocker")
    yield
    from django.db import connection

    with blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """One headless Chromium for the whole session; take a fresh context from it for each test."""
    from playwright.sync_api import expect, sync_playwright

    from dashboard.local.browser import ensure

    program = ensure()
    # Playwright's loop lives in this thread, where Django would otherwise refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=20_000)  # ms: a loaded machine is slow, not wrong
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()

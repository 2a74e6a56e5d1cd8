"""Each request has an id that its lines and its answer carry."""

import pytest
from django.test import Client
from structlog.testing import capture_logs

pytestmark = pytest.mark.django_db


def test_an_id_is_made_and_answered(client: Client) -> None:
    first, second = (client.get("/health/live/").headers["X-Request-ID"] for _ in range(2))
    assert first.startswith("req_") and first != second


def test_an_id_from_outside_counts_only_behind_a_trusted_proxy(client: Client, settings) -> None:
    given = {"X-Request-ID": "edge-7f3a9c21"}
    assert client.get("/health/live/", headers=given).headers["X-Request-ID"] != "edge-7f3a9c21"
    settings.TRUST_PROXY_HEADERS = True
    assert client.get("/health/live/", headers=given).headers["X-Request-ID"] == "edge-7f3a9c21"
    forged = {"X-Request-ID": 'x" onload=alert(1)'}
    assert client.get("/health/live/", headers=forged).headers["X-Request-ID"].startswith("req_")


def test_one_line_says_what_came_of_it_without_the_query(client: Client) -> None:
    with capture_logs() as lines:
        client.get("/account/login/?next=/customers/?q=ines@halden.example")
    (line,) = [each for each in lines if each["event"] == "request"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/account/login/", 200)
    assert "ines@" not in str(line)

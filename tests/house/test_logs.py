"""The audit of the code: it passes on ours, and finds what is planted."""

from pathlib import Path

import pytest

from dashboard.logs.audit import audit, audit_source

ROOT = Path(__file__).resolve().parents[2]


def test_our_code_swallows_nothing_and_logs_no_secret() -> None:
    assert [str(fault) for fault in audit(ROOT)] == []


PLANTED = [
    ("try:\n    pay()\nexcept Timeout:\n    pass\n", "swallows Timeout"),
    ("for x in xs:\n    try:\n        pay(x)\n    except Timeout:\n        continue\n", "swallows Timeout"),
    ("def f():\n    try:\n        pay()\n    except (A, OSError):\n        return\n", "swallows A, OSError"),
    ("try:\n    pay()\nexcept ValueError:\n    pass\n", "swallows ValueError"),
    ("try:\n    pay()\nexcept Exception as e:\n    log.error('x')\n", "catches everything"),
    ("try:\n    pay()\nexcept:\n    log.error('x')\n", "catches everything"),
    ("log.info('paid', api_key=key)\n", "api_key goes into the log"),
    ("log.info('paid', with_=settings.STRIPE_API_KEY)\n", "STRIPE_API_KEY goes into the log"),
    ("logger.warning(f'no {password} here')\n", "password goes into the log"),
    ("note_odd('odd', header=request.headers['Authorization'])\n", "Authorization goes into the log"),
    ("structlog.get_logger().info('x', y=gateway.webhook_secret)\n", "webhook_secret goes into the log"),
    ("log.info('x', t=access_token)\n", "access_token goes into the log"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "sentence"), PLANTED)
def test_finds_what_is_planted(source: str, sentence: str) -> None:
    found = audit_source(source, "planted.py")
    assert len(found) == 1
    assert sentence in str(found[0])
    assert str(found[0]).startswith("planted.py:")


INNOCENT = [
    "log.info('sold', token_package=package.slug, tokens=500, token_count=n)\n",
    "log.info('form', csrf_token_present=True)\n",
    "try:\n    pay()\nexcept Timeout:\n    raise Unreachable from None\n",
    "try:\n    pay()\nexcept Timeout as error:\n    log.warning('late', error=str(error))\n",
    "def f():\n    try:\n        return int(x)\n    except ValueError:\n        return None\n",
    "try:\n    stop()\nexcept OSError:  # quiet: it has ended already\n    pass\n",
    "try:\n    pay()\nexcept BaseException:\n    undo()\n    raise\n",
]


@pytest.mark.parametrize("source", INNOCENT)
def test_leaves_the_innocent_alone(source: str) -> None:
    assert audit_source(source, "fine.py") == []


def test_reports_the_line_and_leaves_migrations_out(tmp_path: Path) -> None:
    (tmp_path / "billing" / "migrations").mkdir(parents=True)
    bad = "x = 1\ntry:\n    pay()\nexcept Timeout:\n    pass\n"
    (tmp_path / "billing" / "bad.py").write_text(bad)
    (tmp_path / "billing" / "migrations" / "0001.py").write_text(bad)
    assert [str(fault).split(": ")[0] for fault in audit(tmp_path, ("billing",))] == ["billing/bad.py:4"]

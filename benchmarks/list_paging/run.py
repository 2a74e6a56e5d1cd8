"""Page 1 and a page deep in a million payments: our list beside what one would use without it.

    python -m dashboard.local.with_database benchmarks/list_paging/run.py [--quick]

Each takes the same fifty rows with everything they show, and says how many there are in all: ours by keyset
with the list's own count, Django's Paginator and django-tables2 with count(*) and OFFSET.
"""

from typing import Any

from benchmarks.bench import Line, medians, run, say, show

PAYMENTS, TIMES = 1_000_000, 15
QUICK = (3_000, 2)
SIZE = 50


def measure(count: int, times: int) -> list[Line]:
    """Fills the database and compares; milliseconds a page."""
    from django.core.paginator import Paginator
    from django.http import QueryDict

    from dashboard.lists.counting import count as how_many
    from dashboard.lists.keyset import Cursor
    from dashboard.lists.page import page_of
    from dashboard.lists.state import read
    from dashboard.payments.screen import PAYMENTS as SCREEN
    from dashboard.payments.tables import PaymentTable
    from tests import bulk, make

    customers = [make.customer(f"Customer {n}").pk for n in range(min(2_000, count // 10))]
    bulk.payments(count, customers)
    lines = []
    for label, deep in (
        ("first page", 1),
        ("a tenth down", count // SIZE // 10),
        ("half down", count // SIZE // 2),
    ):
        for narrowed in ({}, {"state": "failed"}):
            base = SCREEN.rows(None).filter(**narrowed).order_by("-created_at", "-pk")
            matching = base.count()
            page_number = 1 if deep == 1 else max(1, matching * deep * SIZE // count // SIZE)
            query = QueryDict(mutable=True)
            query.update({"view": "all", **narrowed})
            if page_number > 1:
                before = (page_number - 1) * SIZE
                row = base[before - 1]
                plain = read(SCREEN, query, list(SCREEN.tabs))
                query["after"] = Cursor((row.created_at, row.pk), before).write(plain.sort, descending=True)
            state = read(SCREEN, query, list(SCREEN.tabs))

            def ours(state: Any = state) -> list[Any]:
                how_many(state.narrowed(SCREEN.rows(None)), filtered=bool(state.values))
                return [row.pk for row in page_of(state, None).rows]

            def paginator(base: Any = base, number: int = page_number) -> list[Any]:
                return [row.pk for row in Paginator(base, SIZE).page(number)]

            def tables2(base: Any = base, number: int = page_number) -> list[Any]:
                table = PaymentTable(base)
                table.paginate(page=number, per_page=SIZE)
                return [row.record.pk for row in table.page]

            if not ours() == paginator() == tables2():
                raise AssertionError(f"they do not show the same rows: {label}, {narrowed}")
            taken = medians({"ours": ours, "paginator": paginator, "tables2": tables2}, times)
            what = f"{label}, {'failed only' if narrowed else 'all'}"
            lines.append(Line(f"{what}: Paginator", taken["ours"], taken["paginator"], "ms"))
            lines.append(Line(f"{what}: django-tables2", taken["ours"], taken["tables2"], "ms"))
    return lines


def main(quick: bool) -> None:
    count, times = QUICK if quick else (PAYMENTS, TIMES)
    lines = measure(count, times)
    show(f"One page of {count:,} payments, its count included", "keyset list", "count + OFFSET", lines)
    ours = [line.ours for line in lines]
    say(f"Our slowest page takes {max(ours) / min(ours):.1f} times our fastest.")


if __name__ == "__main__":
    run("list_paging", main, __doc__)

"""What the database itself holds: machines, rights, and that no card number slipped in."""

from typing import Any

from django.apps import apps
from django.db import connection

from billing.checks.check import SHOWN, Check
from billing.history import rights
from billing.history.machines import all_machines

CARD = r"\m([0-9]{13,19}|[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{1,7})\M"
TEXT = ("character varying", "text", "jsonb", "ARRAY")
# A stray thirteen digits in these is a telephone or VAT number, which the domain names.
EXEMPT = {"phone", "tax_id", "fingerprint_hash"}


def machines_agree(cursor: Any) -> tuple[int, list[str], int]:
    """The moves that the trigger allows are those of the code."""
    wanted = {(m.name, a, b) for m in all_machines().values() for a, b in m.pairs}
    cursor.execute("SELECT machine, from_state, to_state FROM billing_allowedtransition")
    there = set(cursor.fetchall())
    odd = [f"{name}: {a} → {b}" for name, a, b in sorted(wanted ^ there)]
    return len(wanted), odd, len(odd)


def rights_are_narrow(cursor: Any) -> tuple[int, list[str], int]:
    """The role that serves the desk cannot change what only grows."""
    excess = rights.excess_rights(connection)
    return len(rights.append_only_tables()), excess, len(excess)


def no_card_numbers(cursor: Any) -> tuple[int, list[str], int]:
    """No text of any table of the books holds digits that could be a card's."""
    tables = sorted(
        model._meta.db_table for model in apps.get_app_config("billing").get_models() if model._meta.managed
    )
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
        "AND table_name = ANY(%s) AND data_type = ANY(%s) ORDER BY 1, ordinal_position",
        [tables, list(TEXT)],
    )
    columns: dict[str, list[str]] = {}
    for table, column in cursor.fetchall():
        if column not in EXEMPT:
            columns.setdefault(table, []).append(connection.ops.quote_name(column))
    found: list[str] = []
    for table, names in columns.items():
        cursor.execute(
            f"SELECT hit[1] FROM (SELECT concat_ws(E'\\n', {', '.join(f'{n}::text' for n in names)}) AS t "  # noqa: S608
            f"FROM {connection.ops.quote_name(table)}) s, regexp_matches(t, %s, 'g') AS hit WHERE t ~ %s",
            [CARD, CARD],
        )
        while rows := cursor.fetchmany(1000):
            found += [f"{table}: ends in {hit[-4:]}" for (hit,) in rows if passes_luhn(hit)]
            if len(found) > SHOWN:
                break
    return sum(map(len, columns.values())), found, len(found)


def passes_luhn(text: str) -> bool:
    """Whether digits have the check digit of a payment card, and begin as one."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (2, 3, 4, 5, 6):
        return False
    doubled = [
        d if place % 2 == 0 else (2 * d - 9 if d > 4 else 2 * d) for place, d in enumerate(reversed(digits))
    ]
    return sum(doubled) % 10 == 0


CHECKS = (
    Check("machines_agree", "moves: the database allows those that the code lists", machines_agree),
    Check(
        "rights_are_narrow", "tables that only grow: the desk's role cannot change them", rights_are_narrow
    ),
    Check("no_card_numbers", "text columns: none holds what could be a card number", no_card_numbers),
)

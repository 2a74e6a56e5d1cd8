"""What the application's database role may do, written as grants after every migration.

Ledger, history and audit rows can be inserted and read, never changed: not by the application and not
by hand with the application's role.
"""

from typing import Any

from django.apps import apps

from billing.fields import AppendOnly
from billing.history.machines import all_machines

APPLICATION_ROLE = "countinghouse"
READ_ONLY = ("billing_allowedtransition",)


def append_only_tables() -> list[str]:
    """Tables that may only grow: every `AppendOnly` model and every audit (event) model."""
    return sorted(
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, AppendOnly) or hasattr(model, "pgh_tracked_model")
    )


def apply(connection: Any, role: str = APPLICATION_ROLE) -> None:
    """Grants and revokes, as the owner. Safe to repeat."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        name = quote(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {name}")
        cursor.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}")
        cursor.execute(f"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {name}")
        cursor.execute(f"REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM {name}")
        for table in append_only_tables():
            cursor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {name}")
        for table in READ_ONLY:
            cursor.execute(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {quote(table)} FROM {name}")


def write_transitions(connection: Any) -> None:
    """Makes the table of allowed moves equal to the machines in code, as the owner."""
    wanted = {(m.name, a, b) for m in all_machines().values() for a, b in m.pairs}
    with connection.cursor() as cursor:
        cursor.execute("SELECT machine, from_state, to_state FROM billing_allowedtransition")
        there = set(cursor.fetchall())
        cursor.executemany(
            "DELETE FROM billing_allowedtransition WHERE machine = %s AND from_state = %s AND to_state = %s",
            sorted(there - wanted),
        )
        cursor.executemany(
            "INSERT INTO billing_allowedtransition (machine, from_state, to_state) VALUES (%s, %s, %s)",
            sorted(wanted - there),
        )


def excess_rights(connection: Any) -> list[str]:
    """Sentences, one for each right that the current role has and must not have; empty when all is well."""
    found: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
        role, is_superuser = cursor.fetchone()
        if is_superuser:
            return [f"The database role {role} is a superuser; the desk must connect as an ordinary role."]
        for table in append_only_tables():
            cursor.execute(
                "SELECT r FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) r "
                "WHERE has_table_privilege(current_user, %s, r)",
                [f'public."{table}"'],
            )
            found += [f"The database role {role} may {right} {table}." for (right,) in cursor.fetchall()]
    return found

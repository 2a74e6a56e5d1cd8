"""What every audit table carries beside pghistory's own columns, written by the database itself.

``pgh_xid`` is the transaction that wrote the row, by which it is sealed and found beside its history entry.
``pgh_session`` is "user/pid/application" of the session, whatever the context claims: a change by SQL names
nobody else. Both are defaults of their columns, so that no trigger runs for them and nobody can forget them.
"""

from typing import Any

from django.apps import apps

#: How each process of the desk names its sessions; anything else is outside of the desk.
DESK = "countinghouse"
OUTSIDE = f"pgh_context IS NULL AND pgh_session NOT LIKE '%/{DESK} %'"

_SESSION = (
    "session_user || '/' || pg_backend_pid()::text || '/' || "
    "coalesce(nullif(current_setting('application_name', true), ''), '-')"
)


def event_tables() -> dict[str, type[Any]]:
    """The audit tables, each with the model whose rows it keeps, by name."""
    models = [model for model in apps.get_models() if hasattr(model, "pgh_tracked_model")]
    return {model._meta.db_table: model.pgh_tracked_model for model in sorted(models, key=_table)}


def apply(connection: Any) -> None:
    """Adds what is missing to the audit tables that exist, as their owner. Safe to repeat.

    The rows that are there already get the id of this very transaction: from then on they can be sealed.
    """
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table in missing(connection):
            name = quote(table)
            cursor.execute(
                f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS pgh_xid xid8 NOT NULL "
                "DEFAULT pg_current_xact_id(), ADD COLUMN IF NOT EXISTS pgh_session text"
            )
            # Set apart, so that older rows do not claim the session that migrates.
            cursor.execute(f"ALTER TABLE {name} ALTER COLUMN pgh_session SET DEFAULT {_SESSION}")
            short = table.removeprefix("billing_").removesuffix("event")[:20]
            for index, columns, where in (
                ("by_xid", "pgh_xid, pgh_id", ""),
                ("of_obj", "pgh_obj_id, pgh_id", ""),
                ("outside", "pgh_id DESC", f" WHERE {OUTSIDE}"),
            ):
                index_name = quote(f"audit_{short}_{index}")
                cursor.execute(f"CREATE INDEX IF NOT EXISTS {index_name} ON {name} ({columns}){where}")


def missing(connection: Any) -> list[str]:
    """The audit tables of the database that lack what they must carry."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, coalesce(array_agg(a.attname::text) FILTER (WHERE a.atthasdef), '{}') "
            "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
            "WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace "
            "AND c.relname = ANY(%s) GROUP BY 1 ORDER BY 1",
            [list(event_tables())],
        )
        return [
            table for table, columns in cursor.fetchall() if not {"pgh_xid", "pgh_session"} <= set(columns)
        ]


def _table(model: type[Any]) -> str:
    return str(model._meta.db_table)

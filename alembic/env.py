"""Run migrations on the connection or URL that the caller puts into the configuration.

One migration, one transaction; two processes that start at once take turns.
"""

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine, text

from worklist.tables import metadata


def migrate(connection: Connection) -> None:
    """Bring the schema of ``connection`` to the revision asked for."""
    connection.execute(text("SELECT pg_advisory_lock(hashtext('alembic'))"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transaction_per_migration=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("SELECT pg_advisory_unlock(hashtext('alembic'))"))
    connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    engine = create_engine(
        context.config.get_main_option("sqlalchemy.url") or "", poolclass=NullPool
    )
    with engine.connect() as connection:
        migrate(connection)

"""What a command that writes rows needs: transactions on the department's database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from config import Settings
from worklist import db, logs, migrations
from worklist.stack import StartError
from worklist.stack.servers import database


def is_there(settings: Settings) -> bool:
    """Return whether the department has a database already."""
    return (
        settings.database_url is not None
        or (settings.data_dir / "secrets" / "postgres-password").exists()
    )


@contextmanager
def sessions(settings: Settings) -> Iterator[db.SessionFactory]:
    """Make sessions on the running stack's database, or on one started just for this.

    Raises:
        StartError: The embedded server does not come up, or the schema is not this program's.
    """
    logs.configure(settings.model_copy(update={"log_level": "ERROR"}), "command")
    with database(settings) as url:
        engine = db.make_engine(url)
        try:
            if not migrations.is_current(engine):
                raise StartError(
                    "the database's schema is not the one of this program: run `worklist migrate` "
                    "(`worklist up` does it at its start)"
                )
            yield db.make_session_factory(engine)
        finally:
            engine.dispose()


@contextmanager
def transaction(settings: Settings) -> Iterator[Session]:
    """Open a session there; commit at the end.

    Raises:
        StartError: As `sessions`.
    """
    with sessions(settings) as factory, db.transaction(factory) as session:
        yield session

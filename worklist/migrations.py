"""Bring a database's schema up to date and tell whether it is."""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from worklist import db
from worklist.errors import DomainError
from worklist.language.text import _

INI = Path(__file__).parent.parent / "alembic.ini"

log = structlog.get_logger(__name__)


class NewerDatabaseError(DomainError):
    """The database was brought to a schema that this program does not know."""


class OtherSchemaError(DomainError):
    """The database's schema is not the one that this program was written for."""


def configuration(url: str = "") -> Config:
    """Return Alembic's configuration, for ``url`` where one is given."""
    config = Config(INI)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to ``revision`` to the database at ``url``, one by one.

    Raises:
        NewerDatabaseError: A newer program has migrated it; nothing is changed.
    """
    engine = create_engine(url, poolclass=NullPool)
    before = _present(engine)
    _refuse_newer(before)
    command.upgrade(configuration(url), revision)
    after = _present(engine)
    if after != before:
        log.info("schema.migrated", before=before or "empty", after=after)


def is_current(engine: Engine) -> bool:
    """Return whether the schema is at the newest revision of this program."""
    return _present(engine) == _script().get_current_head()


def check(url: str) -> None:
    """See that a process works on the schema that it was written for, before it takes any work.

    Where the database does not answer the process starts all the same, and waits for it.

    Raises:
        OtherSchemaError: It has another schema, as after an upgrade under a running stack.
    """
    engine = create_engine(url, poolclass=NullPool, connect_args=db.GIVING_UP)
    try:
        present = _present(engine)
    except OperationalError:
        return
    newest = _script().get_current_head()
    if present != newest:
        raise OtherSchemaError(
            _(
                "The database has the schema %(present)s and this program needs %(newest)s: stop "
                "`worklist up` and start it again, or run `worklist migrate`.",
                present=present or "-",
                newest=newest,
            )
        )


def _present(engine: Engine) -> str | None:
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(configuration())


def _refuse_newer(revision: str | None) -> None:
    script = _script()
    if revision is None or revision in {one.revision for one in script.walk_revisions()}:
        return
    raise NewerDatabaseError(
        _(
            "The database has the schema %(revision)s, which this program does not know (its own "
            "newest is %(newest)s): a newer program was used on it. Start that one again, or "
            "restore the backup made before it. Nothing was changed.",
            revision=revision,
            newest=script.get_current_head(),
        )
    )

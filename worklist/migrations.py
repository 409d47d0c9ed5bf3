"""Bring a database's schema up to date and tell whether it is."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

INI = Path(__file__).parent.parent / "alembic.ini"


def configuration(url: str = "") -> Config:
    """Return Alembic's configuration, for ``url`` where one is given."""
    config = Config(INI)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to ``revision`` to the database at ``url``."""
    command.upgrade(configuration(url), revision)


def is_current(engine: Engine) -> bool:
    """Tell whether the schema is at the newest revision of this program."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head

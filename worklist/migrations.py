"""Bring a database's schema up to date."""

from pathlib import Path

from alembic import command
from alembic.config import Config

INI = Path(__file__).parent.parent / "alembic.ini"


def configuration(url: str = "") -> Config:
    """Return Alembic's configuration, for ``url`` where one is given."""
    config = Config(INI)
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Apply every migration up to ``revision`` to the database at ``url``."""
    command.upgrade(configuration(url), revision)

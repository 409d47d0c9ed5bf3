"""Bring the stack's database to the demonstration department."""

import worklist.tables  # noqa: F401 - a flush follows foreign keys to every table
from config import Settings
from worklist import db
from worklist.clock import system_clock
from worklist.demonstration import load as demonstration
from worklist.demonstration.users import LOGINS, PASSWORD

__all__ = ["LOGINS", "PASSWORD", "load"]


def load(settings: Settings) -> None:
    """Load rooms, procedures and users; what is there already stays as it is."""
    engine = db.make_engine(settings.require_database_url())
    try:
        with db.transaction(db.make_session_factory(engine)) as session:
            demonstration.load(session, now=system_clock())
    finally:
        engine.dispose()

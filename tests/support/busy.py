"""The demonstration department in the middle of a morning, the same each time."""

import random
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from worklist import db
from worklist.demonstration.load import load, read_procedures
from worklist.simulator.demand import Demand
from worklist.simulator.history import PAST, History, Past

NOW = datetime(2026, 11, 25, 9, 40, tzinfo=UTC)  # a Wednesday, 10:40 in Vienna


def fill(sessions: db.SessionFactory, *, days: float, busiest_seconds: int) -> None:
    """Load the department and play its past of some days up to `NOW`."""
    with db.transaction(sessions) as session:
        load(session, now=NOW - timedelta(days=6))
    rng = random.Random(20261125)
    History(
        sessions,
        Demand(read_procedures().procedures, rng),
        rng=rng,
        zone=ZoneInfo("Europe/Vienna"),
        now=NOW,
        past=Past(
            days=days,
            busiest_seconds=busiest_seconds,
            appointments=0,
            read_within=PAST.read_within,
        ),
    ).play(threading.Event())

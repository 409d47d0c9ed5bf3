"""Take one order from the hospital's message to the reading queue, over the stack's own ports."""

import click
from sqlalchemy.exc import OperationalError, ProgrammingError

import worklist.tables  # noqa: F401 - rows refer to every table
from config import Settings
from worklist import db, identifiers
from worklist.clock import system_clock
from worklist.dicom.client import PeerError
from worklist.hl7.mllp_client import MllpError
from worklist.tour import screen, steps
from worklist.tour.errors import TourError
from worklist.tour.order import new_order

_START = "worklist status, which tells what runs; worklist up --demo starts it"


def run(settings: Settings) -> int:
    """Take the tour and print it; returns 0 only if every step was checked.

    Raises:
        config.SettingsError: no stack runs here and no database is set.
    """
    engine = db.make_engine(settings.require_database_url())
    try:
        _take(settings, db.make_session_factory(engine))
    except TourError as error:
        screen.fail(str(error), error.look_at)
    except (MllpError, PeerError) as error:
        screen.fail(str(error), _START)
    except (OperationalError, ProgrammingError) as error:
        name = type(error.orig).__name__
        screen.fail(f"The database does not answer as Worklist's does ({name}).", _START)
    else:
        click.echo("\nEvery step was checked.")
        return 0
    finally:
        engine.dispose()
    return 1


def _take(settings: Settings, sessions: db.SessionFactory) -> None:
    order = new_order(system_clock())
    control_id = steps.send_order(settings, order)
    slot = steps.wait_for_slot(sessions, order, control_id)
    entry = steps.find_on_worklist(settings, order, slot)
    uid = identifiers.new_uid()
    steps.begin(settings, sessions, slot, entry, uid)
    steps.complete(settings, sessions, slot, uid)
    steps.show_in_queue(sessions, slot)

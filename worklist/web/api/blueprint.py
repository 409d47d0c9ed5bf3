"""``/api/v1``: the operations of every feature at their addresses."""

from flask import Blueprint

from worklist.errors import DomainError
from worklist.web.accounts import api as accounts
from worklist.web.accounts import tokens_api
from worklist.web.administration import api as administration
from worklist.web.api import entrance, problems
from worklist.web.api.operations import PREFIX, Operations
from worklist.web.api.serving import view_of
from worklist.web.connections import api as connections
from worklist.web.day import api as day
from worklist.web.exams import api as exams
from worklist.web.exams import course_api, displacing_api, recording_api
from worklist.web.hours import api as hours
from worklist.web.messages import api as messages
from worklist.web.messages import outbox_api
from worklist.web.orders import api as orders
from worklist.web.orders import outlook_api, slip_api
from worklist.web.patients import api as patients
from worklist.web.patients import facts_api, same_person_api
from worklist.web.performed import api as performed
from worklist.web.reading import api as reading
from worklist.web.reading import assigning_api, critical_api, filters_api, reports_api
from worklist.web.reminders import api as reminders
from worklist.web.replan import api as replan
from worklist.web.rooms import api as rooms
from worklist.web.rules import api as rules
from worklist.web.screening import api as screening
from worklist.web.stations import api as stations
from worklist.web.statistics import api as statistics
from worklist.web.trail import api as trail
from worklist.web.waiting import api as waiting

# In the order of a patient's way through the department, then what is behind it.
GROUPS: tuple[Operations, ...] = (
    patients.api,
    facts_api.api,
    same_person_api.api,
    outlook_api.api,
    orders.api,
    exams.api,
    displacing_api.api,
    course_api.api,
    recording_api.api,
    slip_api.api,
    screening.api,
    day.api,
    rooms.api,
    hours.api,
    waiting.api,
    reminders.api,
    replan.api,
    performed.api,
    reading.api,
    reports_api.api,
    assigning_api.api,
    filters_api.api,
    critical_api.api,
    statistics.api,
    messages.api,
    outbox_api.api,
    connections.api,
    stations.api,
    rules.api,
    administration.api,
    trail.api,
    accounts.api,
    tokens_api.api,
)


def make_blueprint() -> Blueprint:
    """Return the blueprint; whoever registers it takes it out of CSRF protection.

    A program's token cannot be forged through a browser; a page's session is checked here.
    """
    blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
    blueprint.register_error_handler(problems.ApiError, problems.of_error)
    blueprint.register_error_handler(DomainError, problems.of_domain_error)
    entrance.guard(blueprint)
    for group in GROUPS:
        for operation in group.found:
            blueprint.add_url_rule(
                operation.path, operation.name, view_of(operation), methods=[operation.method]
            )
    return blueprint

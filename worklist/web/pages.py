"""Every page, by feature."""

from flask import Flask

from worklist.web import health, home, live, metrics
from worklist.web.accounts import page as accounts
from worklist.web.administration import page as administration
from worklist.web.api import page as api_docs
from worklist.web.arrivals import page as arrivals
from worklist.web.connections import page as connections
from worklist.web.day import page as day
from worklist.web.exams import blueprint as exams
from worklist.web.hours import page as hours
from worklist.web.messages import blueprint as messages
from worklist.web.orders import blueprint as orders
from worklist.web.patients import blueprint as patients
from worklist.web.performed import page as performed
from worklist.web.policy import page as policy
from worklist.web.reading import blueprint as reading
from worklist.web.reminders import page as reminders
from worklist.web.replan import page as replan
from worklist.web.rooms import blueprint as rooms
from worklist.web.rules import page as rules
from worklist.web.screening import page as screening
from worklist.web.search import page as search
from worklist.web.stations import page as stations
from worklist.web.statistics import page as statistics
from worklist.web.trail import page as trail
from worklist.web.waiting import page as waiting

BLUEPRINTS = (
    accounts.blueprint,
    administration.blueprint,
    api_docs.blueprint,
    arrivals.blueprint,
    connections.blueprint,
    day.blueprint,
    exams.blueprint,
    health.blueprint,
    home.blueprint,
    hours.blueprint,
    live.blueprint,
    messages.blueprint,
    metrics.blueprint,
    orders.blueprint,
    patients.blueprint,
    performed.blueprint,
    reading.blueprint,
    reminders.blueprint,
    replan.blueprint,
    rooms.blueprint,
    policy.blueprint,
    rules.blueprint,
    screening.blueprint,
    search.blueprint,
    stations.blueprint,
    statistics.blueprint,
    trail.blueprint,
    waiting.blueprint,
)


def install(app: Flask) -> None:
    """Give every page its address."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)

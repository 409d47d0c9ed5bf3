"""Every page that the application has, found in its own table of routes."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session
from werkzeug.routing import Rule

from worklist.catalogue.editing.kinds import KINDS
from worklist.catalogue.models import Resource, ResourceKind, Station
from worklist.hl7.models import InboundMessage, OutboundMessage
from worklist.hl7.peers.models import Peer
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.reading.models import ReadingTask
from worklist.scheduling.replanning.models import ReplanProposal
from worklist.screening.forms import forms

# What is for programs, a file, leads somewhere else at once, answers what was typed into a form, or
# is drawn by somebody else's script.
_NO_PAGES = {
    "static",
    "day.stylesheet",
    "day.candidates",
    "day.cells",
    "home.start",
    "rules.try_value",
    "sign_in.form",
}
_NO_BLUEPRINTS = {"api", "api_docs", "fhir", "health", "hl7", "live", "metrics", "single_sign_on"}
_FILES = (".csv", ".json")
_EXAMPLES: dict[str, InstrumentedAttribute[Any]] = {
    "task_id": ReadingTask.id,
    "patient_id": Patient.id,
    "proposal_id": ReplanProposal.id,
    "ae_title": Station.ae_title,
    "messages.show.message_id": InboundMessage.id,
    "messages.show_sent.message_id": OutboundMessage.id,
    "connections.show_peer.name": Peer.name,
}


def pages(app: Flask, session: Session) -> dict[str, str]:
    """Return an address for each page by its endpoint, with rows of the database as examples.

    A page for which no row exists is left out. A parameter without an example is an error: a new
    page needs one here.
    """
    found: dict[str, str] = {}
    with app.test_request_context():
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
            if not _is_page(rule):
                continue
            for values in _examples(rule, session):
                address = app.url_for(rule.endpoint, **values)
                found[rule.endpoint + str(values.get("kind", ""))] = address
    return found


def _is_page(rule: Rule) -> bool:
    blueprint = rule.endpoint.partition(".")[0]
    return (
        "GET" in (rule.methods or ())
        and rule.endpoint not in _NO_PAGES
        and blueprint not in _NO_BLUEPRINTS
        and not rule.rule.endswith(_FILES)
    )


def _examples(rule: Rule, session: Session) -> Iterator[dict[str, Any]]:
    """Yield the parameters with which the page can be asked for, nothing where no row is there."""
    if "kind" in rule.arguments:
        for name, kind in KINDS.items():
            row = session.scalars(kind.select().limit(1)).first()
            if row is not None:
                yield (
                    {"kind": name, "code": kind.code(row)}
                    if "code" in rule.arguments
                    else {"kind": name}
                )
        return
    values = {name: _example(rule.endpoint, name, session) for name in rule.arguments}
    if None not in values.values():
        yield values


def _example(endpoint: str, name: str, session: Session) -> Any:
    if name == "exam_id":
        exam = ScheduledProcedureStep
        scheduled = select(exam.id).where(exam.status == StepStatus.SCHEDULED)
        return session.scalars(scheduled.order_by(exam.id).limit(1)).first()
    if endpoint == "screening.show":
        return next(one.code for one in forms())
    if name == "code":
        rooms = select(Resource.code).where(Resource.kind == ResourceKind.ROOM, Resource.active)
        return session.scalars(rooms.order_by(Resource.id).limit(1)).first()
    column = _EXAMPLES.get(f"{endpoint}.{name}", _EXAMPLES.get(name))
    assert column is not None, f"no example of {name} for {endpoint}: add one in {__file__}"
    return session.scalars(select(column).limit(1)).first()
